#pragma once
// How fast an account's requests go, and when an origin is left alone. Values without clocks: the
// moment comes in as an argument.

#include "net/settings.hpp"

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
