// The Event Notification Service (ENS), which posts a list of events at a time:
//   [{"eventCategoryType":"EngagementEvents.EmailClick","timestampUTC":1772443507000,"compositeId":"81234.12.3.501",
//     "definitionKey":"NA","definitionId":"NA","channel":"email","mid":7210001,"eid":7210000,
//     "composite":{"jobId":"81234","batchId":"3","listId":"12","subscriberId":"501"},
//     "info":{"ipAddress":"203.0.113.7","jobUrlId":"77","contentLink":"https://www.example.com/pricing",
//       "userAgent":"Mozilla/5.0","location":{}}}]
// Those of transactional mail, and unsubscribes, name the address: "info":{"to":"ann@example.com",
// "subscriberKey":"K-1001",…}.
// https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/ens-supported-events.html

#include "readers.hpp"

#include "adapter/word_table.hpp"

#include <array>

namespace mailfunnel::sfmc {

namespace {

struct CategoryRow {
  std::string_view word; // eventCategoryType
  EventKind kind;
};
constexpr std::array k_categories{
    CategoryRow{"TransactionalSendEvents.EmailSent", EventKind::sent},
    CategoryRow{"TransactionalSendEvents.EmailNotSent", EventKind::dropped},
    CategoryRow{"TransactionalSendEvents.EmailBounced", EventKind::bounce},
    CategoryRow{"EngagementEvents.EmailOpen", EventKind::open},
    CategoryRow{"EngagementEvents.EmailClick", EventKind::click},
    CategoryRow{"EngagementEvents.EmailUnsubscribe", EventKind::unsubscribe},
};

void fill_kind(const Json& info, EventView& view) {
  if (view.kind == EventKind::click) {
    view.link = text_of(info["contentLink"]);
  } else if (view.kind == EventKind::bounce) {
    view.bounce = judge_bounce(text_of(info["bounceCode"]), {}, text_of(info["bounceMessage"]));
    if (view.bounce.status.empty()) {
      view.bounce.status = text_of(info["smtpReason"]);
    }
  } else if (view.kind == EventKind::dropped) {
    view.bounce = judge_not_sent(text_of(info["reason"]));
  }
}

void read_notification(const JsonRecord& record, RecordSink& sink) {
  const auto& event = record.root;
  const auto composite = event["composite"], info = event["info"];
  EventView view;
  view.record = record.text;
  view.native = text_of(event["eventCategoryType"]);
  if (find_word(k_categories, view.native) == nullptr) {
    sink.skip(record.text); // text messages, push, automations
    return;
  }
  view.kind = kind_of(k_categories, view.native);
  const JsonScalar person(composite["subscriberId"]), job(composite["jobId"]);
  const auto id = std::string_view(person).empty() ? std::string()
                                                   : "id:" + std::string(std::string_view(person));
  view.contact_id = id;
  view.address = address_in(text_of(info["to"]));
  view.campaign = job;
  const auto time = time_of(event["timestampUTC"]);
  if (id.empty() && view.address.empty()) {
    sink.reject(mismatch("composite.subscriberId", composite["subscriberId"], "a subscriber"),
                record.text);
    return;
  }
  if (!time) {
    sink.reject(mismatch("timestampUTC", event["timestampUTC"], "a time in milliseconds"),
                record.text);
    return;
  }
  view.time = *time;
  view.agent_given = is_there(info["userAgent"]);
  view.user_agent = text_of(info["userAgent"]);
  view.ip = text_of(info["ipAddress"]);
  const JsonScalar message(info["messageKey"]);
  if (sink.wants().details) {
    view.message_id = message;
  }
  fill_kind(info, view);
  sink.accept(view);
}

bool is_notification(const Json& event) {
  return is_there(event["eventCategoryType"]) && is_there(event["timestampUTC"]);
}

} // namespace

extern const JsonFormat k_notifications{"bodies of the Event Notification Service, JSON", "",
                                        is_notification, read_notification};

} // namespace mailfunnel::sfmc
