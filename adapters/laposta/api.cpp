// Laposta's API v2: https://api.laposta.nl/doc/index.en.php
//
// Pull. /campaign lists all mailings (there are no pages); of each that is not older than 30 days
// its figures (/report) and what is new in its history, which is paged by a cursor; bodies once;
// members of each list in each state. What a history's details hold is not documented: events that
// do not tell whose they are can't be used, and are counted as one word to the user.
//
// Push. Who is in a list is subscribed to it, so a segment goes into fields of those who are there:
// POST list/{id}/members with the action update alone, or, where Laposta has not switched that on
// for the account, a member a call.

#include "readers.hpp"

#include "adapter/api_request.hpp"
#include "adapter/passing_sink.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace mailfunnel::laposta {

using namespace std::string_view_literals;

namespace {

constexpr std::size_t k_bulk = 1000;     // members of a change; 500,000 are allowed
constexpr std::size_t k_few = 10;        // people that are looked up one by one
constexpr Seconds k_lively = 30 * k_day; // for so long a mailing is looked at again
constexpr Seconds k_overlap = k_day;
constexpr char k_between = '\n'; // names of fields
constexpr std::int64_t k_first = std::int64_t{1} << 40;
constexpr std::array k_states{"active"sv, "unsubscribed"sv, "cleaned"sv};

class LapostaApi : public Api {
public:
  explicit LapostaApi(const ApiAccount& account)
      : m_base(base_url(account, "https://api.laposta.nl/v2")), m_list(account.list),
        m_key(account.secret("api_key")),
        m_input(LogContext{.zone = account.zone, .zone_given = account.zone_given}) {}

