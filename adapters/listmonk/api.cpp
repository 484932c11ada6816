// listmonk's API, of one's own server: https://listmonk.app/docs/apis/apis/
//
// Pull. Campaigns with their figures (the newest change first, as far back as 30 days before the
// last look), their bodies once, bounces, subscribers with their lists. Who opened and clicked is
// only in the exports of analytics, which newer servers have: one CSV of all campaigns, since a
// day. A page holds what the server allows (50 rows, whatever is asked for), so its own per_page
// tells the next.
//
// Push. A segment is a list: subscribers are added by their ids without a status, which leaves that
// of those who are in it already as it is. A list that we make is private and single opt-in: nobody
// is mailed because of it.

#include "api.hpp"

#include "adapter/framing.hpp"
#include "adapter/passing_sink.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace mailfunnel::listmonk {

using namespace std::string_view_literals;

namespace {

constexpr std::int64_t k_page = 1000; // asked for; the server may give less

/// As a text of SQL.
std::string sql_text(std::string_view text) {
  return "'" + replace_all(text, "'", "''") + "'";
}

} // namespace

std::optional<ApiTask> next_page(const ApiTask& task, const Json& data, std::size_t rows) {
  const auto page = std::max<std::uint64_t>(offset_of(task), 1);
  const auto size = count_of(data["per_page"]).value_or(rows),
             total = count_of(data["total"]).value_or(0);
  if (rows == 0 || page * size >= total) {
    return std::nullopt;
  }
  auto more = task;
  more.place = std::to_string(page + 1);
  more.calls = std::max(1.0, task.calls - 1);
  return more;
}

// ---- requests ----------------------------------------------------------------------------------

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
    return "/subscribers" +
           page({{"list_id", task.campaign},
                 {"subscription_status", "unsubscribed"},
                 {"query", task.since > 0 ? "subscriber_lists.updated_at >= " + sql_text(since)
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
    request = json_request(
        "PUT", m_base + (task.step == "block" ? "/subscribers/blocklist" : "/subscribers/lists"),
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

Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) {
  for (const auto& [name, value] : {std::pair{"base_url"sv, std::string_view(account.base_url)},
                                    std::pair{"user"sv, account.setting("user")},
                                    std::pair{"api_key"sv, account.secret("api_key")}}) {
    if (value.empty()) {
      return Error{ErrorCode::usage,
                   "listmonk needs the account's " + std::string(name) +
                       ": base_url = \"https://lists.example.com\", user = \"…\" and "
                       "api_key = { env = \"LISTMONK_TOKEN\" }"};
    }
  }
  return std::make_unique<ListmonkApi>(account);
}

} // namespace mailfunnel::listmonk
