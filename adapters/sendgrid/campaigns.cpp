// GET /v3/marketing/singlesends/{id}, and without content the list of GET
// /v3/marketing/singlesends:
//   {"id":"2f6dec81-43b9-4c67-a890-3a38cb63b54a","name":"May
//   newsletter","status":"triggered","categories":["news"],
//     "send_at":"2026-05-11T06:00:00Z","send_to":{"list_ids":["f1…"],"segment_ids":[],"all":false},
//     "email_config":{"subject":"New in May","html_content":"<a
//     href=…","plain_content":"…","sender_id":7}}
//   {"result":[{"id":"2f6d…","name":"May
//   newsletter","status":"triggered","send_at":"…","is_abtest":false,…}],"_metadata":{…}}
// GET /v3/marketing/stats/singlesends/{id}/links:
//   {"results":[{"url":"https://www.example.com/demo","url_location":0,"ab_variation":"…","ab_phase":"all","clicks":9}],…}
// https://www.twilio.com/docs/sendgrid/api-reference/single-sends

#include "campaigns.hpp"

#include "base/text.hpp"

namespace mailfunnel::sendgrid {

namespace {

void take_audience(const Json& ids, std::string_view kind, Campaign& campaign) {
  for (const auto id : texts_of(ids)) {
    campaign.audience.push_back({std::string(kind), std::string(id), {}});
  }
}

void read_single_send(const JsonRecord& record, RecordSink& sink) {
  const auto& given = record.root;
  const auto content = given["email_config"];
  Campaign campaign;
  campaign.id = text_of(given["id"]);
  if (campaign.id.empty()) {
    sink.reject(mismatch("id", given["id"], "the Single Send's id"), record.text);
    return;
  }
  campaign.name = text_of(given["name"]);
  campaign.status = lower(text_of(given["status"]));
  campaign.subject = text_of(content["subject"]);
  campaign.html = text_of(content["html_content"]);
  campaign.text = text_of(content["plain_content"]);
  if (const auto sent = time_of(given["send_at"]); sent && campaign.status == "triggered") {
    campaign.sent_at = sent->seconds; // else that is the plan
  }
  for (const auto category : texts_of(given["categories"])) {
    campaign.tags.emplace_back(category);
  }
  take_audience(given["send_to"]["list_ids"], "list", campaign);
  take_audience(given["send_to"]["segment_ids"], "segment", campaign);
  sink.accept(campaign, record.text);
}

bool is_single_send(const Json& given) {
  return is_there(given["id"]) && is_there(given["status"]) &&
         (is_there(given["email_config"]) ||
          (is_there(given["is_abtest"]) && is_there(given["updated_at"])));
}

void read_link(const JsonRecord& record, RecordSink& sink) {
  Campaign campaign;
  campaign.id = record.input.campaign;
  if (campaign.id.empty()) {
    sink.reject("a link does not tell its Single Send: name the campaign (its id)", record.text);
    return;
  }
  LinkPlacement link;
  link.url = text_of(record.root["url"]);
  if (link.url.empty()) {
    sink.reject(mismatch("url", record.root["url"], "a URL"), record.text);
    return;
  }
  campaign.links.push_back(std::move(link));
  sink.accept(campaign, record.text);
}

bool is_link(const Json& given) {
  return is_there(given["url"]) && is_there(given["url_location"]) && is_there(given["ab_phase"]);
}

} // namespace

const JsonFormat k_single_sends{"Single Sends of the API, JSON", "result", is_single_send,
                                read_single_send};
const JsonFormat k_link_stats{
    "links of a Single Send, JSON", "results", is_link, read_link, false, true};

} // namespace mailfunnel::sendgrid
