// PowerMTA's accounting files: CSV of RFC 4180 with a header, one record a recipient and try. Which
// columns there are is a matter of the server's configuration, and may change with the next file:
//   type,timeLogged,timeQueued,orig,rcpt,orcpt,dsnAction,dsnStatus,dsnDiag,dsnMta,bounceCat,...,jobId,...
//   d,2026-05-11 08:29:41+0200,2026-05-11
//   08:29:40+0200,bounce+77@example.com,anna@example.com,,relayed,
//     2.0.0 (success),smtp;250 2.0.0 Ok,mail.example.com (192.0.2.25),,...,c12,...
//   b,1778481002,...,5.1.1 (bad destination mailbox address),"smtp;550 5.1.1 User
//   unknown",...,bad-mailbox,...
// "Accounting" in the user's guide, such as https://serverok.in/doc/pmta/UsersGuide.html; the
// records of version 5.5: https://hackmd.io/@z3d3m0n/Pmta_records

#include "adapter/adapter.hpp"
#include "adapter/campaign_header.hpp"
#include "adapter/registry.hpp"
#include "adapter/smtp_status.hpp"
#include "base/csv.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::powermta {

namespace {

using namespace std::string_view_literals;
using enum BounceClass;
using Reason = BounceReason;

// ---- words
// ---------------------------------------------------------------------------------------------------------

struct TypeRow {
  std::string_view word, name; // as it is written, and as the configuration calls it
  EventKind kind;
  bool of_recipient; // else it tells of a queue, or that a mail waits elsewhere
};
constexpr std::array k_types{
    TypeRow{"d", "delivery", EventKind::delivered, true},
    TypeRow{"b", "bounce", EventKind::bounce, true},
    TypeRow{"t", "transient", EventKind::deferred, true},
    TypeRow{"r", "receipt", EventKind::sent, true},
    TypeRow{"f", "feedback-loop", EventKind::complaint, true},
    TypeRow{"rb", "remote-bounce", EventKind::bounce, true},
    TypeRow{"tq", "transient-queue", EventKind::unknown, false},
    TypeRow{"rs", "remote-status", EventKind::unknown, false},
};
constexpr TypeRow k_unknown_type{"", "", EventKind::unknown, true};

const TypeRow& find_type(std::string_view word) {
  const auto* const row = std::find_if(k_types.begin(), k_types.end(), [word](const TypeRow& r) {
    return iequals(r.word, word) || iequals(r.name, word);
  });
  return row == k_types.end() ? k_unknown_type : *row;
}

struct Category {
  std::string_view word;
  BounceClass klass;
  BounceReason reason;
};
/// `bounceCat`. A word that is not here, also "other" and those that a site makes up, leaves it to
/// the answer.
constexpr std::array k_categories{
    Category{"bad-mailbox", hard, Reason::user_unknown},
    Category{"inactive-mailbox", hard, Reason::mailbox_disabled},
    Category{"bad-domain", hard, Reason::host_unknown},
    Category{"quota-issues", soft, Reason::mailbox_full},
    Category{"no-answer-from-host", soft, Reason::network},
    Category{"bad-connection", soft, Reason::network},
    Category{"routing-errors", soft, Reason::network},
    Category{"relaying-issues", soft, Reason::relay_denied},
    Category{"message-expired", soft, Reason::expired},
    Category{"protocol-errors", soft, Reason::other},
    Category{"spam-related", block, Reason::spam},
    Category{"policy-related", block, Reason::policy},
    Category{"content-related", block, Reason::content},
    Category{"virus-related", block, Reason::content},
    Category{"invalid-sender", block, Reason::policy},
};

// ---- columns
// -------------------------------------------------------------------------------------------------------

constexpr std::size_t k_missing = ~std::size_t{0};
constexpr auto k_header_column = "header_"sv;

struct Columns {
  std::size_t time, sender, return_path, recipient, original, status, answer, category, job,
      envelope, message_id;
  std::vector<std::pair<std::size_t, std::string>> headers; // columns of the mail's headers
};
Columns columns_of(const CsvHeader& header) {
  const auto find = [&header](std::string_view name) {
    return header.find(name).value_or(k_missing);
  };
  Columns columns{
      .time = find("timeLogged"),
      .sender = find("orig"),
      .return_path = find("header_Return-Path"),
      .recipient = find("rcpt"),
      .original = find("orcpt"),
      .status = find("dsnStatus"),
      .answer = find("dsnDiag"),
      .category = find("bounceCat"),
      .job = find("jobId"),
      .envelope = find("envId"),
      .message_id =
          header.find({"header_Message-ID", "header_x-sp-message-id"}).value_or(k_missing),
      .headers = {}};
  for (std::size_t i = 0; i < header.names().size(); ++i) {
    if (istarts_with(header.names()[i], k_header_column)) {
      columns.headers.emplace_back(i, header.names()[i].substr(k_header_column.size()));
    }
  }
  return columns;
}

/// The first column is "type", and another one is PowerMTA's.
bool is_ours(const CsvHeader& header) {
  constexpr std::array k_own{"timeLogged"sv, "dsnStatus"sv,   "dsnAction"sv,
                             "bounceCat"sv,  "dlvSourceIp"sv, "vmta"sv};
  if (header.find("type") != std::size_t{0}) {
    return false;
  }
  return std::any_of(header.names().begin(), header.names().end(), [&](const std::string& name) {
    return istarts_with(name, k_header_column) ||
           std::any_of(k_own.begin(), k_own.end(),
                       [&name](std::string_view own) { return iequals(own, name); });
  });
}

// ---- values
// --------------------------------------------------------------------------------------------------------

int hex_digit(char c) {
  return is_digit(c) ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// "rfc822;anna+2Btest@example.com" -> "anna+test@example.com" (xtext of RFC 3461); "" when it is
/// no address.
std::string_view original_address(std::string_view text, std::string& scratch) {
  const auto semicolon = text.find(';');
  if (!istarts_with(text, "rfc822;") || text.find('@') == std::string_view::npos) {
    return {};
  }
  text = trim(text.substr(semicolon + 1));
  if (text.find('+') == std::string_view::npos) {
    return text;
  }
  scratch.clear();
  for (std::size_t at = 0; at < text.size(); ++at) {
    const int high = text[at] == '+' && at + 2 < text.size() ? hex_digit(text[at + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[at + 2]) : -1;
    scratch += low >= 0 ? static_cast<char>(high * 16 + low) : text[at];
    at += low >= 0 ? 2 : 0;
  }
  return scratch;
}

/// "smtp;550 5.1.1 no" -> "550 5.1.1 no"
std::string_view answer_of(std::string_view text) {
  for (const auto prefix : {"smtp;"sv, "x-pmta;"sv}) {
    if (istarts_with(text, prefix)) {
      return trim(text.substr(prefix.size()));
    }
  }
  return text;
}

Bounce judge(std::string_view status, std::string_view answer, std::string_view word) {
  const auto verdict = judge_smtp(status, answer_of(answer));
  Bounce bounce{verdict.klass == none ? soft : verdict.klass, verdict.reason, verdict.status,
                verdict.code, answer};
  const auto* const category =
      std::find_if(k_categories.begin(), k_categories.end(),
                   [word](const Category& row) { return iequals(row.word, word); });
  if (category != k_categories.end()) {
    if (bounce.klass != category->klass || bounce.reason == Reason::other) {
      bounce.reason = category->reason; // else the answer may say it more finely
    }
    bounce.klass = category->klass;
  }
  return bounce;
}

bool has_zone(std::string_view time) {
  return std::all_of(time.begin(), time.end(), is_digit) ||
         time.find_first_of("Z+-", 11) != std::string_view::npos;
}

// ---- reader
// --------------------------------------------------------------------------------------------------------

class AccountingFile : public LogReader {
public:
  AccountingFile(const LogContext& context, bool assumes_utc)
      : m_assumes_utc(assumes_utc), m_campaign(context.campaign), m_times(context.zone) {}

  std::string_view format() const override { return "accounting file, CSV"; }
  Framing framing() const override { return Framing::csv; }
  bool assumes_utc() const override { return m_assumes_utc; }

  // No clone(): files that were put together have a header in the middle, for all behind it.
  void read(const Chunk& chunk, RecordSink& sink) override {
    m_rows.start(chunk.text);
    for (CsvRow row; m_rows.next(row);) {
      if (m_rows.broken()) {
        sink.reject("a quote that is never closed: the record is cut off", row.raw());
      } else if (is_header(row)) {
        m_columns = columns_of(CsvHeader(row));
      } else {
        read_row(row, sink);
      }
    }
  }

private:
  static bool is_header(const CsvRow& row) {
    auto first = row[0];
    first.remove_prefix(first.starts_with("\xEF\xBB\xBF"sv) ? 3 : 0);
    return iequals(trim(first), "type");
  }

  void read_row(const CsvRow& row, RecordSink& sink) {
    const auto word = trim(row[0]);
    const auto& type = find_type(word);
    if (!type.of_recipient) {
      sink.skip(row.raw());
      return;
    }
    EventView event;
    event.record = row.raw();
    event.kind = type.kind;
    event.native = word;
    const auto original = original_address(row[m_columns.original], m_original);
    event.address = original.empty() ? trim(row[m_columns.recipient]) : original;
    event.sender = sender_of(row, type.kind);
    const bool told_by_sender = sink.wants().sender && !event.sender.empty();
    if (event.address.empty() && !(type.kind == EventKind::complaint && told_by_sender)) {
      sink.reject("no recipient: the column rcpt is empty or missing", row.raw());
      return;
    }
    const auto time = time_of(trim(row[m_columns.time]));
    if (!time) {
      sink.reject("no time: \"" + printable(row[m_columns.time], 40) +
                      "\" in the column timeLogged is neither a time nor seconds since 1970",
                  row.raw());
      return;
    }
    event.time = *time;
    event.campaign = campaign_of(row);
    const auto job = trim(row[m_columns.job]);
    event.job = job.empty() ? trim(row[m_columns.envelope]) : job;
    event.message_id = trim(row[m_columns.message_id]);
    if (type.kind == EventKind::bounce || type.kind == EventKind::deferred) {
      event.bounce =
          judge(row[m_columns.status], row[m_columns.answer], trim(row[m_columns.category]));
    }
    if (type.kind == EventKind::deferred && event.bounce.klass == hard) {
      event.bounce.klass = soft; // it is tried again
    }
    sink.accept(event);
  }

  std::optional<Instant> time_of(std::string_view text) {
    return text.find('-') == std::string_view::npos ? parse_unix_time(text) : m_times.read(text);
  }

  /// Of a complaint that of the mail which was complained of: "orig" is the provider's.
  std::string_view sender_of(const CsvRow& row, EventKind kind) const {
    auto path = trim(row[m_columns.return_path]);
    if (path.starts_with('<') && path.ends_with('>')) {
      path = path.substr(1, path.size() - 2);
    }
    return kind == EventKind::complaint && !path.empty() ? path : trim(row[m_columns.sender]);
  }

  std::string_view campaign_of(const CsvRow& row) const {
    if (const auto job = trim(row[m_columns.job]); !job.empty()) {
      return job;
    }
    for (const auto& [column, name] : m_columns.headers) {
      if (const auto campaign = campaign_in_header(name, row[column]); !campaign.empty()) {
        return campaign;
      }
    }
    return m_campaign;
  }

  bool m_assumes_utc;
  std::string m_campaign;
  TimeReader m_times;
  CsvReader m_rows;
  Columns m_columns = columns_of({});
  std::string m_original;
};

class PowermtaAdapter : public Adapter {
public:
  std::string_view title() const override { return "PowerMTA"; }
  Capabilities capabilities() const override {
    return {.delivery_events = true, .delivery_times = true};
  }
  std::vector<FormatInfo> formats() const override { return {{"accounting files, CSV", "events"}}; }

  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& context) const override {
    CsvReader rows;
    rows.start(head);
    CsvRow row;
    if (!rows.next(row) || row.raw().find('\0') != std::string_view::npos) {
      return nullptr;
    }
    const CsvHeader header(row);
    if (!is_ours(header)) {
      return nullptr;
    }
    const auto time = columns_of(header).time;
    const bool zoned = !rows.next(row) || has_zone(trim(row[time]));
    return std::make_unique<AccountingFile>(context, !zoned && !context.zone_given);
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("powermta", std::make_unique<PowermtaAdapter>());
}

} // namespace mailfunnel::powermta
