#include "net/pace.hpp"

#include <algorithm>

namespace mailfunnel {

TokenBucket::TokenBucket(double per_second, double burst)
    : m_per_second(per_second), m_burst(std::max(burst, 1.0)), m_tokens(m_burst) {}

Moment TokenBucket::take(Moment now) {
  if (m_per_second <= 0) {
    return now;
  }
  const std::chrono::duration<double> rest = now - m_at;
  m_tokens = std::min(m_burst, m_tokens + rest.count() * m_per_second) - 1;
  m_at = now;
  if (m_tokens >= 0) {
    return now;
  }
  return now + std::chrono::ceil<Moment::duration>(
                   std::chrono::duration<double>(-m_tokens / m_per_second));
}

bool Breaker::admits(Moment now) {
  if (m_failures < m_rules.failures) {
    return true;
  }
  if (m_trying || now < m_until) {
    return false;
  }
  m_trying = true;
  return true;
}

void Breaker::ended(bool failed, Moment now) {
  m_failures = failed ? m_failures + 1 : 0;
  m_trying = false;
  m_until = now + m_rules.pause;
}

} // namespace mailfunnel
