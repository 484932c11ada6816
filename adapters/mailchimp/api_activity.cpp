// GET /reports/{campaign_id}/email-activity: an object with the mails of a campaign, and what
// became of each.
//
//   {"emails":[{"campaign_id":"ba5052d3e9","list_id":"aa11","email_id":"md5","email_address":"ann@example.com",
//     "activity":[{"action":"open","timestamp":"2026-03-02T09:14:55+00:00","ip":"203.0.113.7"},
//                 {"action":"click","timestamp":"…","url":"https://www.example.com/","ip":"…"},
//                 {"action":"bounce","type":"hard","timestamp":"…"}]}],"campaign_id":"ba5052d3e9","total_items":1}
//
// Documented at https://mailchimp.com/developer/marketing/api/email-activity-reports/

#include "readers.hpp"

#include "base/text.hpp"

#include <simdjson.h>

#include <array>

namespace mailfunnel::mailchimp {

using namespace std::string_view_literals;
namespace ondemand = simdjson::ondemand;

namespace {

constexpr std::array k_actions{
    std::pair{"open"sv, EventKind::open},
    std::pair{"click"sv, EventKind::click},
    std::pair{"bounce"sv, EventKind::bounce},
    std::pair{"sent"sv, EventKind::sent},
};

EventKind kind_of(std::string_view action) {
  for (const auto& [word, kind] : k_actions) {
    if (word == action) {
      return kind;
    }
  }
  return EventKind::unknown;
}

std::string_view text_at(ondemand::object& object, std::string_view name) {
  std::string_view value;
  return object[name].get_string().get(value) == simdjson::SUCCESS ? value : std::string_view();
}

class ApiActivityReader : public LogReader {
public:
  std::string_view format() const override { return "email-activity of the API, JSON"; }
  Framing framing() const override { return Framing::document; }
  void read(const Chunk& chunk, RecordSink& sink) override;

private:
  void read_email(ondemand::object email, RecordSink& sink);
  void read_action(ondemand::object action, RecordSink& sink);

  ondemand::parser m_parser;
  EventView m_mail; // what the events of one mail have in common
};

void ApiActivityReader::read(const Chunk& chunk, RecordSink& sink) {
  const simdjson::padded_string_view text(chunk.text.data(), chunk.text.size(),
                                          chunk.text.size() + simdjson::SIMDJSON_PADDING);
  try {
    auto document = m_parser.iterate(text);
    for (auto email : document["emails"].get_array()) {
      read_email(email.get_object(), sink);
    }
  } catch (const simdjson::simdjson_error& error) {
    sink.reject(std::string("not what email-activity answers: ") + error.what(), chunk.text);
  }
}

void ApiActivityReader::read_email(ondemand::object email, RecordSink& sink) {
  const std::string_view raw = email.raw_json();
  email.reset();
  m_mail = {};
  m_mail.record = raw;
  m_mail.campaign = text_at(email, "campaign_id");
  m_mail.contact_id = text_at(email, "email_id");
  m_mail.address = text_at(email, "email_address");
  if (m_mail.address.empty() && m_mail.contact_id.empty()) {
    return sink.reject("neither email_address nor email_id", raw);
  }
  bool any = false;
  ondemand::array activity;
  if (email["activity"].get_array().get(activity) == simdjson::SUCCESS) {
    for (auto action : activity) {
      read_action(action.get_object(), sink);
      any = true;
    }
  }
  if (!any) {
    sink.skip(raw);
  }
}

void ApiActivityReader::read_action(ondemand::object action, RecordSink& sink) {
  const std::string_view raw = action.raw_json();
  action.reset();
  auto event = m_mail;
  event.record = raw;
  event.native = text_at(action, "action");
  event.kind = kind_of(event.native);
  const auto time = parse_time(text_at(action, "timestamp"));
  if (!time) {
    return sink.reject("no good timestamp in activity", raw);
  }
  event.time = *time;
  event.ip = text_at(action, "ip");
  if (event.kind == EventKind::click) {
    event.link = text_at(action, "url");
    if (event.link.empty()) {
      return sink.reject("a click without url", raw);
    }
  }
  if (event.kind == EventKind::bounce) {
    const auto type = text_at(action, "type");
    event.bounce.klass = type == "hard" ? BounceClass::hard : BounceClass::soft;
  }
  sink.accept(event);
}

} // namespace

std::unique_ptr<LogReader> open_api_activity(std::string_view head, const LogContext&) {
  if (head.substr(0, 3) == "\xEF\xBB\xBF") {
    head.remove_prefix(3);
  }
  head = trim(head);
  const bool object =
      head.substr(0, 1) == "{" && trim(head.substr(1)).substr(0, 9) == "\"emails\":";
  const bool ours = object && (head.find("\"email_address\"") != std::string_view::npos ||
                               head.find("\"campaign_id\"") != std::string_view::npos);
  return ours ? std::make_unique<ApiActivityReader>() : nullptr;
}

} // namespace mailfunnel::mailchimp
