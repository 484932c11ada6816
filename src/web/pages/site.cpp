#include "web/pages/site.hpp"

#include "adapter/signature.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"
#include "web/pages/assets.hpp"
#include "web/pages/handlers.hpp"
#include "web/routing.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mailfunnel {

namespace {

constexpr std::string_view k_session = "mailfunnel", k_language = "mailfunnel_lang";
constexpr std::string_view k_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
constexpr std::size_t k_most_fields = 2000;

bool reads(const WebRequest& request) {
  return request.http.method == "GET" || request.http.method == "HEAD";
}

/// Does the browser say that another site sent it? One that says nothing is asked for the
/// session's number all the same.
bool from_elsewhere(const WebRequest& request) {
  const auto site = request.http.header("Sec-Fetch-Site");
  if (!site.empty()) {
    return site != "same-origin" && site != "none";
  }
  const auto origin = request.http.header("Origin");
  return !origin.empty() && origin.substr(origin.find("//") + 2) != request.http.header("Host");
}

Form read_form(std::string_view body) {
  Form out;
  while (!body.empty()) {
    const auto end = body.find('&');
    const auto one = body.substr(0, end);
    body = end == std::string_view::npos ? std::string_view() : body.substr(end + 1);
    const auto equals = std::min(one.find('='), one.size());
    auto name = percent_decode(one.substr(0, equals), true);
    auto value = percent_decode(one.substr(std::min(equals + 1, one.size())), true);
    if (out.size() == k_most_fields || !valid_utf8(name) || !valid_utf8(value)) {
      bad_request("the form is not one of ours");
    }
    out.emplace_back(std::move(name), std::move(value));
  }
  return out;
}

/// A place of this workspace, so that nobody is sent elsewhere by a link to us.
std::string safe_path(std::string to, const std::string& base) {
  const bool ours = to.starts_with(base + "/") && !to.starts_with("//") &&
                    to.find('\\') == std::string::npos &&
                    std::none_of(to.begin(), to.end(),
                                 [](char c) { return static_cast<unsigned char>(c) <= ' '; });
  return ours ? to : base + "/";
}

Language language_of(const WebRequest& request, const Workspace& workspace) {
  if (const auto chosen = find_language(cookie_of(request, k_language))) {
    return *chosen;
  }
  if (const auto wished = accepted_language(request.http.header("Accept-Language"))) {
    return *wished;
  }
  return find_language(workspace.config.locale.name).value_or(Language::en);
}

std::string cookie(std::string_view name, std::string_view value, const std::string& base,
                   const WebRequest& request, Seconds age) {
  return fmt::format("{}={}; Path={}/; Max-Age={}; HttpOnly; SameSite=Lax{}", name, value, base,
                     age, request.secure ? "; Secure" : "");
}

} // namespace

struct Site::Visit {
  const Workspace& workspace;
  std::string base;
  Seconds now;
  Tasks* tasks;
  Words words;
  ApiToken caller;          // without a name: nobody
  std::string_view route{}; // for the log, as a path may name somebody
  std::optional<Login> session;

  PageContext context(const WebRequest& request, PageCache& cache, const Handles& handles) const {
    return {{workspace, caller, now, {}, {}, tasks, Way::page},
            words,
            base,
            std::string(path_in_workspace(request)),
            request.query,
            session ? session->csrf : std::string(),
            {},
            !request.http.header("X-Fragment").empty(),
            cache,
            handles};
  }
};

