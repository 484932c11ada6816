// A campaign has activities: the mail, and its resends to those who did not open. What happens is
// told by activity, so an activity is our campaign, and the vendor's campaign its family.
//   GET /emails/{campaign_id}:
//   {"campaign_id":"c1…","name":"May","current_status":"Done","type":"NEWSLETTER",
//     "campaign_activities":[{"campaign_activity_id":"5d2f…","role":"primary_email"},
//       {"campaign_activity_id":"9a10…","role":"resend"},{"campaign_activity_id":"77aa…","role":"permalink"}]}
//   GET /emails/activities/{campaign_activity_id}:
//   {"campaign_activity_id":"5d2f…","campaign_id":"c1…","role":"primary_email","from_name":"Shop",
//     "from_email":"info@example.com","reply_to_email":"info@example.com","subject":"New","preheader":"…",
//     "html_content":"<a href=…","contact_list_ids":["f1…"],"segment_ids":[4]}
//   GET /reports/email_reports/{campaign_activity_id}/links:
//   {"campaign_activity_id":"5d2f…","link_click_counts":[{"link_url":"https://www.example.com/demo","url_id":"107",
//     "unique_clicks":9,"link_tag":"demo"}]}
//   GET /emails/activities/{campaign_activity_id}/send_history:
//   [{"send_id":1,"contact_list_ids":["f1…"],"segment_ids":[],"count":400,"run_date":"2026-05-11T06:00:08.000Z",
//     "send_status":"COMPLETED"}]
// https://developer.constantcontact.com/api_reference/index.html

#include "readers.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::constantcontact {

namespace {

using namespace std::string_view_literals;

/// Roles of activities that are mails of their own; the others are pages and previews.
constexpr std::array k_mails{"primary_email"sv, "resend"sv};

void take_audience(const Json& ids, std::string_view kind, Campaign& campaign) {
  each_element(ids, [&](const Json& element) {
    const JsonScalar id(element);
    campaign.audience.push_back({std::string(kind), std::string(std::string_view(id)), {}});
  });
}

void take_content(const Json& activity, Campaign& campaign) {
  campaign.from_name = text_of(activity["from_name"]);
  campaign.from_address = text_of(activity["from_email"]);
  campaign.reply_to = text_of(activity["reply_to_email"]);
  campaign.subject = text_of(activity["subject"]);
  campaign.preheader = text_of(activity["preheader"]);
  campaign.html = text_of(activity["html_content"]);
  take_audience(activity["contact_list_ids"], "list", campaign);
  take_audience(activity["segment_ids"], "segment", campaign);
}

void take_links(const Json& links, Campaign& campaign) {
  each_element(links, [&campaign](const Json& link) {
    LinkPlacement placement;
    placement.url = text_of(link["link_url"]);
    placement.alias = text_of(link["link_tag"]);
    if (!placement.url.empty()) {
      campaign.links.push_back(std::move(placement));
    }
  });
}

void read_activity(const JsonRecord& record, RecordSink& sink) {
  const auto& activity = record.root;
  Campaign campaign;
  campaign.id = text_of(activity["campaign_activity_id"]);
  if (campaign.id.empty()) {
    sink.reject(mismatch("campaign_activity_id", activity["campaign_activity_id"], "an id"),
                record.text);
    return;
  }
  campaign.family = campaign.parent = text_of(activity["campaign_id"]);
  campaign.status = lower(text_of(activity["current_status"]));
  take_content(activity, campaign);
  take_links(activity["link_click_counts"], campaign);
  sink.accept(campaign, record.text);
}

void read_campaign(const JsonRecord& record, RecordSink& sink) {
  const auto& given = record.root;
  bool mails = false;
  each_element(given["campaign_activities"], json_member(record.text, "campaign_activities"),
               [&](const Json& activity, std::string_view text) {
                 Campaign campaign;
                 campaign.id = text_of(activity["campaign_activity_id"]);
                 campaign.family = campaign.parent = text_of(given["campaign_id"]);
                 campaign.name = text_of(given["name"]);
                 campaign.status = lower(text_of(given["current_status"]));
                 const auto role = text_of(activity["role"]);
                 const bool mail = std::find(k_mails.begin(), k_mails.end(), role) != k_mails.end();
                 if (mail && !campaign.id.empty()) {
                   sink.accept(campaign, text);
                   mails = true;
                 }
               });
  if (!mails) {
    sink.skip(record.text); // in a list of campaigns, which does not tell the activities
  }
}

bool is_campaign(const Json& item) {
  return is_there(item["campaign_id"]) && is_there(item["current_status"]) &&
         (is_there(item["type_code"]) || is_there(item["campaign_activities"]));
}

bool is_activity(const Json& item) {
  const bool content = is_there(item["from_email"]) && is_there(item["role"]);
  return is_there(item["campaign_activity_id"]) && (content || is_there(item["link_click_counts"]));
}

void read_item(const JsonRecord& record, RecordSink& sink) {
  if (is_campaign(record.root) && !is_there(record.root["campaign_activity_id"])) {
    read_campaign(record, sink);
  } else {
    read_activity(record, sink);
  }
}

bool is_item(const Json& item) {
  return is_campaign(item) || is_activity(item);
}

void read_send(const JsonRecord& record, RecordSink& sink) {
  const auto time = time_of(record.root["run_date"]);
  Campaign campaign;
  campaign.id = record.input.campaign;
  campaign.status = lower(text_of(record.root["send_status"]));
  if (campaign.id.empty() || !time) {
    sink.reject(campaign.id.empty()
                    ? "a send does not tell its mail: name the campaign (its campaign_activity_id)"
                    : mismatch("run_date", record.root["run_date"], "a time"),
                record.text);
    return;
  }
  campaign.sent_at = time->seconds;
  sink.accept(campaign, record.text);
}

bool is_send(const Json& item) {
  return is_there(item["send_id"]) && is_there(item["run_date"]) && is_there(item["send_status"]);
}

} // namespace

const JsonFormat k_activities{"campaigns, their mails and links, JSON", "campaigns", is_item,
                              read_item};
const JsonFormat k_history{"send history of a mail, JSON", "", is_send, read_send, false, true};

} // namespace mailfunnel::constantcontact
