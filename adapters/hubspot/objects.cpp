// Contacts, GET /crm/v3/objects/contacts and its search, with the properties that were asked for:
//   {"results":[{"id":"101","properties":{"email":"ann@example.com","jobtitle":"Manager","hs_email_optout":null},
//     "createdAt":"2025-11-03T09:12:44.000Z","updatedAt":"2026-03-01T08:00:00.000Z","archived":false}],"paging":{…}}
// https://developers.hubspot.com/docs/reference/api/crm/objects/contacts
//
// The webhooks of an app: a list of what happened to contacts (and others), of which a change of a
// property is read:
//   [{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1772445330123,"subscriptionType":
//     "contact.propertyChange","attemptNumber":0,"objectId":101,"propertyName":"jobtitle","propertyValue":"Director"}]
// https://developers.hubspot.com/docs/api-reference/webhooks-webhooks-v3/guide
//
// Marketing e-mails, GET /marketing/v3/emails; one has as many ids in the events as it had
// sendings:
//   {"results":[{"id":"4711","name":"Spring","subject":"20%
//   off","state":"PUBLISHED","publishDate":"2026-03-02T09:00:00Z",
//     "from":{"fromName":"Shop","replyTo":"shop@example.com"},"primaryEmailCampaignId":"221133",
//     "allEmailCampaignIds":["221133","221134"]}]}
// https://developers.hubspot.com/docs/reference/api/marketing/emails/marketing-emails
//
// and what the events call a campaign, GET /email/public/v1/campaigns/{id}:
//   {"appId":113,"appName":"Batch","contentId":4711,"counters":{"sent":2},"id":221133,"name":"Spring","subject":"20%
//   off",
//    "type":"BATCH_EMAIL"}
// https://legacydocs.hubspot.com/docs/methods/email/get_campaign_data

#include "readers.hpp"

#include "adapter/attributes.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::hubspot {

