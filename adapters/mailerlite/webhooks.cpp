// Webhooks: one object, or, where the webhook is "batchable", many in an envelope. A subscriber
// whose state changed stands in the object itself, or, where it is about a group or automation, in
// a member:
//   {"id":"110000000000000001","email":"ann@example.com","status":"unsubscribed","unsubscribed_at":"2026-03-02
//   10:20:00",
//    "fields":{"name":"Ann","country":"BE"},"event":"subscriber.unsubscribed","account_id":991}
//   {"events":[{"type":"subscriber.added_to_group","subscriber":{"id":"…","email":"…"},"group":{…},"account_id":991}],"total":1}
// A campaign that was sent names nobody:
//   {"id":"120000000000000001","name":"Spring","total_recipients":900,"date":"2026-03-02T10:00:00.000000Z",
//    "event":"campaign.sent","account_id":991}
// https://developers.mailerlite.com/docs/webhooks.html
//
// Those of Classic say it with other words, and when in seconds since 1970:
//   {"events":[{"account_id":334443,"data":{"subscriber":{"email":"ann@example.com","id":2300951083,"type":"active",
//     "fields":[{"key":"name","value":"Ann","type":"TEXT"}]}},"timestamp":1495551003,"type":"subscriber.create","webhook_id":2}]}
// https://developers-classic.mailerlite.com/docs/webhooks

#include "readers.hpp"

#include "adapter/word_table.hpp"

#include <array>

