// Campaign Monitor's API 3.3: https://www.campaignmonitor.com/api/v3-3/getting-started/
//
// What is asked for comes as XML, and is read by the readers of saved answers. What is sent is
// JSON: how elements are called in requests is not documented.
//
// Pull. clients/{id}/campaigns lists what was sent; campaigns/{id}/summary has its figures; what
// differs from the last time is fetched: recipients, opens, clicks, bounces, unsubscribes, spam. So
// a quiet account costs a request for each mailing of the last 30 days. Pages are in the order of
// time, so that what comes in meanwhile is at the end. Dates have no zone: they are in the
// account's
// (`zone` in the config), else in the client's.
//
// Push. Who is in a list is subscribed to it, so a segment goes into custom fields of those who are
// there: subscribers/{list}/import, 1000 a call, with Resubscribe false.

#include "api.hpp"

#include "adapter/api_request.hpp"
#include "adapter/xml_reader.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace mailfunnel::campaignmonitor {

using namespace std::string_view_literals;

namespace {

constexpr std::int64_t k_page = 1000; // rows, the most there are

constexpr std::array k_reports{
    ReportStream{"recipients"sv, Stream::sent, true},
    ReportStream{"opens"sv, Stream::open, true},
    ReportStream{"clicks"sv, Stream::click, true},
    ReportStream{"bounces"sv, Stream::bounce, true},
    ReportStream{"unsubscribes"sv, Stream::unsubscribe, true},
    ReportStream{"spam"sv, Stream::complaint, false},
};

constexpr std::array k_subscriber_lists{"active"sv, "unconfirmed"sv, "unsubscribed"sv, "bounced"sv,
                                        "deleted"sv};
/// The same lists, asked for by a push: "look-active".
constexpr std::string_view k_look = "look-";

/// "2026-05-11 08:29", as the client's clock shows it.
std::string date_of(Seconds time, TimeZone zone) {
  const auto wall = utc_to_local(time, zone);
  const auto text = format_time(days_from_civil(wall.year, wall.month, wall.day) * k_day +
                                Seconds{wall.hour} * 3600 + Seconds{wall.minute} * 60);
  return text.substr(0, 10) + " " + text.substr(11, 5);
}

} // namespace

const ReportStream* report_stream(std::string_view step) {
  const auto* found = std::find_if(k_reports.begin(), k_reports.end(),
                                   [step](const ReportStream& one) { return one.step == step; });
  return found == k_reports.end() ? nullptr : found;
}

bool is_subscriber_list(std::string_view step) {
  return std::find(k_subscriber_lists.begin(), k_subscriber_lists.end(), step) !=
         k_subscriber_lists.end();
}

Result<void> need_results(const XmlDocument& xml) {
  if (find_element(xml.root(), "Results")) {
    return {};
  }
  return Error{ErrorCode::bad_syntax,
               "the answer has no <Results>, but <" + printable(local_name(xml.root()), 40) + ">"};
}

std::optional<ApiTask> next_page(const ApiTask& task, const XmlDocument& xml, std::size_t rows) {
  const auto page = std::max<std::uint64_t>(offset_of(task), 1);
  if (rows == 0 || page >= number_in(xml.root(), "NumberOfPages").value_or(0)) {
    return std::nullopt;
  }
  auto more = task;
  more.place = std::to_string(page + 1);
  more.calls = std::max(1.0, task.calls - 1);
  return more;
}

CampaignMonitorApi::CampaignMonitorApi(const ApiAccount& account)
    : m_base(base_url(account, "https://api.createsend.com/api/v3.3")),
      m_client(account.setting("client")), m_list(account.list), m_key(account.secret("api_key")),
      m_token(account.secret("access_token")), m_refresh(account.secret("refresh_token")),
      m_zone(account.zone), m_zone_given(account.zone_given),
      m_journeys(account.setting("journeys") == "yes") {}

std::vector<std::string> CampaignMonitorApi::origins() const {
  return {origin_of(m_base)};
}

TimeZone CampaignMonitorApi::zone_of(const ApiTask& task) const {
  if (m_zone_given || task.memo.empty()) {
    return m_zone;
  }
  const auto zone = find_zone(task.memo);
  return zone ? *zone : m_zone;
}

// ---- requests ----------------------------------------------------------------------------------

HttpRequest CampaignMonitorApi::signed_request(HttpRequest request) const {
  request.headers.emplace_back("Authorization", m_key.empty() ? bearer_authorization(m_token)
                                                              : basic_authorization(m_key, "x"));
  return request;
}

