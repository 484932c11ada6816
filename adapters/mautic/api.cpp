// Mautic's REST API, of one's own server: https://devdocs.mautic.org/en/latest/rest_api/
//
// Pull. E-mails by /api/emails, the newest first; what happened by the Stats API, which gives rows
// of the database's tables: those behind the last id (less a few, as what is written at the same
// time does not become visible in order). Rows of email_stats change when their mail is opened, so
// those opened since are asked for too; of each mail that tells the first open and the latest.
// Contacts by /api/contacts: new ones by their number, changed ones by date.
//
// Push. A segment of Mautic: POST segments/{id}/contacts/add takes many, leavers go one by one.
// Fields: PATCH contacts/batch/edit, which can't make a contact.

#include "api.hpp"

#include "base/json.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace mailfunnel::mautic {

using namespace std::string_view_literals;

namespace {

/// where[n] of a query.
void add_condition(UrlQuery& query, int n, std::string_view column, std::string_view expression,
                   std::string_view value) {
  const auto where = "where[" + std::to_string(n) + "]";
  query.add(where + "[col]", column).add(where + "[expr]", expression).add(where + "[val]", value);
}

} // namespace

const Table* table_of(std::string_view step) {
  const auto* found = std::find_if(k_table_streams.begin(), k_table_streams.end(),
                                   [step](const Table& one) { return one.step == step; });
  return found == k_table_streams.end() ? nullptr : found;
}

// ---- requests ----------------------------------------------------------------------------------

HttpRequest MauticApi::signed_request(HttpRequest request) const {
  request.headers.emplace_back("Authorization", m_client.empty()
                                                    ? basic_authorization(m_user, m_password)
                                                    : bearer_authorization(m_token));
  return request;
}

std::string MauticApi::url(const ApiTask& task) const {
  const auto& step = task.step;
  if (const auto* table = table_of(step)) {
    UrlQuery query{};
    query.add("limit", k_rows).add("order[0][col]", "id"sv).add("order[0][dir]", "asc"sv);
    add_condition(query, 0, "id", "gt", task.place.empty() ? "0"sv : std::string_view(task.place));
    if (task.since > 0) {
      const auto wall = utc_to_local(task.since, m_input.zone);
      const auto text =
          format_time(days_from_civil(wall.year, wall.month, wall.day) * k_day +
                      Seconds{wall.hour} * 3600 + Seconds{wall.minute} * 60 + wall.second);
      add_condition(query, 1, table->time, "gte", text.substr(0, 10) + " " + text.substr(11, 8));
    }
    return m_base + "/stats/" + std::string(table->name) + query.text();
  }
  UrlQuery page{{"start", task.place.empty() ? "0"sv : std::string_view(task.place)}};
  const auto contacts = [&](std::string_view search, std::string_view order, std::string_view way) {
    page.add("limit", k_rows).add("search", search).add("orderBy", order).add("orderByDir", way);
    return m_base + "/contacts" + page.text();
  };
  if (step == "emails") {
    page.add("limit", k_emails_page).add("orderBy", "id"sv).add("orderByDir", "desc"sv);
    return m_base + "/emails" + page.text();
  }
  if (step == "contacts") {
    return contacts("!is:anonymous", "id", "asc");
  }
  if (step == "new-contacts") {
    return contacts("!is:anonymous", "id", "desc");
  }
  if (step == "changed-contacts") {
    return contacts("!is:anonymous", "date_modified", "desc");
  }
  if (step == "people") {
    return contacts(task.campaign.empty() ? "!is:anonymous" : "segment:" + task.campaign, "id",
                    "asc");
  }
  if (step == "person") {
    return contacts("email:" + task.campaign, "id", "asc");
  }
  if (step == "find-segment") {
    return m_base + "/segments" + page.add("limit", k_rows).text();
  }
  if (step == "find-fields") {
    return m_base + "/fields/contact" + page.add("limit", k_rows).text();
  }
  return step == "check-stats" ? m_base + "/stats/email_stats?limit=1"
                               : m_base + "/contacts?limit=1";
}

HttpRequest MauticApi::request(const ApiTask& task) const {
  const auto& step = task.step;
  if (step == "token") {
    HttpRequest request;
    request.url = m_base.substr(0, m_base.rfind("/api")) + "/oauth/v2/token";
    request.headers = {{"Accept", "application/json"},
                       {"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = UrlQuery{{"grant_type", "client_credentials"},
                            {"client_id", m_client},
                            {"client_secret", m_client_secret}}
                       .text()
                       .substr(1);
    request.repeatable = true;
    return request;
  }
  if (step == "new-segment") {
    return signed_request(json_request("POST", m_base + "/segments/new", task.body));
  }
  if (step == "add" || step == "remove" || step == "fields") {
    const auto segment = m_base + "/segments/" + task.campaign;
    auto request = step == "fields"
                       ? json_request("PATCH", m_base + "/contacts/batch/edit", task.body)
                   : step == "add"
                       ? json_request("POST", segment + "/contacts/add", task.body)
                       : json_request("POST", segment + "/contact/" + task.place + "/remove", "{}");
    request.repeatable = true; // sets: twice is as once
    return signed_request(std::move(request));
  }
  return signed_request(get_request(url(task)));
}

std::string MauticApi::problem(const HttpResponse& answer) const {
  const auto json = read_json(answer);
  if (!json) {
    return {};
  }
  std::string out(text_of((*json)["error_description"]));
  each_element((*json)["errors"], [&out](const Json& error) {
    out.append(out.empty() ? "" : "; ").append(text_of(error["message"]));
  });
  return out;
}

Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) {
  const bool basic = !account.setting("user").empty() && !account.secret("password").empty();
  const bool oauth =
      !account.secret("client_id").empty() && !account.secret("client_secret").empty();
  if (account.base_url.empty() || (!basic && !oauth)) {
    return Error{ErrorCode::usage,
                 "Mautic needs the account's base_url = \"https://mautic.example.com\", "
                 "and user and password, or client_id and client_secret of OAuth 2"};
  }
  return std::make_unique<MauticApi>(account);
}

} // namespace mailfunnel::mautic
