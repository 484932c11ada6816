// Mail that tells what became of mail: delivery status notifications (RFC 3464), complaints from
// feedback loops (RFC 5965), auto-replies (RFC 3834), and the reports in plain words of servers
// that know none of these. One mail a file (.eml, Maildir) or many in an mbox:
//   From MAILER-DAEMON Thu Apr 30 09:12:44 2026
//   From: MAILER-DAEMON@mx1.example.com
//   Content-Type: multipart/report; report-type=delivery-status; boundary="b1"
//   …
// Each form has its own reader (report.hpp); here they are asked in turn, and what they tell
// becomes events.

#include "report.hpp"
#include "returned_mail.hpp"

#include "adapter/adapter.hpp"
#include "adapter/campaign_header.hpp"
#include "adapter/mail_signs.hpp"
#include "adapter/registry.hpp"
#include "adapter/smtp_status.hpp"
#include "base/json.hpp"
#include "base/mbox.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <unordered_map>

namespace mailfunnel::dsn {

namespace {

/// What a reader has to know of one mail, and what it found.
struct Report {
  Mail mail;
  MailFields returned;
  Notices notices;
};

/// Do the fields tell why the mail did not arrive?
bool is_told(const Notice& notice) {
  const auto verdict = judge_smtp(notice.status, notice.diagnostic);
  return verdict.reason != BounceReason::other || verdict.by_words;
}

/// What the fields of a delivery report leave open is looked for in its words for people: reasons,
/// and the recipient where a file stands instead ("Final-Recipient: rfc822;/var/mail/ann").
void complete(Report& report, std::string_view text) {
  auto& notices = report.notices;
  if (std::all_of(notices.begin(), notices.end(), is_told)) {
    return;
  }
  const auto told = read_text_report(report.mail, text, report.returned);
  std::unordered_map<std::string, const Notice*> by_address;
  for (const auto& notice : told) {
    by_address.emplace(lower(notice.address), &notice);
  }
  for (auto& notice : notices) {
    const auto known = by_address.find(lower(notice.address));
    const auto* const other = told.size() == 1            ? &told.front()
                              : known == by_address.end() ? nullptr
                                                          : known->second;
    if (other != nullptr && !is_told(notice)) {
      notice.words = other->diagnostic;
      notice.address = notice.address.empty() ? other->address : notice.address;
    }
  }
}

Report read_report(std::string_view text, bool quoted) {
  Report report{read_mail(text, quoted), {}, {}};
  report.returned = returned_fields(report.mail);
  const auto& mail = report.mail;
  const auto words = report_text(mail);
  if (report.notices = read_delivery_status(mail); !report.notices.empty()) {
    complete(report, words);
    return report;
  }
  if (report.notices = read_feedback(mail, report.returned); !report.notices.empty()) {
    return report;
  }
  if (report.notices = read_disposition(mail); !report.notices.empty()) {
    return report;
  }
  if (report.notices = read_ses_notice(mail); !report.notices.empty()) {
    return report;
  }
  const bool bounce = is_bounce(mail.fields) || mail.report_type == "delivery-status";
  if (!bounce && !(report.notices = read_auto_reply(mail)).empty()) {
    return report;
  }
  if (bounce || is_bounce_text(words)) {
    report.notices = read_text_report(mail, words, report.returned);
  }
  return report;
}

// ---- events
// ------------------------------------------------------------------------------------------------------

bool is_undelivered(EventKind kind) {
  return kind == EventKind::bounce || kind == EventKind::deferred;
}

Bounce judge(const Notice& notice) {
  auto verdict = judge_smtp(notice.status, notice.diagnostic);
  auto diagnostic = std::string_view(notice.diagnostic);
  if (!notice.words.empty()) {
    const auto code = verdict.code;
    verdict = judge_smtp(verdict.status, notice.words);
    verdict.code = verdict.code == 0 && code >= 400 ? code : verdict.code; // "X-Unix; 255" is none
    if (diagnostic.empty() || verdict.by_words || verdict.code >= 400) {
      diagnostic = notice.words;
    }
  }
  const bool hard = verdict.klass == BounceClass::hard && notice.kind == EventKind::bounce;
  if (verdict.klass == BounceClass::none || (verdict.klass == BounceClass::hard && !hard)) {
    verdict.klass = BounceClass::soft; // a delay is never the end; a failure is never nothing
  }
  return {verdict.klass, verdict.reason, verdict.status, verdict.code, diagnostic};
}

/// The Date of the report; else when its mail came in, else when the last server got the report.
std::optional<Instant> time_of(const MailFields& header, const Notice& notice,
                               std::string_view from_line) {
  if (notice.time) {
    return notice.time;
  }
  if (const auto date = parse_mail_date(header.get("Date"))) {
    return date;
  }
  if (notice.arrival) {
    return notice.arrival;
  }
  const auto received = header.get("Received");
  if (const auto date = parse_mail_date(received.substr(received.rfind(';') + 1))) {
    return date;
  }
  const auto space = from_line.find(' ', 5); // behind the sender
  return space == std::string_view::npos
             ? std::nullopt
             : parse_time_as(trim(from_line.substr(space)), "%a %b %e %H:%M:%S %Y", nullptr);
}

void put(std::string& json, std::string_view name, std::string_view value) {
  if (!value.empty()) {
    json += json.empty() ? '{' : ',';
    append_json_string(json, name);
    json += ':';
    append_json_string(json, value);
  }
}

std::string metadata_of(const Notice& notice, const MailFields& returned,
                        const MailingNames& mailing) {
  std::string json;
  put(json, "subject", returned.get("Subject"));
  if (const auto sent = parse_mail_date(returned.get("Date"))) {
    put(json, "sent_at", format_instant(*sent));
  }
  put(json, "list_id", mailing.list_id);
  put(json, "final_recipient", notice.final_address);
  put(json, "remote_mta", notice.remote_mta);
  return json.empty() ? json : json + '}';
}

/// A bounce in whose words nobody is named: whose it is, the address that it came back to may tell.
Notice nameless_bounce(const Mail& mail) {
  Notice notice;
  notice.native = "failed";
  notice.words = report_text(mail);
  return notice;
}

/// The envelope sender of the mail that the report is about. A bounce goes back to it, so it is
/// also the one that the report was sent to.
std::string_view sender_of(const Report& report, const Notice& notice) {
  if (!notice.sender.empty()) {
    return notice.sender;
  }
  if (const auto path = find_address(report.returned.get("Return-Path")); !path.empty()) {
    return path;
  }
  const auto& fields = report.mail.fields;
  for (const auto* const name : {"X-Original-To", "Delivered-To", "To"}) {
    if (const auto to = find_address(fields.get(name));
        is_undelivered(notice.kind) && !to.empty()) {
      return to;
    }
  }
  return {};
}

std::string_view plain_id(std::string_view id) {
  id = trim(id);
  return id.starts_with('<') && id.ends_with('>') ? id.substr(1, id.size() - 2) : id;
}

class MailReader : public LogReader {
public:
  MailReader(Framing framing, std::string_view campaign)
      : m_framing(framing), m_campaign(campaign) {}

