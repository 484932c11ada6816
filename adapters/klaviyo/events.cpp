// Events, as JSON:API objects: the body of a system webhook, which has up to 1,000,
//   {"data":[{"external_id":"4L3cwQae2TX","topic":"event:klaviyo.clicked_email","payload":{"data":
//     {"type":"event","id":"4L3cwQae2TX","attributes":{"timestamp":1772443507,"datetime":"2026-03-02
//      09:25:07+00:00", "event_properties":{"$message":"01JNKBNFTCMV9QW500TPVHSHXE","Campaign
//      Name":"Spring sale", "URL":"https://www.example.com/pricing"}},
//      "relationships":{"profile":{"data":{"type":"profile","id":"01H123"}},"metric":{"data":{…}}}}}}],
//    "meta":{"klaviyo_webhook_id":"0123abc",…}}
// or a page of GET /api/events?include=profile,metric, whose events are the elements of "data", and
// whose words and addresses stand beside them:
//   {"data":[{"type":"event",…}],"included":[{"type":"profile","id":"01H123","attributes":{"email":
//     "ann@example.com"}},{"type":"metric","id":"ABC123","attributes":{"name":"Clicked Email"}}]}
// https://developers.klaviyo.com/en/docs/working_with_system_webhooks
// https://developers.klaviyo.com/en/reference/get_events

#include "readers.hpp"

#include "adapter/word_table.hpp"

#include <array>
#include <map>
#include <string>