namespace mailfunnel::mailerlite {

namespace {

/// What a word tells.
enum class Tells : std::uint8_t { event, contact, campaign, nothing };
struct WordRow {
  std::string_view word;
  Tells tells;
  EventKind kind = EventKind::unknown;
};
constexpr std::array k_words{
    WordRow{"campaign.open", Tells::event, EventKind::open},
    WordRow{"campaign.click", Tells::event, EventKind::click},
    WordRow{"campaign.sent", Tells::campaign},
    WordRow{"subscriber.unsubscribed", Tells::event, EventKind::unsubscribe},
    WordRow{"subscriber.bounced", Tells::event, EventKind::bounce},
    WordRow{"subscriber.spam_reported", Tells::event, EventKind::complaint},
    WordRow{"subscriber.created", Tells::contact},
    WordRow{"subscriber.updated", Tells::contact},
    WordRow{"subscriber.active", Tells::contact},
    WordRow{"subscriber.added_to_group", Tells::contact},
    WordRow{"subscriber.removed_from_group", Tells::contact},
    WordRow{"subscriber.added_through_form", Tells::contact},
    WordRow{"subscriber.automation_triggered", Tells::contact},
    WordRow{"subscriber.automation_completed", Tells::contact},
    WordRow{"subscriber.deleted", Tells::nothing},
    // Classic
    WordRow{"subscriber.unsubscribe", Tells::event, EventKind::unsubscribe},
    WordRow{"subscriber.complaint", Tells::event, EventKind::complaint},
    WordRow{"subscriber.create", Tells::contact},
    WordRow{"subscriber.update", Tells::contact},
    WordRow{"subscriber.add_to_group", Tells::contact},
    WordRow{"subscriber.remove_from_group", Tells::contact},
    WordRow{"subscriber.added_through_webform", Tells::contact},
};

std::string_view word_of(const Json& event) {
  const auto word = text_of(event["event"]);
  return word.empty() ? text_of(event["type"]) : word;
}

/// The subscriber stands in one of three places.
Json subscriber_of(const Json& event) {
  if (is_there(event["subscriber"])) {
    return event["subscriber"];
  }
  const auto classic = event["data"]["subscriber"];
  return is_there(classic) ? classic : event;
}

/// The event's own time, else that of the subscriber's change, else that at which the request came
/// in.
std::optional<Instant> time_of_event(const Json& event, const Json& subscriber, EventKind kind,
                                     const InputFacts& input) {
  const bool of_mail = kind == EventKind::open || kind == EventKind::click;
  const auto change = of_mail ? event["date"] : subscriber["updated_at"];
  const auto leaving = kind == EventKind::unsubscribe ? subscriber["unsubscribed_at"] : change;
  for (const auto& value : {event["timestamp"], event["date"], leaving, change}) {
    if (const auto time = time_of(value, input.zone)) {
      return time;
    }
  }
  return input.received ? std::optional(Instant{*input.received}) : std::nullopt;
}

std::string_view url_of(const Json& event) {
  for (const auto& value : {event["url"], event["link"], event["link"]["url"]}) {
    if (const auto url = text_of(value); !url.empty()) {
      return url;
    }
  }
  return {};
}

void read_event(const JsonRecord& record, EventKind kind, RecordSink& sink) {
  const auto& event = record.root;
  const auto subscriber = subscriber_of(event);
  const JsonScalar id(subscriber["id"]), campaign(event["campaign"]["id"]),
      plain_campaign(event["campaign_id"]);
  EventView view;
  view.record = record.text;
  view.kind = kind;
  view.native = word_of(event);
  view.address = text_of(subscriber["email"]);
  const bool ours = !view.address.empty() || is_there(event["subscriber"]);
  view.contact_id = ours ? id : std::string_view{}; // else it may be anything's
  if (view.address.empty() && view.contact_id.empty()) {
    sink.reject(mismatch("email", subscriber["email"], "the recipient"), record.text);
    return;
  }
  const auto when = time_of_event(event, subscriber, kind, record.input);
  if (!when) {
    sink.reject("neither the event nor its subscriber tells when (date, timestamp, updated_at)",
                record.text);
    return;
  }
  view.time = *when;
  view.campaign = campaign;
  view.campaign = view.campaign.empty() ? plain_campaign : view.campaign;
  view.campaign_name = text_of(event["campaign"]["name"]);
  view.link = kind == EventKind::click ? url_of(event) : std::string_view{};
  if (kind == EventKind::bounce) { // an address that is given up, or a bounce that may pass
    view.bounce.klass =
        text_of(subscriber["status"]) == "bounced" ? BounceClass::hard : BounceClass::soft;
  }
  sink.accept(view);
}

void read_contact(const JsonRecord& record, RecordSink& sink) {
  const auto subscriber = subscriber_of(record.root);
  const JsonScalar id(subscriber["id"]);
  RecipientView view;
  view.record = record.text;
  view.address = text_of(subscriber["email"]);
  view.contact_id = id;
  if (view.address.empty()) {
    sink.reject(mismatch("email", subscriber["email"], "the subscriber"), record.text);
    return;
  }
  const auto status = text_of(subscriber["status"]);
  view.subscription = subscription_of(status.empty() ? text_of(subscriber["type"]) : status);
  if (const auto when = time_of_event(record.root, subscriber, EventKind::unknown, record.input)) {
    view.changed_at = when->seconds;
  }
  Attributes attributes;
  add_fields(subscriber, attributes);
  view.attributes = attributes.all();
  sink.accept(view);
}

void read_campaign(const JsonRecord& record, RecordSink& sink) {
  const JsonScalar id(record.root["id"]);
  Campaign campaign;
  campaign.id = std::string_view(id);
  campaign.name = text_of(record.root["name"]);
  campaign.status = "sent";
  if (const auto sent = time_of(record.root["date"], record.input.zone)) {
    campaign.sent_at = sent->seconds;
  }
  if (campaign.id.empty()) {
    sink.reject(mismatch("id", record.root["id"], "the campaign's id"), record.text);
    return;
  }
  sink.accept(campaign, record.text);
}

void read(const JsonRecord& record, RecordSink& sink) {
  const auto* const row = find_word(k_words, word_of(record.root));
  switch (row != nullptr ? row->tells : Tells::event) {
  case Tells::event:
    read_event(record, row != nullptr ? row->kind : EventKind::unknown, sink);
    break;
  case Tells::contact:
    read_contact(record, sink);
    break;
  case Tells::campaign:
    read_campaign(record, sink);
    break;
  case Tells::nothing:
    sink.skip(record.text);
    break;
  }
}

bool is_webhook(const Json& event) {
  return find_word(k_words, word_of(event)) != nullptr &&
         (is_there(event["account_id"]) || is_there(event["subscriber"]["email"]));
}

} // namespace

extern const JsonFormat k_webhooks{"webhooks, JSON", "events", is_webhook, read, true};

} // namespace mailfunnel::mailerlite
