// Items of answers, JSON. A mailing, of GET mailing and, with its links, of GET
// mailing/{encryptedId}:
//   {"encryptedId":"aBcD","name":"May
//   newsletter","scheduledStartDate":"2026-05-11T08:00:00","type":"EMAIL","sentCount":400,
//     "message":{"subject":"New in
//     May","html":"…"},"links":[{"id":4711,"name":"Prices","url":"https://www.example.com/pricing",
//       "code":"a1","type":""}]}
// what happened to one mailing, of GET mailing/{encryptedId}/opens, clicks, bounces and recipients:
//   {"contactIdentifier":{"externalId":"K-1001","encryptedId":"xYz"},"clickDate":"2026-05-11T08:29:41","linkId":4711}
//   {"contactIdentifier":{…},"bounceDate":"2026-05-11T08:00:30","type":"HARDBOUNCE"}
// the account's feed, of GET mailing-interaction/sent, opened, clicked and bounced:
//   {"id":9001,"externalContactId":"K-1001","encryptedMailingId":"aBcD","date":"2026-05-11T08:28:02","changeDate":"…"}
// and a contact, of GET contact/search and its like:
//   {"externalId":"K-1001","encryptedId":"xYz","lastChanged":"2026-03-01T10:00:00","testGroup":false,"temporary":false,
//     "properties":{"email":"ann@example.com","firstName":"Ann"},"channels":[{"name":"EMAIL","value":true}]}
// https://restdoc.mailplus.nl/doc

#include "rows.hpp"

#include "adapter/attributes.hpp"
#include "adapter/word_table.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::spotler {

namespace {

using namespace std::string_view_literals;

struct WordRow {
  std::string_view word;
  EventKind kind;
};
constexpr std::array k_feeds{
    WordRow{"sent", EventKind::sent},
    WordRow{"opened", EventKind::open},
    WordRow{"clicked", EventKind::click},
    WordRow{"bounced", EventKind::bounce},
};

/// A detail is of the kind whose time it has; of a recipient there is none.
struct TimeRow {
  std::string_view name;
  EventKind kind;
  std::string_view native;
};
constexpr std::array k_times{
    TimeRow{"openDate", EventKind::open, "open"},
    TimeRow{"clickDate", EventKind::click, "click"},
    TimeRow{"bounceDate", EventKind::bounce, "bounce"},
};

struct BounceRow {
  std::string_view word;
  BounceClass klass;
};
constexpr std::array k_bounces{
    BounceRow{"HARDBOUNCE", BounceClass::hard},
    BounceRow{"HARD", BounceClass::hard},
    BounceRow{"SOFTBOUNCE", BounceClass::soft},
    BounceRow{"SOFT", BounceClass::soft},
};

constexpr std::size_t k_most_links = 100'000; // of all mailings in a file

/// Types of links that a template puts in, and nobody's content.
constexpr std::array k_services{"twitter"sv,     "facebook"sv,   "whatsapp"sv, "linkedin"sv,
                                "openhtml"sv,    "opentext"sv,   "openpdf"sv,  "openpdftext"sv,
                                "unsubscribe"sv, "editprofile"sv};

/// The class of a bounce stands in one of the members; which of them is not documented for the
/// feed.
const BounceRow* bounce_in(const Json& row) {
  const BounceRow* found = nullptr;
  each_member(row, [&found](std::string_view /*name*/, const Json& value) {
    const auto* const known = find_word(k_bounces, text_of(value));
    found = found == nullptr ? known : found;
  });
  return found;
}

/// The customer's own id of the contact, which the sender knows; else the vendor's.
std::string_view contact_id(const Json& external, const Json& encrypted) {
  const auto own = text_of(external);
  return own.empty() ? text_of(encrypted) : own;
}

bool is_mailing(const Json& item) {
  return is_there(item["encryptedId"]) && is_there(item["scheduledStartDate"]);
}
bool is_contact(const Json& item) {
  return is_there(item["encryptedId"]) && is_there(item["properties"]) &&
         is_there(item["channels"]);
}
bool is_of_feed(const Json& item) {
  return is_there(item["encryptedMailingId"]) && is_there(item["externalContactId"]);
}
bool is_detail(const Json& item) {
  return is_there(item["contactIdentifier"]);
}

} // namespace

std::optional<EventKind> feed_kind(std::string_view file_name) {
  for (const auto& word : words(file_name)) {
    if (const auto* const row = find_word(k_feeds, word)) {
      return row->kind;
    }
  }
  return std::nullopt;
}

bool is_item(const Json& item) {
  return is_mailing(item) || is_contact(item) || is_of_feed(item) || is_detail(item);
}

void ItemReader::take_links(const Json& links, Campaign& campaign) {
  each_element(links, [&](const Json& link) {
    const JsonScalar id(link["id"]);
    LinkPlacement placement;
    placement.url = text_of(link["url"]);
    placement.alias = text_of(link["name"]);
    placement.footer = std::find(k_services.begin(), k_services.end(),
                                 lower(text_of(link["type"]))) != k_services.end();
    if (!placement.url.empty() && m_links.size() < k_most_links) {
      m_links.insert_or_assign(std::string(std::string_view(id)),
                               Link{placement.url, placement.alias});
      campaign.links.push_back(std::move(placement));
    }
  });
}

