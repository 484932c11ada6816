#pragma once
// From an SMTP answer to our bounce class and reason, by tables: phrases (smtp_phrases.hpp),
// enhanced status codes (RFC 3463, IANA's registry, RFC 7505, 7293, 7372) and reply codes; the
// split in hard, soft and block is our policy. Text beats the code. Thread-safe, allocates nothing,
// about a microsecond an answer.

#include "model/event.hpp"

#include <string_view>

namespace mailfunnel {

struct SmtpVerdict {
  BounceClass klass;
  BounceReason reason;
  std::string_view status; // enhanced code found in the text or given; may be empty
  int code;                // reply code; 0 none
  bool by_words = false;   // the text holds a phrase that is known; else the codes decided
};

/// `status`: what the source gives as enhanced code ("" none); `text`: the server's words.
SmtpVerdict judge_smtp(std::string_view status, std::string_view text);

} // namespace mailfunnel
