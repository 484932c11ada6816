// Contacts: pages of GET /v2/contacts, …/modified-since/{date}, /v2/address-books/{id}/contacts:
//   [{"id":77,"email":"ann@example.com","optInType":"Single","emailType":"Html",
//     "dataFields":[{"key":"FIRSTNAME","value":"Ann"}],"status":"Subscribed"}]
// and of GET /v2/contacts/unsubscribed-since/{date}, …/suppressed-since/{date}:
//   [{"suppressedContact":{"id":77,"email":"ann@example.com",…,"status":"Unsubscribed"},
//     "dateRemoved":"2026-05-12T07:15:00Z","reason":"Unsubscribed"}]
// https://developer.dotdigital.com

#include "readers.hpp"

#include "adapter/attributes.hpp"
#include "adapter/word_table.hpp"

#include <array>

namespace mailfunnel::dotdigital {

namespace {

using enum BounceClass;
using Reason = BounceReason;

struct StatusRow {
  std::string_view word;
  Subscription subscription; // where it is a contact's status
  EventKind kind;            // where it is the reason of a suppression
  BounceClass klass = none;
  BounceReason reason = Reason::other;
};
constexpr std::array k_statuses{
    StatusRow{"Subscribed", Subscription::subscribed, EventKind::unknown},
    StatusRow{"PendingOptIn", Subscription::pending, EventKind::unknown},
    StatusRow{"Unsubscribed", Subscription::unsubscribed, EventKind::unsubscribe},
    StatusRow{"Suppressed", Subscription::unsubscribed, EventKind::unsubscribe},
    StatusRow{"SharedSuppression", Subscription::unsubscribed, EventKind::unsubscribe},
    StatusRow{"DomainSuppression", Subscription::unsubscribed, EventKind::unsubscribe},
    StatusRow{"NotAllowed", Subscription::unsubscribed, EventKind::unsubscribe},
    StatusRow{"IspComplained", Subscription::unsubscribed, EventKind::complaint},
    StatusRow{"DirectComplaint", Subscription::unsubscribed, EventKind::complaint},
    StatusRow{"HardBounced", Subscription::cleaned, EventKind::bounce, hard},
    StatusRow{"NoMxRecord", Subscription::cleaned, EventKind::dropped, hard, Reason::host_unknown},
    StatusRow{"SoftBounced", Subscription::unknown, EventKind::bounce, soft},
    StatusRow{"MailBlocked", Subscription::unknown, EventKind::bounce, block, Reason::policy},
    StatusRow{"Deleted", Subscription::archived, EventKind::unknown},
};
constexpr StatusRow k_other_status{"", Subscription::unknown, EventKind::unknown};

const StatusRow& status_of(std::string_view word) {
  const auto* const row = find_word(k_statuses, word);
  return row == nullptr ? k_other_status : *row;
}

void read_contact(const JsonRecord& record, RecordSink& sink) {
  const auto& contact = record.root;
  const JsonScalar id(contact["id"]);
  RecipientView view;
  view.record = record.text;
  view.address = text_of(contact["email"]);
  view.contact_id = id;
  if (view.address.empty()) {
    sink.reject(mismatch("email", contact["email"], "an address"), record.text);
    return;
  }
  view.subscription = status_of(text_of(contact["status"])).subscription;
  Attributes attributes;
  each_element(contact["dataFields"], [&attributes](const Json& field) {
    attributes.add(text_of(field["key"]), field["value"]);
  });
  view.attributes = attributes.all();
  sink.accept(view);
}

bool is_contact(const Json& contact) {
  return is_there(contact["email"]) && is_there(contact["optInType"]) &&
         is_there(contact["emailType"]);
}

void read_suppression(const JsonRecord& record, RecordSink& sink) {
  const auto contact = record.root["suppressedContact"];
  EventView view;
  if (!fill_event(view, record, {"reason", record.root["reason"]},
                  {"suppressedContact.email", contact["email"]},
                  {"dateRemoved", record.root["dateRemoved"]}, sink)) {
    return;
  }
  const JsonScalar id(contact["id"]);
  const auto& status = status_of(view.native);
  view.contact_id = id;
  view.kind = status.kind;
  view.bounce.klass = status.klass;
  view.bounce.reason = status.reason;
  sink.accept(view);
}

bool is_suppression(const Json& item) {
  return is_there(item["suppressedContact"]) && is_there(item["dateRemoved"]);
}

} // namespace

const JsonFormat k_contacts{"contacts, JSON", "", is_contact, read_contact};
const JsonFormat k_suppressions{"contacts that left or were taken out, JSON", "", is_suppression,
                                read_suppression};

} // namespace mailfunnel::dotdigital
