#pragma once
// Connections that wait for another request to their origin.

#include "net/connection.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mailfunnel {

class ConnectionPool {
public:
  /// No more than `most` are kept for an origin.
  explicit ConnectionPool(std::size_t most) : m_most(most) {}

  /// The one that was used last, if it is still open; nullptr: there is none. Those that were idle
  /// for too long go. A request that must not be sent twice gets only one that was in use just now,
  /// as servers close idle connections without a word.
  std::shared_ptr<Connection> take(const std::string& origin, bool repeatable);
  void give(const std::string& origin, std::shared_ptr<Connection> connection);
  void clear() { m_idle.clear(); }

private:
  std::size_t m_most;
  std::map<std::string, std::vector<std::shared_ptr<Connection>>> m_idle; // the newest last
};

} // namespace mailfunnel
