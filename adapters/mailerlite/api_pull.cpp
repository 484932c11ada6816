#include "api.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace mailfunnel::mailerlite {

namespace {

constexpr std::int64_t k_first = std::int64_t{1} << 40;
constexpr std::int64_t k_page = 100; // of campaigns and recipients: 10, 25, 50 or 100
constexpr std::int64_t k_subscribers_page = 1000;

MailingTotals totals_of(const std::string& campaign, const Json& stats) {
  MailingTotals totals;
  totals.campaign = campaign;
  totals.sent = count_of(stats["sent"]);
  totals.opens = count_of(stats["opens_count"]);
  totals.unique_opens = count_of(stats["unique_opens_count"]);
  totals.clicks = count_of(stats["clicks_count"]);
  totals.unique_clicks = count_of(stats["unique_clicks_count"]);
  totals.hard_bounces = count_of(stats["hard_bounces_count"]);
  totals.soft_bounces = count_of(stats["soft_bounces_count"]);
  totals.unsubscribes = count_of(stats["unsubscribes_count"]);
  totals.complaints = count_of(stats["spam_count"]);
  return totals;
}

} // namespace

/// Neither list can be asked for what is new alone; the figures of campaigns tell it.
std::vector<ApiTask> MailerLiteApi::pull(const PullRequest& request) const {
  ApiTask campaigns{
      .step = "campaigns", .since = request.since, .until = request.now, .rank = k_first};
  ApiTask subscribers{.step = "subscribers", .until = request.now, .rank = -1, .calls = 10};
  return {campaigns, subscribers};
}

HttpRequest MailerLiteApi::ask_campaigns(const ApiTask& task) const {
  UrlQuery query{{"filter[status]", "sent"}, {"page", task.place}};
  return get_request("/campaigns" + query.add("limit", k_page).text());
}

/// The figure of what was sent is noted as soon as the recipients are asked for: both are kept in
/// one transaction.
Result<void> MailerLiteApi::read_campaigns(const ApiTask& task, const HttpResponse& answer,
                                           ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["data"], "data"));
  const auto given = facts();
  each_element(json["data"], json_member(answer.body, "data"),
               [&](const Json& row, std::string_view record) {
                 const auto id = scalar_text(row["id"]);
                 const auto started = time_of(row["started_at"], m_zone);
                 const auto sent = started ? started : time_of(row["finished_at"], m_zone);
                 if (sent && sent->seconds < task.since) {
                   return;
                 }
                 k_campaigns.read({row, record, given}, sink.records());
                 if (id.empty() || !sent) {
                   return;
                 }
                 const auto totals = totals_of(id, row["stats"]);
                 sink.totals(totals);
                 const auto figure = std::to_string(totals.sent.value_or(0));
                 if (totals.sent.value_or(0) == 0 || sink.marked("recipients/" + id) == figure) {
                   return;
                 }
                 sink.mark("recipients/" + id, figure);
                 ApiTask recipients{.step = "recipients", .campaign = id, .rank = sent->seconds};
                 recipients.calls =
                     static_cast<double>(*totals.sent) / static_cast<double>(k_page) + 1;
                 sink.next(std::move(recipients));
               });
  sink.note(
      "MailerLite tells how often somebody opened and clicked, but not when: opens, clicks and "
      "bounces come by its webhooks (mailfunnel serve)");
  if (auto more = next_page(task, json)) {
    sink.next(std::move(*more));
  }
  return {};
}

HttpRequest MailerLiteApi::ask_recipients(const ApiTask& task) const {
  const auto page = task.place.empty() ? std::string("1") : task.place;
  auto request = json_request(
      "POST", "/campaigns/" + task.campaign + "/reports/subscriber-activity",
      R"({"include":"subscriber","limit":)" + std::to_string(k_page) + ",\"page\":" + page + "}");
  request.repeatable = true;
  return request;
}

/// A row is somebody to whom the campaign was sent: {"id":"…","opens_count":1,"clicks_count":0,
/// "subscriber":{"id":"…","email":"ann@example.com"}}.
Result<void> MailerLiteApi::read_recipients(const ApiTask& task, const HttpResponse& answer,
                                            ApiSink& sink) const {
  if (!answer.ok()) { // deleted meanwhile
    return {};
  }
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["data"], "data"));
  each_element(json["data"], json_member(answer.body, "data"),
               [&](const Json& row, std::string_view record) {
                 const auto subscriber = row["subscriber"];
                 const JsonScalar id(subscriber["id"]);
                 EventView event;
                 event.record = record;
                 event.kind = EventKind::sent;
                 event.native = "subscriber-activity";
                 event.campaign = task.campaign;
                 event.address = text_of(subscriber["email"]);
                 event.contact_id = id;
                 event.time.seconds = task.rank; // it does not tell when: they all go out then
                 if (event.address.empty()) {
                   sink.records().reject(
                       mismatch("subscriber.email", subscriber["email"], "the recipient"), record);
                 } else {
                   sink.records().accept(event);
                 }
               });
  if (auto more = next_page(task, json)) {
    sink.next(std::move(*more));
  }
  return {};
}

HttpRequest MailerLiteApi::ask_subscribers(const ApiTask& task) const {
  UrlQuery query{{"cursor", task.place}};
  return get_request("/subscribers" + query.add("limit", k_subscribers_page).text());
}

Result<void> MailerLiteApi::read_subscribers(const ApiTask& task, const HttpResponse& answer,
                                             ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["data"], "data"));
  MF_CHECK(read_json_body(answer.body, k_subscribers, sink.records(), facts()));
  if (auto more = next_cursor(task, json)) {
    sink.next(std::move(*more));
  }
  return {};
}

} // namespace mailfunnel::mailerlite
