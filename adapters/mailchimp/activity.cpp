// granular_activity/{opens,clicks} of the account export: a file a campaign, an event a row; clicks
// have a Url.
//
//   Timestamp,IP,Email,Url
//   2026-03-02
//   09:14:55,203.0.113.7,ann@example.com,https://www.example.com/pricing?mc_cid=ba5052d3e9&mc_eid=UNIQID
//
// Times are the account's. The campaign is named by the file's name or, for clicks, by mc_cid in
// the URL. Described at https://mailchimp.com/developer/marketing/docs/account-exports/

#include "readers.hpp"

#include "base/csv.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::mailchimp {

using namespace std::string_view_literals;

namespace {

constexpr std::size_t k_missing = ~std::size_t{0};
constexpr std::array k_columns{"Timestamp"sv, "IP"sv, "IP Address"sv, "Email"sv, "Email Address"sv,
                               "Url"sv,       ""sv};

struct Columns {
  std::size_t time = k_missing, ip = k_missing, address = k_missing, url = k_missing;
};

class ActivityReader : public LogReader {
public:
  ActivityReader(const CsvDialect& dialect, const Columns& columns, const LogContext& context,
                 bool urls_name_it)
      : m_csv(dialect), m_columns(columns), m_zone(context.zone), m_time(context.zone),
        m_zone_given(context.zone_given), m_urls_name_it(urls_name_it),
        m_campaign(context.campaign.empty() ? campaign_in(context.file_name) : context.campaign) {}
  ActivityReader(const ActivityReader& other)
      : m_csv(other.m_csv.dialect()), m_columns(other.m_columns), m_zone(other.m_zone),
        m_time(other.m_zone), m_zone_given(other.m_zone_given),
        m_urls_name_it(other.m_urls_name_it), m_campaign(other.m_campaign) {}

  std::string_view format() const override {
    return clicks() ? "granular click activity, CSV" : "granular open activity, CSV";
  }
  Framing framing() const override { return Framing::csv; }
  bool assumes_utc() const override { return !m_zone_given; }
  bool needs_campaign() const override { return m_campaign.empty() && !m_urls_name_it; }
  std::unique_ptr<LogReader> clone() const override {
    return std::make_unique<ActivityReader>(*this);
  }
  void read(const Chunk& chunk, RecordSink& sink) override {
    m_csv.start(chunk.text);
    CsvRow row;
    if (chunk.first) {
      m_csv.next(row); // the header
    }
    while (m_csv.next(row)) {
      read_row(row, sink);
    }
  }

private:
  bool clicks() const { return m_columns.url != k_missing; }
  void read_row(const CsvRow& row, RecordSink& sink);

  CsvReader m_csv;
  Columns m_columns;
  TimeZone m_zone;
  TimeReader m_time;
  bool m_zone_given, m_urls_name_it;
  std::string m_campaign;
};

void ActivityReader::read_row(const CsvRow& row, RecordSink& sink) {
  EventView event;
  event.record = row.raw();
  event.address = trim(row[m_columns.address]);
  event.link = trim(row[m_columns.url]);
  const auto time = m_time.read(trim(row[m_columns.time]));
  if (event.address.empty()) {
    return sink.reject("no Email", row.raw());
  }
  if (!time) {
    return sink.reject("Timestamp is not YYYY-MM-DD hh:mm:ss", row.raw());
  }
  if (clicks() && event.link.empty()) {
    return sink.reject("a click without Url", row.raw());
  }
  event.kind = clicks() ? EventKind::click : EventKind::open;
  event.native = name_of(event.kind);
  event.time = *time;
  event.ip = trim(row[m_columns.ip]);
  event.campaign = m_campaign.empty() ? campaign_of_url(event.link) : m_campaign;
  sink.accept(event);
}

bool known_columns(const CsvHeader& header) {
  return std::all_of(header.names().begin(), header.names().end(), [](const std::string& name) {
    return std::any_of(k_columns.begin(), k_columns.end(),
                       [&name](std::string_view one) { return iequals(one, name); });
  });
}

} // namespace

std::unique_ptr<LogReader> open_activity(std::string_view head, const LogContext& context) {
  const auto found = read_csv_head(head);
  if (!found || found->header.find("Timestamp") != std::size_t{0} ||
      !known_columns(found->header)) {
    return nullptr;
  }
  Columns columns;
  columns.time = 0;
  columns.ip = found->header.find({"IP", "IP Address"}).value_or(k_missing);
  columns.address = found->header.find({"Email", "Email Address"}).value_or(k_missing);
  columns.url = found->header.find("Url").value_or(k_missing);
  if (columns.address == k_missing) {
    return nullptr;
  }
  const bool named = columns.url != k_missing && head.find("mc_cid=") != std::string_view::npos;
  return std::make_unique<ActivityReader>(found->dialect, columns, context, named);
}

} // namespace mailfunnel::mailchimp
