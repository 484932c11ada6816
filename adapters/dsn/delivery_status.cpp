// message/delivery-status: a block of fields about the mail, then one a recipient.
//   Reporting-MTA: dns; mx1.example.com
//
//   Original-Recipient: rfc822;bo@example.com
//   Final-Recipient: rfc822; bo@mailbox.example.com
//   Action: failed
//   Status: 5.1.1
//   Diagnostic-Code: smtp; 550 5.1.1 <bo@mailbox.example.com>: User unknown
// https://www.rfc-editor.org/rfc/rfc3464. Real ones lack required fields, put all into one block,
// or stand in a text/plain part.

#include "report.hpp"
#include "report_fields.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::dsn {

namespace {

struct ActionRow {
  std::string_view word;
  EventKind kind;
};
constexpr std::array k_actions{
    ActionRow{"failed", EventKind::bounce},
    ActionRow{"delayed", EventKind::deferred},
    ActionRow{"delivered", EventKind::delivered},
    ActionRow{"relayed", EventKind::delivered},    // to a server that tells no more
    ActionRow{"expanded", EventKind::delivered},   // to the members of a list
    ActionRow{"undeliverable", EventKind::bounce}, // Postfix' probes (sendmail -bv); "deliverable"
                                                   // stays unknown: nothing was delivered
};

/// MailFields that a recipient has once: the second one begins another recipient.
constexpr std::array k_once{"Final-Recipient", "Action"};

EventKind kind_of(std::string_view action, std::string_view status) {
  const auto* const row =
      std::find_if(k_actions.begin(), k_actions.end(),
                   [action](const ActionRow& r) { return iequals(r.word, action); });
  if (row != k_actions.end()) {
    return row->kind;
  }
  if (!action.empty()) {
    return EventKind::unknown;
  }
  return status.starts_with('2') ? EventKind::delivered : EventKind::bounce;
}

std::vector<MailFields> split_recipients(const MailFields& block) {
  std::vector<MailFields> all(1);
  for (const auto& [name, value] : block.all()) {
    const bool once = std::any_of(k_once.begin(), k_once.end(),
                                  [&name = name](auto field) { return iequals(field, name); });
    if (once && all.back().has(name)) {
      all.emplace_back();
    }
    all.back().add(name, value);
  }
  return all;
}

/// The address as the sender had it; the final one where the original is none.
std::string original_address(std::string_view original, std::string_view final_address) {
  const auto plain = find_address(without_type(original));
  if (plain.empty() || iequals(plain, final_address)) {
    return std::string(plain);
  }
  return decode_xtext(plain);
}

Notice notice_of(const MailFields& fields) {
  Notice notice;
  notice.status = fields.get("Status").substr(0, fields.get("Status").find_first_of(" ("));
  const auto action = fields.get("Action");
  notice.native = lower(action.substr(0, action.find_first_of(" (;")));
  notice.kind = kind_of(notice.native, notice.status);
  const auto final_address = find_address(without_type(fields.get("Final-Recipient")));
  notice.address = original_address(fields.get("Original-Recipient"), final_address);
  for (const auto name : {"X-Actual-Recipient", "X-Original-Recipient"}) { // sendmail, gateways
    if (notice.address.empty() && final_address.empty()) {
      notice.address = find_address(without_type(fields.get(name)));
    }
  }
  if (notice.address.empty()) {
    notice.address = final_address;
  } else if (!iequals(notice.address, final_address)) {
    notice.final_address = final_address;
  }
  notice.diagnostic = without_type(fields.get("Diagnostic-Code"));
  notice.remote_mta = without_type(fields.get("Remote-MTA"));
  notice.time = parse_mail_date(fields.get("Last-Attempt-Date"));
  return notice;
}

bool is_recipient(const MailFields& fields) {
  return fields.has("Final-Recipient") || fields.has("Original-Recipient") ||
         (fields.has("Action") && fields.has("Status"));
}

void read_blocks(std::string_view text, Notices& notices) {
  std::optional<Instant> arrival; // of the mail, in the block before those of the recipients
  while (!text.empty()) {
    for (const auto& fields : split_recipients(take_fields(text))) {
      if (const auto date = parse_mail_date(fields.get("Arrival-Date"))) {
        arrival = date;
      }
      if (is_recipient(fields)) {
        notices.push_back(notice_of(fields));
        notices.back().arrival = arrival;
      }
    }
  }
}

} // namespace

Notices read_delivery_status(const Mail& mail) {
  constexpr std::array k_types{"message/delivery-status", "message/global-delivery-status"};
  Notices notices;
  const auto* const first = mail.find({k_types[0], k_types[1]});
  for (const auto& part : mail.parts) {
    const bool status = part.type == k_types[0] || part.type == k_types[1];
    if (status && part.level == first->level) { // that of a report inside is about another mail
      read_blocks(part.text, notices);
    }
  }
  if (first == nullptr) { // in the text of people: Amazon WorkMail, gateways that flatten
    for (const auto& part : mail.parts) {
      if (part.level == 0 && part.type == "text/plain" &&
          icontains(part.text, "\nFinal-Recipient:") && icontains(part.text, "\nAction:")) {
        read_blocks(part.text, notices);
      }
    }
  }
  return notices;
}

} // namespace mailfunnel::dsn
