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

#include "base/json.hpp"
#include "base/text.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>

namespace mailfunnel::mailchimp {

using namespace std::string_view_literals;
namespace dom = simdjson::dom;

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

std::string_view text_at(const dom::object& object, std::string_view name) {
  std::string_view value;
  return object[name].get_string().get(value) == simdjson::SUCCESS ? value : std::string_view();
}

/// What follows the white space at the front.
std::string_view next_word(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
}

class ApiActivityReader : public LogReader {
public:
  std::string_view format() const override { return "email-activity of the API, JSON"; }
  Framing framing() const override { return Framing::document; }
  void read(const Chunk& chunk, RecordSink& sink) override;

private:
  void read_email(std::string_view record, RecordSink& sink);
  void read_action(const dom::object& action, EventView event, RecordSink& sink) const;

  dom::parser m_parser;
};

/// The mails are cut one from the other and parsed alone: a broken one does not take the rest with
/// it.
void ApiActivityReader::read(const Chunk& chunk, RecordSink& sink) {
  const auto begin = chunk.text.find('[');
  auto rest = begin == std::string_view::npos ? ""sv : next_word(chunk.text.substr(begin + 1));
  JsonValues values(rest);
  for (std::string_view email; !rest.starts_with(']') && values.next(email);) {
    read_email(email, sink);
    const auto end = email.data() + email.size() - chunk.text.data();
    rest = next_word(chunk.text.substr(static_cast<std::size_t>(end)));
  }
  if (!rest.starts_with(']')) {
    sink.reject("the list of mails ends early", chunk.text.substr(chunk.text.size()));
  }
}

void ApiActivityReader::read_email(std::string_view record, RecordSink& sink) {
  dom::object email;
  if (m_parser.parse(record.data(), record.size(), false).get_object().get(email) !=
      simdjson::SUCCESS) {
    return sink.reject("a mail that is no good JSON object", record);
  }
  EventView event;
  event.record = record;
  event.campaign = text_at(email, "campaign_id");
  event.contact_id = text_at(email, "email_id");
  event.address = text_at(email, "email_address");
  if (event.address.empty() && event.contact_id.empty()) {
    return sink.reject("neither email_address nor email_id", record);
  }
  dom::array activity;
  if (email["activity"].get_array().get(activity) != simdjson::SUCCESS || activity.size() == 0) {
    return sink.skip(record);
  }
  for (const auto element : activity) {
    dom::object action;
    if (element.get_object().get(action) == simdjson::SUCCESS) {
      read_action(action, event, sink);
    } else {
      sink.reject("an activity that is no object", record);
    }
  }
}

void ApiActivityReader::read_action(const dom::object& action, EventView event,
                                    RecordSink& sink) const {
  event.native = text_at(action, "action");
  event.kind = kind_of(event.native);
  const auto time = parse_time(text_at(action, "timestamp"));
  if (!time) {
    return sink.reject("an activity without a good timestamp", event.record);
  }
  event.time = *time;
  event.ip = text_at(action, "ip");
  if (event.kind == EventKind::click) {
    event.link = text_at(action, "url");
    if (event.link.empty()) {
      return sink.reject("a click without url", event.record);
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
  const bool object = head.substr(0, 1) == "{" && trim(head.substr(1)).substr(0, 8) == "\"emails\"";
  const bool ours = object && (head.find("\"email_address\"") != std::string_view::npos ||
                               head.find("\"campaign_id\"") != std::string_view::npos);
  return ours ? std::make_unique<ApiActivityReader>() : nullptr;
}

std::unique_ptr<LogReader> api_activity_reader() {
  return std::make_unique<ApiActivityReader>();
}

} // namespace mailfunnel::mailchimp
