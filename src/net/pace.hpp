#pragma once
// How fast an account's requests go, and when an origin is left alone. Values without clocks: the
// moment comes in as an argument.

#include "net/settings.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailfunnel {

/// A token bucket: `burst` requests at once, `per_second` in the long run.
class TokenBucket {
public:
  TokenBucket(double per_second, double burst); // per_second 0: no limit
  /// Takes a token, and says when it may be used.
  Moment take(Moment now);

private:
  double m_per_second, m_burst;
  double m_tokens; // below 0: taken before they are there
  Moment m_at{};
};

/// The paths of an account that are slower than the rest of it. Each counts from the first time
/// that the server says so.
class PathPace {
public:
  explicit PathPace(const std::vector<std::pair<std::string, double>>& paths); // per second
  /// When a request may go, which takes its token.
  Moment take(std::string_view path, Moment now);
  /// Too many of this path, says the server. True: it is one of them, and none goes before the
  /// moment; false: it counts as the rest.
  bool told(std::string_view path, Moment until, Moment now);

private:
  struct Path {
    std::string begins;
    double per_second = 0;
    bool counts = false;
    Moment next{}; // the earliest moment of the next request
  };
  Path* find(std::string_view path);
  std::vector<Path> m_paths;
};

/// A circuit breaker over the requests to one origin. Each one that is admitted ends in ended() or
/// dropped().
class Breaker {
public:
  explicit Breaker(const BreakerRules& rules) : m_rules(rules) {}
  /// False: fail without trying. After the pause one is let through to try, the others wait for it.
  bool admits(Moment now);
  void ended(bool failed, Moment now);
  void dropped() { m_trying = false; } // neither: it was stopped
  unsigned failures() const { return m_failures; }

private:
  BreakerRules m_rules;
  unsigned m_failures = 0; // in a row
  bool m_trying = false;
  Moment m_until{};
};

} // namespace mailfunnel
