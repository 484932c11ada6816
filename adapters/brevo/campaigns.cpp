// Campaigns of the API, one (GET /v3/emailCampaigns/{id}) or a list (GET /v3/emailCampaigns with
// statistics=linksStats, excludeHtmlContent=false):
//   {"count":1,"campaigns":[{"id":23,"name":"Spring","subject":"20% off","previewText":"Don't miss
//   it","type":"classic",
//     "status":"sent","scheduledAt":"2026-03-02T10:00:00.000+01:00","sentDate":"2026-03-02T10:00:04.000+01:00","testSent":true,
//     "sender":{"name":"Shop","email":"news@example.net","id":26},"replyTo":"news@example.net","htmlContent":"<a
//     href=…","tag":"spring",
//     "createdAt":"…","modifiedAt":"…","recipients":{"lists":[43],"exclusionLists":[44]},
//     "statistics":{"linksStats":{"https://www.example.com/pricing":80}}}]}
// https://developers.brevo.com/reference/getemailcampaigns-1

#include "readers.hpp"

#include "base/text.hpp"

namespace mailfunnel::brevo {

namespace {

void take_audience(const Json& ids, bool exclude, Campaign& campaign) {
  each_element(ids, [&](const Json& element) {
    const JsonScalar id(element);
    campaign.audience.push_back({"list", std::string(std::string_view(id)), {}, exclude});
  });
}

void read_campaign(const JsonRecord& record, RecordSink& sink) {
  const auto& given = record.root;
  const JsonScalar id(given["id"]);
  Campaign campaign;
  campaign.id = std::string_view(id);
  if (campaign.id.empty()) {
    sink.reject(mismatch("id", given["id"], "the campaign's id"), record.text);
    return;
  }
  if (const auto type = text_of(given["type"]); !type.empty()) {
    campaign.kind = type == "trigger" ? CampaignKind::automation : CampaignKind::campaign;
  }
  campaign.name = text_of(given["name"]);
  campaign.subject = text_of(given["subject"]);
  campaign.preheader = text_of(given["previewText"]);
  campaign.from_name = text_of(given["sender"]["name"]);
  campaign.from_address = text_of(given["sender"]["email"]);
  if (const auto answers = text_of(given["replyTo"]); answers.find('@') != std::string_view::npos) {
    campaign.reply_to = answers; // else a word for the account's own
  }
  campaign.status = lower(text_of(given["status"]));
  campaign.html = text_of(given["htmlContent"]);
  if (const auto sent = time_of(given["sentDate"])) {
    campaign.sent_at = sent->seconds;
  }
  if (const auto tag = text_of(given["tag"]); !tag.empty()) {
    campaign.tags.emplace_back(tag);
  }
  take_audience(given["recipients"]["lists"], false, campaign);
  take_audience(given["recipients"]["exclusionLists"], true, campaign);
  each_member(given["statistics"]["linksStats"],
              [&campaign](std::string_view url, const Json& /*clicks*/) {
                campaign.links.emplace_back().url = url;
              });
  sink.accept(campaign, record.text);
}

bool is_campaign(const Json& given) {
  return is_there(given["subject"]) && is_there(given["sender"]) && is_there(given["testSent"]) &&
         is_there(given["modifiedAt"]);
}

} // namespace

const JsonFormat k_campaigns{"campaigns of the API, JSON", "campaigns", is_campaign, read_campaign};

} // namespace mailfunnel::brevo
