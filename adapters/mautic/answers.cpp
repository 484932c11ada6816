// Answers of the API: one, {"email":{…}}, or many, as a list or by their numbers. E-mails:
//   {"total":1,"emails":[{"id":7,"name":"Spring","subject":"20%
//   off","preheaderText":"…","fromAddress":"shop@example.com","fromName":"Shop",
//     "replyToAddress":null,"customHtml":"<p>…</p>","plainText":null,"emailType":"list","publishUp":"2026-03-02T09:00:00+00:00",
//     "variantParent":null,"translationParent":null,"lists":[{"id":1,"name":"Customers","alias":"customers"}],…}]}
// and contacts, whose fields stand once by groups and once all together:
//   {"total":"1","contacts":{"77":{"id":77,"dateModified":"2026-02-01T08:00:00+00:00","doNotContact":[{"channel":"email","reason":1}],
//     "tags":[{"tag":"vip"}],"fields":{"core":{"email":{"alias":"email","value":"ann@example.com"}},"all":{"email":"ann@example.com"}}}}}
// https://github.com/mautic/developer-documentation-new, docs/rest_api

#include "readers.hpp"

#include "adapter/word_table.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace mailfunnel::mautic {

namespace {

using namespace std::string_view_literals;

// ---- pages --------------------------------------------------------------------------------------

/// Where objects stand in an answer.
struct Page {
  std::string_view many, one;
};

/// Calls visit(object, its text) for each.
template<typename Visit>
void each_of(const Json& root, std::string_view text, const Page& page, const Visit& visit) {
  const auto list = root[page.many];
  if (list.is_array()) {
    each_element(list, json_member(text, page.many), visit);
  } else if (list.is_object()) {
    each_member(
        list, json_member(text, page.many),
        [&visit](std::string_view, const Json& object, std::string_view at) { visit(object, at); });
  } else if (root[page.one].is_object()) {
    visit(root[page.one], json_member(text, page.one));
  }
}

bool any_of(const Json& root, const Page& page, bool (*is_ours)(const Json& object)) {
  bool found = is_ours(root[page.one]);
  const auto look = [&found, is_ours](const Json& object) { found = found || is_ours(object); };
  each_element(root[page.many], look);
  each_member(root[page.many], [&look](std::string_view, const Json& object) { look(object); });
  return found;
}

template<typename Read>
void read_page(const JsonRecord& record, const Page& page, const Read& read, RecordSink& sink) {
  bool any = false;
  each_of(record.root, record.text, page, [&](const Json& object, std::string_view text) {
    any = true;
    read(object, text, sink);
  });
  if (!any) {
    sink.skip(record.text);
  }
}

// ---- e-mails ------------------------------------------------------------------------------------

constexpr Page k_email_page{"emails", "email"};

void read_email(const Json& email, std::string_view text, RecordSink& sink) {
  const JsonScalar id(email["id"]), variant(email["variantParent"]["id"]),
      translation(email["translationParent"]["id"]);
  Campaign campaign;
  campaign.id = std::string_view(id);
  if (campaign.id.empty()) {
    sink.reject(mismatch("id", email["id"], "the e-mail's id"), text);
    return;
  }
  campaign.family = std::string_view(variant);
  campaign.family = campaign.family.empty() ? std::string_view(translation) : campaign.family;
  campaign.name = text_of(email["name"]);
  campaign.subject = text_of(email["subject"]);
  campaign.preheader = text_of(email["preheaderText"]);
  campaign.from_name = text_of(email["fromName"]);
  campaign.from_address = text_of(email["fromAddress"]);
  campaign.reply_to = text_of(email["replyToAddress"]);
  campaign.html = text_of(email["customHtml"]);
  campaign.text = text_of(email["plainText"]);
  if (text_of(email["emailType"]) == "template") { // sent by a campaign or one by one
    campaign.kind = CampaignKind::automation;
  }
  if (const auto sent = time_of(email["publishUp"])) {
    campaign.sent_at = sent->seconds;
  }
  each_element(email["lists"], [&campaign](const Json& list) {
    const JsonScalar number(list["id"]);
    campaign.audience.push_back(
        {"segment", std::string(std::string_view(number)), std::string(text_of(list["name"]))});
  });
  sink.accept(campaign, text);
}

bool is_email(const Json& email) {
  return is_there(email["id"]) && is_there(email["subject"]) && is_there(email["emailType"]) &&
         is_there(email["variantSentCount"]);
}

bool is_email_page(const Json& root) {
  return any_of(root, k_email_page, is_email);
}
void read_email_page(const JsonRecord& record, RecordSink& sink) {
  read_page(record, k_email_page, read_email, sink);
}

// ---- contacts -----------------------------------------------------------------------------------

constexpr Page k_contact_page{"contacts", "contact"};
/// Names in `fields` that are no attributes.
constexpr std::array k_own_fields{"email"sv, "id"sv};

void add_field(Attributes& attributes, std::string_view name, const Json& value) {
  if (std::find(k_own_fields.begin(), k_own_fields.end(), name) == k_own_fields.end()) {
    attributes.add(name, value);
  }
}

/// {"all":{"city":"Ghent"}}, or else by groups: {"core":{"city":{"value":"Ghent"}},"social":[]}
void add_fields(Attributes& attributes, const Json& fields) {
  if (fields["all"].is_object()) {
    each_member(fields["all"], [&attributes](std::string_view name, const Json& value) {
      add_field(attributes, name, value);
    });
    return;
  }
  each_member(fields, [&attributes](std::string_view, const Json& group) {
    each_member(group, [&attributes](std::string_view name, const Json& field) {
      add_field(attributes, name, field["value"]);
    });
  });
}

} // namespace

