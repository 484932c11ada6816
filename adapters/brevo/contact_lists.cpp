// Brevo's contacts, as the API lists them:
//   {"contacts":[{"email":"ann@example.com","id":247,"emailBlacklisted":false,"smsBlacklisted":false,
//     "createdAt":"2025-05-01T17:05:03.000+02:00","modifiedAt":"2026-03-02T10:25:07.000+01:00",
//     "listIds":[43,58],"listUnsubscribed":[44],"attributes":{"FIRSTNAME":"Ann","AGE":42}}],"count":1}
// https://developers.brevo.com/reference/getcontacts-1. And those that get no transactional mail:
//   {"contacts":[{"email":"bob@example.com","senderEmail":"news@example.net",
//     "reason":{"code":"hardBounce","message":"…"},"blockedAt":"2026-03-02T09:25:07Z"}],"count":1}
// https://developers.brevo.com/reference/gettransacblockedcontacts

#include "readers.hpp"

#include "adapter/attributes.hpp"
#include "adapter/word_table.hpp"

#include <array>

namespace mailfunnel::brevo {

namespace {

struct BlockRow {
  std::string_view word; // reason.code
  EventKind kind;
};
constexpr std::array k_blocks{
    BlockRow{"unsubscribedViaMA", EventKind::unsubscribe}, // marketing automation
    BlockRow{"unsubscribedViaEmail", EventKind::unsubscribe},
    BlockRow{"unsubscribedViaApi", EventKind::unsubscribe},
    BlockRow{"adminBlocked", EventKind::unsubscribe},
    BlockRow{"hardBounce", EventKind::bounce},
    BlockRow{"contactFlaggedAsSpam", EventKind::complaint},
};

bool is_blocked(const Json& record) {
  return is_there(record["blockedAt"]);
}

void read_blocked(const JsonRecord& record, RecordSink& sink) {
  EventView view;
  if (!fill_event(view, record, {"reason.code", record.root["reason"]["code"]},
                  {"email", record.root["email"]}, {"blockedAt", record.root["blockedAt"]}, sink)) {
    return;
  }
  view.kind = kind_of(k_blocks, view.native);
  if (view.kind == EventKind::bounce) {
    view.bounce.klass = BounceClass::hard;
    view.bounce.diagnostic = text_of(record.root["reason"]["message"]);
  }
  sink.accept(view);
}

/// What lists somebody is on, or has left: one more record for each.
void put_lists(const Json& ids, RecipientView view, Subscription subscription, RecordSink& sink) {
  view.attributes = {};
  view.subscription = subscription;
  each_element(ids, [&](const Json& element) {
    const JsonScalar id(element);
    view.list = id;
    if (!view.list.empty()) {
      sink.accept(view);
    }
  });
}

void read_contact(const JsonRecord& record, RecordSink& sink) {
  const auto& contact = record.root;
  RecipientView view;
  view.record = record.text;
  view.address = text_of(contact["email"]);
  const JsonScalar id(contact["id"]);
  view.contact_id = id;
  if (view.address.empty() && view.contact_id.empty()) {
    sink.reject(mismatch("email", contact["email"], "an address"), record.text);
    return;
  }
  view.subscription =
      is_true(contact["emailBlacklisted"]) ? Subscription::unsubscribed : Subscription::subscribed;
  if (const auto changed = time_of(contact["modifiedAt"])) {
    view.changed_at = changed->seconds;
  }
  Attributes attributes;
  attributes.add_members(contact["attributes"]);
  view.attributes = attributes.all();
  sink.accept(view);
  put_lists(contact["listIds"], view, Subscription::subscribed, sink);
  put_lists(contact["listUnsubscribed"], view, Subscription::unsubscribed, sink);
}

void read_record(const JsonRecord& record, RecordSink& sink) {
  if (is_blocked(record.root)) {
    read_blocked(record, sink);
  } else {
    read_contact(record, sink);
  }
}

bool is_ours(const Json& record) {
  return is_there(record["emailBlacklisted"]) ||
         (is_blocked(record) && is_there(record["senderEmail"]));
}

} // namespace

const JsonFormat k_contacts{"contacts of the API, JSON", "contacts", is_ours, read_record};

} // namespace mailfunnel::brevo
