#include "net/connection_pool.hpp"

#include <algorithm>

namespace mailfunnel {

namespace {

using Clock = std::chrono::steady_clock; // sockets live in real time, also in tests

// Servers close idle connections after 5 s (Node.js, Apache) or more.
constexpr Milliseconds k_idle{30'000};
constexpr Milliseconds k_idle_unrepeatable{2'000};

} // namespace

std::shared_ptr<Connection> ConnectionPool::take(const std::string& origin, bool repeatable) {
  auto& idle = m_idle[origin];
  const auto now = Clock::now();
  std::erase_if(idle, [&](const auto& connection) {
    return now - connection->idle_since > k_idle || !connection->fresh();
  });
  if (idle.empty() || (!repeatable && now - idle.back()->idle_since > k_idle_unrepeatable)) {
    return nullptr;
  }
  auto newest = std::move(idle.back());
  idle.pop_back();
  return newest;
}

void ConnectionPool::give(const std::string& origin, std::shared_ptr<Connection> connection) {
  auto& idle = m_idle[origin];
  connection->used = true;
  connection->idle_since = Clock::now();
  idle.push_back(std::move(connection));
  if (idle.size() > m_most) {
    idle.erase(idle.begin());
  }
}

} // namespace mailfunnel