const std::vector<PageRoute>& page_routes() {
  static const std::vector<PageRoute> k_routes{
      {"GET", "/", Role::reviewer, {}, overview_page},
      {"GET", "/overview/history", Role::reviewer, {}, overview_history},
      {"GET", "/recipients", Role::reviewer, {"q", "where", "after", "as_of"}, people_page},
      {"GET", "/recipients.csv", Role::reviewer, {"q", "where"}, people_file},
      {"GET", "/recipients/{email}", Role::sales, {"as_of", "run", "done"}, person_page},
      {"GET", "/recipients/{email}/history", Role::reviewer, {}, person_history_page},
      {"GET", "/recipients/{email}/events", Role::reviewer, {"after"}, person_events_page},
      {"GET", "/recipients/{email}/letter", Role::operations, {"lang"}, person_letter},
      {"POST", "/recipients/{email}/object", Role::operations, {}, person_object},
      {"POST", "/recipients/{email}/suppress", Role::operations, {}, person_suppress},
      {"POST", "/recipients/{email}/unsuppress", Role::operations, {}, person_unsuppress},
      {"POST", "/recipients/{email}/erase", Role::admin, {}, person_erase},
      {"GET", "/campaigns", Role::reviewer, {"q", "after"}, campaigns_page},
      {"GET",
       "/campaigns/{account}/{id}",
       Role::reviewer,
       {"alone", "as_of", "wait", "stored"},
       campaign_page},
      {"GET",
       "/links",
       Role::reviewer,
       {"campaign", "stage", "untagged", "after", "stored"},
       links_page},
      {"GET", "/links/csv", Role::reviewer, {"campaign", "stage", "untagged"}, links_file},
      {"POST", "/links/preview", Role::operations, {}, link_preview},
      {"POST", "/links", Role::operations, {}, link_store},
      {"GET", "/rules", Role::reviewer, {}, rules_page},
      {"POST", "/rules/try", Role::reviewer, {}, rules_try},
      {"POST", "/rules/backtest", Role::reviewer, {}, rules_backtest},
      {"POST", "/rules/download", Role::reviewer, {}, rules_download},
      {"GET", "/segments", Role::sales, {"where", "use"}, segments_page},
      {"GET", "/segments/try", Role::reviewer, {"where", "use"}, segments_try},
      {"GET", "/segments/overlap", Role::reviewer, {}, segments_overlap},
      {"GET", "/segments/{name}", Role::sales, {"after"}, segment_page_of},
      {"GET", "/segments/{name}/csv", Role::sales, {}, segment_csv},
      {"GET", "/plans", Role::reviewer, {}, plans_page},
      {"GET", "/plans/{id}", Role::reviewer, {"action", "after"}, plan_page},
      {"POST", "/plans/{id}/approve", Role::operations, {}, plan_approve},
      {"POST", "/plans/{id}/reject", Role::operations, {}, plan_reject},
      {"POST", "/plans/{id}/apply", Role::operations, {}, plan_apply},
      {"GET", "/pushes/{id}", Role::reviewer, {"state", "after"}, push_page},
      {"GET", "/tasks", Role::reviewer, {}, tasks_page},
      {"POST", "/tasks", Role::operations, {}, task_start},
      {"GET", "/tasks/{id}", Role::reviewer, {}, task_page},
      {"POST", "/tasks/{id}/cancel", Role::operations, {}, task_cancel},
  };
  return k_routes;
}

HttpResponse Site::failed(const WebRequest& request, Visit& visit, const Error& error, int status) {
  const auto context = visit.context(request, m_cache, m_handles);
  View view;
  view.set("message", error.message);
  view.set("again", status == 503);
  return context.part ? show_part(context, "problem", view)
                      : show_page(context, "problem", view,
                                  context.t[status == 404   ? "not_found"
                                            : status == 403 ? "not_allowed"
                                            : status == 503 ? "busy"
                                                            : "went_wrong"],
                                  status);
}

HttpResponse Site::log_in(const WebRequest& request, Visit& visit) {
  auto context = visit.context(request, m_cache, m_handles);
  context.query = read_query(request.query, std::vector<std::string_view>{"to"});
  View view;
  const auto form = reads(request) ? Form() : read_form(request.http.body);
  context.form = form;
  const auto to =
      safe_path(reads(request) ? context.text("to") : context.field("to"), context.base);
  view.set("to", to);
  if (!reads(request)) {
    bool slow = false;
    {
      const std::lock_guard lock(m_mutex);
      const auto at = std::chrono::steady_clock::now();
      auto after = m_attempts;
      slow = after.take(at) > at;
      m_attempts = slow ? m_attempts : after;
    }
    const auto token = std::string(trim(context.field("token")));
    std::optional<ApiToken> caller;
    if (!slow && !from_elsewhere(request)) {
      auto store = Store::open_reading(visit.workspace.store_path());
      caller = find_token(store, token);
    }
    if (caller) {
      auto out = see_other(context, "");
      out.headers = {{"Location", to},
                     {"Set-Cookie", cookie(k_session, m_logins.start(token, visit.now),
                                           context.base, request, Logins::k_idle)}};
      m_log.info("logged in", {{"who", caller->name}, {"from", request.peer}});
      return out;
    }
    m_log.warning("log-in refused", {{"from", request.peer}});
    view.set("wrong", context.t[slow ? "login_slow" : "login_wrong"]);
  }
  return show_page(context, "login", view, context.t["log_in"], reads(request) ? 200 : 403);
}