namespace {

using namespace std::string_view_literals;

// ---- contacts -----------------------------------------------------------------------------------

constexpr std::string_view k_optout = "hs_email_optout"; // of all mail
/// Properties that are no attributes: read otherwise, or ids.
constexpr std::array k_no_attributes{"email"sv, k_optout, "hs_object_id"sv};

bool is_attribute(std::string_view name) {
  return std::find(k_no_attributes.begin(), k_no_attributes.end(), name) == k_no_attributes.end();
}

void read_contact(const JsonRecord& record, RecordSink& sink) {
  const auto properties = record.root["properties"];
  const JsonScalar id(record.root["id"]);
  RecipientView view;
  view.record = record.text;
  view.address = text_of(properties["email"]);
  view.contact_id = id;
  if (view.address.empty() && view.contact_id.empty()) {
    sink.reject(mismatch("id", record.root["id"], "the contact's id"), record.text);
    return;
  }
  if (const auto changed = time_of(record.root["updatedAt"])) {
    view.changed_at = changed->seconds;
  }
  view.subscription = subscription_of(JsonScalar(properties[k_optout]));
  Attributes attributes;
  each_member(properties, [&attributes](std::string_view name, const Json& value) {
    if (is_attribute(name)) {
      attributes.add(name, value);
    }
  });
  view.attributes = attributes.all();
  sink.accept(view);
}

/// Companies and deals have the same shape, but no address.
bool is_contact(const Json& item) {
  return is_there(item["properties"]["email"]) && is_there(item["id"]) &&
         is_there(item["createdAt"]) && is_there(item["updatedAt"]);
}

// ---- webhooks -----------------------------------------------------------------------------------

void read_change(const JsonRecord& record, RecordSink& sink) {
  const JsonScalar id(record.root["objectId"]), value(record.root["propertyValue"]);
  const auto name = text_of(record.root["propertyName"]);
  if (text_of(record.root["subscriptionType"]) != "contact.propertyChange" || name.empty() ||
      std::string_view(value).empty()) {
    sink.skip(record.text); // made, merged or deleted; or a value that was taken away
    return;
  }
  const auto when = time_of(record.root["occurredAt"]);
  if (std::string_view(id).empty() || !when) {
    sink.reject(when ? mismatch("objectId", record.root["objectId"], "the contact's id")
                     : mismatch("occurredAt", record.root["occurredAt"], "a time in milliseconds"),
                record.text);
    return;
  }
  RecipientView view;
  view.record = record.text;
  view.contact_id = id;
  view.changed_at = when->seconds;
  Attributes attributes;
  if (name == "email") {
    view.address = value;
  } else if (name == k_optout) {
    view.subscription = subscription_of(value);
  } else {
    attributes.add(name, std::string_view(value));
  }
  view.attributes = attributes.all();
  sink.accept(view);
}

bool is_change(const Json& item) {
  return is_there(item["subscriptionId"]) && is_there(item["portalId"]) &&
         is_there(item["occurredAt"]) && !text_of(item["subscriptionType"]).empty();
}

// ---- mailings -----------------------------------------------------------------------------------

struct KindPart {
  std::string_view part; // of `type`
  CampaignKind kind;
};
/// AUTOMATED_EMAIL, AB_EMAIL, SINGLE_SEND_API, …; what is not here is a mailing.
constexpr std::array k_kinds{
    KindPart{"AUTOMATED", CampaignKind::automation},
    KindPart{"SINGLE_SEND", CampaignKind::transactional},
    KindPart{"SMTP_TOKEN", CampaignKind::transactional},
    KindPart{"TICKET", CampaignKind::transactional},
    KindPart{"OPTIN", CampaignKind::transactional},
    KindPart{"MEMBERSHIP", CampaignKind::transactional},
};

std::optional<CampaignKind> kind_of_email(std::string_view type) {
  if (type.empty()) {
    return std::nullopt; // it is not said
  }
  const auto* found = std::find_if(k_kinds.begin(), k_kinds.end(), [type](const KindPart& row) {
    return type.find(row.part) != std::string_view::npos;
  });
  return found == k_kinds.end() ? CampaignKind::campaign : found->kind;
}

void take_from(const Json& from, Campaign& campaign) {
  campaign.from_name = text_of(from["fromName"]);
  campaign.from_address = text_of(from["replyTo"]); // HubSpot sends from the address of replies
  campaign.reply_to = text_of(from["customReplyTo"]);
}

/// A campaign for each id under which the events of the e-mail stand.
void read_email(const JsonRecord& record, RecordSink& sink) {
  const auto& email = record.root;
  const JsonScalar id(email["id"]), primary(email["primaryEmailCampaignId"]);
  Campaign campaign;
  campaign.family = std::string_view(id);
  campaign.name = text_of(email["name"]);
  campaign.subject = text_of(email["subject"]);
  campaign.status = lower(text_of(email["state"]));
  campaign.kind = kind_of_email(text_of(email["type"]));
  campaign.text = text_of(email["content"]["plainTextVersion"]);
  take_from(email["from"], campaign);
  const auto planned = time_of(email["publishDate"]);
  if (const auto sent = planned ? planned : time_of(email["publishedAt"])) {
    campaign.sent_at = sent->seconds;
  }
  bool any = false;
  const auto put = [&](std::string_view one) {
    campaign.id = one;
    sink.accept(campaign, record.text);
    any = true;
  };
  each_element(email["allEmailCampaignIds"], [&put](const Json& one) {
    if (const JsonScalar text(one); !std::string_view(text).empty()) {
      put(text);
    }
  });
  if (!any && !std::string_view(primary).empty()) {
    put(primary);
  }
  if (!any) {
    sink.skip(record.text); // never sent: no event is of it
  }
}

bool is_email(const Json& item) {
  return is_there(item["id"]) && is_there(item["subject"]) && is_there(item["state"]) &&
         (is_there(item["primaryEmailCampaignId"]) || is_there(item["emailCampaignGroupId"]) ||
          is_there(item["emailTemplateMode"]));
}

void read_campaign(const JsonRecord& record, RecordSink& sink) {
  const JsonScalar id(record.root["id"]), content(record.root["contentId"]);
  Campaign campaign;
  campaign.id = std::string_view(id);
  campaign.family = std::string_view(content);
  campaign.name = text_of(record.root["name"]);
  campaign.subject = text_of(record.root["subject"]);
  campaign.kind = kind_of_email(text_of(record.root["type"]));
  if (campaign.id.empty()) {
    sink.reject(mismatch("id", record.root["id"], "the campaign's id"), record.text);
    return;
  }
  sink.accept(campaign, record.text);
}

bool is_campaign(const Json& item) {
  return is_there(item["appId"]) && is_there(item["id"]) && is_there(item["counters"]) &&
         is_there(item["name"]);
}

} // namespace

Subscription subscription_of(std::string_view optout) {
  return iequals(optout, "true") ? Subscription::unsubscribed : Subscription::unknown;
}

extern const JsonFormat k_contacts{"answers of /crm/v3/objects/contacts, JSON", "results",
                                   is_contact, read_contact};
extern const JsonFormat k_changes{"webhooks of an app, JSON", "", is_change, read_change};
extern const JsonFormat k_emails{"answers of /marketing/v3/emails, JSON", "results", is_email,
                                 read_email};
extern const JsonFormat k_campaigns{"answers of /email/public/v1/campaigns/{id}, JSON", "",
                                    is_campaign, read_campaign};

} // namespace mailfunnel::hubspot
