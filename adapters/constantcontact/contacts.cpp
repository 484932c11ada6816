// Pages of GET /contacts?include=custom_fields,list_memberships:
//   {"contacts":[{"contact_id":"9b5de1e0-0000-11eb-8000-000000000001","email_address":{"address":"ann@example.com",
//     "permission_to_send":"implicit","opt_out_date":"…"},"first_name":"Ann","last_name":"Lee","job_title":"Buyer",
//     "company_name":"Acme","updated_at":"2026-03-01T10:00:00Z","custom_fields":[{"custom_field_id":"f0…","value":"x"}],
//     "list_memberships":["f1…"]}],"_links":{…}}
// https://developer.constantcontact.com/api_reference/index.html

#include "readers.hpp"

#include "adapter/attributes.hpp"
#include "adapter/word_table.hpp"

#include <array>

namespace mailfunnel::constantcontact {

namespace {

using namespace std::string_view_literals;

struct PermissionRow {
  std::string_view word; // permission_to_send
  Subscription subscription;
};
constexpr std::array k_permissions{
    PermissionRow{"implicit", Subscription::subscribed},
    PermissionRow{"explicit", Subscription::subscribed},
    PermissionRow{"pending_confirmation", Subscription::pending},
    PermissionRow{"unsubscribed", Subscription::unsubscribed},
};

constexpr std::array k_attributes{"first_name"sv,   "last_name"sv,      "job_title"sv,
                                  "company_name"sv, "birthday_month"sv, "create_source"sv};

void take_attributes(const Json& contact, Attributes& attributes) {
  for (const auto name : k_attributes) {
    attributes.add(name, contact[name]);
  }
  each_element(contact["custom_fields"], [&attributes](const Json& field) {
    attributes.add(text_of(field["custom_field_id"]), field["value"]);
  });
}

/// One more record for each list that somebody is on.
void put_lists(const Json& lists, RecipientView view, RecordSink& sink) {
  view.attributes = {};
  view.subscription = Subscription::subscribed;
  for (const auto list : texts_of(lists)) {
    view.list = list;
    sink.accept(view);
  }
}

void read_contact(const JsonRecord& record, RecordSink& sink) {
  const auto& contact = record.root;
  const auto email = contact["email_address"];
  RecipientView view;
  view.record = record.text;
  view.contact_id = text_of(contact["contact_id"]);
  view.address = text_of(email["address"]);
  if (view.address.empty()) {
    sink.skip(record.text); // known by telephone or post only
    return;
  }
  if (const auto* const known = find_word(k_permissions, text_of(email["permission_to_send"]))) {
    view.subscription = known->subscription;
  }
  if (const auto changed = time_of(contact["updated_at"])) {
    view.changed_at = changed->seconds;
  }
  Attributes attributes;
  take_attributes(contact, attributes);
  view.attributes = attributes.all();
  sink.accept(view);
  put_lists(contact["list_memberships"], view, sink);
}

bool is_contact(const Json& contact) {
  return is_there(contact["contact_id"]) && is_there(contact["email_address"]["address"]);
}

} // namespace

const JsonFormat k_contacts{"contacts of the API, JSON", "contacts", is_contact, read_contact};

} // namespace mailfunnel::constantcontact
