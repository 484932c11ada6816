#pragma once
// Mailgun's words, and what becomes of a mail that did not arrive: for the JSON of today and the
// form posts of before alike.

#include "model/event.hpp"

#include <string>
#include <string_view>

namespace mailfunnel::mailgun {

/// unknown for a word that is not known. `failed` is a bounce until judge_failure() was asked.
EventKind kind_of_word(std::string_view word);
/// Events that are about no mail to a person: incoming mail, checks and uploads of addresses.
bool is_of_no_mail(std::string_view word);

/// What an event says of a mail that did not arrive; each may be empty.
struct FailureReport {
  std::string_view severity;    // "temporary", "permanent"
  std::string_view reason;      // "bounce", "suppress-bounce", "old", …
  std::string_view bounce_type; // "hard", "soft"
  std::string_view code;        // "550"; "605" and others of Mailgun's own; old posts also "5.1.1"
  std::string_view status;      // "5.1.1"
  std::string_view answer;      // the server's words, or Mailgun's
};

/// Kind and bounce of an event whose kind so far is bounce, or dropped (of form posts). The texts
/// of the bounce are of the report or of `scratch`.
void judge_failure(const FailureReport& report, EventView& event, std::string& scratch);

} // namespace mailfunnel::mailgun
