#pragma once
// What the different kinds of reports have in common: one Notice for each recipient they speak of.
// Every reader here takes what mail.hpp made of a mail and gives notices; none of them means that
// the mail is no such report, or says nothing of anybody.

#include "adapter/mail.hpp"

#include "model/event.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mailfunnel::dsn {

struct Notice {
  EventKind kind = EventKind::bounce;
  std::string native;               // the report's own word: "failed", "abuse", "auto_reply"
  std::string address;              // of the recipient, as the sender had it
  std::string final_address;        // where it was sent on to, when that is another
  std::string status;               // enhanced code that the report gives
  std::string diagnostic;           // the server's words
  std::string words;                // more words about it, where the diagnostic tells nothing
  std::string remote_mta;           // the server that answered
  std::string sender;               // envelope sender of the mail it is about, where it tells it
  std::string message_id;           // of the mail it is about, where no returned mail tells it
  std::optional<Instant> time{};    // of what happened
  std::optional<Instant> arrival{}; // of the mail at that server, which may be days before
};
using Notices = std::vector<Notice>;

/// RFC 3464: blocks of fields, in a part of their own or in the text.
Notices read_delivery_status(const Mail& mail);

/// RFC 5965: complaints and what else a feedback loop tells; Hotmail's reports without such a part.
Notices read_feedback(const Mail& mail, const MailFields& returned);

/// RFC 8098: what became of a mail that arrived.
Notices read_disposition(const Mail& mail);

/// RFC 3834 and its relatives: the person is away.
Notices read_auto_reply(const Mail& mail);

/// Amazon SES' feedback notifications in a mail of SNS.
Notices read_ses_notice(const Mail& mail);

/// Reports in words only. `text` is what people read of it, without the returned mail.
Notices read_text_report(const Mail& mail, std::string_view text, const MailFields& returned);

} // namespace mailfunnel::dsn
