// Campaigns. Answers of the API, JSON:API objects with their mails beside them:
//   {"data":[{"type":"campaign","id":"01JNKBNFTCMV9QW500TPVHSHXE","attributes":{"name":"Spring
//     sale","status":"Sent",
//      "audiences":{"included":["Y6nRLr"],"excluded":[]},"send_time":"2026-03-02T09:00:00+00:00"},
//      "relationships":{"campaign-messages":{"data":[{"type":"campaign-message","id":"01JNM"}]}}}],
//    "included":[{"type":"campaign-message","id":"01JNM","attributes":{"definition":{"channel":"email",
//      "label":"Spring sale","content":{"subject":"20%
//      off","preview_text":"…","from_email":"shop@example.com",
//      "from_label":"Shop","reply_to_email":"…"}}},"relationships":{"campaign":{"data":{"id":"01JNK…"}}}}]}
// a mail alone (GET /api/campaigns/{id}/campaign-messages), and a mail's content, which names no
// campaign (GET /api/campaign-messages/{id}/template):
//   {"data":{"type":"template","id":"XxYyZz","attributes":{"name":"…","html":"…","text":"…"}}}
// https://developers.klaviyo.com/en/reference/get_campaigns
//
// And the table that users export, with times of the account; it holds SMS too, and the columns
// around "Revenue" hang on a setting:
//   Campaign Name,Tags,Subject,List,Send Time,Send Weekday,Total Recipients,…,Campaign ID,Campaign
//   Channel Spring sale,"Email, promo",20% off,Engaged,2026-03-02
//   10:00:00,Monday,1000,…,01JNKBNFTCMV9QW500TPVHSHXE,Email
// It is not documented; described from files of users.

#include "readers.hpp"

#include "base/text.hpp"

#include <array>