namespace mailfunnel::klaviyo {

namespace {

using enum BounceClass;

struct KindRow {
  std::string_view word; // of a topic; of a metric with '_' for ' '
  EventKind kind;
};
constexpr std::array k_kinds{
    KindRow{"received_email", EventKind::delivered}, // sending alone has no event
    KindRow{"email_delivered", EventKind::delivered},
    KindRow{"opened_email", EventKind::open},
    KindRow{"clicked_email", EventKind::click},
    KindRow{"bounced_email", EventKind::bounce},
    KindRow{"dropped_email", EventKind::dropped},
    KindRow{"marked_email_as_spam", EventKind::complaint},
    KindRow{"unsubscribed_from_email_marketing", EventKind::unsubscribe},
    KindRow{"unsubscribed", EventKind::unsubscribe}, // of a list; before 2023
    KindRow{"manually_suppressed_from_email_marketing", EventKind::unsubscribe},
    KindRow{"subscribed_to_email_marketing", EventKind::resubscribe},
};

struct BounceRow {
  std::string_view word; // Bounce Type
  BounceClass klass;
};
constexpr std::array k_bounces{BounceRow{"Hard", hard}, BounceRow{"Soft", soft}};

/// "event:klaviyo.clicked_email", "event: email_delivered", "Clicked Email" -> the table's spelling
std::string plain_word(std::string_view word) {
  for (const std::string_view prefix : {"event:", "klaviyo."}) {
    word = trim(word.starts_with(prefix) ? word.substr(prefix.size()) : word);
  }
  return replace_all(word, " ", "_");
}

/// What a page says beside its events: e-mail of profiles, name of metrics, by their ids.
class Included {
public:
  explicit Included(const Json& list) {
    each_element(list, [this](const Json& one) {
      const auto attributes = one["attributes"];
      const auto email = text_of(attributes["email"]);
      m_texts.emplace(text_of(one["id"]), email.empty() ? text_of(attributes["name"]) : email);
    });
  }
  std::string_view operator[](std::string_view id) const {
    const auto found = m_texts.find(id);
    return found == m_texts.end() ? std::string_view{} : found->second;
  }

private:
  std::map<std::string_view, std::string_view> m_texts;
};

void read_event(const Json& event, std::string_view topic, const Included& included,
                std::string_view record, RecordSink& sink) {
  const auto attributes = event["attributes"], properties = attributes["event_properties"];
  const auto relations = event["relationships"];
  const auto metric = text_of(relations["metric"]["data"]["id"]);
  EventView view;
  view.record = record;
  view.native = topic.empty() ? included[metric] : topic;
  view.native = view.native.empty() ? metric : view.native;
  view.contact_id = text_of(relations["profile"]["data"]["id"]);
  view.address = included[view.contact_id];
  if (view.contact_id.empty()) {
    sink.reject(mismatch("relationships.profile.data.id", relations["profile"]["data"]["id"],
                         "the recipient"),
                record);
    return;
  }
  const bool stamped = is_there(attributes["timestamp"]);
  const auto when = time_of(stamped ? attributes["timestamp"] : attributes["datetime"]);
  if (!when) {
    sink.reject(mismatch("attributes.timestamp", attributes["timestamp"], "a time in seconds"),
                record);
    return;
  }
  view.time = *when;
  view.kind = kind_of(k_kinds, plain_word(view.native));
  view.campaign = text_of(properties["$message"]);
  view.campaign_name = text_of(properties["Campaign Name"]);
  view.event_id = text_of(event["id"]);
  if (view.kind == EventKind::open || view.kind == EventKind::click) {
    const auto agent = properties["$internal"]["User Agent"];
    view.agent_given = is_there(agent);
    view.user_agent = text_of(agent);
    view.link = view.kind == EventKind::click ? text_of(properties["URL"]) : std::string_view{};
    const bool machine = is_true(properties["Machine Open"]) ||
                         is_true(properties["machine_open"]) || is_true(properties["Bot Click"]);
    view.evidence = machine ? evidence::esp_machine_flag : std::uint16_t{0};
  } else if (view.kind == EventKind::bounce) {
    const auto* const row = find_word(k_bounces, text_of(properties["Bounce Type"]));
    view.bounce.klass = row != nullptr ? row->klass : soft;
  } else if (view.kind == EventKind::dropped) {
    view.bounce.reason = BounceReason::suppressed;
  }
  sink.accept(view);
}

bool is_event(const Json& event) {
  return text_of(event["type"]) == "event" && (is_there(event["attributes"]["event_properties"]) ||
                                               is_there(event["relationships"]["metric"]));
}

/// An element of "data": an event, or a webhook's envelope around one.
void read_item(const Json& item, const Included& included, std::string_view record,
               RecordSink& sink) {
  if (const auto payload = item["payload"]; is_event(payload["data"])) {
    read_event(payload["data"], text_of(item["topic"]), Included(payload["included"]), record,
               sink);
  } else if (is_event(item)) {
    read_event(item, {}, included, record, sink);
  } else {
    sink.reject("neither an event nor a webhook's payload with one", record);
  }
}

void read_page(const JsonRecord& record, RecordSink& sink) {
  const auto data = record.root["data"];
  const Included included(record.root["included"]);
  if (!data.is_array()) {
    read_item(is_there(data) ? data : record.root, included, record.text, sink);
    return;
  }
  bool any = false;
  each_element(data, json_member(record.text, "data"),
               [&](const Json& item, std::string_view text) {
                 any = true;
                 read_item(item, included, text, sink);
               });
  if (!any) {
    sink.skip(record.text);
  }
}

bool is_page(const Json& root) {
  const auto data = root["data"];
  const auto first = data.at_pointer("/0");
  return is_event(root) || is_event(data) || is_event(first) ||
         (is_there(first["topic"]) && is_event(first["payload"]["data"]));
}

} // namespace

EventKind kind_of_metric(std::string_view name) {
  return kind_of(k_kinds, plain_word(name));
}

void read_events(const Json& page, std::string_view text, std::string_view metric,
                 RecordSink& sink) {
  const Included included(page["included"]);
  each_element(page["data"], json_member(text, "data"),
               [&](const Json& item, std::string_view record) {
                 if (is_event(item)) {
                   read_event(item, metric, included, record, sink);
                 } else {
                   sink.reject("no event", record);
                 }
               });
}

extern const JsonFormat k_events{"system webhooks and answers of /api/events, JSON", "", is_page,
                                 read_page};

} // namespace mailfunnel::klaviyo
