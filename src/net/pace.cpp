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

PathPace::PathPace(const std::vector<std::pair<std::string, double>>& paths) {
  for (const auto& [path, per_second] : paths) {
    m_paths.push_back({path, per_second});
  }
}

PathPace::Path* PathPace::find(std::string_view path) {
  const auto found = std::find_if(m_paths.begin(), m_paths.end(),
                                  [path](const Path& one) { return path.starts_with(one.begins); });
  return found == m_paths.end() ? nullptr : &*found;
}

Moment PathPace::take(std::string_view path, Moment now) {
  auto* slow = find(path);
  if (slow == nullptr || !slow->counts) {
    return now;
  }
  const auto ready = std::max(slow->next, now);
  slow->next = ready + std::chrono::ceil<Moment::duration>(
                           std::chrono::duration<double>(1 / slow->per_second));
  return ready;
}

bool PathPace::told(std::string_view path, Moment until, Moment now) {
  auto* slow = find(path);
  if (slow == nullptr) {
    return false;
  }
  const auto pause =
      std::chrono::ceil<Moment::duration>(std::chrono::duration<double>(1 / slow->per_second));
  slow->next = slow->counts ? std::max(slow->next, until) : std::max(until, now + pause);
  slow->counts = true;
  return true;
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
