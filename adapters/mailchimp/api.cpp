// Mailchimp Marketing API 3.0: https://mailchimp.com/developer/marketing/api/
//
// Pull. GET /reports tells of each mailing what happened to it in figures; what differs from the
// last time is fetched: sent-to, email-activity (opens, clicks, bounces), open-details (which opens
// were a proxy's), unsubscribed, abuse-reports. So a sync of a quiet account is one or two
// requests. Lists are paged by offset and may grow meanwhile; what slips through is caught next
// time, as activity is asked for from a day before the last look.
//
// Push. A tag is a static segment: 500 to add and 500 to remove a call. Fields are merge fields,
// set by PATCH in a batch operation: unlike the calls that take many members it can neither make a
// member nor touch a subscription.

#include "api.hpp"

#include "readers.hpp"

#include "adapter/signature.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::mailchimp {

using namespace std::string_view_literals;

namespace {

constexpr std::array k_streams{
    Stream{"sent-to"sv, "sent-to"sv, "sent_to"sv, false},
    Stream{"activity"sv, "email-activity"sv, "emails"sv, true},
    Stream{"opens"sv, "open-details"sv, "members"sv, true},
    Stream{"unsubscribed"sv, "unsubscribed"sv, "unsubscribes"sv, false},
    Stream{"complaints"sv, "abuse-reports"sv, "abuse_reports"sv, false},
};

} // namespace

const Stream* stream_of(std::string_view step) {
  const auto* found = std::find_if(k_streams.begin(), k_streams.end(),
                                   [step](const Stream& one) { return one.step == step; });
  return found == k_streams.end() ? nullptr : found;
}

std::string hash_of(std::string_view address) {
  return hex_encode(digest_of(Digest::md5, lower(address)));
}

Subscription subscription_of(std::string_view status) {
  return subscription(status).value_or(status == "transactional" ? Subscription::unsubscribed
                                                                 : Subscription::unknown);
}

// ---- requests
// ------------------------------------------------------------------------------------

HttpRequest MailchimpApi::signed_request(HttpRequest request) const {
  request.headers.emplace_back("Authorization", basic_authorization("mailfunnel", m_key));
  return request;
}

HttpRequest MailchimpApi::request(const ApiTask& task) const {
  const auto page = [&task](UrlQuery query) {
    return query.add("count", std::int64_t{k_page}).add("offset", task.place).text();
  };
  const auto get = [this](std::string url) { return signed_request(get_request(std::move(url))); };
  const auto& step = task.step;
  if (step == "reports") {
    return get(m_base + "/reports" + page({{"since_send_time", iso_offset_time(task.since)}}));
  }
  if (step == "campaigns") {
    return get(m_base + "/campaigns" +
               page({{"since_send_time", iso_offset_time(task.since)},
                     {"list_id", m_list},
                     {"sort_field", "send_time"},
                     {"sort_dir", "DESC"}}));
  }
  if (step == "content") {
    return get(m_base + "/campaigns/" + task.campaign + "/content?fields=html");
  }
  if (const auto* stream = stream_of(step)) {
    const auto path = m_base + "/reports/" + task.campaign + "/" + std::string(stream->path);
    if (step == "complaints") {
      return get(path); // has no pages
    }
    return get(path + page({{"since", stream->since && task.since > 0 ? iso_offset_time(task.since)
                                                                      : std::string()}}));
  }
  if (step == "lists") {
    return get(m_base + "/lists" + page({{"fields", "lists.id,lists.name,total_items"}}));
  }
  if (step == "members") {
    return get(list_path(task.campaign) + "/members" +
               page({{"since_last_changed",
                      task.since > 0 ? iso_offset_time(task.since) : std::string()}}));
  }
  if (step == "segments") {
    return get(list_path(task.campaign) + "/segments" +
               page({{"type", "static"}, {"fields", "segments.id,segments.name,total_items"}}));
  }
  if (step == "segment-members") {
    return get(list_path(task.campaign) + "/segments/" + task.memo + "/members" +
               page({{"include_cleaned", "true"},
                     {"include_unsubscribed", "true"},
                     {"include_transactional", "true"},
                     {"fields", "members.id,members.email_address,members.status,total_items"}}));
  }
  if (step == "contacts") {
    return get(list_path(task.campaign) + "/members" +
               page({{"fields", "members.id,members.email_address,members.status," +
                                    std::string(task.memo.empty() ? "" : "members.merge_fields,") +
                                    "total_items"}}));
  }
  if (step == "member") {
    return get(list_path(task.campaign) + "/members/" + task.place);
  }
  if (step == "merge-fields") {
    return get(list_path(task.campaign) + "/merge-fields" +
               page({{"fields", "merge_fields.tag,merge_fields.name,total_items"}}));
  }
  if (step == "new-segment" || step == "change-segment") {
    const auto path = list_path(task.campaign) + "/segments";
    auto request =
        json_request("POST", step == "new-segment" ? path : path + "/" + task.place, task.body);
    request.repeatable = step == "change-segment"; // sets: twice is as once
    return signed_request(std::move(request));
  }
  if (step == "new-field") {
    return signed_request(
        json_request("POST", list_path(task.campaign) + "/merge-fields", task.body));
  }
  if (step == "batch") {
    auto request = json_request("POST", m_base + "/batches", task.body);
    return signed_request(std::move(request));
  }
  if (step == "batch-status") {
    return get(m_base + "/batches/" + task.place);
  }
  if (step == "list") {
    return get(list_path(task.campaign) + "?fields=id,name,stats.member_count");
  }
  return get(m_base + "/ping");
}

