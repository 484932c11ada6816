// Answers of the API; ids are texts, as they have more digits than a number holds, and times name
// no zone. Campaigns, of which the first mail is the one that is sent, or the winner's rival:
//   {"data":[{"id":"1","name":"Spring","type":"regular","status":"sent","started_at":"2026-03-02
//   10:00:04",
//     "filter_for_humans":[["In any group:
//     Customers"]],"emails":[{"id":"5","from":"shop@example.com","from_name":"Shop",
//     "reply_to":"…","subject":"20% off","plain_text":"…","stats":{…}}],…}],"links":{…},"meta":{…}}
// subscribers:
//   {"data":[{"id":"31986843064993537","email":"ann@example.com","status":"active","opens_count":2,"unsubscribed_at":null,
//     "updated_at":"2026-03-01 08:00:00","fields":{"name":"Ann","company":"Acme"},…}],…}
// and what one of them did, GET /subscribers/{id}/activity-log, which does not tell who it is:
//   {"data":[{"id":"123456","log_name":"email_open","subject_type":"opens","properties":{"campaign_id":"1","campaign_name":"Spring"},
//     "created_at":"2026-03-02 10:23:20",…}]}
// GET /campaigns/{id}/reports/subscriber-activity has only counts:
//   {"data":[{"id":"66201001018787256","opens_count":1,"clicks_count":0,"subscriber":{…}}],…}
// https://developers.mailerlite.com/docs/campaigns.html, /docs/subscribers.html

#include "readers.hpp"

#include "adapter/word_table.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::mailerlite {

namespace {

struct StatusRow {
  std::string_view word;
  Subscription subscription;
};
constexpr std::array k_statuses{
    StatusRow{"active", Subscription::subscribed},
    StatusRow{"unsubscribed", Subscription::unsubscribed},
    StatusRow{"unconfirmed", Subscription::pending},
    StatusRow{"bounced", Subscription::cleaned},
    StatusRow{"junk", Subscription::unsubscribed}, // complained
};

} // namespace

Subscription subscription_of(std::string_view status) {
  const auto* const row = find_word(k_statuses, status);
  return row != nullptr ? row->subscription : Subscription::unknown;
}

/// {"name":"Ann"}, or in Classic [{"key":"name","value":"Ann"}]
void add_fields(const Json& subscriber, Attributes& attributes) {
  attributes.add_members(subscriber["fields"]);
  each_element(subscriber["fields"], [&attributes](const Json& field) {
    if (text_of(field["key"]) != "email") {
      attributes.add(text_of(field["key"]), field["value"]);
    }
  });
}

