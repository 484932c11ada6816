// Brevo's events as JSON. A webhook posts one, or with "batched" a list of them. Of transactional
// mail:
//   {"event":"click","email":"ann@example.com","id":26224,"date":"2026-03-02
//   10:25:07","ts":1772443507,
//    "message-id":"<202603020925.1@smtp-relay.example.net>","ts_event":1772443507,"ts_epoch":1772443507094,
//    "subject":"Spring","tag":"[\"spring\"]","tags":["spring"],"sending_ip":"203.0.113.9","template_id":22,
//    "link":"https://www.example.com/pricing","X-Mailin-custom":"{\"crm_id\":\"17\"}"}
// Of campaigns:
//   {"id":4711,"camp_id":23,"email":"ann@example.com","campaign name":"Spring","date_sent":"…",
//    "date_event":"2026-03-02 10:25:07","event":"click","tag":"","ts_sent":1772442000,
//    "ts_event":1772443507,"ts":1772447107,"URL":"https://www.example.com/pricing"}
// The API:
// {"events":[{"email":"ann@example.com","date":"2026-03-02T09:25:07.000Z","messageId":"<…>",
//    "event":"clicks","tag":"spring","ip":"203.0.113.7","link":"https://www.example.com/pricing"}]}
// https://developers.brevo.com/docs/transactional-webhooks, …/marketing-webhooks,
// https://developers.brevo.com/reference/getemaileventreport-1

#include "readers.hpp"
#include "words.hpp"

#include "base/text.hpp"

#include <array>

namespace mailfunnel::brevo {

namespace {

constexpr std::size_t k_millisecond_digits = 13;

/// The field that has the time in UTC. `ts_event` may be shifted to the account's zone in events of
/// transactional mail, where the milliseconds go before it; `ts` always may, `date` is local time.
JsonField time_field(const Json& event) {
  for (const std::string_view name : {"ts_epoch", "s_epoch"}) { // so spelled in Brevo's own sample
    if (std::string_view(JsonScalar(event[name])).size() == k_millisecond_digits) {
      return {name, event[name]};
    }
  }
  if (is_there(event["messageId"])) { // of the API: with a zone
    return {"date", event["date"]};
  }
  for (const std::string_view name : {"ts_event", "ts_epoch"}) {
    if (is_there(event[name])) {
      return {name, event[name]};
    }
  }
  return {"ts", event["ts"]};
}

/// "tags" is a list; "tag" one word, a list, or the JSON text of a list.
std::vector<std::string_view> tags_of(const Json& event, simdjson::dom::parser& parser) {
  auto tags = texts_of(event["tags"]);
  if (!tags.empty()) {
    return tags;
  }
  const auto text = text_of(event["tag"]);
  if (text.starts_with('[')) {
    const Json list = parser.parse(simdjson::padded_string(text));
    return texts_of(list);
  }
  return texts_of(event["tag"]);
}

std::string_view first_text(const Json& event, std::initializer_list<std::string_view> names) {
  for (const auto name : names) {
    if (const auto text = text_of(event[name]); !text.empty()) {
      return text;
    }
  }
  return {};
}

void read_event(const JsonRecord& record, RecordSink& sink) {
  const auto& event = record.root;
  if (is_of_contacts(text_of(event["event"]))) {
    sink.skip(record.text);
    return;
  }
  EventView view;
  if (!fill_event(view, record, {"event", event["event"]}, {"email", event["email"]},
                  time_field(event), sink)) {
    return;
  }
  fill_meaning(view, text_of(event["reason"]));
  simdjson::dom::parser parser; // of the tags
  const auto tags = tags_of(event, parser);
  const JsonScalar campaign(event["camp_id"]);
  view.campaign = campaign;
  view.campaign_name = text_of(event["campaign name"]);
  if (view.campaign.empty() && !tags.empty()) {
    view.campaign = tags.front();
  }
  view.agent_given = is_there(event["user_agent"]);
  view.user_agent = text_of(event["user_agent"]);
  view.ip = text_of(event["ip"]); // sending_ip is Brevo's own
  if (view.kind == EventKind::click) {
    view.link = first_text(event, {"link", "URL", "url"});
  }
  if (sink.wants().details) {
    view.message_id = first_text(event, {"message-id", "messageId"});
    view.tags = tags;
    view.metadata = text_of(event["X-Mailin-custom"]); // often a JSON object
  }
  sink.accept(view);
}

/// Others call an address "email" too; the names of the ids are Brevo's.
bool is_event(const Json& event) {
  const auto word = text_of(event["event"]);
  const bool known = meaning_of(word).kind != EventKind::unknown;
  const bool id = is_there(event["message-id"]) || is_there(event["messageId"]) ||
                  is_there(event["camp_id"]) || is_there(event["list_id"]);
  return is_there(event["email"]) && ((known && id) || is_of_contacts(word));
}

} // namespace

const JsonFormat k_events{"events of webhooks and API, JSON", "events", is_event, read_event};

} // namespace mailfunnel::brevo
