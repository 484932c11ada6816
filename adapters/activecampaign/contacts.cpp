// People. Answers of the API 3, contacts and the lists on which they are (status 1: on it, 2:
// left):
//   {"contacts":[{"id":"1203","email":"ann@example.com","firstName":"Ann","lastName":"Lee","cdate":"2026-02-03T09:14:55-06:00",
//     "udate":"2026-03-01T09:14:55-06:00","orgname":"Acme","links":{…},…}],"meta":{"total":"1"}}
//   {"contactLists":[{"id":"8","contact":"1203","list":"4","status":"2","sdate":"…","udate":"2026-03-02T10:20:00-06:00",
//     "campaign":"41",…}]}
// https://developers.activecampaign.com/reference/list-all-contacts
//
// And the export of contacts; custom fields follow under their titles, tags stand in one field:
//   Email,First Name,Last Name,Phone,Tags,Date Created,IP,Status
//   ann@example.com,Ann,Lee,,"customer, demo-request",2026-02-03 09:14:55,192.0.2.10,Active
// It is not documented; described from files of users.

#include "readers.hpp"

#include "adapter/attributes.hpp"
#include "adapter/word_table.hpp"

#include <array>
#include <utility>

namespace mailfunnel::activecampaign {

namespace {

using namespace std::string_view_literals;

/// Member, attribute.
constexpr std::array k_attributes{
    std::pair{"firstName"sv, "first_name"sv},
    std::pair{"lastName"sv, "last_name"sv},
    std::pair{"orgname"sv, "organisation"sv},
    std::pair{"cdate"sv, "created"sv},
};

void read_contact(const JsonRecord& record, RecordSink& sink) {
  const auto& contact = record.root;
  const JsonScalar id(contact["id"]), deleted(contact["deleted"]);
  RecipientView view;
  view.record = record.text;
  view.address = text_of(contact["email"]);
  view.contact_id = id;
  if (std::string_view(deleted) == "1" || view.address.empty()) {
    sink.skip(record.text); // gone, or known by telephone only
    return;
  }
  if (const auto changed = time_of(contact["udate"], record.input.zone)) {
    view.changed_at = changed->seconds;
  }
  Attributes attributes;
  for (const auto& [member, name] : k_attributes) {
    attributes.add(name, contact[member]);
  }
  view.attributes = attributes.all();
  sink.accept(view);
}

bool is_contact(const Json& one) {
  return is_there(one["email"]) && is_there(one["firstName"]) && is_there(one["cdate"]) &&
         is_there(one["udate"]);
}

struct StatusRow {
  std::string_view word;
  Subscription subscription;
};
constexpr std::array k_list_statuses{
    StatusRow{"1", Subscription::subscribed},
    StatusRow{"2", Subscription::unsubscribed},
};
constexpr std::array k_export_statuses{
    StatusRow{"Active", Subscription::subscribed},
    StatusRow{"Unsubscribed", Subscription::unsubscribed},
};

void read_subscription(const JsonRecord& record, RecordSink& sink) {
  const auto& one = record.root;
  const JsonScalar contact(one["contact"]), list(one["list"]), status(one["status"]),
      campaign(one["campaign"]);
  const auto* const row = find_word(k_list_statuses, status);
  if (std::string_view(contact).empty()) {
    sink.reject(mismatch("contact", one["contact"], "the contact's id"), record.text);
    return;
  }
  if (row == nullptr) {
    sink.skip(record.text); // neither on the list nor left
    return;
  }
  const bool left = row->subscription == Subscription::unsubscribed;
  const auto when = time_of(left ? one["udate"] : one["sdate"], record.input.zone);
  RecipientView view;
  view.record = record.text;
  view.contact_id = contact;
  view.list = list;
  view.subscription = row->subscription;
  if (when) {
    view.changed_at = when->seconds;
  }
  sink.accept(view);
  if (left && when) {
    EventView event;
    event.record = record.text;
    event.kind = EventKind::unsubscribe;
    event.native = "unsubscribed";
    event.time = *when;
    event.contact_id = contact;
    event.scope = list;
    event.campaign = std::string_view(campaign) == "0" ? std::string_view{} : campaign;
    sink.accept(event);
  }
}

bool is_subscription(const Json& one) {
  return is_there(one["contact"]) && is_there(one["list"]) && is_there(one["status"]) &&
         is_there(one["udate"]) && is_there(one["sdate"]);
}

enum Column : std::size_t { email, tags, created, ip, status };
constexpr std::array k_columns{
    RowColumn{"Email", true}, RowColumn{"Tags", true},   RowColumn{"Date Created", true},
    RowColumn{"IP", true},    RowColumn{"Status", true},
};

void read_row(const Row& row, RecordSink& sink) {
  RecipientView view;
  view.record = row.text;
  view.address = row[email];
  if (view.address.empty()) {
    sink.reject("no Email", row.text);
    return;
  }
  if (const auto* const known = find_word(k_export_statuses, row[status])) {
    view.subscription = known->subscription;
  }
  auto attributes = row.others;
  for (const auto& [name, value] :
       {std::pair{"tags"sv, row[tags]}, std::pair{"date_created"sv, row[created]},
        std::pair{"status"sv, row[status]}}) {
    if (!value.empty()) {
      attributes.emplace_back(name, value);
    }
  }
  view.attributes = attributes;
  sink.accept(view);
}

} // namespace

extern const JsonFormat k_contacts{"answers of /contacts, JSON", "contacts", is_contact,
                                   read_contact};
extern const JsonFormat k_subscriptions{"answers of /contactLists, JSON", "contactLists",
                                        is_subscription, read_subscription};
extern const RowFormat k_contact_export{"contact export, CSV", k_columns, read_row};

} // namespace mailfunnel::activecampaign
