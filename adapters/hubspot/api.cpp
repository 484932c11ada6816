#include "api.hpp"

#include "base/text.hpp"
#include "base/uri.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::hubspot {

using namespace std::string_view_literals;

namespace {

/// What a key is tried with: one row of each.
struct Right {
  std::string_view name, path, needed_for;
};
constexpr std::array k_rights{
    Right{"content"sv, "/email/public/v1/events?limit=1"sv, "mailings and activity"sv},
    Right{"crm.objects.contacts.read"sv, "/crm/v3/objects/contacts?limit=1"sv, "contacts"sv},
    Right{"crm.lists.read"sv, "/crm/v3/lists?listIds=1"sv, "a push to a list"sv},
};

} // namespace

const HubSpotApi::Step* HubSpotApi::step_of(std::string_view name) {
  using A = HubSpotApi;
  static constexpr std::array k_steps{
      Step{"emails"sv, &A::ask_emails, &A::read_emails},
      Step{"events"sv, &A::ask_events, &A::read_events},
      Step{"campaign"sv, &A::ask_campaign, &A::read_campaign, 404},
      Step{"property-names"sv, &A::ask_property_names, &A::read_property_names},
      Step{"contacts"sv, &A::ask_contacts, &A::read_contacts},
      Step{"changed-contacts"sv, &A::ask_changed_contacts, &A::read_changed_contacts},
      Step{"list"sv, &A::ask_list, &A::read_list, 404},
      Step{"memberships"sv, &A::ask_memberships, &A::read_memberships},
      Step{"people"sv, &A::ask_people, &A::read_people},
      Step{"properties"sv, &A::ask_property_names, &A::read_properties},
      Step{"new-list"sv, &A::ask_new_list, &A::read_list},
      Step{"new-property"sv, &A::ask_new_property, &A::read_new_property, 409},
      Step{"change-list"sv, &A::ask_change_list, &A::read_change_list},
      Step{"set-properties"sv, &A::ask_set_properties, &A::read_set_properties},
      Step{"right"sv, &A::ask_right, &A::read_right, 403},
      Step{"token"sv, &A::ask_token, &A::read_token},
  };
  const auto* found = std::find_if(k_steps.begin(), k_steps.end(),
                                   [name](const Step& step) { return step.name == name; });
  return found == k_steps.end() ? nullptr : found;
}

HubSpotApi::HubSpotApi(const ApiAccount& account)
    : m_base(base_url(account, "https://api.hubapi.com")), m_token(account.secret("access_token")),
      m_client(account.secret("client_id")), m_client_secret(account.secret("client_secret")),
      m_refresh_token(account.secret("refresh_token")) {
  if (m_token.empty()) {
    m_token = account.secret("api_key");
  }
}

// A private app has 100 calls in ten seconds, other apps not counted; a day has 250,000 for all.
ApiLimits HubSpotApi::limits() const {
  return {.per_second = 9, .burst = 9, .connections = 4, .per_day = 250'000};
}

HttpRequest HubSpotApi::request(const ApiTask& task) const {
  const auto* step = step_of(task.step);
  if (step == nullptr) {
    return get_request(m_base);
  }
  auto request = (this->*step->ask)(task);
  request.url = m_base + request.url;
  if (task.step != "token") {
    request.headers.emplace_back("Authorization", bearer_authorization(m_token));
  }
  return request;
}

Result<void> HubSpotApi::read(const ApiTask& task, const HttpResponse& answer,
                              ApiSink& sink) const {
  const auto* step = step_of(task.step);
  return step == nullptr ? Result<void>(Error{ErrorCode::unsupported, "no such step: " + task.step})
                         : (this->*step->read)(task, answer, sink);
}

/// {"status":"error","message":"…","category":"VALIDATION_ERROR","errors":[{"message":"…"}]}
std::string HubSpotApi::problem(const HttpResponse& answer) const {
  const auto json = read_json(answer);
  if (!json) {
    return {};
  }
  std::string out(text_of((*json)["message"]));
  each_element((*json)["errors"], [&out](const Json& error) {
    out.append(" (").append(text_of(error["message"])).append(")");
  });
  return out;
}

std::optional<ApiTask> next_after(const ApiTask& task, const JsonAnswer& answer) {
  const JsonScalar after(answer["paging"]["next"]["after"]);
  const std::string_view place = after;
  if (place.empty() || place == task.place) {
    return std::nullopt;
  }
  auto more = task;
  more.place = place;
  more.calls = std::max(1.0, task.calls - 1);
  return more;
}

// ---- check
// ---------------------------------------------------------------------------------------

std::vector<ApiTask> HubSpotApi::check() const {
  std::vector<ApiTask> tasks;
  for (const auto& right : k_rights) {
    tasks.push_back({.step = "right", .place = std::string(right.path)});
  }
  return tasks;
}

HttpRequest HubSpotApi::ask_right(const ApiTask& task) const {
  return get_request(task.place);
}

Result<void> HubSpotApi::read_right(const ApiTask& task, const HttpResponse& answer,
                                    ApiSink& sink) const {
  for (const auto& right : k_rights) {
    if (right.path == task.place) {
      sink.fact("scope " + std::string(right.name),
                answer.ok() ? "granted"
                            : "not granted: needed for " + std::string(right.needed_for),
                answer.ok());
    }
  }
  if (const auto left = parse_int(answer.header("X-HubSpot-RateLimit-Daily-Remaining"));
      left && task.place == k_rights.front().path) {
    sink.fact("calls left today", std::to_string(*left), *left > 1000);
  }
  return {};
}

// ---- a new access token
// --------------------------------------------------------------------------

std::optional<ApiTask> HubSpotApi::refresh() const {
  if (m_client.empty() || m_client_secret.empty() || m_refresh_token.empty()) {
    return std::nullopt;
  }
  return ApiTask{.step = "token"};
}

HttpRequest HubSpotApi::ask_token(const ApiTask&) const {
  HttpRequest request;
  request.url = "/oauth/v1/token";
  request.headers = {{"Accept", "application/json"},
                     {"Content-Type", "application/x-www-form-urlencoded"}};
  request.body = UrlQuery{{"grant_type", "refresh_token"},
                          {"client_id", m_client},
                          {"client_secret", m_client_secret},
                          {"refresh_token", m_refresh_token}}
                     .text()
                     .substr(1);
  request.repeatable = true;
  return request;
}

Result<void> HubSpotApi::read_token(const ApiTask&, const HttpResponse& answer,
                                    ApiSink& sink) const {
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

Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) {
  auto api = std::make_unique<HubSpotApi>(account);
  if (account.secret("api_key").empty() && account.secret("access_token").empty() &&
      !api->refresh()) {
    return Error{
        ErrorCode::usage,
        "HubSpot needs the access token of a private app, such as api_key = { env = "
        "\"HUBSPOT_TOKEN\" }, or client_id, client_secret and refresh_token of an OAuth app"};
  }
  return api;
}

} // namespace mailfunnel::hubspot
