// Campaigns: pages of GET /v2/campaigns and …/with-activity-since/{date}, one campaign of
// GET /v2/campaigns/{id} and …/{id}/with-details, whose contents are null in lists:
//   [{"id":6302600,"name":"May newsletter","subject":"New in May","fromName":"Shop",
//     "fromAddress":{"id":133618,"email":"info@example.com"},"htmlContent":"<a
//     href=…","plainTextContent":"…",
//     "replyAction":"WebMailForward","replyToAddress":"answers@example.com","isSplitTest":false,"status":"Sent"}]
// and rows of the metrics, GET /v2/campaigns/metrics:
//   {"campaignId":6302600,"dateSent":"2026-05-11T06:00:00Z","campaignName":"May
//   newsletter","campaignType":"Standard",
//     "sent":400,…,"tags":["news"],"subjectLine":"New in
//     May","fromName":"Shop","fromAddress":"info@example.com"}
// https://developer.dotdigital.com

#include "readers.hpp"

#include "base/text.hpp"

namespace mailfunnel::dotdigital {

namespace {

void read_campaign(const Json& given, Campaign& campaign) {
  campaign.name = text_of(given["name"]);
  campaign.subject = text_of(given["subject"]);
  campaign.from_address = text_of(given["fromAddress"]["email"]);
  campaign.reply_to = text_of(given["replyToAddress"]);
  campaign.status = lower(text_of(given["status"]));
  campaign.html = text_of(given["htmlContent"]);
  campaign.text = text_of(given["plainTextContent"]);
  if (text_of(given["type"]) == "Triggered") {
    campaign.kind = CampaignKind::automation;
  }
}

void read_metrics(const Json& given, Campaign& campaign) {
  campaign.name = text_of(given["campaignName"]);
  campaign.subject = text_of(given["subjectLine"]);
  campaign.from_address = text_of(given["fromAddress"]);
  if (text_of(given["campaignType"]) == "Triggered") {
    campaign.kind = CampaignKind::automation;
  }
  if (const auto sent = time_of(given["dateSent"])) {
    campaign.sent_at = sent->seconds;
  }
  for (const auto tag : texts_of(given["tags"])) {
    campaign.tags.emplace_back(tag);
  }
}

void read_item(const JsonRecord& record, RecordSink& sink) {
  const auto& given = record.root;
  const bool metrics = is_there(given["campaignId"]);
  const auto* const name = metrics ? "campaignId" : "id";
  const JsonScalar id(given[name]);
  Campaign campaign;
  campaign.id = std::string_view(id);
  if (campaign.id.empty()) {
    sink.reject(mismatch(name, given[name], "the campaign's id"), record.text);
    return;
  }
  campaign.from_name = text_of(given["fromName"]);
  if (metrics) {
    read_metrics(given, campaign);
  } else {
    read_campaign(given, campaign);
  }
  sink.accept(campaign, record.text);
}

bool is_item(const Json& given) {
  const bool campaign = is_there(given["replyAction"]) && is_there(given["fromAddress"]) &&
                        is_there(given["isSplitTest"]);
  const bool metrics = is_there(given["campaignId"]) && is_there(given["campaignType"]) &&
                       is_there(given["subjectLine"]);
  return campaign || metrics;
}

} // namespace

const JsonFormat k_campaigns{"campaigns and their metrics, JSON", "", is_item, read_item};

} // namespace mailfunnel::dotdigital
