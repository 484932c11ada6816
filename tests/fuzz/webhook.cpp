// Webhook requests to every adapter that has webhooks.

#include "fuzz/target.hpp"

std::size_t mailfunnel::fuzz::run(std::string_view text) {
  return post_all(text);
}
