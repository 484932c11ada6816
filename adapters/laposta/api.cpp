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

#include "api.hpp"

#include "adapter/passing_sink.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace mailfunnel::laposta {

using namespace std::string_view_literals;

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

Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) {
  if (account.secret("api_key").empty()) {
    return Error{
        ErrorCode::usage,
        "Laposta needs the account's api_key, such as api_key = { env = \"LAPOSTA_API_KEY\" }"};
  }
  return std::make_unique<LapostaApi>(account);
}

} // namespace mailfunnel::laposta
