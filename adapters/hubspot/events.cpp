// GET /email/public/v1/events, a page or what was gathered of many, one event a line:
//   {"events":[{"id":"5c1f0a52-…","created":1772445400000,"type":"CLICK","recipient":"ann@example.com","portalId":62515,
//     "appId":113,"emailCampaignId":221133,"url":"https://www.example.com/demo","userAgent":"Mozilla/5.0",
//     "ipAddress":"192.0.2.4","filteredEvent":false,"sentBy":{"id":"9d2c…","created":1772445328000}}],
//    "hasMore":true,"offset":"…"}
// https://legacydocs.hubspot.com/docs/methods/email/email_events_overview
//
// GET /email/public/v1/subscriptions/timeline:
//   {"timeline":[{"timestamp":1772445500000,"portalId":62515,"recipient":"ann@example.com","changes":[
//     {"change":"UNSUBSCRIBED","changeType":"SUBSCRIPTION_STATUS","source":"SOURCE_RECIPIENT","subscriptionId":7}]}]}
// https://legacydocs.hubspot.com/docs/methods/email/email_subscriptions_overview

#include "readers.hpp"

#include "adapter/smtp_status.hpp"
#include "adapter/word_table.hpp"

#include <array>

namespace mailfunnel::hubspot {

namespace {

using enum BounceClass;
using Reason = BounceReason;

// ---- events -------------------------------------------------------------------------------------

struct KindRow {
  std::string_view word; // type
  EventKind kind;
};
constexpr std::array k_kinds{
    KindRow{"SENT", EventKind::sent},
    KindRow{"DELIVERED", EventKind::delivered},
    KindRow{"DEFERRED", EventKind::deferred},
    KindRow{"OPEN", EventKind::open},
    KindRow{"CLICK", EventKind::click},
    KindRow{"BOUNCE", EventKind::bounce},
    KindRow{"DROPPED", EventKind::dropped},
    KindRow{"MTADROPPED", EventKind::dropped},
    KindRow{"SUPPRESSED", EventKind::dropped},
    KindRow{"SUPPRESSION", EventKind::dropped}, // the documentation's spelling
    KindRow{"SPAMREPORT", EventKind::complaint},
    KindRow{"STATUSCHANGE", EventKind::unsubscribe}, // or anything else: see read_status_change()
};
constexpr std::string_view k_processed = "PROCESSED"; // the mail of a SENT goes to the next machine
constexpr std::string_view k_unbounce = "UNBOUNCE";   // the only one that may be of nobody
constexpr std::string_view k_off = "UNSUBSCRIBED";

struct PartRow {
  std::string_view part;
  BounceClass klass;
  Reason reason;
};
/// What in a bounce's `category` makes it a block. Other words leave it to status and response.
constexpr std::array k_categories{
    PartRow{"SPAM", block, Reason::spam},
    PartRow{"CONTENT", block, Reason::content},
    PartRow{"POLICY", block, Reason::policy},
    PartRow{"BLOCK", block, Reason::policy},
};
/// Of `dropReason`. What is not here has to do with the mail, or with HubSpot.
constexpr std::array k_drops{
    PartRow{"UNSUBSCRIBED", none, Reason::unsubscribed},
    PartRow{"PREVIOUSLY_BOUNCED", hard, Reason::suppressed},
    PartRow{"PREVIOUS_SPAM", none, Reason::feedback},
    PartRow{"SUPPRESSED", none, Reason::suppressed},
    PartRow{"QUARANTINED", none, Reason::suppressed},
    PartRow{"BLOCKED", none, Reason::suppressed},
};

/// `status` is "5.1.1" or "550".
Bounce judge_bounce(const Json& event) {
  const auto status = text_of(event["status"]), response = text_of(event["response"]);
  const bool dotted = status.find('.') != std::string_view::npos;
  const auto verdict = judge_smtp(dotted ? status : std::string_view{},
                                  response.empty() && !dotted ? status : response);
  Bounce bounce{verdict.klass, verdict.reason, verdict.status, verdict.code, response};
  if (const auto* const row = find_part(k_categories, text_of(event["category"]))) {
    bounce.klass = row->klass;
    bounce.reason = row->reason;
  }
  return bounce;
}

Bounce judge_drop(const Json& event) {
  const auto why = text_of(event["dropReason"]), message = text_of(event["dropMessage"]);
  const auto* const row = find_part(k_drops, why);
  return {row != nullptr ? row->klass : none,
          row != nullptr ? row->reason : Reason::other,
          {},
          0,
          message.empty() ? why : message};
}

/// One event for each subscription that was switched off, or one for all mail.
void read_status_change(EventView view, const Json& event, RecordSink& sink) {
  if (text_of(event["portalSubscriptionStatus"]) == k_off) {
    sink.accept(view);
    return;
  }
  bool any = false;
  each_element(event["subscriptions"], [&](const Json& subscription) {
    if (text_of(subscription["status"]) == k_off) {
      const JsonScalar id(subscription["id"]);
      view.scope = id;
      sink.accept(view);
      any = true;
    }
  });
  if (!any) {
    sink.skip(view.record);
  }
}

void fill_reading(EventView& view, const Json& event) {
  view.agent_given = is_there(event["userAgent"]);
  view.user_agent = text_of(event["userAgent"]);
  view.ip = text_of(event["ipAddress"]);
  view.evidence = is_true(event["filteredEvent"]) ? evidence::esp_machine_flag : std::uint16_t{0};
  view.link = view.kind == EventKind::click ? text_of(event["url"]) : std::string_view{};
}

void read_event(const JsonRecord& record, RecordSink& sink) {
  const auto& event = record.root;
  const auto type = text_of(event["type"]);
  const bool nobodys = type == k_unbounce && !is_there(event["recipient"]);
  if (type == k_processed || nobodys || event["obsoletedBy"].is_object()) {
    sink.skip(record.text); // said by SENT, or by a later event
    return;
  }
  EventView view;
  if (!fill_event(view, record, {"type", event["type"]}, {"recipient", event["recipient"]},
                  {"created", event["created"]}, sink)) {
    return;
  }
  const JsonScalar campaign(event["emailCampaignId"]);
  view.campaign = campaign;
  view.kind = kind_of(k_kinds, view.native);
  view.event_id = text_of(event["id"]);
  view.message_id = text_of(event["smtpId"]);
  switch (view.kind) {
  case EventKind::open:
  case EventKind::click:
    fill_reading(view, event);
    break;
  case EventKind::bounce:
    view.bounce = judge_bounce(event);
    break;
  case EventKind::deferred:
    view.bounce = judge_bounce(event);
    view.bounce.klass = soft;
    break;
  case EventKind::dropped:
    view.bounce = judge_drop(event);
    break;
  case EventKind::unsubscribe:
    read_status_change(view, event, sink);
    return;
  default:
    break;
  }
  sink.accept(view);
}

bool is_event(const Json& event) {
  return is_there(event["portalId"]) && is_there(event["created"]) &&
         is_there(event["recipient"]) && !text_of(event["type"]).empty() &&
         (is_there(event["emailCampaignId"]) || is_there(event["appId"]));
}

// ---- subscriptions ------------------------------------------------------------------------------

constexpr std::array k_changes_of_status{
    KindRow{"UNSUBSCRIBED", EventKind::unsubscribe},
    KindRow{"SUBSCRIBED", EventKind::resubscribe},
};

void read_changes(const JsonRecord& record, RecordSink& sink) {
  const auto when = time_of(record.root["timestamp"]);
  EventView view;
  view.record = record.text;
  view.address = text_of(record.root["recipient"]);
  if (view.address.empty() || !when) {
    sink.reject(view.address.empty()
                    ? mismatch("recipient", record.root["recipient"], "the recipient")
                    : mismatch("timestamp", record.root["timestamp"], "a time in milliseconds"),
                record.text);
    return;
  }
  view.time = *when;
  bool any = false;
  each_element(record.root["changes"], [&](const Json& change) {
    const JsonScalar subscription(change["subscriptionId"]);
    view.native = text_of(change["change"]);
    view.kind = kind_of(k_changes_of_status, view.native);
    view.scope = view.kind == EventKind::unsubscribe ? subscription : std::string_view{};
    view.event_id = text_of(change["causedByEvent"]["id"]);
    sink.accept(view);
    any = true;
  });
  if (!any) {
    sink.skip(record.text);
  }
}

bool is_timeline(const Json& item) {
  return is_there(item["portalId"]) && is_there(item["recipient"]) && is_there(item["changes"]) &&
         is_there(item["timestamp"]);
}

} // namespace

extern const JsonFormat k_events{"answers of /email/public/v1/events, JSON", "events", is_event,
                                 read_event};
extern const JsonFormat k_timeline{"answers of /email/public/v1/subscriptions/timeline, JSON",
                                   "timeline", is_timeline, read_changes};

} // namespace mailfunnel::hubspot