  std::string_view format() const override {
    return m_framing == Framing::mbox ? "mbox of reports" : "report, one mail";
  }
  Framing framing() const override { return m_framing; }
  std::unique_ptr<LogReader> clone() const override {
    return std::make_unique<MailReader>(m_framing, m_campaign);
  }

  void read(const Chunk& chunk, RecordSink& sink) override {
    auto text = chunk.text;
    while (!text.empty()) {
      const auto next = m_framing == Framing::mbox ? next_from_line(text, 0) : text.npos;
      read_message(text.substr(0, next), sink);
      text.remove_prefix(std::min(next, text.size()));
    }
  }

private:
  void read_message(std::string_view record, RecordSink& sink) const {
    if (trim(record).empty()) {
      return;
    }
    auto message = record;
    const auto from_line = take_from_line(message);
    auto report = read_report(message, m_framing == Framing::mbox);
    if (report.notices.empty() && sink.wants().sender && is_bounce(report.mail.fields)) {
      report.notices.push_back(nameless_bounce(report.mail));
    }
    if (report.notices.empty()) {
      if (is_bounce(report.mail.fields)) {
        sink.reject("a bounce that names no recipient", record);
      } else {
        sink.skip(record);
      }
      return;
    }
    const auto mailing = mailing_names(report.returned);
    for (const auto& notice : report.notices) {
      const auto time = time_of(report.mail.fields, notice, from_line);
      if (!time) {
        sink.reject("no Date in this report", record);
        return;
      }
      const bool told_by_sender = sink.wants().sender && !sender_of(report, notice).empty();
      if (notice.address.empty() && mailing.contact_id.empty() && !told_by_sender &&
          notice.kind != EventKind::unknown) {
        sink.reject("a report of \"" + printable(notice.native, 40) +
                        "\" that names no recipient, nor does the mail in it",
                    record);
        continue;
      }
      accept(report, notice, mailing, *time, record, sink);
    }
  }

