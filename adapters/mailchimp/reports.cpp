// Two reports that hold campaigns. The table of all of them, with times of the account:
//
//   Title,Subject,List,Send Date,Send Weekday,Total Recipients,…,Folder Id,Unique Id,Total Orders,…
//   May,"New, in May",Klanten,"Jun 09, 2018 09:30 pm",Saturday,1742,…,,ba5052d3e9,0,…
//
// and the report of one, which is a CSV file but no table, and does not tell the campaign's id:
//
//   Email Campaign Report
//   "Title:","May"
//   "Subject Line:","New in May"
//   "Delivery Date/Time:","Mon, Apr 26, 2021 12:25"
//
//   "Overall Stats"
//   "Total Recipients:","1,742"
//
//   "Clicks by URL"
//   "URL","Total Clicks","Unique Clicks"
//   "https://www.example.com/?mc_cid=ba5052d3e9&mc_eid=UNIQID","12","9"
//
// An A/B campaign starts with "Campaign Report" and has "Combination 1 Stats", "Combination 1
// Clicks by URL" and so on. Neither is documented; both are described from files of users.

#include "readers.hpp"

#include "base/csv.hpp"
#include "base/text.hpp"

#include <array>
#include <set>

namespace mailfunnel::mailchimp {

using namespace std::string_view_literals;

namespace {

/// The ways in which the reports write a moment: Mailchimp's own order is month, day, year.
constexpr std::array k_patterns{"%b %d, %Y %I:%M %p"sv,     "%b %d, %Y %H:%M"sv,
                                "%a, %b %d, %Y %I:%M %p"sv, "%a, %b %d, %Y %H:%M"sv,
                                "%m/%d/%y %H:%M"sv,         "%m/%d/%Y %H:%M"sv,
                                "%Y-%m-%d %H:%M:%S"sv};

std::optional<Seconds> read_moment(std::string_view text, TimeZone zone) {
  for (const auto pattern : k_patterns) {
    if (const auto time = parse_time_as(text, pattern, zone)) {
      return time->seconds;
    }
  }
  return std::nullopt;
}

// ---- all campaigns
// ----------------------------------------------------------------------------------

class TableReader : public LogReader {
public:
  TableReader(const CsvHead& head, const LogContext& context)
      : m_csv(head.dialect), m_header(head.header), m_zone(context.zone),
        m_zone_given(context.zone_given) {}

  std::string_view format() const override { return "report of all campaigns, CSV"; }
  Framing framing() const override { return Framing::csv; }
  bool assumes_utc() const override { return !m_zone_given; }
  std::unique_ptr<LogReader> clone() const override {
    LogContext context;
    context.zone = m_zone;
    context.zone_given = m_zone_given;
    return std::make_unique<TableReader>(CsvHead{m_csv.dialect(), m_header, 0}, context);
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
  std::string_view field(const CsvRow& row, std::string_view name) const {
    const auto column = m_header.find(name);
    return column ? row[*column] : std::string_view();
  }
  void read_row(const CsvRow& row, RecordSink& sink);

  CsvReader m_csv;
  CsvHeader m_header;
  TimeZone m_zone;
  bool m_zone_given;
};

void TableReader::read_row(const CsvRow& row, RecordSink& sink) {
  Campaign campaign;
  campaign.id = trim(field(row, "Unique Id"));
  campaign.name = field(row, "Title");
  campaign.subject = field(row, "Subject");
  const auto sent = trim(field(row, "Send Date"));
  campaign.sent_at = read_moment(sent, m_zone);
  if (campaign.id.empty()) {
    return sink.reject("no Unique Id", row.raw());
  }
  if (!sent.empty() && !campaign.sent_at) {
    return sink.reject("Send Date is not written as in \"Jun 09, 2018 09:30 pm\"", row.raw());
  }
  campaign.status = sent.empty() ? "" : "sent";
  if (const auto list = field(row, "List"); !list.empty()) {
    campaign.audience.push_back({"list", {}, std::string(list)});
  }
  sink.accept(campaign, row.raw());
}

// ---- one campaign
// -----------------------------------------------------------------------------------

bool is_report_title(std::string_view line) {
  return line == "Email Campaign Report" || line == "Campaign Report";
}

class OneReportReader : public LogReader {
public:
  OneReportReader(const LogContext& context, bool urls_name_it)
      : m_campaign(context.campaign.empty() ? campaign_in(context.file_name) : context.campaign),
        m_zone(context.zone), m_zone_given(context.zone_given), m_urls_name_it(urls_name_it) {}

