// The report of one campaign of Classic: a CSV file, but no table. It does not tell the campaign's
// id, and of recipients only how many they were:
//   "Campaign report"
//   "Subject:","Spring news"
//   "Sent","2026-03-02 13:00:00"
//
//   "Campaign results"
//   "Total emails sent:","4116"
//   "Opened:","1085 (26.66%)"
//   "Links activity"
//   "Links","Unique clicks","Total clicks"
//   "https://www.example.com/demo?ml_subscriber=1&ml_subscriber_hash=ab12","20","25"
//   "Unsubscribe link (plain text version)","1","1"
// It is not documented; described from files of users.

#include "readers.hpp"

#include "base/csv.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace mailfunnel::mailerlite {

namespace {

using namespace std::string_view_literals;

constexpr auto k_title = "Campaign report"sv;
constexpr auto k_links = "Links activity"sv;
constexpr std::array k_personal{"ml_subscriber"sv, "ml_subscriber_hash"sv};

/// The URL without the parameters that name a subscriber.
std::string without_personal(std::string_view url) {
  const auto mark = url.find('?');
  if (mark == std::string_view::npos) {
    return std::string(url);
  }
  std::string out(url.substr(0, mark));
  char before = '?';
  for (const auto parameter : split(url.substr(mark + 1), '&')) {
    const auto name = parameter.substr(0, parameter.find('='));
    if (std::find(k_personal.begin(), k_personal.end(), name) == k_personal.end()) {
      out += before;
      out += parameter;
      before = '&';
    }
  }
  return out;
}

bool is_url(std::string_view text) {
  return istarts_with(text, "http://") || istarts_with(text, "https://");
}

class ReportReader : public LogReader {
public:
  explicit ReportReader(InputFacts input) : m_input(std::move(input)) {}
  std::string_view format() const override { return "report of one campaign of Classic, CSV"; }
  Framing framing() const override { return Framing::document; }
  bool assumes_utc() const override { return !m_input.zone_given; }
  bool needs_campaign() const override { return m_input.campaign.empty(); }
  void read(const Chunk& chunk, RecordSink& sink) override;

private:
  /// A row of the head. False: the report is rejected.
  bool read_key(const CsvRow& row, Campaign& campaign, RecordSink& sink) const;

  InputFacts m_input;
};

bool ReportReader::read_key(const CsvRow& row, Campaign& campaign, RecordSink& sink) const {
  auto key = trim(row[0]);
  key = key.ends_with(':') ? key.substr(0, key.size() - 1) : key;
  const auto value = trim(row[1]);
  if (key == "Subject") {
    campaign.subject = value;
  } else if (key == "Sent" && !value.empty()) {
    const auto sent = parse_time(value, m_input.zone);
    if (!sent) {
      sink.reject("Sent is \"" + printable(value, 40) + "\", not YYYY-MM-DD hh:mm:ss", row.raw());
      return false;
    }
    campaign.sent_at = sent->seconds;
    campaign.status = "sent";
  }
  return true;
}

void ReportReader::read(const Chunk& chunk, RecordSink& sink) {
  Campaign campaign;
  campaign.id = m_input.campaign;
  std::set<std::string, std::less<>> seen;
  bool links = false;
  CsvReader csv;
  csv.start(chunk.text);
  for (CsvRow row; csv.next(row);) {
    const auto first = trim(row[0]);
    if (row.size() == 1) { // the title of a section
      links = first == k_links;
    } else if (!links && !read_key(row, campaign, sink)) {
      return;
    } else if (links && is_url(first)) {
      if (auto url = without_personal(first); seen.insert(url).second) {
        campaign.links.push_back({std::move(url), {}, {}});
      }
    }
  }
  if (campaign.id.empty()) {
    sink.reject("the report does not tell its campaign's id: name the campaign", chunk.text);
    return;
  }
  sink.accept(campaign, chunk.text);
}

} // namespace

std::unique_ptr<LogReader> open_report(std::string_view head, const LogContext& context) {
  head = without_bom(head);
  CsvReader csv;
  csv.start(head);
  CsvRow row;
  const bool ours = csv.next(row) && row.size() == 1 && trim(row[0]) == k_title;
  return ours ? std::make_unique<ReportReader>(InputFacts(context)) : nullptr;
}

} // namespace mailfunnel::mailerlite
