#pragma once
// One connection to an origin, plain or TLS, through a proxy or not, and one exchange over it.

#include "net/retry.hpp"
#include "net/target.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>

namespace mailfunnel {

struct Connection {
  explicit Connection(boost::asio::io_context& io) : tcp(io) {}

  boost::beast::tcp_stream tcp;
  std::optional<boost::asio::ssl::stream<boost::beast::tcp_stream&>> tls; // none: plain
  bool used = false;   // an answer came over it before
  Moment idle_since{}; // by the steady clock
  Moment end{};        // of the attempt under way, whatever its phase
  std::array<char, 32 << 10> buffer{};

  /// From now on the phase may take so long.
  void limit(Milliseconds phase);
  /// Is it still open, with nothing to read? An answer to nothing, or an end, makes it useless.
  bool fresh();
  /// What waits on it ends.
  void close() { tcp.close(); }
};

/// What connect() needs to know. All of it outlives the call.
struct Route {
  boost::asio::io_context* io;
  boost::asio::steady_timer* timer; // that a look-up waits on
  const NetworkSettings* settings;
  boost::asio::ssl::context* tls; // none for http
  const Proxy* proxy;             // or nullptr
  const Target* target;
};

/// Looks up the host, tries its addresses in turn, goes through the proxy, shakes hands.
/// Nothing: it stands.
boost::asio::awaitable<std::optional<Attempt>> connect(Route route, Connection* connection);

struct Exchange {
  Attempt attempt;
  bool reusable = false; // the connection, for another one
  bool stale = false;    // it had been used before and was closed before a byte of an answer came
};

/// Writes a request and reads its answer.
boost::asio::awaitable<Exchange> exchange(Connection* connection, const HttpRequest* request,
                                          const Target* target, const NetworkSettings* settings);

} // namespace mailfunnel