/// Of what is asked for.
std::string CampaignMonitorApi::url(const ApiTask& task) const {
  std::string_view step = task.step;
  const auto client = m_base + "/clients/" + task.campaign;
  const auto list = m_base + "/lists/" + task.campaign;
  UrlQuery query{{"page", task.place}};
  query.add("pagesize", k_page);
  const auto date = task.since > 0 ? date_of(task.since, zone_of(task)) : std::string();
  if (step == "clients" || step == "check-clients") {
    return m_base + "/clients.xml";
  }
  if (step == "client" || step == "check-client") {
    return client + ".xml";
  }
  if (step == "campaigns") {
    query.add("orderdirection", "desc"sv).add("sentfromdate", std::string_view(date).substr(0, 10));
    return client + "/campaigns.xml" + query.text();
  }
  if (step == "journeys" || step == "lists") {
    return client + "/" + task.step + ".xml";
  }
  if (step == "look-suppressed") {
    query.add("orderfield", "email"sv).add("orderdirection", "asc"sv);
    return client + "/suppressionlist.xml" + query.text();
  }
  if (step == "suppressed") {
    query.add("orderfield", "date"sv).add("orderdirection", "desc"sv);
    return client + "/suppressionlist.xml" + query.text();
  }
  if (step == "summary") {
    return m_base + "/campaigns/" + task.campaign + "/summary.xml";
  }
  if (step == "audience") {
    return m_base + "/campaigns/" + task.campaign + "/listsandsegments.xml";
  }
  if (step == "journey") {
    return m_base + "/journeys/" + task.campaign + ".xml";
  }
  constexpr auto k_journey = "journey-"sv;
  const bool journey = step.starts_with(k_journey);
  if (const auto* report = report_stream(step.substr(journey ? k_journey.size() : 0))) {
    const bool timeless = report->stream == Stream::sent && !journey;
    query.add("orderfield", timeless ? "email"sv : "date"sv).add("orderdirection", "asc"sv);
    query.add("date", timeless ? std::string_view() : std::string_view(date));
    return m_base + (journey ? "/journeys/email/" : "/campaigns/") + task.campaign + "/" +
           std::string(report->step) + ".xml" + query.text();
  }
  const bool look = step.starts_with(k_look);
  if (const auto state = step.substr(look ? k_look.size() : 0); is_subscriber_list(state)) {
    query.add("orderfield", look ? "email"sv : "date"sv).add("orderdirection", "asc"sv);
    query.add("date", date).add("includetrackingpreference", look ? ""sv : "true"sv);
    return list + "/" + std::string(state) + ".xml" + query.text();
  }
  if (step == "fields") {
    return list + "/customfields.xml";
  }
  if (step == "look-one") {
    return m_base + "/subscribers/" + task.campaign + ".xml" +
           UrlQuery{{"email", task.place}}.text();
  }
  return list + ".xml"; // check-list
}

