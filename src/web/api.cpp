#include "web/api.hpp"

#include "base/text.hpp"
#include "base/uri.hpp"
#include "web/api_handlers.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mailfunnel {

namespace {

constexpr std::string_view k_root = "/api/v1/";
constexpr std::size_t k_longest_value = 8 << 10; // of a parameter, and of a part of the path
constexpr unsigned k_after_lock = 5;             // seconds

constexpr Roles k_admin = only(Role::admin);
constexpr Roles k_operator = k_admin | only(Role::operations);
constexpr Roles k_reviewer = k_operator | only(Role::reviewer);
constexpr Roles k_all = k_reviewer | only(Role::sales);

/// The path behind /api/v1/ as it came, still encoded: so that an encoded slash is no slash.
std::string_view path_behind_root(const WebRequest& request) {
  auto path = parse_uri(request.http.url).path;
  constexpr std::string_view k_workspace = "/w/";
  if (path.starts_with(k_workspace)) {
    const auto end = path.find('/', k_workspace.size());
    path = end == std::string_view::npos ? std::string_view() : path.substr(end);
  }
  return path.starts_with(k_root) ? path.substr(k_root.size()) : std::string_view();
}

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> out;
  for (;;) {
    const auto slash = path.find('/');
    out.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) {
      return out;
    }
    path.remove_prefix(slash + 1);
  }
}

bool matches(const std::vector<std::string_view>& pattern,
             const std::vector<std::string_view>& path) {
  return std::equal(pattern.begin(), pattern.end(), path.begin(), path.end(),
                    [](std::string_view a, std::string_view b) {
                      return a.starts_with('{') ? !b.empty() : a == b;
                    });
}

/// UTF-8 without control characters, not too long.
std::string checked(std::string value, std::string_view name) {
  if (value.size() > k_longest_value) {
    bad_request(fmt::format("{}: is longer than {} bytes", name, k_longest_value));
  }
  const bool clean = std::none_of(value.begin(), value.end(), [](char c) {
    return (c >= 0 && c < ' ' && !is_space(c)) || c == '\x7F';
  });
  if (!clean || !valid_utf8(value)) {
    bad_request(fmt::format("{}: is no text", name));
  }
  return value;
}

std::vector<std::string> places_of(std::string_view pattern, std::string_view path) {
  const auto names = parts_of(pattern), values = parts_of(path);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].starts_with('{')) {
      out.push_back(checked(percent_decode(values[i]), names[i]));
    }
  }
  return out;
}

void read_query(const ApiRoute& route, std::string_view query, ApiContext& context) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto one = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (one.empty()) {
      continue;
    }
    const auto equals = one.find('=');
    const auto name = percent_decode(one.substr(0, equals), true);
    const auto& known = route.parameters;
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      const std::vector<std::string> names(known.begin(), known.end());
      bad_request(fmt::format("\"{}\" is no parameter here; {}", printable(name, 60),
                              names.empty() ? "there is none" : "there are: " + join(names, ", ")));
    }
    auto value = equals == std::string_view::npos ? std::string()
                                                  : percent_decode(one.substr(equals + 1), true);
    if (!context.query.emplace(name, checked(std::move(value), name)).second) {
      bad_request(fmt::format("{}: is there twice", name));
    }
  }
}

int status_of(ErrorCode code) {
  switch (code) {
  case ErrorCode::usage:
  case ErrorCode::bad_syntax:
    return 400;
  case ErrorCode::unauthorized:
    return 403;
  case ErrorCode::not_found:
    return 404;
  case ErrorCode::conflict:
    return 409;
  case ErrorCode::locked:
  case ErrorCode::stopped:
    return 503;
  default:
    return 500;
  }
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
    read_query(route, request.query, context);
    return route.handler(context, request);
  } catch (const Failure& failure) {
    const auto status = status_of(failure.error.code);
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
                             Moment at, Tasks* tasks) {
  const auto answer = [&]() -> HttpResponse {
    const auto caller = caller_of(request, workspace);
    if (!caller) {
      return refused();
    }
    if (const auto seconds = pace(caller->name, at); seconds != 0) {
      return error_response(429, fmt::format("more than {} requests a second", k_per_second),
                            seconds);
    }
    const auto path = parts_of(path_behind_root(request));
    const auto method = request.http.method == "HEAD" ? "GET" : request.http.method;
    const ApiRoute* route = nullptr;
    std::vector<std::string> methods;
    for (const auto& one : api_routes()) {
      if (matches(parts_of(one.path), path)) {
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
    ApiContext context{workspace, *caller, now, tasks, {}, {}};
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
