// Mails and mailboxes: reports, complaints, auto-replies.

#include "fuzz/target.hpp"

std::size_t mailfunnel::fuzz::run(std::string_view text) {
  return read_all(Family::mime, text);
}
