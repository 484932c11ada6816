// Klaviyo's API, revision 2026-07-15: https://developers.klaviyo.com/en/reference/api_overview
//
// Pull. Campaigns with their mails; events, one stream for each metric that counts something of
// mails, newest first; profiles. One report has the figures of all campaigns.
//
// Push. A list, properties of profiles, or the account's suppression. A list takes ids of profiles
// that are there: nobody is made one, and nobody is subscribed by it.

#include "api.hpp"

#include "adapter/json_value.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"

#include <array>

namespace mailfunnel::klaviyo {

namespace {

using namespace std::string_view_literals;

constexpr auto k_revision = "2026-07-15"sv;
constexpr auto k_media_type = "application/vnd.api+json"sv;

/// A text in a filter: "…", with \ before what ends it.
std::string filter_text(std::string_view text) {
  return "\"" + replace_all(replace_all(text, "\\", "\\\\"), "\"", "\\\"") + "\"";
}

} // namespace

KlaviyoApi::KlaviyoApi(const ApiAccount& account)
    : m_base(base_url(account, "https://a.klaviyo.com/api")), m_list(account.list),
      m_authorization("Klaviyo-API-Key " + std::string(account.secret("api_key"))) {}

std::optional<ApiTask> next_page(const ApiTask& task, const JsonAnswer& answer) {
  const auto next = text_of(answer["links"]["next"]);
  const auto cursor = query_parameter(parse_uri(next).query, "page[cursor]");
  if (!cursor || cursor->empty() || *cursor == task.place) {
    return std::nullopt;
  }
  auto more = task;
  more.place = *cursor;
  return more;
}

// ---- requests
// ------------------------------------------------------------------------------------

HttpRequest KlaviyoApi::post(const std::string& path, std::string body, bool repeatable) const {
  auto request = json_request("POST", m_base + path, std::move(body));
  request.headers = {{"Content-Type", std::string(k_media_type)}};
  request.repeatable = repeatable;
  return request;
}

HttpRequest KlaviyoApi::request(const ApiTask& task) const {
  const auto& step = task.step;
  const auto get = [this, &task](std::string path, UrlQuery query = {}) {
    auto request =
        get_request(m_base + std::move(path) + query.add("page[cursor]", task.place).text());
    request.headers.clear();
    return request;
  };
  HttpRequest request;
  if (step == "campaigns") {
    request = get("/campaigns",
                  {{"filter", "and(equals(messages.channel,'email'),greater-or-equal(updated_at," +
                                  format_time(task.since) + "))"},
                   {"include", "campaign-messages"},
                   {"sort", "-updated_at"}});
  } else if (step == "content") {
    request = get("/campaign-messages/" + percent_encode(task.memo) + "/template",
                  {{"fields[template]", "html,text"}});
  } else if (step == "metrics") {
    request = get("/metrics");
  } else if (step == "report") {
    request = post("/campaign-values-reports" + UrlQuery({{"page_cursor", task.place}}).text(),
                   R"({"data":{"type":"campaign-values-report","attributes":{"timeframe":{"key":)"
                   R"("last_12_months"},"conversion_metric_id":)" +
                       json_string(task.memo) +
                       R"(,"statistics":["recipients","delivered","opens","opens_unique","clicks",)"
                       R"("clicks_unique","unsubscribes","spam_complaints"]}}})",
                   true);
  } else if (step == "events") {
    const auto metric = std::string_view(task.memo).substr(0, task.memo.find(' '));
    request = get("/events",
                  {{"filter", "and(equals(metric_id," + filter_text(metric) +
                                  "),greater-or-equal(datetime," + format_time(task.since) + "))"},
                   {"include", "profile"},
                   {"fields[profile]", "email"},
                   {"page[size]", "1000"},
                   {"sort", "-datetime"}});
  } else if (step == "profiles") {
    request =
        get("/profiles",
            {{"additional-fields[profile]", "subscriptions"},
             {"filter", task.since > 0 ? "greater-than(updated," + format_time(task.since) + ")"
                                       : std::string()},
             {"page[size]", "100"},
             {"sort", task.since > 0 ? "updated" : "id"}});
  } else if (step == "lists") {
    request = get("/lists", {{"filter", "equals(name," + filter_text(task.memo) + ")"}});
  } else if (step == "check-list") {
    request = get("/lists/" + percent_encode(task.campaign));
  } else if (step == "members") {
    request = get("/lists/" + percent_encode(task.campaign) + "/profiles",
                  {{"additional-fields[profile]", "subscriptions"}, {"page[size]", "100"}});
  } else if (step == "people") {
    request = get("/profiles", {{"additional-fields[profile]", "subscriptions"},
                                {"filter", task.memo.substr(task.memo.find('\n') + 1)},
                                {"page[size]", "100"}});
  } else if (step == "new-list") {
    request = post("/lists", task.body, false);
  } else if (step == "add" || step == "remove") {
    request = post("/lists/" + percent_encode(task.campaign) + "/relationships/profiles", task.body,
                   true); // sets: twice is as once
    request.method = step == "add" ? "POST" : "DELETE";
  } else if (step == "set") {
    request = post("/profile-bulk-import-jobs", task.body, true);
  } else if (step == "suppress") {
    request = post("/profile-suppression-bulk-create-jobs", task.body, true);
  } else if (step == "set-job") {
    request = get_request(m_base + "/profile-bulk-import-jobs/" + percent_encode(task.campaign));
  } else if (step == "set-errors") {
    request = get("/profile-bulk-import-jobs/" + percent_encode(task.campaign) + "/import-errors",
                  {{"page[size]", "100"}});
  } else if (step == "suppress-job") {
    request = get_request(m_base + "/profile-suppression-bulk-create-jobs/" +
                          percent_encode(task.campaign));
  } else { // account
    request = get("/accounts");
  }
  std::erase_if(request.headers, [](const auto& header) { return header.first == "Accept"; });
  request.headers.emplace_back("Accept", k_media_type);
  request.headers.emplace_back("revision", k_revision);
  request.headers.emplace_back("Authorization", m_authorization);
  return request;
}

// ---- answers
// -------------------------------------------------------------------------------------

const std::vector<KlaviyoApi::StepRow>& KlaviyoApi::steps() {
  using Self = KlaviyoApi;
  static const std::vector<StepRow> s_rows{
      // NOLINT: never changes
      {"campaigns", &Self::read_campaigns},
      {"content", &Self::read_content},
      {"metrics", &Self::read_metrics},
      {"report", &Self::read_report},
      {"events", &Self::read_events},
      {"profiles", &Self::read_profiles},
      {"lists", &Self::read_lists},
      {"new-list", &Self::read_new_list},
      {"members", &Self::read_people},
      {"people", &Self::read_people},
      {"add", &Self::read_nothing},
      {"remove", &Self::read_nothing},
      {"set", &Self::read_job},
      {"suppress", &Self::read_job},
      {"set-job", &Self::read_job},
      {"suppress-job", &Self::read_job},
      {"set-errors", &Self::read_job_errors},
      {"account", &Self::read_check},
      {"check-list", &Self::read_check},
  };
  return s_rows;
}

Result<void> KlaviyoApi::read(const ApiTask& task, const HttpResponse& answer,
                              ApiSink& sink) const {
  for (const auto& row : steps()) {
    if (row.step == task.step) {
      return (this->*row.read)(task, answer, sink);
    }
  }
  return Error{ErrorCode::unsupported, "nobody reads the step \"" + task.step + "\""};
}

bool KlaviyoApi::understands(const ApiTask& task, int status) const {
  const auto& step = task.step;
  switch (status) {
  case 403: // a scope that the key lacks, and that can be done without
    return step == "content" || step == "report" || step == "account";
  case 404: // gone in the meantime
    return step == "content" || step == "check-list" || step == "suppress-job";
  case 501: // not offered here
    return step == "content" || step == "report";
  default:
    return false;
  }
}

/// Of a list by pages: a cursor is a place in it.
std::optional<ApiTask> KlaviyoApi::restart(const ApiTask& task) const {
  if (task.place.empty()) {
    return std::nullopt;
  }
  auto first = task;
  first.place.clear();
  return first;
}

std::string KlaviyoApi::problem(const HttpResponse& answer) const {
  const auto json = read_json(answer);
  if (!json) {
    return {};
  }
  std::string out;
  each_element((*json)["errors"], [&out](const Json& error) {
    const auto detail = text_of(error["detail"]);
    out.append(out.empty() ? "" : "; ").append(detail.empty() ? text_of(error["title"]) : detail);
    for (const auto name : {"pointer"sv, "parameter"sv}) {
      if (const auto source = text_of(error["source"][name]); !source.empty()) {
        out.append(" (").append(source).append(")");
      }
    }
  });
  return out;
}

// ---- check
// ---------------------------------------------------------------------------------------

std::vector<ApiTask> KlaviyoApi::check() const {
  std::vector<ApiTask> tasks{{.step = "account"}, {.step = "metrics", .memo = "check"}};
  if (!m_list.empty()) {
    tasks.push_back({.step = "check-list", .campaign = m_list});
  }
  return tasks;
}

Result<void> KlaviyoApi::read_check(const ApiTask& task, const HttpResponse& answer,
                                    ApiSink& sink) const {
  if (!answer.ok()) {
    if (task.step == "check-list") {
      sink.fact("list", "there is none with this id", false);
    }
    return {}; // the account's name is not needed
  }
  MF_TRY(json, read_json(answer));
  if (task.step == "check-list") {
    sink.fact("list", text_of(json["data"]["attributes"]["name"]), true);
  } else {
    MF_CHECK(need_list(json["data"], "data"));
    sink.fact(
        "account",
        text_of(json["data"].at_pointer("/0/attributes/contact_information/organization_name")),
        true);
  }
  return {};
}

Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) {
  if (account.secret("api_key").empty()) {
    return Error{ErrorCode::usage, "Klaviyo needs the account's private api_key, such as "
                                   "api_key = { env = \"KLAVIYO_API_KEY\" }"};
  }
  return std::make_unique<KlaviyoApi>(account);
}

} // namespace mailfunnel::klaviyo
