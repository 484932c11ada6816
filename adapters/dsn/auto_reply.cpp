// The mail of a person who is away, or of a robot that answers every mail:
//   Auto-Submitted: auto-replied
//   Subject: Automatic reply: Your invoice
// https://www.rfc-editor.org/rfc/rfc3834. What is older or was never told of it is known by headers
// and subjects of its own.

#include "report.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::dsn {

namespace {

struct HeaderRow {
  std::string_view name, value; // value: it begins like this; "": any
};
constexpr std::array k_headers{
    HeaderRow{"Auto-Submitted", "auto-replied"}, // RFC 3834
    HeaderRow{"Auto-Submitted", "auto-notified"},
    HeaderRow{"Precedence", "auto_reply"},
    HeaderRow{"Precedence", "auto-reply"},
    HeaderRow{"X-Auto-Reply-From", ""},
    HeaderRow{"X-Autoreply", ""},
    HeaderRow{"X-Autorespond", ""}, // qmail-autoresponder
    HeaderRow{"X-Autoresponder", ""},
    HeaderRow{"X-Mail-Autoreply", ""},
    HeaderRow{"X-Auto-Generated", "vacation"},
    HeaderRow{"X-Apple-Action", "VACATION"}, // iCloud
    HeaderRow{"Delivered-To", "autoresponder"},
};

/// How the subjects of such mails begin. Those of Exchange and Outlook are in the language of the
/// mailbox.
constexpr std::array<std::string_view, 28> k_subjects{
    "automatic reply:",
    "auto reply:",
    "auto-reply:",
    "autoreply:",
    "auto:",
    "auto response",
    "autoresponder",
    "out of office",
    "out-of-office",
    "out of the office",
    "away from my mail", // vacation(1)
    "vacation",
    "automatisch antwoord:", // nl
    "afwezig",
    "automatische antwort:", // de
    "abwesenheit",
    "abwesend",
    "abwesenheitsnotiz",
    "réponse automatique", // fr
    "absence du bureau",
    "absent du bureau",
    "risposta automatica:", // it
    "fuori sede",
    "respuesta automática", // es
    "fuera de la oficina",
    "resposta automática",   // pt
    "automatiskt svar",      // sv
    "automaattinen vastaus", // fi
};

bool says_away(const Fields& fields) {
  for (const auto& row : k_headers) {
    for (const auto& [name, value] : fields.all()) {
      if (iequals(name, row.name) && istarts_with(value, row.value)) {
        return true;
      }
    }
  }
  const auto subject = fields.get("Subject");
  return std::any_of(k_subjects.begin(), k_subjects.end(),
                     [subject](auto words) { return istarts_with(subject, words); });
}

} // namespace

Notices read_auto_reply(const Mail& mail) {
  if (!says_away(mail.fields)) {
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
