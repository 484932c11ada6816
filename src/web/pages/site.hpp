#pragma once
// The review pages of one workspace: who may see what, and which page answers.
//
// A page is for people who are logged in (web/logins.hpp). What changes something is a POST whose
// form brings the session's own number and comes from our own pages; nothing may frame them, and no
// script, style or picture from elsewhere is taken.

#include "base/event_log.hpp"
#include "web/api.hpp"
#include "web/logins.hpp"
#include "web/pages/page.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

using PageHandler = HttpResponse (*)(const PageContext& context);

struct PageRoute {
  std::string_view method; // GET (HEAD too) or POST
  std::string_view path;   // behind /w/NAME: "/campaigns/{account}/{id}"
  Role least;
  std::vector<std::string_view> parameters; // of the query
  PageHandler handler;
};
const std::vector<PageRoute>& page_routes();

class Site {
public:
  explicit Site(EventLog& log) : m_log(log) {}

  /// `base`: "/w/NAME", or "" where there is one workspace. `tasks`: of the workspace; nullptr:
  /// nothing can be asked for (a test). From any thread.
  HttpResponse handle(const WebRequest& request, const Workspace& workspace,
                      const std::string& base, Seconds now, Tasks* tasks = nullptr);
  /// Whose the request's session is, and for what changes something only where it brings the
  /// session's number in X-CSRF: for the API.
  std::optional<ApiToken> caller_of(const WebRequest& request, const Workspace& workspace,
                                    Seconds now);

private:
  struct Visit;
  HttpResponse answer(const WebRequest& request, Visit& visit);
  HttpResponse log_in(const WebRequest& request, Visit& visit);
  HttpResponse failed(const WebRequest& request, Visit& visit, const Error& error, int status);

  EventLog& m_log;
  Logins m_logins;
  PageCache m_cache;
  Handles m_handles;
  std::mutex m_mutex;
  TokenBucket m_attempts{1, 10}; // to log in, of all
};

/// A file of static/, for everybody.
HttpResponse static_response(const WebRequest& request);

} // namespace mailfunnel