namespace mailfunnel::klaviyo {

namespace {

// ---- the API ------------------------------------------------------------------------------------

void take_audience(const Json& ids, bool exclude, Campaign& campaign) {
  for (const auto id : texts_of(ids)) {
    campaign.audience.push_back({"list or segment", std::string(id), {}, exclude});
  }
}

} // namespace

void take_message(const Json& message, Campaign& campaign) {
  const auto definition = message["attributes"]["definition"];
  // before the revision of 2025 the content stood beside the channel
  const auto content =
      is_there(definition) ? definition["content"] : message["attributes"]["content"];
  campaign.subject = text_of(content["subject"]);
  campaign.preheader = text_of(content["preview_text"]);
  campaign.from_name = text_of(content["from_label"]);
  campaign.from_address = text_of(content["from_email"]);
  campaign.reply_to = text_of(content["reply_to_email"]);
}

Campaign campaign_of(const Json& item, const Json& included) {
  const auto attributes = item["attributes"];
  Campaign campaign;
  campaign.id = text_of(item["id"]);
  campaign.name = text_of(attributes["name"]);
  campaign.status = lower(text_of(attributes["status"]));
  if (const auto sent = time_of(attributes["send_time"])) {
    campaign.sent_at = sent->seconds;
  }
  take_audience(attributes["audiences"]["included"], false, campaign);
  take_audience(attributes["audiences"]["excluded"], true, campaign);
  bool described = false; // by the first mail; the others are its variations
  each_related(item, "campaign-messages", included, [&](const Json& message) {
    if (!described) {
      take_message(message, campaign);
      described = true;
    }
  });
  each_related(item, "tags", included, [&](const Json& tag) {
    campaign.tags.emplace_back(text_of(tag["attributes"]["name"]));
  });
  return campaign;
}

namespace {

void read_campaign(const Json& item, const Json& included, std::string_view record,
                   RecordSink& sink) {
  const auto campaign = campaign_of(item, included);
  if (campaign.id.empty()) {
    sink.reject(mismatch("id", item["id"], "the campaign's id"), record);
    return;
  }
  sink.accept(campaign, record);
}

void read_message(const Json& item, std::string_view record, RecordSink& sink) {
  const auto id = item["relationships"]["campaign"]["data"]["id"];
  Campaign campaign;
  campaign.id = text_of(id);
  if (campaign.id.empty()) {
    sink.reject(mismatch("relationships.campaign.data.id", id, "the campaign's id"), record);
    return;
  }
  take_message(item, campaign);
  sink.accept(campaign, record);
}

void read_item(const Json& item, const Json& included, std::string_view record, RecordSink& sink) {
  const auto type = text_of(item["type"]);
  if (type == "campaign") {
    read_campaign(item, included, record, sink);
  } else if (type == "campaign-message") {
    read_message(item, record, sink);
  } else {
    sink.reject(mismatch("type", item["type"], "campaign or campaign-message"), record);
  }
}

void read_page(const JsonRecord& record, RecordSink& sink) {
  const auto data = record.root["data"], included = record.root["included"];
  if (!data.is_array()) {
    read_item(data, included, record.text, sink);
    return;
  }
  each_element(
      data, json_member(record.text, "data"),
      [&](const Json& item, std::string_view text) { read_item(item, included, text, sink); });
}

bool is_campaign(const Json& item) {
  const auto attributes = item["attributes"];
  const auto type = text_of(item["type"]);
  return (type == "campaign" && is_there(attributes["audiences"])) ||
         (type == "campaign-message" &&
          (is_there(attributes["definition"]) || is_there(attributes["content"])));
}

bool is_campaign_page(const Json& root) {
  return is_campaign(root["data"]) || is_campaign(root["data"].at_pointer("/0"));
}

// ---- a mail's content ---------------------------------------------------------------------------

void read_template(const JsonRecord& record, RecordSink& sink) {
  const auto attributes = record.root["attributes"];
  Campaign campaign;
  campaign.id = record.input.campaign;
  campaign.html = text_of(attributes["html"]);
  campaign.text = text_of(attributes["text"]);
  if (campaign.id.empty()) {
    sink.reject("a template does not tell its campaign's id: name the campaign", record.text);
    return;
  }
  sink.accept(campaign, record.text);
}

bool is_template(const Json& item) {
  return text_of(item["type"]) == "template" && is_there(item["attributes"]["editor_type"]) &&
         is_there(item["attributes"]["html"]);
}

// ---- the table ----------------------------------------------------------------------------------

enum Column : std::size_t { name, tags, subject, list, sent, id, channel };
constexpr std::array k_columns{
    RowColumn{"Campaign Name", true},
    RowColumn{"Tags"},
    RowColumn{"Subject"},
    RowColumn{"List"},
    RowColumn{"Send Time", true},
    RowColumn{"Campaign ID", true},
    RowColumn{"Campaign Channel"},
};

void read_row(const Row& row, RecordSink& sink) {
  if (!row[channel].empty() && !iequals(row[channel], "Email")) {
    sink.skip(row.text); // SMS, push
    return;
  }
  const auto when = row.time(sent);
  if (row[id].empty()) {
    sink.reject("no Campaign ID", row.text);
    return;
  }
  if (!when && !row[sent].empty()) {
    sink.reject("Send Time is \"" + printable(row[sent], 40) + "\", not YYYY-MM-DD hh:mm:ss",
                row.text);
    return;
  }
  Campaign campaign;
  campaign.id = row[id];
  campaign.name = row[name];
  campaign.subject = row[subject] == "[MULTIPLE VARIATIONS]" ? std::string_view{} : row[subject];
  for (const auto tag : split(row[tags], ',')) {
    campaign.tags.emplace_back(tag);
  }
  for (const auto one : split(row[list], ',')) {
    campaign.audience.push_back({"list or segment", {}, std::string(one)});
  }
  if (when) {
    campaign.sent_at = when->seconds;
    campaign.status = "sent";
  }
  sink.accept(campaign, row.text);
}

} // namespace

extern const JsonFormat k_campaigns{"answers of /api/campaigns, JSON", "", is_campaign_page,
                                    read_page};
extern const JsonFormat k_templates{"answers of /api/campaign-messages/{id}/template, JSON",
                                    "data",
                                    is_template,
                                    read_template,
                                    false,
                                    true};
extern const RowFormat k_overview{"table of all campaigns, CSV", k_columns, read_row, true};

} // namespace mailfunnel::klaviyo