void ItemReader::read_mailing(const Json& mailing, std::string_view text, RecordSink& sink) {
  if (iequals(text_of(mailing["type"]), "SMS")) {
    sink.skip(text);
    return;
  }
  m_mailing = text_of(mailing["encryptedId"]);
  m_sent = time_of(mailing["scheduledStartDate"], m_input.zone);
  if (!m_sent) {
    sink.reject(mismatch("scheduledStartDate", mailing["scheduledStartDate"], "a time"), text);
    return;
  }
  Campaign campaign;
  campaign.id = m_mailing;
  campaign.name = text_of(mailing["name"]);
  campaign.sent_at = m_sent->seconds;
  campaign.subject = text_of(mailing["message"]["subject"]);
  campaign.html = text_of(mailing["message"]["html"]);
  take_links(mailing["links"], campaign);
  sink.accept(campaign, text);
}

void ItemReader::read_contact(const Json& contact, std::string_view text, RecordSink& sink) const {
  if (is_true(contact["temporary"]) || is_true(contact["testGroup"])) {
    sink.skip(text);
    return;
  }
  RecipientView view;
  view.record = text;
  view.contact_id = contact_id(contact["externalId"], contact["encryptedId"]);
  view.address = text_of(contact["properties"]["email"]);
  if (const auto changed = time_of(contact["lastChanged"], m_input.zone)) {
    view.changed_at = changed->seconds;
  }
  each_element(contact["channels"], [&view](const Json& channel) {
    if (iequals(text_of(channel["name"]), "email")) {
      view.subscription =
          is_true(channel["value"]) ? Subscription::subscribed : Subscription::unsubscribed;
    }
  });
  Attributes attributes;
  each_member(contact["properties"], [&attributes](std::string_view name, const Json& value) {
    if (name != "email") {
      attributes.add(name, value);
    }
  });
  view.attributes = attributes.all();
  sink.accept(view);
}

void ItemReader::read_feed(const Json& row, std::string_view text, RecordSink& sink) const {
  const auto* const bounce = bounce_in(row);
  const auto kind = bounce != nullptr ? EventKind::bounce : m_feed;
  const auto time = time_of(row["date"], m_input.zone);
  if (!kind || !time) {
    sink.reject(!kind ? "which of sent, opened, clicked and bounced this is was told by the call "
                        "only: put that word into the file's name"
                      : mismatch("date", row["date"], "a time"),
                text);
    return;
  }
  const JsonScalar id(row["id"]);
  EventView view;
  view.record = text;
  view.kind = *kind;
  view.native = name_of(*kind);
  view.time = *time;
  view.contact_id = text_of(row["externalContactId"]);
  view.campaign = text_of(row["encryptedMailingId"]);
  view.event_id = id;
  if (view.kind == EventKind::bounce) {
    view.bounce.klass = bounce != nullptr ? bounce->klass : BounceClass::soft;
  }
  sink.accept(view);
}

void ItemReader::read_detail(const Json& row, std::string_view text, RecordSink& sink) const {
  const auto* const at = std::find_if(k_times.begin(), k_times.end(), [&row](const TimeRow& one) {
    return is_there(row[one.name]);
  });
  const bool recipient = at == k_times.end();
  const auto time = recipient ? m_sent : time_of(row[at->name], m_input.zone);
  const auto person = row["contactIdentifier"];
  EventView view;
  view.record = text;
  view.kind = recipient ? EventKind::sent : at->kind;
  view.native = recipient ? "recipient"sv : at->native;
  view.contact_id = contact_id(person["externalId"], person["encryptedId"]);
  view.campaign = m_mailing.empty() ? std::string_view(m_input.campaign) : m_mailing;
  if (view.contact_id.empty()) {
    sink.reject(mismatch("contactIdentifier", person, "a contact"), text);
    return;
  }
  if (!time) {
    sink.reject(recipient ? "no time: put the answer about the mailing itself before its recipients"
                          : mismatch(at->name, row[at->name], "a time"),
                text);
    return;
  }
  view.time = *time;
  const JsonScalar link(row["linkId"]);
  const auto known = m_links.find(std::string_view(link));
  if (view.kind == EventKind::click && known != m_links.end()) {
    view.link = known->second.url;
    view.link_tag = known->second.name;
  } else if (view.kind == EventKind::bounce) {
    const auto* const bounce = bounce_in(row);
    view.bounce.klass = bounce != nullptr ? bounce->klass : BounceClass::soft;
  }
  sink.accept(view);
}

void ItemReader::read(const Json& item, std::string_view text, RecordSink& sink) {
  if (is_mailing(item)) {
    read_mailing(item, text, sink);
  } else if (is_contact(item)) {
    read_contact(item, text, sink);
  } else if (is_of_feed(item)) {
    read_feed(item, text, sink);
  } else if (is_detail(item)) {
    read_detail(item, text, sink);
  } else {
    sink.reject("neither a mailing, nor a contact, nor what happened to one", text);
  }
}

} // namespace mailfunnel::spotler
