#include "web/api.hpp"

#include "base/text.hpp"
#include "web/api_handlers.hpp"
#include "web/routing.hpp"

#include <fmt/format.h>

namespace mailfunnel {

namespace {

constexpr std::string_view k_root = "/api/v1/";
constexpr unsigned k_after_lock = 5; // seconds

constexpr Roles k_admin = only(Role::admin);
constexpr Roles k_operator = k_admin | only(Role::operations);
constexpr Roles k_reviewer = k_operator | only(Role::reviewer);
constexpr Roles k_all = k_reviewer | only(Role::sales);

/// The path behind /api/v1/, still encoded.
std::string_view path_behind_root(const WebRequest& request) {
  const auto path = path_in_workspace(request);
  return path.starts_with(k_root) ? path.substr(k_root.size()) : std::string_view();
}

HttpResponse refused() {
  auto out = error_response(401, "a token is wanted: Authorization: Bearer mf_…");
  out.headers.emplace_back("WWW-Authenticate", "Bearer");
  return out;
}

std::optional<ApiToken> caller_of(const WebRequest& request, const Workspace& workspace) {
  constexpr std::string_view k_scheme = "Bearer ";
  const auto header = request.http.header("Authorization");
  if (!istarts_with(header, k_scheme)) {
    return std::nullopt;
  }
  auto store = Store::open_reading(workspace.store_path());
  return find_token(store, trim(header.substr(k_scheme.size())));
}

} // namespace

const std::vector<ApiRoute>& api_routes() {
  static const std::vector<ApiRoute> k_routes{
      {"GET", "status", k_reviewer, {}, api_status},
      {"GET", "recipients", k_reviewer, {"q", "where", "as_of", "limit", "after"}, api_recipients},
      {"GET", "recipients/{email}", k_reviewer, {"as_of"}, api_person},
      {"GET", "recipients/{email}/explain", k_all, {"as_of", "run"}, api_explain},
      {"GET", "recipients/{email}/events", k_reviewer, {"limit", "after"}, api_events},
      {"GET", "recipients/{email}/history", k_reviewer, {"from", "to", "every"}, api_history},
      {"POST", "recipients/{email}/object", k_operator, {}, api_object},
      {"POST", "recipients/{email}/suppress", k_operator, {}, api_suppress},
      {"POST", "recipients/{email}/forget", k_admin, {}, api_forget},
      {"GET", "campaigns", k_reviewer, {"limit", "after"}, api_campaigns},
      {"GET", "campaigns/{account}/{id}", k_reviewer, {"as_of", "alone"}, api_report},
      {"GET", "links", k_reviewer, {"campaign", "stage", "untagged", "limit", "after"}, api_links},
      {"POST", "links", k_operator, {}, api_set_link},
      {"GET", "segments", k_all, {"as_of"}, api_segments},
      {"GET", "segments/count", k_reviewer, {"where", "use", "as_of"}, api_count},
      {"GET", "segments/{name}", k_all, {"as_of", "limit", "after"}, api_members},
      {"GET", "runs", k_reviewer, {"limit", "after"}, api_runs},
      {"GET", "jobs", k_reviewer, {"job", "limit", "after"}, api_jobs},
      {"GET", "jobs/{id}", k_reviewer, {}, api_job},
      {"GET", "pushes", k_reviewer, {"limit", "after"}, api_pushes},
      {"GET", "plans", k_reviewer, {"state", "limit", "after"}, api_plans},
      {"POST", "plans", k_operator, {}, api_make_plan},
      {"GET", "plans/{id}", k_reviewer, {"limit", "after"}, api_plan},
      {"POST", "plans/{id}/approve", k_operator, {}, api_approve_plan},
      {"POST", "plans/{id}/reject", k_operator, {}, api_reject_plan},
      {"POST", "plans/{id}/apply", k_operator, {}, api_apply_plan},
      {"GET", "tasks", k_reviewer, {"limit", "after"}, api_tasks},
      {"POST", "tasks", k_operator, {}, api_start_task},
      {"GET", "tasks/{id}", k_reviewer, {}, api_task},
      {"DELETE", "tasks/{id}", k_operator, {}, api_cancel_task},
      {"POST", "simulate", k_reviewer, {"as_of", "top"}, api_simulate},
      {"GET", "tokens", k_admin, {"limit", "after"}, api_tokens},
      {"POST", "tokens", k_admin, {}, api_add_token},
      {"DELETE", "tokens/{name}", k_admin, {}, api_remove_token},
  };
  return k_routes;
}

unsigned JsonApi::pace(const std::string& token, Moment at) {
  const std::lock_guard lock(m_mutex);
  if (m_buckets.size() > k_most_tokens) { // of tokens that are gone
    m_buckets.clear();
  }
  auto& bucket = m_buckets.try_emplace(token, k_per_second, k_burst).first->second;
  auto after = bucket; // who is refused takes none, else asking on would lengthen the wait
  const auto free = after.take(at);
  if (free > at) {
    return static_cast<unsigned>(std::chrono::ceil<std::chrono::seconds>(free - at).count());
  }
  bucket = after;
  return 0;
}

HttpResponse JsonApi::perform(const ApiRoute& route, ApiContext& context,
                              const WebRequest& request) {
  try {
    context.places = places_of(route.path, path_behind_root(request));
    context.query = read_query(request.query, route.parameters);
    return route.handler(context, request);
  } catch (const Failure& failure) {
    const auto status = http_status_of(failure.error.code);
    if (status != 500) {
      return error_response(status, failure.error.message, status == 503 ? k_after_lock : 0);
    }
    m_log.error("api", {{"path", route.path}, {"why", failure.what()}});
  } catch (const std::exception& fault) {
    m_log.error("api", {{"path", route.path}, {"why", fault.what()}});
  }
  return error_response(500, "something broke; the log of `mailfunnel serve` says what");
}

HttpResponse JsonApi::handle(const WebRequest& request, const Workspace& workspace, Seconds now,
                             Moment at, const std::optional<ApiToken>& visitor) {
  const auto answer = [&]() -> HttpResponse {
    const bool token = !request.http.header("Authorization").empty();
    const auto caller = token ? caller_of(request, workspace) : visitor;
    if (!caller) {
      return refused();
    }
    if (const auto seconds = pace(caller->name, at); seconds != 0) {
      return error_response(429, fmt::format("more than {} requests a second", k_per_second),
                            seconds);
    }
    const auto path = path_behind_root(request);
    const auto method = request.http.method == "HEAD" ? "GET" : request.http.method;
    const ApiRoute* route = nullptr;
    std::vector<std::string> methods;
    for (const auto& one : api_routes()) {
      if (path_matches(one.path, path)) {
        route = route == nullptr && one.method == method ? &one : route;
        methods.emplace_back(one.method);
      }
    }
    if (methods.empty()) {
      return error_response(404, "there is nothing here; docs/api.md lists what there is");
    }
    if (route == nullptr) {
      auto out = error_response(405, "other methods here: " + join(methods, ", "));
      out.headers.emplace_back("Allow", join(methods, ", "));
      return out;
    }
    if ((route->roles & only(caller->role)) == 0) {
      return error_response(403, fmt::format("the role {} may not do this", name_of(caller->role)));
    }
    if (caller->read_only && route->method != "GET") {
      return error_response(403, "this token is for reading alone");
    }
    ApiContext context{workspace, *caller, now, {}, {}, m_tasks};
    return perform(*route, context, request);
  };
  HttpResponse out;
  try {
    out = answer();
  } catch (const std::exception& fault) {
    m_log.error("api", {{"why", fault.what()}});
    out = error_response(503, "the store can't be read", k_after_lock);
  }
  out.headers.emplace_back("Cache-Control", "no-store");
  return out;
}

} // namespace mailfunnel
