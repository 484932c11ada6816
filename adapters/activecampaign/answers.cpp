// Answers of the API 3 about mailings; numbers and ids are strings. Campaigns, and their links, of
// which "open" is the picture that counts opens:
//   {"campaigns":[{"id":"41","type":"single","name":"Spring","sdate":"2026-03-02T03:00:00-06:00","ldate":…,"send_amt":"900",
//     "total_amt":"900","opens":"400",…}],"meta":{"total":"1"}}
//   {"links":[{"id":"9","campaignid":"41","messageid":"77","link":"https://www.example.com/demo","name":"Demo",
//     "tracked":"1","linkclicks":"52",…}]}
// the subjects of a campaign's mails, and a mail's content, which does not tell its campaign:
//   {"campaignMessages":[{"id":"5","campaignid":"41","messageid":"77","subject":"20% off",…}]}
//   {"message":{"id":"77","fromname":"Shop","fromemail":"shop@example.com","subject":"20%
//   off","html":"…","text":"…",
//     "htmlfetch":"now",…}}
// and bounces, with the mail that came back:
//   {"bounceLogs":[{"id":"3","tstamp":"2026-03-02T03:00:10-06:00","campaignid":"41","subscriberid":"1300","codeid":"2",
//     "email":"gone@example.com","error":"550 5.1.1 no such user","source":"…Status: 5.1.1…",…}]}
// https://developers.activecampaign.com/reference/list-all-campaigns and the pages next to it

#include "readers.hpp"

#include "adapter/returned_mail.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::activecampaign {

namespace {

using namespace std::string_view_literals;

/// The text of an id; "" for "0", which is none.
std::string id_of(const Json& value) {
  const JsonScalar text(value);
  return std::string_view(text) == "0" ? std::string() : std::string(std::string_view(text));
}

/// The campaign's id in a record of another thing: both spellings are met.
std::string campaign_of(const Json& record) {
  auto id = id_of(record["campaignid"]);
  return id.empty() ? id_of(record["campaign"]) : id;
}

bool reject_nameless(const Campaign& campaign, const Json& value, std::string_view name,
                     const JsonRecord& record, RecordSink& sink) {
  if (campaign.id.empty()) {
    sink.reject(mismatch(name, value, "the campaign's id"), record.text);
  }
  return campaign.id.empty();
}

// ---- campaigns ----------------------------------------------------------------------------------

/// Types of what is sent by itself when something happens.
constexpr std::array k_automatic{"responder"sv, "reminder"sv};

void read_campaign(const JsonRecord& record, RecordSink& sink) {
  const auto& one = record.root;
  Campaign campaign;
  campaign.id = id_of(one["id"]);
  if (reject_nameless(campaign, one["id"], "id", record, sink)) {
    return;
  }
  campaign.name = text_of(one["name"]);
  campaign.parent = id_of(one["automation"]);
  const bool automatic =
      std::find(k_automatic.begin(), k_automatic.end(), text_of(one["type"])) != k_automatic.end();
  if (automatic || !campaign.parent.empty()) {
    campaign.kind = CampaignKind::automation;
  }
  if (const auto sent = time_of(one["sdate"], record.input.zone)) {
    campaign.sent_at = sent->seconds;
  }
  sink.accept(campaign, record.text);
}

bool is_campaign(const Json& one) {
  return is_there(one["id"]) && is_there(one["send_amt"]) && is_there(one["total_amt"]) &&
         is_there(one["sdate"]) && is_there(one["name"]);
}

void read_link(const JsonRecord& record, RecordSink& sink) {
  const auto url = text_of(record.root["link"]);
  if (url.empty() || url == "open") {
    sink.skip(record.text);
    return;
  }
  Campaign campaign;
  campaign.id = campaign_of(record.root);
  if (reject_nameless(campaign, record.root["campaignid"], "campaignid", record, sink)) {
    return;
  }
  campaign.links.push_back({std::string(url), {}, std::string(text_of(record.root["name"]))});
  sink.accept(campaign, record.text);
}

bool is_link(const Json& one) {
  return is_there(one["link"]) && is_there(one["linkclicks"]) && is_there(one["messageid"]);
}

void read_subject(const JsonRecord& record, RecordSink& sink) {
  Campaign campaign;
  campaign.id = campaign_of(record.root);
  campaign.subject = text_of(record.root["subject"]);
  if (!reject_nameless(campaign, record.root["campaignid"], "campaignid", record, sink)) {
    sink.accept(campaign, record.text);
  }
}

bool is_subject(const Json& one) {
  return is_there(one["messageid"]) && is_there(one["campaignid"]) && is_there(one["subject"]) &&
         is_there(one["uniqueopens"]);
}

void read_message(const JsonRecord& record, RecordSink& sink) {
  const auto& message = record.root;
  Campaign campaign;
  campaign.id = record.input.campaign;
  if (campaign.id.empty()) {
    sink.reject("a message does not tell its campaign's id: name the campaign", record.text);
    return;
  }
  campaign.subject = text_of(message["subject"]);
  campaign.preheader = text_of(message["preheader_text"]);
  campaign.from_name = text_of(message["fromname"]);
  campaign.from_address = text_of(message["fromemail"]);
  campaign.reply_to = text_of(message["reply2"]);
  campaign.html = text_of(message["html"]);
  campaign.text = text_of(message["text"]);
  sink.accept(campaign, record.text);
}

bool is_message(const Json& one) {
  return is_there(one["htmlfetch"]) && is_there(one["fromemail"]) && is_there(one["subject"]);
}

// ---- bounces ------------------------------------------------------------------------------------

void read_bounce(const JsonRecord& record, RecordSink& sink) {
  const auto& one = record.root;
  const auto campaign = campaign_of(one), subscriber = id_of(one["subscriberid"]);
  const auto contact = subscriber.empty() ? id_of(one["contact"]) : subscriber;
  const auto when = time_of(one["tstamp"], record.input.zone);
  EventView view;
  view.record = record.text;
  view.kind = EventKind::bounce;
  view.native = "bounce";
  view.address = text_of(one["email"]);
  view.contact_id = contact;
  view.campaign = campaign;
  if (view.address.empty() && view.contact_id.empty()) {
    sink.reject(mismatch("email", one["email"], "the recipient"), record.text);
    return;
  }
  if (!when) {
    sink.reject(mismatch("tstamp", one["tstamp"], "a time"), record.text);
    return;
  }
  view.time = *when;
  const auto source = text_of(one["source"]), error = text_of(one["error"]);
  view.bounce = source.empty() ? judge_bounce({}, {}, error) : judge_returned_mail(source);
  sink.accept(view);
}

bool is_bounce(const Json& one) {
  return is_there(one["tstamp"]) && is_there(one["email"]) && is_there(one["codeid"]) &&
         is_there(one["source"]);
}

} // namespace

extern const JsonFormat k_campaigns{"answers of /campaigns, JSON", "campaigns", is_campaign,
                                    read_campaign};
extern const JsonFormat k_links{"answers of /campaigns/{id}/links, JSON", "links", is_link,
                                read_link};
extern const JsonFormat k_subjects{"answers of /campaigns/{id}/campaignMessages, JSON",
                                   "campaignMessages", is_subject, read_subject};
extern const JsonFormat k_message{
    "answers of /messages/{id}, JSON", "message", is_message, read_message, false, true};
extern const JsonFormat k_messages{
    "answers of /messages, JSON", "messages", is_message, read_message, false, true};
extern const JsonFormat k_bounces{"answers of /bounceLogs, JSON", "bounceLogs", is_bounce,
                                  read_bounce};

} // namespace mailfunnel::activecampaign
