#pragma once
// The JSON API of a workspace, under /api/v1/ and /w/NAME/api/v1/ (docs/api.md). Every request
// brings a token: `Authorization: Bearer mf_…`; or it comes from the pages, with their session.
//
//   400  a parameter is wrong, or not known
//   401  no token, or a wrong one
//   403  the token's role may not
//   404  no such thing
//   405  other methods, in Allow
//   409  it is there already
//   429  too fast; Retry-After
//   500  something broke; the log says what
//   503  another run writes; Retry-After

#include "base/event_log.hpp"
#include "net/pace.hpp"
#include "web/api_context.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

/// A set of roles: bits by Role.
using Roles = std::uint8_t;
constexpr Roles only(Role role) {
  return static_cast<Roles>(1U << static_cast<unsigned>(role));
}

struct ApiRoute {
  std::string_view method; // GET (HEAD too), POST, DELETE
  std::string_view path;   // behind /api/v1/: "recipients/{email}/explain"
  Roles roles;
  std::vector<std::string_view> parameters; // of the query
  ApiHandler handler;
};
/// schema/api.openapi.json lists the same; a test holds them against each other.
const std::vector<ApiRoute>& api_routes();

class JsonApi {
public:
  static constexpr double k_per_second = 20, k_burst = 40; // requests of one token

  /// `tasks`: of the workspace; nullptr: nothing can be asked for.
  explicit JsonApi(EventLog& log, Tasks* tasks = nullptr) : m_log(log), m_tasks(tasks) {}

  /// `at`: of the clock that tokens are paced by. `visitor`: who is logged in to the pages, which
  /// does where no token comes with the request. From any thread.
  HttpResponse handle(const WebRequest& request, const Workspace& workspace, Seconds now, Moment at,
                      const std::optional<ApiToken>& visitor = std::nullopt);

private:
  /// Seconds to wait; 0: go on.
  unsigned pace(const std::string& token, Moment at);
  HttpResponse perform(const ApiRoute& route, ApiContext& context, const WebRequest& request);

  EventLog& m_log;
  Tasks* m_tasks;
  std::mutex m_mutex;
  std::map<std::string, TokenBucket> m_buckets; // by the token's name
};

} // namespace mailfunnel
