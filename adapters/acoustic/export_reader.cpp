// Acoustic's raw recipient data export (RawRecipientDataExport): one event a row, with a header,
// the separator a comma, TAB or |:
//   Recipient Id,Recipient Type,Mailing Id,Report Id,Campaign Id,Email,Event Type,Event
//   Timestamp,Body Type,Content Id, Click Name,URL,Conversion Action,Conversion Detail,Conversion
//   Amount,Suppression Reason,, 105817151001,Normal,9876543,503612902,"",ann@example.com,Click
//   Through,05/11/2026 06:29:41,HTML,"",Prices, https://www.example.com/pricing,"","","","","",""
// (one line each). Columns are found by name, as the job may ask for more of them; times are GMT.
// https://developer.goacoustic.com/acoustic-campaign/reference/rawrecipientdataexport

#include "readers.hpp"

#include "base/csv.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::acoustic {

namespace {

using namespace std::string_view_literals;
using enum BounceClass;
using Reason = BounceReason;

// ---- words --------------------------------------------------------------------------------------

struct TypeRow {
  std::string_view word; // of Event Type
  EventKind kind;
  BounceClass klass = none;
  BounceReason reason = Reason::other;
};
constexpr std::array k_types{
    TypeRow{"Sent", EventKind::sent},
    TypeRow{"Open", EventKind::open},
    TypeRow{"Click Through", EventKind::click},
    TypeRow{"Click Stream", EventKind::page},
    TypeRow{"Clickstream", EventKind::page},
    TypeRow{"Conversion", EventKind::conversion},
    TypeRow{"Hard Bounce", EventKind::bounce, hard},
    TypeRow{"Soft Bounce", EventKind::bounce, soft},
    TypeRow{"Reply Mail Block", EventKind::bounce, block, Reason::policy},
    TypeRow{"Reply Mail Restriction", EventKind::bounce, block, Reason::content},
    TypeRow{"Suppressed", EventKind::dropped, none, Reason::suppressed},
    TypeRow{"Opt Out", EventKind::unsubscribe},
    TypeRow{"Reply Abuse", EventKind::complaint},
};

constexpr TypeRow k_other_type{"", EventKind::unknown};

const TypeRow& find_type(std::string_view word) {
  const auto* const row = std::find_if(k_types.begin(), k_types.end(),
                                       [word](const TypeRow& r) { return iequals(r.word, word); });
  return row == k_types.end() ? k_other_type : *row;
}

constexpr bool has_link(EventKind kind) {
  return kind == EventKind::click || kind == EventKind::page || kind == EventKind::conversion;
}

// ---- columns ------------------------------------------------------------------------------------

enum Slot : std::uint8_t {
  recipient_id,
  recipient_type,
  mailing_id,
  report_id,
  email,
  event_type,
  event_timestamp,
  click_name,
  url,
  suppression_reason,
  k_slots
};
struct ColumnRow {
  std::string_view name;
  bool required; // in every export; without it the file is not ours
};
constexpr std::array<ColumnRow, k_slots> k_columns{{
    {"Recipient Id", true},
    {"Recipient Type", false},
    {"Mailing Id", true},
    {"Report Id", false},
    {"Email", true},
    {"Event Type", true},
    {"Event Timestamp", true},
    {"Click Name", false},
    {"URL", false},
    {"Suppression Reason", false},
}};
constexpr std::size_t k_absent = std::size_t{0} - 1; // past the end of any row: its field is empty

struct Table {
  CsvDialect dialect;
  std::array<std::size_t, k_slots> columns{};
  std::vector<std::pair<std::size_t, std::string>> others; // named columns that we have no use for
  std::size_t fewest = 0, most = 0;                        // fields of a row
};

std::optional<Table> make_table(const CsvHeader& header, CsvDialect dialect) {
  Table table;
  table.dialect = dialect;
  table.most = header.names().size();
  for (std::size_t slot = 0; slot < k_slots; ++slot) {
    const auto column = header.find(k_columns[slot].name);
    if (!column && k_columns[slot].required) {
      return std::nullopt;
    }
    table.columns[slot] = column.value_or(k_absent);
  }
  for (std::size_t i = 0; i < table.most; ++i) {
    const auto& name = header.names()[i];
    if (name.empty()) {
      continue;
    }
    table.fewest = i + 1; // the nameless ones at the end need not be there
    if (std::find(table.columns.begin(), table.columns.end(), i) == table.columns.end()) {
      table.others.emplace_back(i, attribute_name(name));
    }
  }
  return table;
}

/// The header decides on the separator: URLs and names in the rows are full of all of them.
std::optional<Table> find_table(std::string_view head) {
  for (const char separator : {',', '\t', '|'}) {
    const CsvDialect dialect{.separator = separator};
    CsvReader reader(dialect);
    reader.start(head.substr(0, head.find('\n')));
    CsvRow row;
    if (!reader.next(row)) {
      return std::nullopt;
    }
    if (auto table = make_table(CsvHeader(row), dialect)) {
      return table;
    }
  }
  return std::nullopt;
}

// ---- times --------------------------------------------------------------------------------------

/// Two digits; a number over 99 when they are none.
unsigned two_digits(const char* at) {
  return is_digit(at[0]) && is_digit(at[1])
             ? static_cast<unsigned>((at[0] - '0') * 10 + (at[1] - '0'))
             : 100;
}

unsigned days_of(std::int64_t year, unsigned month) {
  const bool december = month == 12;
  return static_cast<unsigned>(
      days_from_civil(december ? year + 1 : year, december ? 1 : month + 1, 1) -
      days_from_civil(year, month, 1));
}

/// "05/11/2026 06:29:41" in GMT.
std::optional<Seconds> read_time(std::string_view text) {
  constexpr auto k_shape = "00/00/0000 00:00:00"sv;
  if (text.size() != k_shape.size()) {
    return std::nullopt;
  }
  for (const std::size_t i : {2, 5, 10, 13, 16}) {
    if (text[i] != k_shape[i]) {
      return std::nullopt;
    }
  }
  const char* const at = text.data();
  const auto month = two_digits(at), day = two_digits(at + 3), century = two_digits(at + 6),
             year = two_digits(at + 8), hour = two_digits(at + 11), minute = two_digits(at + 14),
             second = two_digits(at + 17);
  const bool plausible = month >= 1 && month <= 12 && day >= 1 && century <= 99 && year <= 99 &&
                         hour <= 23 && minute <= 59 && second <= 60;
  const auto full_year = std::int64_t{century} * 100 + year;
  if (!plausible || day > days_of(full_year, month)) {
    return std::nullopt;
  }
  return days_from_civil(full_year, month, day) * k_day + hour * 3600 + minute * 60 + second;
}

// ---- the reader ---------------------------------------------------------------------------------

class ExportReader : public LogReader {
public:
  explicit ExportReader(Table table) : m_table(std::move(table)), m_csv(m_table.dialect) {}
  std::string_view format() const override { return "raw recipient data export, CSV"; }
  Framing framing() const override { return Framing::csv; }
  char csv_quote() const override { return m_table.dialect.quote; }
  void read(const Chunk& chunk, RecordSink& sink) override;
  std::unique_ptr<LogReader> clone() const override {
    return std::make_unique<ExportReader>(m_table);
  }

private:
  std::string_view field(const CsvRow& row, Slot slot) const {
    return trim(row[m_table.columns[slot]]);
  }
  void read_row(const CsvRow& row, RecordSink& sink);
  std::string_view fill(const CsvRow& row, EventView& view);
  std::string_view campaign_of(const CsvRow& row);
  std::string_view metadata_of(const CsvRow& row);