Subscription subscription_of(const Json& blocks) {
  auto found = Subscription::unknown;
  each_element(blocks, [&found](const Json& block) {
    if (text_of(block["channel"]) == "email") {
      const JsonScalar reason(block["reason"]);
      const bool bounced = std::string_view(reason) == "2";
      found = bounced && found != Subscription::unsubscribed ? Subscription::cleaned
                                                             : Subscription::unsubscribed;
    }
  });
  return found;
}

std::string_view address_of(const Json& contact) {
  const auto fields = contact["fields"];
  for (const auto& value :
       {fields["core"]["email"]["value"], fields["all"]["email"], contact["email"]}) {
    if (const auto address = text_of(value); !address.empty()) {
      return address;
    }
  }
  return {};
}

RecipientView view_of(const Json& contact, std::string_view id, std::string_view record,
                      Attributes& attributes) {
  add_fields(attributes, contact["fields"]);
  std::string tags;
  each_element(contact["tags"], [&tags](const Json& one) {
    const auto tag = one.is_object() ? text_of(one["tag"]) : text_of(one);
    tags.append(tags.empty() || tag.empty() ? "" : ", ").append(tag);
  });
  attributes.add("tags", tags);
  RecipientView view;
  view.record = record;
  view.address = address_of(contact);
  view.contact_id = id;
  view.subscription = subscription_of(contact["doNotContact"]);
  if (const auto changed = time_of(contact["dateModified"])) {
    view.changed_at = changed->seconds;
  }
  view.attributes = attributes.all();
  return view;
}

namespace {

void read_contact(const Json& contact, std::string_view text, RecordSink& sink) {
  const JsonScalar id(contact["id"]);
  Attributes attributes;
  const auto view = view_of(contact, id, text, attributes);
  if (view.address.empty()) { // a visitor whom nobody knows yet
    sink.skip(text);
  } else {
    sink.accept(view);
  }
}

bool is_contact(const Json& contact) {
  return is_there(contact["id"]) && contact["fields"].is_object() &&
         (is_there(contact["doNotContact"]) || is_there(contact["dateIdentified"]));
}

bool is_contact_page(const Json& root) {
  return any_of(root, k_contact_page, is_contact);
}
void read_contact_page(const JsonRecord& record, RecordSink& sink) {
  read_page(record, k_contact_page, read_contact, sink);
}

} // namespace

void each_object(const Json& root, std::string_view text, std::string_view many,
                 std::string_view one,
                 const std::function<void(const Json& object, std::string_view text)>& visit) {
  each_of(root, text, {many, one}, visit);
}

extern const JsonFormat k_emails{"answers of /api/emails, JSON", "", is_email_page,
                                 read_email_page};
extern const JsonFormat k_contacts{"answers of /api/contacts, JSON", "", is_contact_page,
                                   read_contact_page};

} // namespace mailfunnel::mautic
