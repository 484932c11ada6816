// People. Answers of the API, JSON:API objects, with the members that additional-fields asked for:
//   {"data":[{"type":"profile","id":"01GDDKASAP8TKDDA2GRZDSVP4H","attributes":{"email":"ann@example.com",
//     "first_name":"Ann","organization":"Acme","title":"Manager","updated":"2026-03-01T00:00:00+00:00",
//     "location":{"city":"Ghent","country":"Belgium"},"properties":{"plan":"pro"},
//     "subscriptions":{"email":{"marketing":{"can_receive_email_marketing":true,"consent":"SUBSCRIBED",
//       "suppression":[]}}}}}],"links":{…}}
// https://developers.klaviyo.com/en/reference/get_profiles
//
// And the members of a list or segment, as users export them; custom properties follow:
//   Email,Klaviyo ID,First Name,Last Name,City,State / Region,Country,Zip Code,Source,Email
//   Marketing Consent,…
//   ann@example.com,01GDDKASAP8TKDDA2GRZDSVP4H,Ann,Lee,Ghent,,Belgium,9000,,SUBSCRIBED,…
// It is not documented; described from files of users.

#include "readers.hpp"

#include "adapter/attributes.hpp"
#include "adapter/word_table.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::klaviyo {

namespace {

using namespace std::string_view_literals;

struct ConsentRow {
  std::string_view word;
  Subscription subscription;
};
/// NEVER_SUBSCRIBED says nothing: such people may be mailed or not, by the account's country.
constexpr std::array k_consents{
    ConsentRow{"SUBSCRIBED", Subscription::subscribed},
    ConsentRow{"UNSUBSCRIBED", Subscription::unsubscribed},
};
/// Reasons of a suppression, which goes before consent.
constexpr std::array k_suppressions{
    ConsentRow{"HARD_BOUNCE", Subscription::cleaned},
    ConsentRow{"INVALID_EMAIL", Subscription::cleaned},
    ConsentRow{"SPAM_COMPLAINT", Subscription::unsubscribed},
    ConsentRow{"UNSUBSCRIBE", Subscription::unsubscribed},
    ConsentRow{"USER_SUPPRESSED", Subscription::unsubscribed},
};

template<typename Rows> Subscription subscription_of(const Rows& rows, std::string_view word) {
  const auto* const row = find_word(rows, word);
  return row != nullptr ? row->subscription : Subscription::unknown;
}

/// Members of "attributes" and "location" that say who somebody is.
constexpr std::array k_attributes{"first_name"sv, "last_name"sv, "organization"sv,   "title"sv,
                                  "locale"sv,     "created"sv,   "last_event_date"sv};
constexpr std::array k_location{"city"sv, "region"sv, "country"sv, "zip"sv, "timezone"sv};

} // namespace

Subscription subscription_of(const Json& marketing) {
  auto found = subscription_of(k_consents, text_of(marketing["consent"]));
  each_element(marketing["suppression"], [&found](const Json& one) {
    found = std::max(found, subscription_of(k_suppressions, text_of(one["reason"])));
  });
  return found;
}

void read_profile(const JsonRecord& record, RecordSink& sink) {
  const auto attributes = record.root["attributes"], location = attributes["location"];
  RecipientView view;
  view.record = record.text;
  view.address = text_of(attributes["email"]);
  view.contact_id = text_of(record.root["id"]);
  if (view.address.empty()) {
    sink.skip(record.text); // known by telephone only
    return;
  }
  view.subscription = subscription_of(attributes["subscriptions"]["email"]["marketing"]);
  if (const auto changed = time_of(attributes["updated"])) {
    view.changed_at = changed->seconds;
  }
  Attributes gathered;
  for (const auto name : k_attributes) {
    gathered.add(name, attributes[name]);
  }
  for (const auto name : k_location) {
    gathered.add(name, location[name]);
  }
  gathered.add_members(attributes["properties"]);
  view.attributes = gathered.all();
  sink.accept(view);
}

namespace {

bool is_profile(const Json& item) {
  return text_of(item["type"]) == "profile" && is_there(item["attributes"]["email"]);
}

enum Column : std::size_t { email, id, consent };
constexpr std::array k_columns{
    RowColumn{"Email", true},
    RowColumn{"Klaviyo ID", true},
    RowColumn{"Email Marketing Consent"},
};

void read_row(const Row& row, RecordSink& sink) {
  RecipientView view;
  view.record = row.text;
  view.address = row[email];
  view.contact_id = row[id];
  if (view.address.empty()) {
    sink.skip(row.text); // known by telephone only
    return;
  }
  view.subscription = subscription_of(k_consents, row[consent]);
  view.attributes = row.others;
  sink.accept(view);
}

} // namespace

extern const JsonFormat k_profiles{"answers of /api/profiles, JSON", "data", is_profile,
                                   read_profile};
extern const RowFormat k_members{"members of a list or segment, CSV", k_columns, read_row};

} // namespace mailfunnel::klaviyo
