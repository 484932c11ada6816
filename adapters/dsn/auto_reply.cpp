// The mail of a person who is away, or of a robot that answers every mail:
//   Auto-Submitted: auto-replied
//   Subject: Automatic reply: Your invoice
// https://www.rfc-editor.org/rfc/rfc3834. What is older or was never told of it is known by headers
// and subjects of its own.

#include "report.hpp"

#include "adapter/mail_signs.hpp"

#include "base/text.hpp"

namespace mailfunnel::dsn {

Notices read_auto_reply(const Mail& mail) {
  if (!is_auto_reply(mail.fields)) {
    return {};
  }
  Notice notice;
  notice.kind = EventKind::unknown;
  notice.native = "auto_reply";
  notice.message_id = mail.fields.get("In-Reply-To");
  for (const auto name : {"From", "Reply-To", "Sender"}) {
    if (notice.address.empty()) {
      notice.address = find_address(mail.fields.get(name));
    }
  }
  return {notice};
}

} // namespace mailfunnel::dsn
