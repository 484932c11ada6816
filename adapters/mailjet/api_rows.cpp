// Answers of Mailjet's REST API, {"Count":1,"Data":[…],"Total":1}. Events name people by number
// only; the contacts tell whose it is.
//   /openinformation {"ArrivedAt":"2026-03-02T09:25:00Z","CampaignID":7173,"ContactID":320,"ID":1,
//                       "MessageID":19421777396190490,"OpenedAt":"2026-03-02T09:25:07Z",
//                       "UserAgent":"Chrome","UserAgentFull":"Mozilla/5.0"}
//   /bouncestatistics {"BouncedAt":"2026-03-02T09:25:14Z","CampaignID":7173,"ContactID":321,"ID":2,
//                       "IsBlocked":false,"IsStatePermanent":true,"StateID":1}
//   /contact {"ID":320,"Email":"ann@example.com","Name":"Ann","IsExcludedFromCampaigns":false,
//                       "IsOptInPending":false,"IsSpamComplaining":false,
//                       "LastUpdateAt":"2026-03-02T09:25:07Z"}
//   /listrecipient     {"ID":5,"ContactID":320,"ListID":8,"IsActive":true,"IsUnsubscribed":false,
//                       "SubscribedAt":"2025-05-01T10:00:00Z","UnsubscribedAt":""}
// https://dev.mailjet.com/email/reference/; the fields are those of
// https://github.com/mailjet/mailjet-apiv3-go/blob/master/resources/resources.go

#include "formats.hpp"

#include "adapter/attributes.hpp"
#include "adapter/word_table.hpp"

#include <array>

namespace mailfunnel::mailjet {

namespace {

/// true, or "true" as in the vendor's own samples.
bool is_set(const Json& value) {
  return iequals(JsonScalar(value), "true");
}

std::optional<Seconds> seconds_of(const Json& value) {
  const auto time = time_of(value);
  return time ? std::optional(time->seconds) : std::nullopt;
}

/// An event's place, person, mailing and time; false when it was rejected.
bool fill(EventView& view, const JsonRecord& record, std::string_view contact,
          const JsonField& time, RecordSink& sink) {
  const auto when = time_of(time.value);
  if (contact.empty() || !when) {
    sink.reject(contact.empty() ? mismatch("ContactID", record.root["ContactID"], "a contact")
                                : mismatch(time.name, time.value, "a time"),
                record.text);
    return false;
  }
  view.record = record.text;
  view.contact_id = contact;
  view.time = *when;
  return true;
}

void read_open(const JsonRecord& record, RecordSink& sink) {
  const auto& row = record.root;
  const JsonScalar contact(row["ContactID"]), campaign(row["CampaignID"]),
      message(row["MessageID"]);
  EventView view;
  if (!fill(view, record, contact, {"OpenedAt", row["OpenedAt"]}, sink)) {
    return;
  }
  view.kind = EventKind::open;
  view.native = "openinformation";
  view.campaign = campaign;
  view.message_id = message;
  view.agent_given = is_there(row["UserAgentFull"]);
  view.user_agent = text_of(row["UserAgentFull"]);
  sink.accept(view);
}

void read_bounce(const JsonRecord& record, RecordSink& sink) {
  const auto& row = record.root;
  const JsonScalar contact(row["ContactID"]), campaign(row["CampaignID"]), id(row["ID"]);
  EventView view;
  if (!fill(view, record, contact, {"BouncedAt", row["BouncedAt"]}, sink)) {
    return;
  }
  const bool blocked = is_set(row["IsBlocked"]);
  const auto klass = is_set(row["IsStatePermanent"]) ? BounceClass::hard : BounceClass::soft;
  view.kind = blocked ? EventKind::dropped : EventKind::bounce;
  view.native = "bouncestatistics";
  view.campaign = campaign;
  view.event_id = id;
  view.bounce.klass = blocked ? BounceClass::none : klass;
  sink.accept(view);
}

void read_contact(const JsonRecord& record, RecordSink& sink) {
  const auto& row = record.root;
  const JsonScalar id(row["ID"]);
  RecipientView view;
  view.record = record.text;
  view.address = text_of(row["Email"]);
  view.contact_id = id;
  view.changed_at = seconds_of(row["LastUpdateAt"]);
  if (is_set(row["IsExcludedFromCampaigns"])) {
    view.subscription = Subscription::unsubscribed;
    const auto since = seconds_of(row["ExclusionFromCampaignsUpdatedAt"]);
    view.changed_at = since ? since : view.changed_at;
  } else if (is_set(row["IsOptInPending"])) {
    view.subscription = Subscription::pending;
  }
  if (view.address.empty()) {
    sink.reject(mismatch("Email", row["Email"], "an address"), record.text);
    return;
  }
  Attributes attributes;
  attributes.add("name", row["Name"]);
  view.attributes = attributes.all();
  sink.accept(view);
}

void read_member(const JsonRecord& record, RecordSink& sink) {
  const auto& row = record.root;
  const JsonScalar contact(row["ContactID"]), list(row["ListID"]);
  RecipientView view;
  view.record = record.text;
  view.contact_id = contact;
  view.list = list;
  if (view.contact_id.empty() || view.list.empty()) {
    sink.reject(view.contact_id.empty() ? mismatch("ContactID", row["ContactID"], "a contact")
                                        : mismatch("ListID", row["ListID"], "a list"),
                record.text);
    return;
  }
  const bool left = is_set(row["IsUnsubscribed"]);
  view.subscription = left ? Subscription::unsubscribed : Subscription::subscribed;
  view.changed_at = seconds_of(row[left ? "UnsubscribedAt" : "SubscribedAt"]);
  sink.accept(view);
}

struct RowKind {
  std::array<std::string_view, 3> fields; // that only these rows have
  void (*read)(const JsonRecord& record, RecordSink& sink);
};
constexpr std::array k_row_kinds{
    RowKind{{"OpenedAt", "ContactID", "CampaignID"}, read_open},
    RowKind{{"BouncedAt", "ContactID", "StateID"}, read_bounce},
    RowKind{{"Email", "IsOptInPending", "IsSpamComplaining"}, read_contact},
    RowKind{{"ContactID", "ListID", "IsUnsubscribed"}, read_member},
};

const RowKind* kind_of_row(const Json& row) {
  for (const auto& kind : k_row_kinds) {
    bool all = true;
    for (const auto field : kind.fields) {
      all = all && is_there(row[field]);
    }
    if (all) {
      return &kind;
    }
  }
  return nullptr;
}

void read_row(const JsonRecord& record, RecordSink& sink) {
  const auto* const kind = kind_of_row(record.root);
  if (kind == nullptr) {
    sink.reject("neither an open, a bounce, a contact nor a member of a list: see the fields of "
                "those in the adapter's README",
                record.text);
    return;
  }
  kind->read(record, sink);
}

bool is_ours(const Json& row) {
  return kind_of_row(row) != nullptr;
}

} // namespace

const JsonFormat k_api_rows{"rows of the REST API, JSON", "Data", is_ours, read_row};

} // namespace mailfunnel::mailjet
