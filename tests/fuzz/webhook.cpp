// Webhook requests to every adapter that has webhooks.

#include "fuzz/target.hpp"

bool mailfunnel::fuzz::run(std::string_view text) {
  return post(text);
}