  void accept(const Report& report, const Notice& notice, const MailingNames& mailing,
              const Instant& time, std::string_view record, RecordSink& sink) const {
    EventView out;
    out.record = record;
    out.kind = notice.kind;
    out.native = notice.native;
    out.time = time;
    out.address = notice.address;
    out.contact_id = mailing.contact_id;
    out.campaign = mailing.campaign.empty() ? std::string_view(m_campaign) : mailing.campaign;
    out.sender = sink.wants().sender ? sender_of(report, notice) : std::string_view{};
    if (is_undelivered(notice.kind)) {
      out.bounce = judge(notice);
    }
    std::string metadata;
    if (sink.wants().details) {
      out.message_id = plain_id(report.returned.get("Message-ID"));
      out.message_id = out.message_id.empty() ? plain_id(notice.message_id) : out.message_id;
      out.event_id = plain_id(report.mail.fields.get("Message-ID"));
      metadata = metadata_of(notice, report.returned, mailing);
      out.metadata = metadata;
    }
    sink.accept(out);
  }

  /// Cuts a From_ line off the front.
  static std::string_view take_from_line(std::string_view& message) {
    const auto end = message.find_first_of("\r\n");
    const auto line = message.substr(0, end);
    if (!line.starts_with("From ")) {
      return {};
    }
    message.remove_prefix(line.size());
    while (!message.empty() && is_space(message.front())) {
      message.remove_prefix(1);
    }
    return line;
  }

  Framing m_framing;
  std::string m_campaign;
};

/// The header behind a From_ line that may stand before it.
std::string_view behind_from_line(std::string_view head) {
  if (!head.starts_with("From ")) {
    return head;
  }
  const auto end = head.find_first_of("\r\n");
  head.remove_prefix(end == std::string_view::npos ? head.size() : end);
  return head.substr(std::min(head.find_first_not_of("\r\n"), head.size()));
}

class DsnAdapter : public Adapter {
public:
  std::string_view title() const override { return "Bounce and complaint mail (DSN, ARF)"; }
  Capabilities capabilities() const override { return {}; }
  std::vector<FormatInfo> formats() const override {
    return {{"delivery reports, complaints and auto-replies, one mail a file (.eml, Maildir)",
             "events"},
            {"mbox of them", "events"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& context) const override {
    const auto header = read_header(behind_from_line(head));
    if (header.all().size() < 2) {
      return nullptr;
    }
    const auto line = head.substr(0, head.find('\n'));
    if (head.size() > line.size() && is_from_line(line)) {
      return std::make_unique<MailReader>(Framing::mbox, context.campaign);
    }
    if (may_be_report(header) || is_bounce_text(head)) {
      return std::make_unique<MailReader>(Framing::document, context.campaign);
    }
    return nullptr;
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("dsn", std::make_unique<DsnAdapter>());
}

} // namespace mailfunnel::dsn
