#pragma once
// Who is logged in to the pages. A person logs in with a token (app/api_token.hpp), which brings a
// name and a role; the browser keeps a number that only this process knows, and a start of the
// program logs everybody out.

#include "app/api_token.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace mailfunnel {

struct Login {
  std::string token; // looked up with each request, so that one that is taken back ends it
  std::string csrf;  // every form that changes something brings it back
  Seconds used = 0;
};

class Logins {
public:
  static constexpr Seconds k_idle = 12 * 3600;
  static constexpr std::size_t k_most = 1000; // the oldest goes

  /// The cookie's value.
  std::string start(std::string token, Seconds now);
  std::optional<Login> find(std::string_view cookie, Seconds now);
  void end(std::string_view cookie);

private:
  std::mutex m_mutex;
  std::map<std::string, Login, std::less<>> m_logins; // by a hash of the cookie
};

} // namespace mailfunnel