  Table m_table;
  CsvReader m_csv;
  std::string m_campaign, m_metadata; // reused: no allocation a row
};

void ExportReader::read(const Chunk& chunk, RecordSink& sink) {
  m_csv.start(chunk.text);
  CsvRow row;
  for (bool header = chunk.first; m_csv.next(row); header = false) {
    if (!header) {
      read_row(row, sink);
    }
  }
}

std::string_view ExportReader::campaign_of(const CsvRow& row) {
  const auto mailing = field(row, mailing_id), report = field(row, report_id);
  if (mailing.empty() || report.empty()) {
    return mailing;
  }
  m_campaign.assign(mailing).append(1, '/').append(report);
  return m_campaign;
}

std::string_view ExportReader::metadata_of(const CsvRow& row) {
  m_metadata.clear();
  for (const auto& [column, name] : m_table.others) {
    const auto value = trim(row[column]);
    if (!value.empty()) {
      m_metadata += m_metadata.empty() ? '{' : ',';
      append_json_string(m_metadata, name);
      m_metadata += ':';
      append_json_string(m_metadata, value);
    }
  }
  m_metadata += m_metadata.empty() ? "" : "}";
  return m_metadata;
}

/// Says what is wrong with the row, or "".
std::string_view ExportReader::fill(const CsvRow& row, EventView& view) {
  if (row.size() < m_table.fewest || row.size() > m_table.most) {
    return "not as many fields as the header";
  }
  view.address = field(row, email);
  if (view.address.empty()) {
    return "no Email";
  }
  view.native = field(row, event_type);
  if (view.native.empty()) {
    return "no Event Type";
  }
  const auto time = read_time(field(row, event_timestamp));
  if (!time) {
    return "no time in Event Timestamp";
  }
  const auto& type = find_type(view.native);
  view.kind = type.kind;
  view.time.seconds = *time;
  view.contact_id = field(row, recipient_id);
  view.campaign = campaign_of(row);
  view.bounce = {type.klass, type.reason, ""sv, 0,
                 type.kind == EventKind::dropped ? field(row, suppression_reason) : ""sv};
  if (has_link(type.kind)) {
    view.link = field(row, url);
    view.link_tag = field(row, click_name);
  }
  return {};
}

void ExportReader::read_row(const CsvRow& row, RecordSink& sink) {
  if (m_csv.broken()) {
    sink.reject("a quote is never closed", row.raw());
    return;
  }
  const auto type = field(row, recipient_type);
  if (row.size() >= m_table.fewest && !type.empty() && !iequals(type, "Normal")) {
    sink.skip(row.raw()); // a seed, or somebody to whom the mail was forwarded
    return;
  }
  EventView view;
  view.record = row.raw();
  if (const auto why = fill(row, view); !why.empty()) {
    sink.reject(why, row.raw());
    return;
  }
  if (sink.wants().details) {
    view.metadata = metadata_of(row);
  }
  sink.accept(view);
}

} // namespace

std::unique_ptr<LogReader> open_export(std::string_view head) {
  auto table = find_table(head);
  return table ? std::make_unique<ExportReader>(*std::move(table)) : nullptr;
}

} // namespace mailfunnel::acoustic
