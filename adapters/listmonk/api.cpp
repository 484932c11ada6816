// listmonk's API, of one's own server: https://listmonk.app/docs/apis/apis/
//
// Pull. Campaigns with their figures (the newest change first, as far back as 30 days before the last
// look), their bodies once, bounces, subscribers with their lists. Who opened and clicked is only in
// the exports of analytics, which newer servers have: one CSV of all campaigns, since a day. A page
// holds what the server allows (50 rows, whatever is asked for), so its own per_page tells the next.
//
// Push. A segment is a list: subscribers are added by their ids without a status, which leaves that
// of those who are in it already as it is. A list that we make is private and single opt-in: nobody is
// mailed because of it.

#include "readers.hpp"

#include "adapter/api_request.hpp"
#include "adapter/framing.hpp"
#include "adapter/passing_sink.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace mailfunnel::listmonk {

using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

constexpr std::int64_t k_page = 1000; // asked for; the server may give less
constexpr std::size_t k_ids = 1000;   // of one change
constexpr std::size_t k_few = 10;     // people that are looked up one by one
constexpr Seconds k_lively = 30 * k_day;
constexpr Seconds k_overlap = k_day;
constexpr Seconds k_try_again = 7 * k_day; // what the server had not
constexpr std::int64_t k_first = std::int64_t{1} << 40;

std::optional<Seconds> seconds_of(const Json& value) {
  const auto time = time_of(value);
  return time ? std::optional(time->seconds) : std::nullopt;
}

/// As a text of SQL.
std::string sql_text(std::string_view text) {
  return "'" + replace_all(text, "'", "''") + "'";
}

/// The next page by what the answer says of itself, or nothing: this was the last.
std::optional<ApiTask> next_page(const ApiTask& task, const Json& data, std::size_t rows) {
  const auto page = std::max<std::uint64_t>(offset_of(task), 1);
  const auto size = count_of(data["per_page"]).value_or(rows), total = count_of(data["total"]).value_or(0);
  if (rows == 0 || page * size >= total) {
    return std::nullopt;
  }
  auto more = task;
  more.place = std::to_string(page + 1);
  more.calls = std::max(1.0, task.calls - 1);
  return more;
}

class ListmonkApi : public Api {
public:
  explicit ListmonkApi(const ApiAccount& account)
      : m_base(base_url(account, "http://localhost:9000/api")), m_list(account.list),
        m_authorization("token " + std::string(account.setting("user")) + ":" +
                        std::string(account.secret("api_key"))) {}

