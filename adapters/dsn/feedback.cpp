// message/feedback-report, Abuse Reporting Format:
//   Feedback-Type: abuse
//   User-Agent: ExampleFBL/1.0
//   Version: 1
//   Original-Rcpt-To: <ann@example.com>
//   Arrival-Date: Mon, 11 May 2026 09:00:00 +0200
// https://www.rfc-editor.org/rfc/rfc5965 (format), rfc6430 (not-spam), rfc6591 (auth-failure). Many
// providers leave the recipient out: then the returned mail is asked.

#include "report.hpp"
#include "report_fields.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::dsn {

namespace {

struct TypeRow {
  std::string_view word;
  EventKind kind;
};
constexpr std::array k_types{
    TypeRow{"abuse", EventKind::complaint},
    TypeRow{"fraud", EventKind::complaint},
    TypeRow{"virus", EventKind::complaint},
    TypeRow{"other", EventKind::complaint},
    TypeRow{"miscategorized", EventKind::complaint},
    TypeRow{"complaint", EventKind::complaint},
    TypeRow{"opt-out", EventKind::unsubscribe},
    TypeRow{"opt-out-list", EventKind::unsubscribe},
    TypeRow{"not-spam", EventKind::unknown},     // the person takes a complaint back
    TypeRow{"auth-failure", EventKind::unknown}, // a server's word to the sender, no person's
    TypeRow{"dkim-failure", EventKind::unknown},
};

/// Where a report names the recipient, and then where the returned mail does.
constexpr std::array k_report_fields{"Original-Rcpt-To", "Removal-Recipient", "X-Original-Rcpt-To"};
constexpr std::array k_returned_fields{
    "X-HmXmrOriginalRecipient", // Hotmail, Outlook.com
    "To",                       // as the sender had it; below may stand where it was sent on to
    "X-Original-To",
    "X-Envelope-To",
    "Envelope-To",
    "X-Rcpt-To",
    "Delivered-To",
};

/// Senders of complaints in the form of the mail alone, without a report.
constexpr std::array k_plain_subjects{"complaint about message from"}; // Hotmail's JMRP

/// "redacted@example.com", "[redacted]", "undisclosed@…": hidden by the provider.
bool is_hidden(std::string_view address) {
  constexpr std::array<std::string_view, 5> k_words{"redacted", "undisclosed", "xxxx", "hidden",
                                                    "removed"};
  const auto local = address.substr(0, address.find('@'));
  return std::any_of(k_words.begin(), k_words.end(),
                     [local](auto word) { return icontains(local, word); });
}

void add_addresses(std::string_view text, std::vector<std::string>& all) {
  constexpr std::size_t k_most = 1000;
  for (const auto address : all_addresses(text)) {
    if (!is_hidden(address) && all.size() < k_most &&
        std::find(all.begin(), all.end(), address) == all.end()) {
      all.emplace_back(address);
    }
  }
}

/// "bounce-ann=example.com@news.example.org" -> "ann@example.com": a return path that names the
/// recipient (VERP).
std::string verp_recipient(std::string_view return_path) {
  const auto local = return_path.substr(0, return_path.rfind('@'));
  const auto equals = local.rfind('=');
  if (equals == std::string_view::npos || local.find('.', equals) == std::string_view::npos) {
    return {};
  }
  const auto begin = local.substr(0, equals).find_last_of("-+") + 1; // npos + 1 is 0
  const auto made = std::string(local.substr(begin, equals - begin)) + "@" +
                    std::string(local.substr(equals + 1));
  return find_address(made) == made ? made : std::string();
}

std::vector<std::string> recipients(const Mail& mail, const MailFields& report,
                                    const MailFields& returned) {
  std::vector<std::string> all;
  for (const auto name : k_report_fields) {
    for (const auto& [key, value] : report.all()) {
      if (iequals(key, name)) {
        add_addresses(value, all);
      }
    }
    if (!all.empty()) {
      return all;
    }
  }
  for (const auto name : k_returned_fields) {
    add_addresses(returned.get(name), all);
    if (all.size() == 1) {
      return all;
    }
    all.clear(); // of several only one complained
  }
  for (const auto path :
       {report.get("Original-Mail-From"), returned.get("Return-Path"), mail.fields.get("To")}) {
    if (auto address = verp_recipient(find_address(path)); !address.empty()) {
      return {std::move(address)};
    }
  }
  return all;
}

EventKind kind_of(std::string_view type) {
  const auto* const row = std::find_if(k_types.begin(), k_types.end(),
                                       [type](const TypeRow& r) { return iequals(r.word, type); });
  return row == k_types.end() ? EventKind::unknown : row->kind;
}

bool is_plain_complaint(const Mail& mail) {
  const auto subject = mail.fields.get("Subject");
  return std::any_of(k_plain_subjects.begin(), k_plain_subjects.end(),
                     [subject](auto words) { return icontains(subject, words); });
}

} // namespace

Notices read_feedback(const Mail& mail, const MailFields& returned) {
  const auto* const part = mail.find({"message/feedback-report"});
  if (part == nullptr && !is_plain_complaint(mail)) {
    return {};
  }
  MailFields report;
  if (part != nullptr) {
    std::string_view text = part->text;
    report = take_fields(text);
  }
  const auto type = part == nullptr ? std::string_view("abuse") : report.get("Feedback-Type");
  Notice notice;
  notice.kind = kind_of(type);
  notice.native = lower(type);
  notice.arrival =
      parse_mail_date(report.get(report.has("Arrival-Date") ? "Arrival-Date" : "Received-Date"));
  notice.sender = find_address(report.get("Original-Mail-From"));
  Notices notices;
  for (auto& address : recipients(mail, report, returned)) {
    notices.push_back(notice);
    notices.back().address = std::move(address);
  }
  if (notices.empty()) {
    notices.push_back(notice); // its address is hidden
  }
  return notices;
}

Notices read_disposition(const Mail& mail) {
  const auto* const part =
      mail.find({"message/disposition-notification", "message/global-disposition-notification"});
  if (part == nullptr) {
    return {};
  }
  std::string_view text = part->text;
  const auto fields = take_fields(text);
  Notice notice;
  notice.kind = EventKind::unknown;
  const auto disposition =
      fields.get("Disposition"); // "manual-action/MDN-sent-manually; displayed"
  const auto word = disposition.substr(disposition.rfind(';') + 1);
  notice.native = "disposition " + lower(trim(word));
  notice.message_id = fields.get("Original-Message-ID");
  notice.address =
      find_address(without_type(fields.has("Original-Recipient") ? fields.get("Original-Recipient")
                                                                 : fields.get("Final-Recipient")));
  return {notice};
}

} // namespace mailfunnel::dsn