HttpRequest CampaignMonitorApi::request(const ApiTask& task) const {
  if (task.step == "refresh") {
    HttpRequest request;
    request.url = origin_of(m_base) + "/oauth/token";
    request.headers = {{"Accept", "application/json"},
                       {"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = "grant_type=refresh_token&refresh_token=" + percent_encode(m_refresh);
    return request;
  }
  if (task.step == "import") {
    auto request =
        json_request("POST", m_base + "/subscribers/" + task.campaign + "/import.json", task.body);
    request.repeatable = true; // sets: twice is as once
    return signed_request(std::move(request));
  }
  if (task.step == "suppress") {
    auto request =
        json_request("POST", m_base + "/clients/" + task.campaign + "/suppress.json", task.body);
    request.repeatable = true; // nobody is in the list twice
    return signed_request(std::move(request));
  }
  if (task.step == "new-field") {
    return signed_request(
        json_request("POST", m_base + "/lists/" + task.campaign + "/customfields.json", task.body));
  }
  auto request = get_request(url(task));
  request.headers = {{"Accept", "application/xml"}};
  return signed_request(std::move(request));
}

bool CampaignMonitorApi::understands(const ApiTask& task, int status) const {
  constexpr int k_bad_request = 400, k_not_found = 404;
  if (status == k_bad_request) { // read() looks at the code
    return task.step == "import" || task.step == "new-field" || task.step == "look-one";
  }
  return status == k_not_found && task.step == "journeys"; // an account without them
}

std::string CampaignMonitorApi::problem(const HttpResponse& answer) const {
  if (const auto json = read_json(answer)) {
    const auto message = text_of((*json)["Message"]);
    return std::string(message.empty() ? text_of((*json)["error_description"]) : message);
  }
  const auto xml = XmlDocument::parse(answer.body);
  return xml ? trimmed_text(xml->root(), "Message") : std::string();
}

// ---- answers -----------------------------------------------------------------------------------

Result<void> CampaignMonitorApi::read(const ApiTask& task, const HttpResponse& answer,
                                      ApiSink& sink) const {
  const auto& step = task.step;
  if (step == "refresh") {
    MF_TRY(json, read_json(answer));
    const auto token = text_of(json["access_token"]);
    if (token.empty()) {
      return Error{ErrorCode::bad_syntax, "the answer has no access_token"};
    }
    sink.secret("access_token", token);
    if (const auto next = text_of(json["refresh_token"]); !next.empty()) {
      sink.secret("refresh_token", next);
    }
    return {};
  }
  if (step == "import") {
    return read_import(task, answer, sink);
  }
  if (step == "new-field") {
    return read_new_field(task, answer, sink);
  }
  if (step == "suppress" || (step == "journeys" && !answer.ok())) {
    return {};
  }
  const auto xml = XmlDocument::parse(answer.body);
  if (!xml || is_named(xml->root(), "html")) {
    return Error{ErrorCode::bad_syntax, "the answer is no XML of Campaign Monitor: " +
                                            printable(trim(answer.body).substr(0, 80), 80)};
  }
  const std::string_view body = answer.body;
  if (step == "clients") {
    read_clients(task, *xml, sink);
    return {};
  }
  if (step == "client") {
    return read_client(task, *xml, sink);
  }
  if (step == "campaigns") {
    return read_campaigns(task, *xml, body, sink);
  }
  if (step == "journeys") {
    read_journeys(task, *xml, sink);
    return {};
  }
  if (step == "lists") {
    read_lists(task, *xml, sink);
    return {};
  }
  if (step == "suppressed") {
    return read_suppressed(task, *xml, body, sink);
  }
  if (step == "summary") {
    return read_summary(task, *xml, sink);
  }
  if (step == "audience") {
    return read_audience(task, *xml, body, sink);
  }
  if (step == "journey") {
    return read_journey(task, *xml, body, sink);
  }
  if (is_subscriber_list(step)) {
    return read_subscribers(task, *xml, body, sink);
  }
  if (step == "fields") {
    return read_fields(task, *xml, sink);
  }
  if (step == "look-one" && !answer.ok()) {
    constexpr auto k_not_in_list = "203"sv;
    const auto code = trimmed_text(xml->root(), "Code");
    return code == k_not_in_list ? Result<void>() : Error{ErrorCode::io, problem(answer)};
  }
  if (step.starts_with(k_look)) {
    return read_members(task, *xml, body, sink);
  }
  if (step == "check-clients") {
    for (const auto& client : elements_of(xml->root())) {
      sink.fact("client",
                trimmed_text(client, "Name") + " (" + trimmed_text(client, "ClientID") + ")", true);
    }
    return {};
  }
  if (step == "check-client") {
    const auto details = find_element(xml->root(), "BasicDetails");
    const auto zone = trimmed_text(details, "TimeZone");
    sink.fact("client", trimmed_text(details, "CompanyName"), true);
    sink.fact("time zone", zone, m_zone_given || !zone_of_client(zone).empty());
    return {};
  }
  if (step == "check-list") {
    sink.fact("list", trimmed_text(xml->root(), "Title"), true);
    return {};
  }
  return read_stream(task, *xml, body, sink);
}

// ---- and besides -------------------------------------------------------------------------------

std::vector<ApiTask> CampaignMonitorApi::check() const {
  std::vector<ApiTask> tasks;
  tasks.push_back(m_client.empty() ? ApiTask{.step = "check-clients"}
                                   : ApiTask{.step = "check-client", .campaign = m_client});
  if (!m_list.empty()) {
    tasks.push_back({.step = "check-list", .campaign = m_list});
  }
  return tasks;
}

std::optional<ApiTask> CampaignMonitorApi::refresh() const {
  return m_refresh.empty() ? std::nullopt : std::optional(ApiTask{.step = "refresh"});
}

Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) {
  if (account.secret("api_key").empty() && account.secret("access_token").empty() &&
      account.secret("refresh_token").empty()) {
    return Error{ErrorCode::usage,
                 "Campaign Monitor needs the account's api_key, such as api_key = { env = "
                 "\"CAMPAIGNMONITOR_API_KEY\" }, or OAuth's access_token or refresh_token"};
  }
  return std::make_unique<CampaignMonitorApi>(account);
}

} // namespace mailfunnel::campaignmonitor
