// Copernica's REST API v4, Marketing Suite: https://www.copernica.com/en/documentation/restv4
//
// Pull. Mailings (/ms/emailings), to whom each went (/ms/emailing/{id}/destinations, again when the
// number of these changed), and what happened to all of them (/ms/clicks, impressions, deliveries,
// errors, abuses, unsubscribes) by windows of time, the newest first; profiles of the account's
// database. Lists are paged by offset within a window that is over, so that nothing shifts. Times
// have no zone: they are in the account's.
//
// Push. Whether somebody is mailed is up to fields and selections of the database, so a segment is
// written into fields, a profile a call: PUT database/{id}/profiles?fields[]=id==… without create.

#include "readers.hpp"

#include "adapter/api_request.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace mailfunnel::copernica {

using namespace std::string_view_literals;

namespace {

constexpr std::size_t k_page = 1000;
constexpr std::size_t k_few = 10; // people that are looked up one by one
constexpr Seconds k_window = 30 * k_day;
constexpr Seconds k_lively = 30 * k_day; // for so long a mailing is looked at again
constexpr Seconds k_overlap = k_day;
constexpr char k_between = '\n'; // names of fields

constexpr std::array k_events{"impressions"sv, "clicks"sv, "deliveries"sv,
                              "errors"sv,      "abuses"sv, "unsubscribes"sv};

bool is_event(std::string_view step) {
  return std::find(k_events.begin(), k_events.end(), step) != k_events.end();
}

class CopernicaApi : public Api {
public:
  explicit CopernicaApi(const ApiAccount& account)
      : m_base(base_url(account, "https://api.copernica.com/v4")), m_database(account.list),
        m_key(account.secret("api_key")), m_email_field(account.setting("email_field")),
        m_optin_field(account.setting("optin_field")),
        m_optin_value(account.setting("optin_value")),
        m_input(LogContext{.zone = account.zone, .zone_given = account.zone_given}) {
    m_email_field = m_email_field.empty() ? "Email" : m_email_field;
  }