  ApiLimits limits() const override { return {.per_second = 10, .burst = 10, .connections = 3}; }
  std::vector<std::string> origins() const override { return {origin_of(m_base)}; }
  HttpRequest request(const ApiTask& task) const override;
  Result<void> read(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const override;
  bool understands(const ApiTask& task, int status) const override;
  std::string problem(const HttpResponse& answer) const override;

  bool can_pull() const override { return true; }
  /// Only where the server has the export and tracks people, which it does not by itself.
  bool pulls_opens() const override { return false; }
  std::vector<ApiTask> pull(const PullRequest& request) const override;
  bool discovers(const ApiTask& task) const override {
    return task.step == "campaigns" || task.step == "lists";
  }

  std::vector<TargetInfo> targets() const override {
    return {{TargetKind::list, "a list, private and single opt-in where it is made"},
            {TargetKind::suppression, "the blocklist of the whole server"}};
  }
  Result<std::vector<ApiTask>> look(const PushTarget& target,
                                    std::span<const std::string> wanted) const override;
  Result<std::vector<ApiTask>> create(const PushTarget& target) const override;
  Result<std::vector<PushStep>> change(const PushTarget& target, std::string_view id,
                                       std::span<const MemberChange> changes) const override;
  std::vector<ApiTask> check() const override { return {{.step = "check"}}; }

private:
  std::string url(const ApiTask& task) const;
  Result<void> read_events(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  void read_campaigns(const ApiTask& task, const Json& data, std::string_view rows,
                      ApiSink& sink) const;
  void read_bounces(const ApiTask& task, const Json& data, std::string_view rows,
                    ApiSink& sink) const;
  void read_subscribers(const ApiTask& task, const Json& data, std::string_view rows,
                        ApiSink& sink) const;
  void read_lists(const ApiTask& task, const Json& data, ApiSink& sink) const;
  void find_list(const ApiTask& task, const Json& data, ApiSink& sink) const;
  void read_members(const ApiTask& task, const Json& data, ApiSink& sink) const;

  std::string m_base, m_list, m_authorization;
};

// ---- requests ------------------------------------------------------------------------------------

std::string ListmonkApi::url(const ApiTask& task) const {
  const auto& step = task.step;
  const auto page = [&task](UrlQuery query) {
    return query.add("page", task.place.empty() ? "1"sv : std::string_view(task.place))
        .add("per_page", k_page)
        .text();
  };
  const auto since = format_time(task.since);
  if (step == "campaigns") {
    return "/campaigns" +
           page({{"no_body", "true"}, {"order_by", "updated_at"}, {"order", "DESC"}});
  }
  if (step == "content") {
    return "/campaigns/" + task.campaign;
  }
  if (step == "bounces") {
    return "/bounces" + page({{"order_by", "created_at"}, {"order", "desc"}});
  }
  if (step == "views" || step == "clicks") {
    return "/maintenance/analytics/" + step + "/export" + UrlQuery{{"since", since}}.text();
  }
  if (step == "lists" || step == "find-list") {
    return "/lists" + page({});
  }
  if (step == "left") { // a list's subscriptions that ended since
    return "/subscribers" + page({{"list_id", task.campaign},
                                  {"subscription_status", "unsubscribed"},
                                  {"query", task.since > 0 ? "subscriber_lists.updated_at >= " +
                                                                 sql_text(since)
                                                           : std::string()},
                                  {"order", "ASC"}});
  }
  if (step == "check") {
    return "/lists?page=1&per_page=1";
  }
  // subscribers of an account or list, in the order of their ids
  std::string query;
  if (step == "person") {
    query = "subscribers.email = " + sql_text(task.memo);
  } else if (step == "blocklisted") {
    query = "subscribers.status = 'blocklisted'";
  } else if (task.since > 0) {
    query = "subscribers.updated_at >= " + sql_text(since);
  }
  return "/subscribers" + page({{"list_id", task.campaign}, {"query", query}, {"order", "ASC"}});
}

HttpRequest ListmonkApi::request(const ApiTask& task) const {
  HttpRequest request;
  if (task.step == "new-list") {
    request = json_request("POST", m_base + "/lists", task.body);
  } else if (task.step == "change-list" || task.step == "block") {
    request = json_request("PUT", m_base + (task.step == "block" ? "/subscribers/blocklist" : "/subscribers/lists"),
                           task.body);
    request.repeatable = true; // sets: twice is as once
  } else {
    request = get_request(m_base + url(task));
  }
  request.headers.emplace_back("Authorization", m_authorization);
  return request;
}

/// What an older server or a role has not: then there is another way, or a word to the user.
bool ListmonkApi::understands(const ApiTask& task, int status) const {
  constexpr int k_bad_request = 400, k_forbidden = 403, k_not_found = 404, k_not_there = 501;
  if (task.step == "views" || task.step == "clicks") {
    return status == k_forbidden || status == k_not_found || status == k_not_there;
  }
  const bool by_query = (task.step == "subscribers" || task.step == "left") && task.since > 0;
  return by_query && (status == k_bad_request || status == k_forbidden);
}

std::string ListmonkApi::problem(const HttpResponse& answer) const {
  const auto json = read_json(answer);
  return json ? std::string(text_of((*json)["message"])) : std::string();
}

// ---- pull ----------------------------------------------------------------------------------------

std::vector<ApiTask> ListmonkApi::pull(const PullRequest& request) const {
  const auto since = [&request](std::string_view stream, Seconds before) -> Seconds {
    const auto mark = request.marks.find(stream);
    const auto last = mark == request.marks.end() ? std::nullopt : mark_time(mark->second);
    return last ? std::max(request.since, std::min(*last, request.now) - before) : request.since;
  };
  const bool known = request.marks.find("subscribers"sv) != request.marks.end();
  std::vector<ApiTask> tasks;
  const auto add = [&](std::string_view step, Seconds from, std::int64_t rank) -> ApiTask& {
    return tasks.emplace_back(ApiTask{
        .step = std::string(step), .since = from, .until = request.now, .rank = rank});
  };
  add("campaigns", since("campaigns", k_lively), k_first);
  add("lists", 0, k_first);
  add("bounces", since("bounces", k_overlap), 0);
  for (const auto* step : {"views", "clicks"}) {
    const auto none = request.marks.find(step + "/none"s);
    const auto looked = none == request.marks.end() ? std::nullopt : mark_time(none->second);
    if (!looked || *looked + k_try_again <= request.now) {
      add(step, since(step, k_overlap), 0);
    }
  }
  auto& people = add("subscribers", known ? since("subscribers", k_overlap) : 0, -1);
  people.campaign = m_list;
  people.calls = known ? 1 : 10;
  return tasks;
}

Result<void> ListmonkApi::read(const ApiTask& task, const HttpResponse& answer,
                               ApiSink& sink) const {
  const auto& step = task.step;
  if (step == "views" || step == "clicks") {
    return read_events(task, answer, sink);
  }
  if (!answer.ok()) { // the query was refused
    sink.note("the API user may not query by SQL (permission subscribers:sql_query): all subscribers "
              "are read at every sync");
    auto all = task;
    all.since = 0;
    sink.next(std::move(all));
    return {};
  }
  MF_TRY(json, read_json(answer));
  const auto data = json["data"];
  if (step == "content") {
    if (scalar_text(data["id"]).empty()) {
      return Error{ErrorCode::bad_syntax, "the answer has no campaign"};
    }
    k_campaigns.read({json.root(), answer.body, {}}, sink.records());
    return {};
  }
  if (step == "new-list") {
    const auto id = scalar_text(data["id"]);
    if (id.empty()) {
      return Error{ErrorCode::bad_syntax, "the answer has no list"};
    }
    sink.target(id);
    return {};
  }
  if (step == "change-list" || step == "block") {
    return is_true(data) ? Result<void>()
                         : Error{ErrorCode::bad_syntax, "the answer to a change is not true"};
  }
  MF_CHECK(need_list(data["results"], "data.results"));
  const auto rows = json_member(json_member(answer.body, "data"), "results");
  if (step == "campaigns") {
    read_campaigns(task, data, rows, sink);
  } else if (step == "bounces") {
    read_bounces(task, data, rows, sink);
  } else if (step == "lists") {
    read_lists(task, data, sink);
  } else if (step == "subscribers" || step == "left") {
    read_subscribers(task, data, rows, sink);
  } else if (step == "find-list") {
    find_list(task, data, sink);
  } else if (step == "check") {
    sink.fact("lists", std::to_string(count_of(data["total"]).value_or(0)), true);
  } else {
    read_members(task, data, sink);
  }
  return {};
}

/// CSV of all campaigns, read as the files are.
Result<void> ListmonkApi::read_events(const ApiTask& task, const HttpResponse& answer,
                                      ApiSink& sink) const {
  if (!answer.ok()) {
    sink.mark(task.step + "/none", format_time(task.until));
    sink.note("who opened and clicked can't be had: it needs a listmonk that exports analytics and "
              "the permission settings:maintain; a dump of the database has it too");
    return {};
  }
  const std::string_view text = answer.body;
  const auto reader = open_table(text, task.step == "views" ? k_views : k_clicks, {});
  if (!reader || !text.ends_with('\n')) {
    return Error{ErrorCode::bad_syntax, "the answer is no export of " + task.step + ": " +
                                            printable(trim(text).substr(0, 80), 80)};
  }
  PassingSink people(sink.records(), k_nobody);
  read_text(*reader, text, people);
  if (people.held() > 0) {
    sink.note("some opens and clicks are of nobody: " + std::string(k_nobody));
  }
  sink.mark(task.step, format_time(task.until));
  sink.mark(task.step + "/none", "");
  return {};
}

/// In the order of their last change, which sending is one: those before are as they were.
void ListmonkApi::read_campaigns(const ApiTask& task, const Json& data, std::string_view texts,
                                 ApiSink& sink) const {
  std::size_t rows = 0;
  bool older = false;
  each_element(data["results"], texts, [&](const Json& row, std::string_view record) {
    ++rows;
    const auto id = scalar_text(row["id"]);
    const auto sent = seconds_of(row["started_at"]);
    const auto changed = seconds_of(row["updated_at"]);
    older = older || (changed && *changed < task.since);
    if (id.empty() || !sent) {
      return; // a draft, or one that waits
    }
    k_campaigns.read({row, record, {}}, sink.records());
    MailingTotals totals;
    totals.campaign = id;
    totals.sent = count_of(row["sent"]);
    totals.opens = count_of(row["views"]);
    totals.clicks = count_of(row["clicks"]);
    sink.totals(totals);
    const auto known = "content/" + id;
    if (sink.marked(known).empty()) {
      sink.mark(known, "asked");
      sink.next({.step = "content", .campaign = id, .rank = *sent});
    }
  });
  auto more = older ? std::nullopt : next_page(task, data, rows);
  if (more) {
    sink.next(std::move(*more));
  } else {
    sink.mark("campaigns", format_time(task.until));
  }
}

/// The newest first.
void ListmonkApi::read_bounces(const ApiTask& task, const Json& data, std::string_view texts,
                               ApiSink& sink) const {
  std::size_t rows = 0;
  bool older = false;
  each_element(data["results"], texts, [&](const Json& row, std::string_view record) {
    ++rows;
    const auto time = seconds_of(row["created_at"]);
    if (time && *time < task.since) {
      older = true;
      return;
    }
    k_bounces.read({row, record, {}}, sink.records());
  });
  auto more = older ? std::nullopt : next_page(task, data, rows);
  if (more) {
    sink.next(std::move(*more));
  } else {
    sink.mark("bounces", format_time(task.until));
  }
}

void ListmonkApi::read_subscribers(const ApiTask& task, const Json& data, std::string_view texts,
                                   ApiSink& sink) const {
  std::size_t rows = 0;
  each_element(data["results"], texts, [&](const Json& row, std::string_view record) {
    ++rows;
    k_subscribers.read({row, record, {}}, sink.records());
  });
  if (auto more = next_page(task, data, rows)) {
    sink.next(std::move(*more));
  } else if (task.step == "subscribers") {
    sink.mark("subscribers", format_time(task.until));
  }
}

/// A subscription that ends does not change its subscriber's updated_at, but the list's counts.
void ListmonkApi::read_lists(const ApiTask& task, const Json& data, ApiSink& sink) const {
  std::size_t rows = 0;
  each_element(data["results"], [&](const Json& row) {
    ++rows;
    const auto id = scalar_text(row["id"]);
    if (id.empty() || (!m_list.empty() && id != m_list)) {
      return;
    }
    auto counts = scalar_text(row["subscriber_count"]);
    each_member(row["subscriber_statuses"], [&counts](std::string_view status, const Json& count) {
      counts.append(" ").append(status).append(" ").append(scalar_text(count));
    });
    const auto stream = "list/" + id;
    const auto last = mark_time(sink.marked("subscribers"));
    if (last && sink.marked(stream) != counts) {
      sink.next({.step = "left",
                 .campaign = id,
                 .since = *last - k_overlap,
                 .until = task.until,
                 .rank = -1});
    }
    sink.mark(stream, counts);
  });
  if (auto more = next_page(task, data, rows)) {
    sink.next(std::move(*more));
  }
}

// ---- push ----------------------------------------------------------------------------------------

Result<std::vector<ApiTask>> ListmonkApi::look(const PushTarget& target,
                                               std::span<const std::string> wanted) const {
  // Whose subscription counts: that to the account's list.
  const auto& list = target.list.empty() ? m_list : target.list;
  std::vector<ApiTask> tasks{{.step = "find-list", .campaign = list, .memo = target.name}};
  if (target.kind == TargetKind::suppression) {
    tasks = {{.step = "blocklisted"}};
  }
  if (wanted.size() > k_few) {
    tasks.push_back({.step = "people", .campaign = list, .calls = 10});
  } else {
    for (const auto& address : wanted) {
      tasks.push_back({.step = "person", .campaign = list, .memo = address});
    }
  }
  return tasks;
}

void ListmonkApi::find_list(const ApiTask& task, const Json& data, ApiSink& sink) const {
  std::size_t rows = 0;
  std::string found;
  each_element(data["results"], [&](const Json& row) {
    ++rows;
    if (found.empty() && text_of(row["name"]) == task.memo) {
      found = scalar_text(row["id"]);
    }
  });
  if (!found.empty()) {
    sink.target(found);
    sink.next({.step = "members", .campaign = found, .memo = task.campaign});
  } else if (auto more = next_page(task, data, rows)) {
    sink.next(std::move(*more));
  }
}

/// Of the target ("members"; whose subscription counts stands in the memo), or of the account.
void ListmonkApi::read_members(const ApiTask& task, const Json& data, ApiSink& sink) const {
  const bool of_target = task.step == "members", blocklisted = task.step == "blocklisted";
  if (blocklisted) {
    sink.target("blocklist");
  }
  const std::string_view list = of_target ? task.memo : task.campaign;
  std::size_t rows = 0;
  each_element(data["results"], [&](const Json& row) {
    ++rows;
    TargetMember member;
    member.address = text_of(row["email"]);
    member.contact_id = scalar_text(row["id"]);
    bool left_target = false;
    each_element(row["lists"], [&](const Json& one) {
      const auto id = scalar_text(one["id"]);
      const auto state = subscription_in_list(text_of(one["subscription_status"]), text_of(one["optin"]));
      if (of_target && id == task.campaign) {
        member.in_target = state != Subscription::unsubscribed;
        left_target = !member.in_target;
      } else if (id == list || (list.empty() && member.subscription != Subscription::subscribed &&
                                state != Subscription::unknown)) {
        member.subscription = state; // of several lists: subscribed to any
      }
    });
    const auto whole = subscription_of(text_of(row["status"]));
    if (whole != Subscription::unknown) { // blocklisted, disabled
      member.subscription = whole;
      member.in_target = member.in_target || blocklisted;
    } else if (left_target) {
      member.subscription = Subscription::unsubscribed;
    }
    sink.member(member);
  });
  if (auto more = next_page(task, data, rows)) {
    sink.next(std::move(*more));
  }
}

Result<std::vector<ApiTask>> ListmonkApi::create(const PushTarget& target) const {
  ApiTask make{.step = "new-list"};
  make.body = "{\"name\":" + json_string(target.name) +
              ",\"type\":\"private\",\"optin\":\"single\",\"tags\":[],\"description\":\"\"}";
  return std::vector<ApiTask>{make};
}

Result<std::vector<PushStep>> ListmonkApi::change(const PushTarget& target, std::string_view id,
                                                  std::span<const MemberChange> changes) const {
  std::vector<std::size_t> adds, removes;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const auto& contact = changes[i].contact_id;
    if (contact.empty() || !std::all_of(contact.begin(), contact.end(), is_digit)) {
      return Error{ErrorCode::usage, "a subscriber without an id of listmonk: " + changes[i].address};
    }
    (changes[i].action == MemberChange::Action::remove ? removes : adds).push_back(i);
  }
  const auto steps = [&](const std::vector<std::size_t>& all, std::string_view action) {
    return in_batches(all, k_ids, [&](const std::vector<std::size_t>& some) {
      std::string body = "{\"ids\":[";
      for (const auto i : some) {
        body += i == some.front() ? "" : ",";
        body += changes[i].contact_id;
      }
      if (target.kind == TargetKind::suppression) {
        return ApiTask{.step = "block", .body = body + "]}"};
      }
      body += "],\"action\":" + json_string(action) + ",\"target_list_ids\":[" + std::string(id) + "]}";
      return ApiTask{.step = "change-list", .body = std::move(body)};
    });
  };
  auto all = steps(adds, "add");
  for (auto& step : steps(removes, "remove")) {
    all.push_back(std::move(step));
  }
  return all;
}

} // namespace

Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) {
  for (const auto& [name, value] : {std::pair{"base_url"sv, std::string_view(account.base_url)},
                                    std::pair{"user"sv, account.setting("user")},
                                    std::pair{"api_key"sv, account.secret("api_key")}}) {
    if (value.empty()) {
      return Error{ErrorCode::usage, "listmonk needs the account's " + std::string(name) +
                                         ": base_url = \"https://lists.example.com\", user = \"…\" and "
                                         "api_key = { env = \"LISTMONK_TOKEN\" }"};
    }
  }
  return std::make_unique<ListmonkApi>(account);
}

} // namespace mailfunnel::listmonk