  std::string_view format() const override { return "report of one campaign, CSV"; }
  Framing framing() const override { return Framing::document; }
  bool assumes_utc() const override { return !m_zone_given; }
  bool needs_campaign() const override { return m_campaign.empty() && !m_urls_name_it; }
  void read(const Chunk& chunk, RecordSink& sink) override;

private:
  bool read_key(const CsvRow& row, Campaign& campaign, RecordSink& sink) const;
  void add_link(std::string_view url, Campaign& campaign);

  std::string m_campaign;
  TimeZone m_zone;
  bool m_zone_given, m_urls_name_it;
  std::set<std::string, std::less<>> m_seen; // URLs
};

void OneReportReader::read(const Chunk& chunk, RecordSink& sink) {
  Campaign campaign;
  campaign.id = m_campaign;
  m_seen.clear();
  bool clicks = false;
  CsvReader csv;
  csv.start(chunk.text);
  for (CsvRow row; csv.next(row);) {
    const auto first = trim(row[0]);
    if (row.size() == 1) { // the title of a section
      clicks = first.ends_with("Clicks by URL");
    } else if (!clicks) {
      if (!read_key(row, campaign, sink)) {
        return;
      }
    } else if (first != "URL" && !first.empty()) {
      add_link(first, campaign);
    }
  }
  if (campaign.id.empty()) {
    return sink.reject("the report does not tell its campaign's id: name the campaign", chunk.text);
  }
  sink.accept(campaign, chunk.text);
}

/// A row of the head: "Title:","May". False: the report is rejected.
bool OneReportReader::read_key(const CsvRow& row, Campaign& campaign, RecordSink& sink) const {
  const auto key = trim(row[0]), value = row[1];
  if (key == "Title:") {
    campaign.name = value;
  } else if (key == "Subject Line:") {
    campaign.subject = value;
  } else if (key == "Delivery Date/Time:" && !trim(value).empty()) {
    campaign.sent_at = read_moment(trim(value), m_zone);
    campaign.status = "sent";
    if (!campaign.sent_at) {
      sink.reject("Delivery Date/Time is not written as in \"Mon, Apr 26, 2021 12:25\"", row.raw());
      return false;
    }
  }
  return true;
}

/// The halves of an A/B campaign list the same URLs again.
void OneReportReader::add_link(std::string_view url, Campaign& campaign) {
  if (m_seen.emplace(url).second) {
    campaign.links.push_back({std::string(url), {}, {}});
  }
  if (campaign.id.empty()) {
    campaign.id = campaign_of_url(url);
  }
}

std::string_view first_line(std::string_view head) {
  if (head.substr(0, 3) == "\xEF\xBB\xBF") {
    head.remove_prefix(3);
  }
  auto line = trim(head.substr(0, head.find('\n')));
  while (!line.empty() &&
         (line.back() == ',' || line.back() == '"')) { // saved again by a spreadsheet
    line.remove_suffix(1);
  }
  return line.substr(0, 1) == "\"" ? line.substr(1) : line;
}

} // namespace

std::unique_ptr<LogReader> open_reports(std::string_view head, const LogContext& context) {
  if (is_report_title(first_line(head))) {
    return std::make_unique<OneReportReader>(context,
                                             head.find("mc_cid=") != std::string_view::npos);
  }
  const auto found = read_csv_head(head);
  for (const auto name : {"Title", "Subject", "Send Date", "Total Recipients", "Unique Id"}) {
    if (!found || !found->header.has(name)) {
      return nullptr;
    }
  }
  return std::make_unique<TableReader>(*found, context);
}

} // namespace mailfunnel::mailchimp
