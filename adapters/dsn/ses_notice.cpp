// Amazon SES' feedback notifications as SNS mails them to a person who subscribed by e-mail: JSON
// in a text/plain part, with a farewell behind it:
//   {"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":[{
//    "emailAddress":"bo@example.com","action":"failed","status":"5.1.1",
//    "diagnosticCode":"smtp; 550 5.1.1 user unknown"}],…},"mail":{"messageId":"0100018e-1",…}}
//
//   --
//   If you wish to stop receiving notifications …
// https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html. Files of the same JSON are
// the adapter ses' business.

#include "report.hpp"
#include "report_fields.hpp"

#include "base/json.hpp"
#include "base/text.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>

namespace mailfunnel::dsn {

namespace {

using Json = simdjson::simdjson_result<simdjson::dom::element>;

struct TypeRow {
  std::string_view word, detail, recipients; // detail: the object; recipients: the list in it
  EventKind kind;
};
constexpr std::array k_types{
    TypeRow{"Bounce", "bounce", "bouncedRecipients", EventKind::bounce},
    TypeRow{"Complaint", "complaint", "complainedRecipients", EventKind::complaint},
    TypeRow{"Delivery", "delivery", "recipients", EventKind::delivered},
};

std::string_view text(const Json& value) {
  std::string_view found;
  return value.get(found) == simdjson::SUCCESS ? found : std::string_view();
}

Notice notice_of(const TypeRow& type, const Json& root, const Json& recipient) {
  Notice notice;
  const Json detail = root[type.detail];
  notice.message_id = text(root["mail"]["messageId"]);
  notice.kind = type.kind;
  notice.native = type.word;
  notice.address = text(recipient); // of a delivery
  notice.time = parse_time(text(detail["timestamp"]));
  if (type.kind == EventKind::delivered) {
    return notice;
  }
  notice.address = text(recipient["emailAddress"]);
  notice.status = text(recipient["status"]);
  notice.diagnostic = without_type(text(recipient["diagnosticCode"]));
  if (type.kind == EventKind::complaint && text(detail["complaintFeedbackType"]) == "not-spam") {
    notice.kind = EventKind::unknown;
  }
  return notice;
}

/// Servers break lines of more than 998 bytes, some by "!", a line end and a space.
std::string unbroken(std::string_view text) {
  return replace_all(replace_all(text, "!\n ", ""), "\n", "");
}

void read_json(std::string_view value, Notices& notices) {
  simdjson::dom::parser parser;
  const Json root = parser.parse(value.data(), value.size(), true);
  const auto word = text(root["notificationType"]);
  for (const auto& type : k_types) {
    simdjson::dom::array recipients;
    if (word == type.word &&
        root[type.detail][type.recipients].get(recipients) == simdjson::SUCCESS) {
      for (const auto recipient : recipients) {
        notices.push_back(notice_of(type, root, Json(simdjson::dom::element(recipient))));
      }
    }
  }
}

} // namespace

Notices read_ses_notice(const Mail& mail) {
  Notices notices;
  if (!icontains(mail.fields.get("From"), "sns.amazonaws.com")) {
    return notices;
  }
  for (const auto& part : mail.parts) {
    const auto begin = part.text.find('{');
    if (part.type == "text/plain" && begin != std::string::npos) {
      const auto text = unbroken(std::string_view(part.text).substr(begin));
      JsonValues values(text);
      if (std::string_view value; values.next(value)) {
        read_json(value, notices);
      }
    }
  }
  return notices;
}

} // namespace mailfunnel::dsn
