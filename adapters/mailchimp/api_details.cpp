// Answers of /reports/{campaign_id}/open-details, unsubscribed, abuse-reports, sent-to and
// click-details: an object whose first member is the list of what it is about.
//   {"members":[{"campaign_id":"ba5052d3e9","list_id":"aa11","email_id":"md5","email_address":"ann@example.com","opens_count":1,
//     "opens":[{"timestamp":"2026-03-02T09:14:55+00:00","is_proxy_open":true}]}],"campaign_id":"ba5052d3e9","total_items":1}
//   {"unsubscribes":[{"email_address":"ann@example.com","timestamp":"…","reason":"None
//   given","campaign_id":"…","list_id":"…"}],…}
//   {"abuse_reports":[{"email_address":"ann@example.com","date":"…","campaign_id":"…","list_id":"…"}],…}
//   {"sent_to":[{"email_address":"ann@example.com","status":"sent","campaign_id":"…","list_id":"…"}],…}
//   without a time
//   {"urls_clicked":[{"id":"1a","url":"https://www.example.com/","total_clicks":2,"campaign_id":"…"}],…}
//   a campaign's links
// Documented at https://mailchimp.com/developer/marketing/api/reports/ and the pages next to it.

#include "readers.hpp"

#include "base/json.hpp"
#include "base/text.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>

namespace mailfunnel::mailchimp {

using namespace std::string_view_literals;
namespace dom = simdjson::dom;

namespace {

struct ListRow {
  std::string_view name; // of the list, the answer's first member
  EventKind kind;
  std::string_view time; // the member of a row that tells when
  std::string_view mark; // what the rows of Mailchimp have
};
constexpr std::array k_lists{
    ListRow{"members", EventKind::open, "timestamp", "opens_count"},
    ListRow{"unsubscribes", EventKind::unsubscribe, "timestamp", "email_address"},
    ListRow{"abuse_reports", EventKind::complaint, "date", "email_address"},
    ListRow{"sent_to", EventKind::sent, "", "email_address"},
    ListRow{"urls_clicked", EventKind::click, "", "total_clicks"},
};

std::string_view text_at(const dom::object& object, std::string_view name) {
  std::string_view value;
  return object[name].get_string().get(value) == simdjson::SUCCESS ? value : ""sv;
}

bool is_true(const dom::object& object, std::string_view name) {
  bool value = false;
  return object[name].get_bool().get(value) == simdjson::SUCCESS && value;
}

std::string_view without_space(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
}

class DetailReader : public LogReader {
public:
  explicit DetailReader(const ListRow& list) : m_list(list) {}
  std::string_view format() const override { return "details of a report of the API, JSON"; }
  Framing framing() const override { return Framing::document; }
  void read(const Chunk& chunk, RecordSink& sink) override;

private:
  void read_row(std::string_view record, RecordSink& sink);
  void read_link(const dom::object& row, std::string_view record, RecordSink& sink);
  void read_opens(const dom::object& row, EventView event, RecordSink& sink) const;
  void put(std::string_view time, EventView event, RecordSink& sink) const;

  ListRow m_list;
  dom::parser m_parser;
  Campaign m_campaign; // of urls_clicked
};

/// A broken row does not take the rest with it.
void DetailReader::read(const Chunk& chunk, RecordSink& sink) {
  m_campaign = {};
  const auto begin = std::min(chunk.text.find('['), chunk.text.size());
  auto rest = without_space(chunk.text.substr(std::min(begin + 1, chunk.text.size())));
  const bool empty = rest.starts_with(']');
  JsonValues values(rest);
  for (std::string_view row; !rest.starts_with(']') && values.next(row);) {
    read_row(row, sink);
    const auto end = row.data() + row.size() - chunk.text.data();
    rest = without_space(chunk.text.substr(static_cast<std::size_t>(end)));
  }
  if (!m_campaign.id.empty()) {
    sink.accept(m_campaign, chunk.text);
  }
  if (!rest.starts_with(']')) {
    sink.reject("the list ends early", chunk.text.substr(chunk.text.size()));
  } else if (empty) {
    sink.skip(chunk.text);
  }
}

void DetailReader::read_row(std::string_view record, RecordSink& sink) {
  dom::object row;
  if (m_parser.parse(record.data(), record.size(), false).get_object().get(row) !=
      simdjson::SUCCESS) {
    sink.reject("not a JSON object", record);
    return;
  }
  if (m_list.kind == EventKind::click) {
    read_link(row, record, sink);
    return;
  }
  EventView event;
  event.record = record;
  event.kind = m_list.kind;
  event.native = m_list.name;
  event.address = text_at(row, "email_address");
  event.campaign = text_at(row, "campaign_id");
  event.scope = event.kind == EventKind::unsubscribe ? text_at(row, "list_id") : ""sv;
  if (event.address.empty()) {
    sink.reject("no email_address", record);
  } else if (event.kind == EventKind::open) {
    read_opens(row, event, sink);
  } else if (m_list.time.empty()) {
    sink.reject("sent-to does not tell when: read email-activity", record);
  } else {
    put(text_at(row, m_list.time), event, sink);
  }
}

void DetailReader::put(std::string_view time, EventView event, RecordSink& sink) const {
  const auto moment = parse_time(time);
  if (time.empty() || !moment) {
    sink.reject("no time", event.record);
    return;
  }
  event.time = *moment;
  sink.accept(event);
}

void DetailReader::read_opens(const dom::object& row, EventView event, RecordSink& sink) const {
  dom::array opens;
  if (row["opens"].get_array().get(opens) != simdjson::SUCCESS) {
    sink.reject("a count of opens, but not when", event.record);
    return;
  }
  if (opens.size() == 0) {
    sink.skip(event.record);
  }
  for (const auto element : opens) {
    dom::object open;
    if (element.get_object().get(open) != simdjson::SUCCESS) {
      sink.reject("an open that is no object", event.record);
      continue;
    }
    event.evidence = is_true(open, "is_proxy_open") ? evidence::privacy_proxy : std::uint16_t{0};
    put(text_at(open, "timestamp"), event, sink);
  }
}

void DetailReader::read_link(const dom::object& row, std::string_view record, RecordSink& sink) {
  const auto url = text_at(row, "url"), id = text_at(row, "campaign_id");
  if (url.empty() || id.empty() || (!m_campaign.id.empty() && m_campaign.id != id)) {
    sink.reject(url.empty()  ? "no url"
                : id.empty() ? "no campaign_id"
                             : "a link of another campaign",
                record);
    return;
  }
  m_campaign.id = id;
  m_campaign.links.emplace_back().url = url;
}

} // namespace

std::unique_ptr<LogReader> open_api_details(std::string_view head) {
  head = without_space(head.starts_with("\xEF\xBB\xBF") ? head.substr(3) : head);
  if (!head.starts_with('{')) {
    return nullptr;
  }
  const auto first = without_space(head.substr(1));
  const auto has = [head](std::string_view name) {
    return head.find('"' + std::string(name) + '"') != std::string_view::npos;
  };
  for (const auto& list : k_lists) {
    const auto name = '"' + std::string(list.name) + '"';
    if (first.starts_with(name) && has("campaign_id") &&
        has("list_id") == (list.name != "urls_clicked") && has(list.mark)) {
      return std::make_unique<DetailReader>(list);
    }
  }
  return nullptr;
}

std::unique_ptr<LogReader> api_details_reader(std::string_view list) {
  for (const auto& row : k_lists) {
    if (row.name == list) {
      return std::make_unique<DetailReader>(row);
    }
  }
  return nullptr;
}

} // namespace mailfunnel::mailchimp
