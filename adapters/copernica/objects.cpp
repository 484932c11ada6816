// Mailings, GET /ms/emailings and /publisher/emailings:
//   {"start":0,"limit":100,"data":[{"id":"169","timestamp":"2026-03-02
//   10:00:00","template":"579","subject":"20% off",
//     "from_address":{"name":"Shop","email":"shop@example.com"},"destinations":25,"type":"mass","target":{"type":"database",
//     "sources":[{"id":"7578","type":"database"}]}}]}
// https://www.copernica.com/en/documentation/restv4/rest-get-ms-emailings
//
// and people, GET /database/{id}/profiles, whose fields are the database's own:
//   {"start":0,"limit":100,"data":[{"ID":"18381","fields":{"Email":"ann@example.com","Company":"Acme"},"interests":["tax"],
//     "database":"7616","secret":"…","created":"2013-01-06 14:19:51","modified":"2026-02-21
//     13:26:21","removed":false}]}
// https://www.copernica.com/en/documentation/restv4/rest-get-database-profiles

#include "readers.hpp"

#include "adapter/attributes.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::copernica {

namespace {

using namespace std::string_view_literals;

void read_emailing(const JsonRecord& record, RecordSink& sink) {
  const auto& one = record.root;
  const JsonScalar id(one["id"]);
  const auto sent = time_of(one["timestamp"], record.input.zone);
  Campaign campaign;
  campaign.id = std::string_view(id);
  if (campaign.id.empty()) {
    sink.reject(mismatch("id", one["id"], "the mailing's id"), record.text);
    return;
  }
  campaign.subject = text_of(one["subject"]);
  campaign.from_name = text_of(one["from_address"]["name"]);
  campaign.from_address = text_of(one["from_address"]["email"]);
  if (sent) {
    campaign.sent_at = sent->seconds;
    campaign.status = "sent";
  }
  each_element(one["target"]["sources"], [&campaign](const Json& source) {
    const JsonScalar number(source["id"]);
    campaign.audience.push_back(
        {std::string(text_of(source["type"])), std::string(std::string_view(number)), {}});
  });
  for (const auto tag : texts_of(one["tags"])) {
    campaign.tags.emplace_back(tag);
  }
  sink.accept(campaign, record.text);
}

bool is_emailing(const Json& one) {
  return is_there(one["id"]) && is_there(one["subject"]) && is_there(one["destinations"]) &&
         one["from_address"].is_object() && is_there(one["timestamp"]);
}

/// What databases call the field with the address; which one it is, the answer does not tell.
constexpr std::array k_address_fields{"email"sv,       "e-mail"sv,       "emailadres"sv,
                                      "e-mailadres"sv, "emailaddress"sv, "email_address"sv,
                                      "mail"sv};

bool is_address_field(std::string_view name) {
  return std::any_of(k_address_fields.begin(), k_address_fields.end(),
                     [name](std::string_view one) { return iequals(one, name); });
}

void read_profile(const JsonRecord& record, RecordSink& sink) {
  const auto& one = record.root;
  const JsonScalar id(one["ID"]);
  if (is_true(one["removed"])) {
    sink.skip(record.text);
    return;
  }
  RecipientView view;
  view.record = record.text;
  view.contact_id = id;
  Attributes attributes;
  each_member(one["fields"], [&](std::string_view name, const Json& value) {
    if (view.address.empty() && is_address_field(name)) {
      view.address = text_of(value);
    } else {
      attributes.add(name, value);
    }
  });
  if (view.contact_id.empty()) {
    sink.reject(mismatch("ID", one["ID"], "the profile's id"), record.text);
    return;
  }
  if (const auto changed = time_of(one["modified"], record.input.zone)) {
    view.changed_at = changed->seconds;
  }
  attributes.add("interests", one["interests"]);
  view.attributes = attributes.all();
  sink.accept(view);
}

bool is_profile(const Json& one) {
  return is_there(one["ID"]) && one["fields"].is_object() && is_there(one["interests"]) &&
         (is_there(one["database"]) || is_there(one["modified"]));
}

} // namespace

extern const JsonFormat k_emailings{"answers of /ms/emailings and /publisher/emailings, JSON",
                                    "data", is_emailing, read_emailing, true};
extern const JsonFormat k_profiles{"answers of /database/{id}/profiles, JSON", "data", is_profile,
                                   read_profile, true};

} // namespace mailfunnel::copernica