namespace {

// ---- campaigns ----------------------------------------------------------------------------------

void read_campaign(const JsonRecord& record, RecordSink& sink) {
  const auto& one = record.root;
  const auto email = one["emails"].at_pointer("/0");
  Campaign campaign;
  campaign.id = text_of(one["id"]);
  if (campaign.id.empty()) {
    sink.reject(mismatch("id", one["id"], "the campaign's id"), record.text);
    return;
  }
  campaign.name = text_of(one["name"]);
  campaign.status = text_of(one["status"]);
  campaign.subject = text_of(email["subject"]);
  campaign.from_name = text_of(email["from_name"]);
  campaign.from_address = text_of(email["from"]);
  campaign.reply_to = text_of(email["reply_to"]);
  campaign.text = text_of(email["plain_text"]);
  const auto started = time_of(one["started_at"], record.input.zone);
  if (const auto sent = started ? started : time_of(one["finished_at"], record.input.zone)) {
    campaign.sent_at = sent->seconds;
  }
  sink.accept(campaign, record.text);
}

bool is_campaign(const Json& one) {
  return is_there(one["id"]) && one["emails"].is_array() && is_there(one["status"]) &&
         (is_there(one["delivery_schedule"]) || is_there(one["filter_for_humans"]) ||
          is_there(one["missing_data"]));
}

// ---- subscribers --------------------------------------------------------------------------------

void read_subscriber(const JsonRecord& record, RecordSink& sink) {
  const auto& one = record.root;
  const JsonScalar id(one["id"]);
  RecipientView view;
  view.record = record.text;
  view.address = text_of(one["email"]);
  view.contact_id = id;
  if (view.address.empty()) {
    sink.reject(mismatch("email", one["email"], "the subscriber"), record.text);
    return;
  }
  view.subscription = subscription_of(text_of(one["status"]));
  if (const auto changed = time_of(one["updated_at"], record.input.zone)) {
    view.changed_at = changed->seconds;
  }
  Attributes attributes;
  add_fields(one, attributes);
  attributes.add("source", one["source"]);
  attributes.add("subscribed_at", one["subscribed_at"]);
  view.attributes = attributes.all();
  sink.accept(view);
  const auto left = time_of(one["unsubscribed_at"], record.input.zone);
  if (view.subscription == Subscription::unsubscribed && left) {
    EventView event;
    event.record = record.text;
    event.kind = EventKind::unsubscribe;
    event.native = "unsubscribed";
    event.time = *left;
    event.address = view.address;
    event.contact_id = id;
    sink.accept(event);
  }
}

bool is_subscriber(const Json& one) {
  return is_there(one["email"]) && is_there(one["status"]) && is_there(one["opens_count"]) &&
         is_there(one["subscribed_at"]) && one["fields"].is_object();
}

// ---- activity -----------------------------------------------------------------------------------

struct KindRow {
  std::string_view word; // log_name
  EventKind kind;
};
constexpr std::array k_kinds{
    KindRow{"campaign_send", EventKind::sent},
    KindRow{"automation_email_sent", EventKind::sent},
    KindRow{"email_open", EventKind::open},
    KindRow{"link_click", EventKind::click},
    KindRow{"email_bounce", EventKind::bounce},
    KindRow{"spam_complaint", EventKind::complaint},
    KindRow{"unsubscribed", EventKind::unsubscribe},
};

constexpr std::size_t k_fewest_digits = 10; // of an id: a date has eight

/// Who the log is about: the address or id that the file is named after, or "".
///   ann@example.com.json, activity-31986843064993537.json
std::string_view subscriber_of(std::string_view file_name) {
  const auto stem = file_name.substr(0, file_name.rfind('.'));
  if (const auto at = stem.find('@'); at != std::string_view::npos) {
    const auto begin = stem.find_last_of(" /", at);
    return stem.substr(begin == std::string_view::npos ? 0 : begin + 1);
  }
  for (auto begin = std::find_if(stem.begin(), stem.end(), is_digit); begin != stem.end();
       begin = std::find_if(begin, stem.end(), is_digit)) {
    const auto end = std::find_if_not(begin, stem.end(), is_digit);
    if (end - begin >= static_cast<std::ptrdiff_t>(k_fewest_digits)) {
      return {&*begin, static_cast<std::size_t>(end - begin)};
    }
    begin = end;
  }
  return {};
}

void read_activity(const JsonRecord& record, RecordSink& sink) {
  const auto& one = record.root;
  const auto properties = one["properties"];
  const auto who = subscriber_of(record.input.file_name);
  const auto when = time_of(one["created_at"], record.input.zone);
  if (who.empty()) {
    sink.reject("the log does not tell whose it is: name the file after the subscriber's address "
                "or id",
                record.text);
    return;
  }
  if (!when) {
    sink.reject(mismatch("created_at", one["created_at"], "a time"), record.text);
    return;
  }
  const JsonScalar id(one["id"]), campaign(properties["campaign_id"]);
  EventView view;
  view.record = record.text;
  view.native = text_of(one["log_name"]);
  view.kind = kind_of(k_kinds, view.native);
  view.time = *when;
  (who.find('@') != std::string_view::npos ? view.address : view.contact_id) = who;
  view.event_id = id;
  view.campaign = campaign;
  view.campaign_name = text_of(properties["campaign_name"]);
  if (view.kind == EventKind::click) {
    const auto url = text_of(properties["url"]);
    view.link = url.empty() ? text_of(properties["link"]) : url;
  } else if (view.kind == EventKind::bounce) {
    view.bounce.klass = BounceClass::soft; // nothing tells
  }
  sink.accept(view);
}

bool is_activity(const Json& one) {
  return is_there(one["log_name"]) && is_there(one["subject_type"]) && is_there(one["created_at"]);
}

void reject_counts(const JsonRecord& record, RecordSink& sink) {
  sink.reject("a count of opens and clicks, but not when: read the subscribers' activity-log",
              record.text);
}

bool is_count(const Json& one) {
  return is_there(one["id"]) && is_there(one["opens_count"]) && is_there(one["clicks_count"]) &&
         !is_there(one["email"]) && !is_there(one["name"]);
}

} // namespace

extern const JsonFormat k_campaigns{"answers of /api/campaigns, JSON", "data", is_campaign,
                                    read_campaign, true};
extern const JsonFormat k_subscribers{"answers of /api/subscribers, JSON", "data", is_subscriber,
                                      read_subscriber, true};
extern const JsonFormat k_activity{"answers of /api/subscribers/{id}/activity-log, JSON", "data",
                                   is_activity, read_activity, true};
extern const JsonFormat k_counts{"answers of /api/campaigns/{id}/reports/subscriber-activity, JSON",
                                 "data", is_count, reject_counts};

} // namespace mailfunnel::mailerlite
