// Answers of the API, one object ({"data":{…}}), a list ({"data":[…]}) or a page of one:
//   {"data":{"results":[…],"query":"","total":1,"per_page":20,"page":1}}
// Bounces, GET /api/bounces and /api/subscribers/{id}/bounces:
//   {"id":839971,"type":"hard","source":"api","meta":{…},"created_at":"2026-03-02T10:00:12.851858+01:00",
//     "email":"gone@example.com","subscriber_uuid":"…","subscriber_id":60,"campaign":{"id":12,"name":"Spring"}}
// and what POST /webhooks/bounce is given, which tells no time:
//   {"email":"gone@example.com","campaign_uuid":"…","source":"api","type":"hard","meta":"{}"}
// campaigns, GET /api/campaigns:
//   {"id":12,"uuid":"…","name":"Spring","subject":"20% off","from_email":"Shop
//   <shop@example.com>","body":"…",
//     "content_type":"richtext","status":"finished","type":"regular","lists":[{"id":1,"name":"Customers"}],"tags":["spring"],
//     "started_at":"2026-03-02T10:00:00+01:00","views":0,"clicks":0}
// subscribers, GET /api/subscribers:
//   {"id":77,"uuid":"…","email":"ann@example.com","name":"Ann","attribs":{"city":"Ghent"},"status":"enabled",
//     "lists":[{"id":1,"name":"Customers","optin":"single","subscription_status":"unconfirmed","subscription_updated_at":"…"}],"updated_at":"…"}
// https://listmonk.app/docs/apis/apis/, https://listmonk.app/docs/bounces/

#include "readers.hpp"

#include "base/text.hpp"

namespace mailfunnel::listmonk {

namespace {

/// The object itself: of {"data":{…}} what is in it.
Json object_of(const Json& root) {
  const auto data = root["data"];
  return data.is_object() ? data : root;
}

// ---- bounces ------------------------------------------------------------------------------------

void read_bounce(const JsonRecord& record, RecordSink& sink) {
  const auto one = object_of(record.root);
  const JsonScalar id(one["id"]), subscriber(one["subscriber_id"]), campaign(one["campaign"]["id"]);
  EventView view;
  view.record = record.text;
  fill_bounce(view, text_of(one["type"]));
  view.address = text_of(one["email"]);
  view.contact_id = subscriber;
  if (view.contact_id.empty()) {
    view.contact_id = text_of(one["subscriber_uuid"]);
  }
  if (view.address.empty() && view.contact_id.empty()) {
    sink.reject(mismatch("email", one["email"], "the recipient"), record.text);
    return;
  }
  const auto when = time_of(one["created_at"]);
  if (!when && !record.input.received) {
    sink.reject(mismatch("created_at", one["created_at"], "a time"), record.text);
    return;
  }
  view.time = when ? *when : Instant{*record.input.received};
  view.campaign = campaign;
  view.campaign_name = text_of(one["campaign"]["name"]);
  view.event_id = id;
  sink.accept(view);
}

bool is_bounce(const Json& root) {
  const auto one = object_of(root);
  const bool answer =
      is_there(one["subscriber_uuid"]) && is_there(one["created_at"]) && is_there(one["meta"]);
  const bool given = is_there(one["campaign_uuid"]) &&
                     (is_there(one["email"]) || is_there(one["subscriber_uuid"]));
  return is_there(one["type"]) && is_there(one["source"]) && (answer || given);
}

// ---- campaigns ----------------------------------------------------------------------------------

void read_campaign(const JsonRecord& record, RecordSink& sink) {
  const auto one = object_of(record.root);
  const JsonScalar id(one["id"]);
  if (std::string_view(id).empty()) {
    sink.reject(mismatch("id", one["id"], "the campaign's id"), record.text);
    return;
  }
  auto campaign =
      make_campaign({id, text_of(one["name"]), text_of(one["subject"]), text_of(one["from_email"]),
                     text_of(one["body"]), text_of(one["altbody"]), text_of(one["content_type"]),
                     text_of(one["status"]), text_of(one["type"])});
  if (const auto sent = time_of(one["started_at"])) {
    campaign.sent_at = sent->seconds;
  }
  each_element(one["lists"], [&campaign](const Json& list) {
    const JsonScalar number(list["id"]);
    campaign.audience.push_back(
        {"list", std::string(std::string_view(number)), std::string(text_of(list["name"]))});
  });
  for (const auto tag : texts_of(one["tags"])) {
    campaign.tags.emplace_back(tag);
  }
  sink.accept(campaign, record.text);
}

bool is_campaign(const Json& root) {
  const auto one = object_of(root);
  return is_there(one["id"]) && is_there(one["uuid"]) && is_there(one["subject"]) &&
         is_there(one["from_email"]) && is_there(one["messenger"]);
}

// ---- subscribers --------------------------------------------------------------------------------

void put_list(const Json& list, RecipientView view, RecordSink& sink) {
  const JsonScalar id(list["id"]);
  view.list = id;
  view.subscription =
      subscription_in_list(text_of(list["subscription_status"]), text_of(list["optin"]));
  const auto changed = time_of(list["subscription_updated_at"]); // updated_at is the list's own
  view.changed_at = changed ? std::optional(changed->seconds) : std::nullopt;
  view.attributes = {};
  sink.accept(view);
  if (view.subscription == Subscription::unsubscribed && changed) {
    EventView event;
    event.record = view.record;
    event.kind = EventKind::unsubscribe;
    event.native = "unsubscribed";
    event.time = *changed;
    event.address = view.address;
    event.contact_id = view.contact_id;
    event.scope = id;
    sink.accept(event);
  }
}

/// Of the person, and of each list that he or she is in.
void read_subscriber(const JsonRecord& record, RecordSink& sink) {
  const auto one = object_of(record.root);
  const JsonScalar id(one["id"]);
  RecipientView view;
  view.record = record.text;
  view.address = text_of(one["email"]);
  view.contact_id = id;
  if (view.address.empty()) {
    sink.reject(mismatch("email", one["email"], "the subscriber"), record.text);
    return;
  }
  Attributes attributes;
  attributes.add("name", one["name"]);
  attributes.add_members(one["attribs"]);
  view.subscription = subscription_of(text_of(one["status"]));
  if (const auto changed = time_of(one["updated_at"])) {
    view.changed_at = changed->seconds;
  }
  view.attributes = attributes.all();
  sink.accept(view);
  each_element(one["lists"], [&](const Json& list) {
    if (is_there(list["id"])) { // the answer to an update has bare numbers
      put_list(list, view, sink);
    }
  });
}

bool is_subscriber(const Json& root) {
  const auto one = object_of(root);
  return is_there(one["id"]) && is_there(one["uuid"]) && is_there(one["email"]) &&
         one["attribs"].is_object() && is_there(one["status"]) && one["lists"].is_array();
}

} // namespace

extern const JsonFormat k_bounces{"answers of /api/bounces and bodies of /webhooks/bounce, JSON",
                                  "data.results", is_bounce, read_bounce};
extern const JsonFormat k_campaigns{"answers of /api/campaigns, JSON", "data.results", is_campaign,
                                    read_campaign};
extern const JsonFormat k_subscribers{"answers of /api/subscribers, JSON", "data.results",
                                      is_subscriber, read_subscriber};

} // namespace mailfunnel::listmonk