  ApiLimits limits() const override { return {.per_second = 3, .burst = 3, .connections = 2}; }
  std::vector<std::string> origins() const override { return {origin_of(m_base)}; }
  HttpRequest request(const ApiTask& task) const override;
  Result<void> read(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const override;
  bool understands(const ApiTask& task, int status) const override {
    constexpr int k_bad_request = 400, k_not_found = 404;
    return task.step == "content" && (status == k_bad_request || status == k_not_found);
  }
  /// Refusals are plain text.
  std::string problem(const HttpResponse& answer) const override;

  bool can_pull() const override { return true; }
  std::vector<ApiTask> pull(const PullRequest& request) const override;
  bool discovers(const ApiTask& task) const override { return task.step == "emailings"; }

  std::vector<TargetInfo> targets() const override {
    return {{TargetKind::fields,
             "fields of the database's profiles; selections over them make the segment", true}};
  }
  Result<std::vector<ApiTask>> look(const PushTarget& target,
                                    std::span<const std::string> wanted) const override;
  Result<std::vector<ApiTask>> create(const PushTarget& target) const override;
  Result<std::vector<PushStep>> change(const PushTarget& target, std::string_view id,
                                       std::span<const MemberChange> changes) const override;
  std::vector<ApiTask> check() const override;

private:
  std::string url(const ApiTask& task) const;
  std::string wall(Seconds time) const;
  void read_emailings(const ApiTask& task, const JsonAnswer& json, std::string_view body,
                      ApiSink& sink) const;
  void read_profiles(const ApiTask& task, const JsonAnswer& json, ApiSink& sink) const;

  std::string m_base, m_database, m_key, m_email_field, m_optin_field, m_optin_value;
  InputFacts m_input; // zone of the times
};

/// "2026-05-11 08:29:41", as the account's clock shows it.
std::string CopernicaApi::wall(Seconds time) const {
  const auto clock = utc_to_local(time, m_input.zone);
  const auto text =
      format_time(days_from_civil(clock.year, clock.month, clock.day) * k_day +
                  Seconds{clock.hour} * 3600 + Seconds{clock.minute} * 60 + clock.second);
  return text.substr(0, 10) + " " + text.substr(11, 8);
}

// ---- requests ----------------------------------------------------------------------------------

std::string CopernicaApi::url(const ApiTask& task) const {
  const auto& step = task.step;
  UrlQuery page{{"start", task.place.empty() ? "0"sv : std::string_view(task.place)}};
  page.add("limit", std::int64_t{k_page}).add("total", "false"sv);
  const auto profiles = m_base + "/database/" + percent_encode(task.campaign) + "/profiles";
  if (step == "emailings") {
    page.add("fromdate", std::string_view(wall(task.since)))
        .add("todate", std::string_view(wall(task.until)));
    return m_base + "/ms/emailings" + page.text();
  }
  if (is_event(step)) {
    page.add("begintime", std::string_view(wall(task.since)))
        .add("endtime", std::string_view(wall(task.until)));
    return m_base + "/ms/" + step + page.text();
  }
  if (step == "destinations") {
    return m_base + "/ms/emailing/" + percent_encode(task.campaign) + "/destinations" + page.text();
  }
  if (step == "content") {
    return m_base + "/ms/template/" + percent_encode(task.place) + "/body";
  }
  if (step == "profiles") {
    const auto since = task.since > 0 ? "modified>" + wall(task.since) : std::string();
    return profiles + page.add("fields[]", std::string_view(since)).add("dataonly", "1"sv).text();
  }
  if (step == "people") {
    return profiles + page.add("dataonly", "1"sv).text();
  }
  if (step == "person") {
    return profiles +
           page.add("fields[]", std::string_view(m_email_field + "==" + task.place)).text();
  }
  if (step == "fields") {
    return profiles + "?start=0&limit=1&total=false";
  }
  if (step == "check-database") {
    return m_base + "/database/" + percent_encode(task.campaign);
  }
  return m_base + "/ms/emailings?start=0&limit=1&total=false";
}

HttpRequest CopernicaApi::request(const ApiTask& task) const {
  HttpRequest request;
  if (task.step == "set") {
    request = json_request("PUT",
                           m_base + "/database/" + percent_encode(task.campaign) + "/profiles" +
                               UrlQuery{{"fields[]", "id==" + task.place}}.text(),
                           task.body);
    request.repeatable = true; // sets: twice is as once
  } else {
    request = get_request(url(task));
  }
  request.headers.emplace_back("Authorization", bearer_authorization(m_key));
  return request;
}

std::string CopernicaApi::problem(const HttpResponse& answer) const {
  if (const auto json = read_json(answer)) {
    const auto error = (*json)["error"];
    return std::string(text_of(error).empty() ? text_of(error["message"]) : text_of(error));
  }
  return printable(trim(answer.body), 200);
}

// ---- pull --------------------------------------------------------------------------------------

std::vector<ApiTask> CopernicaApi::pull(const PullRequest& request) const {
  const auto last = [&request](std::string_view stream) {
    const auto found = request.marks.find(stream);
    return found == request.marks.end() ? std::nullopt : mark_time(found->second);
  };
  constexpr std::int64_t k_first = std::int64_t{1} << 40;
  const auto from = [&](std::string_view stream, Seconds before) {
    const auto time = last(stream);
    return time ? std::max(request.since, std::min(*time, request.now) - before) : request.since;
  };
  std::vector<ApiTask> tasks{{.step = "emailings",
                              .since = from("emailings", k_lively),
                              .until = request.now,
                              .rank = k_first}};
  for (const auto step : k_events) { // all windows are kept before a mark is
    const auto since = from(step, k_overlap);
    for (auto until = request.now; until > since; until -= k_window) {
      tasks.push_back({.step = std::string(step),
                       .memo = format_time(request.now),
                       .since = std::max(since, until - k_window),
                       .until = until,
                       .rank = until});
    }
  }
  if (!m_database.empty()) {
    const auto changed = last("profiles/" + m_database);
    tasks.push_back({.step = "profiles",
                     .campaign = m_database,
                     .since = changed ? *changed - k_overlap : 0,
                     .until = request.now,
                     .rank = -1,
                     .calls = changed ? 1.0 : 10.0});
  }
  return tasks;
}

Result<void> CopernicaApi::read(const ApiTask& task, const HttpResponse& answer,
                                ApiSink& sink) const {
  const auto& step = task.step;
  if (step == "set" || !answer.ok()) { // 204; a template that is gone
    return {};
  }
  if (step == "content") {
    Campaign campaign;
    campaign.id = task.campaign;
    campaign.html = answer.body;
    if (answer.body.find('<') != std::string::npos) {
      sink.records().accept(campaign, answer.body);
    }
    return {};
  }
  MF_TRY(json, read_json(answer));
  if (step == "check-database") {
    sink.fact("database", text_of(json["name"]), is_there(json["name"]));
    return {};
  }
  MF_CHECK(need_list(json["data"], "data"));
  const std::string_view body = answer.body;
  if (step == "emailings") {
    read_emailings(task, json, body, sink);
    return {};
  }
  if (step == "people" || step == "person" || step == "fields") {
    read_profiles(task, json, sink);
    return {};
  }
  if (step == "check") {
    sink.fact("key", "good", true);
    return {};
  }
  const auto& format = step == "profiles" ? k_profiles : k_statistics;
  std::size_t rows = 0;
  each_element(json["data"], json_member(body, "data"),
               [&](const Json& row, std::string_view record) {
                 ++rows;
                 format.read({row, record, m_input}, sink.records());
               });
  if (auto more = next_offset(task, rows, k_page, std::nullopt)) {
    sink.next(std::move(*more));
  } else if (step == "profiles") {
    sink.mark("profiles/" + task.campaign, format_time(task.until));
  } else if (step != "destinations" && task.rank == task.until &&
             task.memo == format_time(task.until)) {
    sink.mark(step, task.memo); // the newest window
  }
  return {};
}

void CopernicaApi::read_emailings(const ApiTask& task, const JsonAnswer& json,
                                  std::string_view body, ApiSink& sink) const {
  std::size_t rows = 0;
  each_element(
      json["data"], json_member(body, "data"), [&](const Json& row, std::string_view record) {
        ++rows;
        k_emailings.read({row, record, m_input}, sink.records());
        const auto id = scalar_text(row["id"]), sources = scalar_text(row["template"]);
        const auto sent = time_of(row["timestamp"], m_input.zone);
        if (id.empty() || !sent) {
          return;
        }
        const auto count = scalar_text(row["destinations"]), figure = "destinations/" + id;
        if (sink.marked(figure) != count && count != "0") {
          sink.mark(figure, count);
          sink.next({.step = "destinations",
                     .campaign = id,
                     .rank = sent->seconds,
                     .calls = 1 + static_cast<double>(count_of(row["destinations"]).value_or(0)) /
                                      k_page});
          MailingTotals totals;
          totals.campaign = id;
          totals.sent = count_of(row["destinations"]);
          sink.totals(totals);
        }
        const auto known = "content/" + id;
        if (!sources.empty() && sink.marked(known).empty()) {
          sink.mark(known, "asked");
          sink.next({.step = "content", .campaign = id, .place = sources, .rank = sent->seconds});
        }
      });
  if (auto more = next_offset(task, rows, k_page, std::nullopt)) {
    sink.next(std::move(*more));
    return;
  }
  if (!m_input.zone_given) {
    sink.note(
        "Copernica's times name no zone and are taken as UTC; zone = \"Europe/Amsterdam\" of the "
        "account says otherwise");
  }
  if (m_database.empty()) {
    sink.note(
        "events name people by their profiles: without the account's list = \"…\" (number of the "
        "database) their addresses are not known");
  }
  sink.mark("emailings", format_time(task.until));
}

// ---- push --------------------------------------------------------------------------------------

Result<std::vector<ApiTask>> CopernicaApi::look(const PushTarget& target,
                                                std::span<const std::string> wanted) const {
  const auto& database = target.list.empty() ? m_database : target.list;
  if (database.empty()) {
    return Error{ErrorCode::usage,
                 "a push to Copernica needs the database: give the account list = "
                 "\"…\" (its number)"};
  }
  const auto names = join(target.fields, std::string(1, k_between));
  std::vector<ApiTask> tasks{{.step = "fields", .campaign = database, .memo = names}};
  if (wanted.size() > k_few) {
    tasks.push_back({.step = "people", .campaign = database, .memo = names, .calls = 10});
  } else {
    for (const auto& address : wanted) {
      tasks.push_back({.step = "person", .campaign = database, .place = address, .memo = names});
    }
  }
  return tasks;
}

/// Every profile has all fields of its database: one tells whether the target is there.
void CopernicaApi::read_profiles(const ApiTask& task, const JsonAnswer& json, ApiSink& sink) const {
  const auto names = split(task.memo, k_between);
  std::size_t rows = 0;
  each_element(json["data"], [&](const Json& row) {
    ++rows;
    const auto fields = row["fields"];
    if (task.step == "fields") {
      const bool all = std::all_of(names.begin(), names.end(), [&fields](std::string_view name) {
        return is_there(fields[name]);
      });
      if (all) {
        sink.target("fields");
      }
      return;
    }
    TargetMember member;
    member.contact_id = scalar_text(row["ID"]);
    member.address = text_of(fields[m_email_field]);
    if (is_true(row["removed"]) || member.contact_id.empty() || member.address.empty()) {
      return;
    }
    member.in_target = true;
    for (const auto name : names) {
      member.fields.push_back(scalar_text(fields[name]));
    }
    if (!m_optin_field.empty()) {
      member.subscription = iequals(scalar_text(fields[m_optin_field]), m_optin_value)
                                ? Subscription::subscribed
                                : Subscription::unsubscribed;
    }
    sink.member(member);
  });
  if (task.step != "people") {
    return;
  }
  if (auto more = next_offset(task, rows, k_page, std::nullopt)) {
    sink.next(std::move(*more));
  }
}

Result<std::vector<ApiTask>> CopernicaApi::create(const PushTarget& target) const {
  return Error{ErrorCode::usage, "the database has no field " + join(target.fields, " or no ") +
                                     ": make it at Copernica, or name another in the config"};
}

Result<std::vector<PushStep>> CopernicaApi::change(const PushTarget& target, std::string_view,
                                                   std::span<const MemberChange> changes) const {
  const auto& database = target.list.empty() ? m_database : target.list;
  std::vector<PushStep> steps;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const auto& profile = changes[i].contact_id;
    if (profile.empty() || !std::all_of(profile.begin(), profile.end(), is_digit)) {
      return Error{ErrorCode::usage, "a profile without its number: " + changes[i].address};
    }
    std::string body = "{\"fields\":{";
    for (std::size_t f = 0; f < target.fields.size(); ++f) {
      const auto value = f < changes[i].fields.size() ? changes[i].fields[f] : std::string();
      body += f == 0 ? "" : ",";
      body += json_string(target.fields[f]) + ":" + json_string(value);
    }
    steps.push_back(
        {{.step = "set", .campaign = database, .place = profile, .body = body + "}}"}, {i}});
  }
  return steps;
}

std::vector<ApiTask> CopernicaApi::check() const {
  std::vector<ApiTask> tasks{{.step = "check"}};
  if (!m_database.empty()) {
    tasks.push_back({.step = "check-database", .campaign = m_database});
  }
  return tasks;
}

} // namespace

Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) {
  if (account.secret("api_key").empty()) {
    return Error{ErrorCode::usage,
                 "Copernica needs the account's api_key, the token of an application: "
                 "api_key = { env = \"COPERNICA_TOKEN\" }"};
  }
  if (!account.setting("optin_field").empty() && account.setting("optin_value").empty()) {
    return Error{ErrorCode::usage,
                 "optin_field needs optin_value, the value of those who want mail"};
  }
  return std::make_unique<CopernicaApi>(account);
}

} // namespace mailfunnel::copernica
