// Mails and mailboxes: reports, complaints, auto-replies.

#include "fuzz/target.hpp"

bool mailfunnel::fuzz::run(std::string_view text) {
  return read(Family::mime, text);
}