HttpResponse Site::answer(const WebRequest& request, Visit& visit) {
  const auto path = path_in_workspace(request);
  if (path == "/login") {
    return log_in(request, visit);
  }
  if (!visit.session) {
    auto context = visit.context(request, m_cache, m_handles);
    if (!reads(request) || context.part) {
      return text_response(401, "log in first\n");
    }
    return see_other(
        context, "/login",
        {{"to", context.path == "/" ? ""
                                    : context.base + context.path +
                                          (request.query.empty() ? "" : "?" + request.query)}});
  }
  auto context = visit.context(request, m_cache, m_handles);
  if (!reads(request)) {
    if (!request.http.header("Content-Type").starts_with("application/x-www-form-urlencoded")) {
      bad_request(visit.words["foreign_form"]);
    }
    context.form = read_form(request.http.body);
    if (from_elsewhere(request) || !same_secret(context.field("csrf"), visit.session->csrf)) {
      forbidden(visit.words["foreign_form"]);
    }
    if (path == "/logout") {
      m_logins.end(cookie_of(request, k_session));
      return see_other(context, "/login");
    }
    if (path == "/language") {
      auto out = see_other(context, "");
      const auto language = find_language(context.field("lang")).value_or(Language::en);
      out.headers = {{"Location", safe_path(context.field("to"), context.base)},
                     {"Set-Cookie",
                      cookie(k_language, code_of(language), context.base, request, 400 * k_day)}};
      return out;
    }
  }
  bool known = false;
  for (const auto& route : page_routes()) {
    if (!path_matches(route.path, path)) {
      continue;
    }
    known = true;
    if ((route.method == "GET") != reads(request)) {
      continue;
    }
    if (context.caller.role < route.least ||
        (!reads(request) && route.least > Role::reviewer && context.caller.read_only)) {
      if (path == "/" && context.may(Role::sales)) {
        return see_other(context, "/segments"); // all that sales sees
      }
      forbidden(visit.words["not_your_role"]);
    }
    visit.route = route.path;
    context.places = places_of(route.path, path);
    context.query = read_query(request.query, route.parameters);
    return route.handler(context);
  }
  if (known) {
    return failed(request, visit, {ErrorCode::usage, visit.words["other_method"]}, 405);
  }
  not_found(visit.words["no_such_page"]);
}

std::optional<ApiToken> Site::caller_of(const WebRequest& request, const Workspace& workspace,
                                        Seconds now) {
  const auto session = m_logins.find(cookie_of(request, k_session), now);
  if (!session || from_elsewhere(request) ||
      (!reads(request) && !same_secret(request.http.header("X-CSRF"), session->csrf))) {
    return std::nullopt;
  }
  auto store = Store::open_reading(workspace.store_path());
  return find_token(store, session->token);
}

HttpResponse Site::handle(const WebRequest& request, const Workspace& workspace,
                          const std::string& base, Seconds now, Tasks* tasks) {
  Visit visit{workspace,
              base,
              now,
              tasks,
              Words(language_of(request, workspace), workspace.config.report_zone),
              {},
              {},
              {}};
  HttpResponse out;
  try {
    visit.session = m_logins.find(cookie_of(request, k_session), now);
    if (visit.session) {
      auto store = Store::open_reading(workspace.store_path());
      auto caller = find_token(store, visit.session->token);
      if (caller) {
        visit.caller = *std::move(caller);
      } else {
        visit.session.reset(); // the token was taken back
      }
    }
    out = answer(request, visit);
  } catch (const Failure& failure) {
    const auto status = http_status_of(failure.error.code);
    if (status == 500) {
      m_log.error("page", {{"path", visit.route}, {"why", failure.what()}});
    }
    out = failed(request, visit,
                 status == 500 ? Error{ErrorCode::io, visit.words["see_log"]} : failure.error,
                 status);
  } catch (const std::exception& fault) {
    m_log.error("page", {{"path", visit.route}, {"why", fault.what()}});
    out = failed(request, visit, {ErrorCode::io, visit.words["see_log"]}, 500);
  }
  out.headers.emplace_back("Content-Security-Policy", std::string(k_policy));
  out.headers.emplace_back("X-Frame-Options", "DENY");
  out.headers.emplace_back("X-Content-Type-Options", "nosniff");
  out.headers.emplace_back("Referrer-Policy", "no-referrer");
  out.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  out.headers.emplace_back("Cache-Control", "no-store");
  return out;
}

HttpResponse static_response(const WebRequest& request) {
  constexpr std::string_view k_folder = "/static/";
  const auto rest = std::string_view(request.path).substr(k_folder.size());
  const auto slash = rest.find('/');
  const auto* file =
      slash == std::string_view::npos ? nullptr : find_static(rest.substr(slash + 1));
  if (file == nullptr) {
    return text_response(404, "there is nothing here\n");
  }
  HttpResponse out;
  out.status = 200;
  const auto etag = "\"" + file->hash + "\"";
  out.headers.emplace_back("Content-Type", file->type);
  out.headers.emplace_back("X-Content-Type-Options", "nosniff");
  out.headers.emplace_back("ETag", etag);
  out.headers.emplace_back("Vary", "Accept-Encoding");
  out.headers.emplace_back("Cache-Control", rest.substr(0, slash) == file->hash
                                                ? "public, max-age=31536000, immutable"
                                                : "no-cache");
  if (request.http.header("If-None-Match") == etag) {
    out.status = 304;
    return out;
  }
  const bool packed = request.http.header("Accept-Encoding").find("gzip") != std::string_view::npos;
  if (packed) {
    out.headers.emplace_back("Content-Encoding", "gzip");
  }
  out.body = packed ? file->packed : std::string(file->plain);
  return out;
}

} // namespace mailfunnel