std::string MailchimpApi::problem(const HttpResponse& answer) const {
  const auto json = read_json(answer);
  if (!json) {
    return {};
  }
  std::string out(text_of((*json)["title"]));
  if (const auto detail = text_of((*json)["detail"]); !detail.empty()) {
    out += out.empty() ? "" : ": ";
    out += detail;
  }
  each_element((*json)["errors"], [&out](const Json& error) {
    out.append(" (").append(text_of(error["field"])).append(": ");
    out.append(text_of(error["message"])).append(")");
  });
  return out;
}

// ---- answers
// -------------------------------------------------------------------------------------

Result<void> MailchimpApi::read(const ApiTask& task, const HttpResponse& answer,
                                ApiSink& sink) const {
  if (!answer.ok()) { // 404, see understands()
    return {};
  }
  MF_TRY(json, read_json(answer));
  const std::string_view body = answer.body;
  const auto& step = task.step;
  if (step == "reports") {
    return read_reports(task, json, sink);
  }
  if (step == "campaigns") {
    return read_campaigns(task, json, body, sink);
  }
  if (step == "content") {
    Campaign campaign;
    campaign.id = task.campaign;
    campaign.html = text_of(json["html"]);
    if (!campaign.html.empty()) {
      sink.records().accept(campaign, body);
    }
    return {};
  }
  if (const auto* stream = stream_of(step)) {
    return read_stream(*stream, task, json, body, sink);
  }
  if (step == "lists") {
    return read_lists(task, json, sink);
  }
  if (step == "members") {
    return read_members(task, json, body, sink);
  }
  if (step == "segments" || step == "new-segment" || step == "change-segment" ||
      step == "new-field") {
    return read_target(task, json, sink);
  }
  if (step == "merge-fields") {
    return read_merge_fields(task, json, sink);
  }
  if (step == "segment-members" || step == "contacts" || step == "member") {
    return read_contacts(task, json, sink);
  }
  if (step == "batch" || step == "batch-status") {
    return read_batch(task, json, sink);
  }
  if (step == "list") {
    sink.fact("audience", text_of(json["name"]), true);
  } else {
    sink.fact("key", text_of(json["health_status"]), true);
  }
  return {};
}

std::vector<ApiTask> MailchimpApi::check() const {
  std::vector<ApiTask> tasks{{.step = "ping"}};
  if (!m_list.empty()) {
    tasks.push_back({.step = "list", .campaign = m_list});
  }
  return tasks;
}

Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) {
  if (account.secret("api_key").empty()) {
    return Error{ErrorCode::usage, "Mailchimp needs the account's api_key, such as "
                                   "api_key = { env = \"MAILCHIMP_API_KEY\" }"};
  }
  return std::make_unique<MailchimpApi>(account);
}

} // namespace mailfunnel::mailchimp