  // 120 a minute; 30 where nothing is paid: then quota_share = 0.25.
  ApiLimits limits() const override { return {.per_second = 2, .burst = 4, .connections = 2}; }
  std::vector<std::string> origins() const override { return {origin_of(m_base)}; }
  HttpRequest request(const ApiTask& task) const override;
  Result<void> read(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const override;
  bool understands(const ApiTask& task, int status) const override;
  std::string problem(const HttpResponse& answer) const override;

  bool can_pull() const override { return true; }
  bool pulls_opens() const override { return false; }
  std::vector<ApiTask> pull(const PullRequest& request) const override;
  bool discovers(const ApiTask& task) const override {
    return task.step == "campaigns" || task.step == "lists";
  }

  std::vector<TargetInfo> targets() const override {
    return {{TargetKind::fields,
             "fields of the list's members: membership of a list is a subscription, which is never "
             "touched",
             true}};
  }
  Result<std::vector<ApiTask>> look(const PushTarget& target,
                                    std::span<const std::string> wanted) const override;
  Result<std::vector<ApiTask>> create(const PushTarget& target) const override;
  Result<std::vector<PushStep>> change(const PushTarget& target, std::string_view id,
                                       std::span<const MemberChange> changes) const override;
  std::vector<ApiTask> check() const override;

private:
  std::string url(const ApiTask& task) const;
  std::vector<ApiTask> list_tasks(std::string_view list) const;
  void read_campaigns(const ApiTask& task, const JsonAnswer& json, std::string_view body,
                      ApiSink& sink) const;
  Result<void> read_report(const ApiTask& task, const JsonAnswer& json, ApiSink& sink) const;
  Result<void> read_history(const ApiTask& task, const JsonAnswer& json, std::string_view body,
                            ApiSink& sink) const;
  void read_people(const ApiTask& task, const Json& member, ApiSink& sink) const;
  void read_fields(const ApiTask& task, const JsonAnswer& json, ApiSink& sink) const;
  Result<void> read_bulk(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;

  std::string m_base, m_list, m_key;
  InputFacts m_input;
};

// ---- requests ----------------------------------------------------------------------------------

std::string LapostaApi::url(const ApiTask& task) const {
  const auto& step = task.step;
  const auto campaign = m_base + "/campaign/" + percent_encode(task.campaign);
  if (step == "campaigns") {
    return m_base + "/campaign";
  }
  if (step == "content") {
    return campaign + "/content";
  }
  if (step == "report") {
    return m_base + "/report/" + percent_encode(task.campaign);
  }
  if (step == "history") {
    const auto day = task.since > 0 ? format_date(task.since) : std::string();
    return campaign + "/history" +
           UrlQuery{{"event_date_from", day},
                    {"limit", "1000"},
                    {"order", "asc"},
                    {"cursor", task.place}}
               .text();
  }
  if (step == "lists") {
    return m_base + "/list";
  }
  if (step == "members" || step == "people") {
    return m_base + "/member" + UrlQuery{{"list_id", task.campaign}, {"state", task.place}}.text();
  }
  if (step == "person") {
    return m_base + "/member/" + percent_encode(task.place) +
           UrlQuery{{"list_id", task.campaign}}.text();
  }
  if (step == "fields") {
    return m_base + "/field" + UrlQuery{{"list_id", task.campaign}}.text();
  }
  return m_base + "/list" +
         (task.campaign.empty() ? "" : "/" + percent_encode(task.campaign)); // check
}

HttpRequest LapostaApi::request(const ApiTask& task) const {
  HttpRequest request;
  if (task.step == "bulk") {
    request = json_request("POST", m_base + "/list/" + percent_encode(task.campaign) + "/members",
                           task.body);
  } else if (task.step == "member") {
    request.url = m_base + "/member/" + percent_encode(task.place);
    request.headers = {{"Accept", "application/json"},
                       {"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = task.body;
  } else {
    request = get_request(url(task));
  }
  request.repeatable = true; // of those that change: they set, twice is as once
  request.headers.emplace_back("Authorization", basic_authorization(m_key, ""));
  return request;
}

bool LapostaApi::understands(const ApiTask& task, int status) const {
  constexpr int k_bad_request = 400, k_unauthorized = 401, k_not_found = 404;
  const bool not_there = status == k_bad_request || status == k_not_found; // the first is usual
  return ((task.step == "content" || task.step == "person" || task.step == "member") &&
          not_there) ||
         (task.step == "bulk" && status == k_unauthorized);
}

std::string LapostaApi::problem(const HttpResponse& answer) const {
  const auto json = read_json(answer);
  if (!json) {
    return {};
  }
  std::string out(text_of((*json)["error"]["message"]));
  if (const auto parameter = text_of((*json)["error"]["parameter"]); !parameter.empty()) {
    out.append(" (").append(parameter).append(")");
  }
  return out;
}

// ---- pull --------------------------------------------------------------------------------------

std::vector<ApiTask> LapostaApi::pull(const PullRequest& request) const {
  const auto mark = request.marks.find("campaigns"sv);
  const auto last = mark == request.marks.end() ? std::nullopt : mark_time(mark->second);
  const auto since =
      last ? std::max(request.since, std::min(*last, request.now) - k_lively) : request.since;
  std::vector<ApiTask> tasks{
      {.step = "campaigns", .since = since, .until = request.now, .rank = k_first}};
  if (m_list.empty()) {
    tasks.push_back({.step = "lists", .rank = k_first});
  } else {
    const auto more = list_tasks(m_list);
    tasks.insert(tasks.end(), more.begin(), more.end());
  }
  return tasks;
}

std::vector<ApiTask> LapostaApi::list_tasks(std::string_view list) const {
  std::vector<ApiTask> tasks;
  for (const auto state : k_states) {
    tasks.push_back({.step = "members",
                     .campaign = std::string(list),
                     .place = std::string(state),
                     .rank = -1});
  }
  return tasks;
}

Result<void> LapostaApi::read(const ApiTask& task, const HttpResponse& answer,
                              ApiSink& sink) const {
  const auto& step = task.step;
  if (step == "bulk") {
    return read_bulk(task, answer, sink);
  }
  if (!answer.ok()) {
    if (step == "member") {
      sink.outcome(task.place, {PushOutcome::State::refused, problem(answer)});
    }
    return {}; // no body that can be had; nobody of that address
  }
  MF_TRY(json, read_json(answer));
  const std::string_view body = answer.body;
  if (step == "content" || step == "report" || step == "person" || step == "member" ||
      step == "check") {
    const auto member = json["member"];
    if (step == "content" && is_there(json["campaign"])) {
      k_campaigns.read({json.root(), body, m_input}, sink.records());
    } else if (step == "report") {
      return read_report(task, json, sink);
    } else if (step == "person" && is_there(member["email"])) {
      read_people(task, member, sink);
    } else if (step == "check" && (is_there(json["list"]) || json["data"].is_array())) {
      const auto name = text_of(json["list"]["name"]);
      sink.fact(name.empty() ? "key" : "list", name.empty() ? "good"sv : name, true);
    } else if (step != "member" || !is_there(member)) {
      return Error{ErrorCode::bad_syntax, "the answer is none of Laposta's to \"" + step + "\""};
    }
    return {};
  }
  MF_CHECK(need_list(json["data"], "data"));
  if (step == "campaigns") {
    read_campaigns(task, json, body, sink);
  } else if (step == "history") {
    return read_history(task, json, body, sink);
  } else if (step == "lists") {
    each_element(json["data"], [&](const Json& row) {
      if (const auto list = text_of(row["list"]["list_id"]); !list.empty()) {
        for (auto& more : list_tasks(list)) {
          sink.next(std::move(more));
        }
      }
    });
  } else if (step == "members") {
    each_element(json["data"], json_member(body, "data"),
                 [&](const Json& row, std::string_view record) {
                   k_members.read({row, record, m_input}, sink.records());
                 });
  } else if (step == "people") {
    each_element(json["data"], [&](const Json& row) { read_people(task, row["member"], sink); });
  } else {
    read_fields(task, json, sink);
  }
  return {};
}

void LapostaApi::read_campaigns(const ApiTask& task, const JsonAnswer& json, std::string_view body,
                                ApiSink& sink) const {
  each_element(
      json["data"], json_member(body, "data"), [&](const Json& row, std::string_view record) {
        const auto one = row["campaign"];
        const std::string id(text_of(one["campaign_id"]));
        const auto iso = time_of(one["delivery_started_iso"]);
        const auto sent = iso ? iso : time_of(one["delivery_started"], m_input.zone);
        if (id.empty() || !sent || sent->seconds < task.since) {
          return; // a draft, or longer ago than is asked for
        }
        k_campaigns.read({row, record, m_input}, sink.records());
        ApiTask more{.step = "report", .campaign = id, .until = task.until, .rank = sent->seconds};
        sink.next(more);
        more.step = "history";
        const auto last = mark_time(sink.marked("history/" + id));
        more.since = last ? *last - k_overlap : 0;
        more.calls = last ? 1 : 5;
        sink.next(more);
        if (sink.marked("content/" + id).empty()) {
          sink.mark("content/" + id, "asked");
          sink.next({.step = "content", .campaign = id, .rank = sent->seconds});
        }
      });
  sink.mark("campaigns", format_time(task.until));
}

Result<void> LapostaApi::read_report(const ApiTask& task, const JsonAnswer& json,
                                     ApiSink& sink) const {
  const auto report = json["report"];
  MailingTotals totals;
  totals.campaign = task.campaign;
  totals.sent = count_of(report["sent"]);
  if (!totals.sent) {
    return Error{ErrorCode::bad_syntax, "the answer has no report.sent"};
  }
  totals.delivered = count_of(report["accepted"]);
  totals.hard_bounces = count_of(report["hardbounced"]);
  totals.unique_opens = count_of(report["opened_unique"]);
  totals.unique_clicks = count_of(report["clicked_unique"]);
  totals.unsubscribes = count_of(report["unsubscribed"]);
  totals.complaints = count_of(report["complained"]);
  sink.totals(totals);
  return {};
}

Result<void> LapostaApi::read_history(const ApiTask& task, const JsonAnswer& json,
                                      std::string_view body, ApiSink& sink) const {
  const auto pagination = json["pagination"];
  if (!pagination.is_object()) {
    return Error{ErrorCode::bad_syntax, "the answer has no pagination"};
  }
  PassingSink people(sink.records(), k_nobody);
  each_element(json["data"], json_member(body, "data"),
               [&](const Json& row, std::string_view record) {
                 k_history.read({row, record, m_input}, people);
               });
  if (people.held() > 0) {
    sink.note(
        "the histories of campaigns have events that do not tell whose they are; those are passed "
        "over");
  }
  const auto cursor = scalar_text(pagination["next_cursor"]);
  if (is_true(pagination["has_more"]) && !cursor.empty() && cursor != task.place) {
    auto more = task;
    more.place = cursor;
    more.calls = std::max(1.0, task.calls - 1);
    sink.next(std::move(more));
  } else {
    sink.mark("history/" + task.campaign, format_time(task.until));
  }
  return {};
}

// ---- push --------------------------------------------------------------------------------------

Result<std::vector<ApiTask>> LapostaApi::look(const PushTarget& target,
                                              std::span<const std::string> wanted) const {
  const auto& list = target.list.empty() ? m_list : target.list;
  if (list.empty()) {
    return Error{ErrorCode::usage,
                 "a push to Laposta needs the list: give the account list = \"…\" (the list's id)"};
  }
  const auto names = join(target.fields, std::string(1, k_between));
  std::vector<ApiTask> tasks{{.step = "fields", .campaign = list, .memo = names}};
  if (wanted.size() > k_few) {
    for (const auto state : k_states) {
      tasks.push_back(
          {.step = "people", .campaign = list, .place = std::string(state), .memo = names});
    }
  } else {
    for (const auto& address : wanted) {
      tasks.push_back({.step = "person", .campaign = list, .place = address, .memo = names});
    }
  }
  return tasks;
}

/// All fields there, by the names that custom_fields have: that is the target.
void LapostaApi::read_fields(const ApiTask& task, const JsonAnswer& json, ApiSink& sink) const {
  std::vector<std::string> there;
  each_element(json["data"], [&there](const Json& row) {
    there.emplace_back(text_of(row["field"]["custom_name"]));
  });
  const auto wanted = split(task.memo, k_between);
  if (std::all_of(wanted.begin(), wanted.end(), [&there](std::string_view name) {
        return std::find(there.begin(), there.end(), name) != there.end();
      })) {
    sink.target("fields");
  }
}

void LapostaApi::read_people(const ApiTask& task, const Json& row, ApiSink& sink) const {
  TargetMember member;
  member.address = text_of(row["email"]);
  member.contact_id = text_of(row["member_id"]);
  member.subscription = subscription_of(text_of(row["state"]));
  member.in_target = true;
  for (const auto name : split(task.memo, k_between)) {
    member.fields.push_back(scalar_text(row["custom_fields"][name]));
  }
  if (!member.address.empty()) {
    sink.member(member);
  }
}

Result<std::vector<ApiTask>> LapostaApi::create(const PushTarget& target) const {
  return Error{ErrorCode::usage,
               "the list has no field " + join(target.fields, " or no ") +
                   ": make it at Laposta (the list's fields, of kind text; the name is the "
                   "one that the API shows as custom_name), or name another in the config"};
}

Result<std::vector<PushStep>> LapostaApi::change(const PushTarget& target, std::string_view,
                                                 std::span<const MemberChange> changes) const {
  const auto& list = target.list.empty() ? m_list : target.list;
  std::vector<std::size_t> all(changes.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i] = i;
  }
  return in_batches(all, k_bulk, [&](const std::vector<std::size_t>& some) {
    std::string body = "{\"actions\":[\"update\"],\"members\":[";
    for (const auto i : some) {
      const auto& change = changes[i];
      body += i == some.front() ? "{" : ",{";
      body +=
          change.contact_id.empty() ? "" : "\"member_id\":" + json_string(change.contact_id) + ",";
      body += "\"email\":" + json_string(change.address) + ",\"custom_fields\":{";
      for (std::size_t f = 0; f < target.fields.size(); ++f) {
        body += f == 0 ? "" : ",";
        body += json_string(target.fields[f]) + ":" +
                json_string(f < change.fields.size() ? change.fields[f] : std::string());
      }
      body += "}}";
    }
    return ApiTask{.step = "bulk", .campaign = list, .body = body + "]}"};
  });
}

/// Where bulk requests are not switched on, each member goes alone.
Result<void> LapostaApi::read_bulk(const ApiTask& task, const HttpResponse& answer,
                                   ApiSink& sink) const {
  if (!answer.ok()) {
    if (!icontains(problem(answer), "bulk")) {
      return Error{ErrorCode::unauthorized, problem(answer)};
    }
    MF_TRY(asked, read_json({200, {}, task.body}));
    each_element(asked["members"], [&](const Json& member) {
      const auto id = text_of(member["member_id"]);
      std::string form = "list_id=" + percent_encode(task.campaign);
      each_member(member["custom_fields"], [&form](std::string_view name, const Json& value) {
        form +=
            "&custom_fields%5B" + percent_encode(name) + "%5D=" + percent_encode(text_of(value));
      });
      sink.next({.step = "member",
                 .campaign = task.campaign,
                 .place = std::string(id.empty() ? text_of(member["email"]) : id),
                 .body = std::move(form)});
    });
    return {};
  }
  MF_TRY(json, read_json(answer));
  const auto report = json["report"];
  if (!is_there(report["errors_count"])) {
    return Error{ErrorCode::bad_syntax, "the answer has no report.errors_count"};
  }
  std::uint64_t told = 0;
  each_element(json["errors"], [&](const Json& error) {
    const auto member = is_there(error["member"]) ? error["member"] : error;
    const auto id = text_of(member["member_id"]), address = text_of(member["email"]);
    const auto words = text_of(error["error"]["message"]);
    if (!id.empty() || !address.empty()) {
      ++told;
      sink.outcome(id.empty() ? address : id,
                   {PushOutcome::State::refused, std::string(words.empty() ? "refused"sv : words)});
    }
  });
  if (told < count_of(report["errors_count"]).value_or(0) ||
      count_of(report["skipped_count"]).value_or(0) > 0) {
    sink.unsure();
  }
  return {};
}

std::vector<ApiTask> LapostaApi::check() const {
  return {{.step = "check", .campaign = m_list}};
}

} // namespace

Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) {
  if (account.secret("api_key").empty()) {
    return Error{
        ErrorCode::usage,
        "Laposta needs the account's api_key, such as api_key = { env = \"LAPOSTA_API_KEY\" }"};
  }
  return std::make_unique<LapostaApi>(account);
}

} // namespace mailfunnel::laposta
