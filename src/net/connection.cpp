#include "net/connection.hpp"

#include "base/text.hpp"
#include "net/coroutine.hpp"
#include "net/lookup.hpp"
#include "net/request_head.hpp"
#include "net/response_reader.hpp"
#include "net/tls.hpp"

#include <boost/asio/ssl/error.hpp>
#include <boost/beast/core/error.hpp>
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>

namespace mailfunnel {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using Fate = Attempt::Fate;

constexpr std::size_t k_joined = 16 << 10; // a body up to here goes in one piece with its head
constexpr std::size_t k_piece = 64 << 10;  // of a longer one

struct Io {
  error_code ec;
  std::size_t bytes = 0;
};

asio::awaitable<Io> read_some(Connection* connection) {
  const auto into = asio::buffer(connection->buffer);
  Io io;
  if (connection->tls) {
    auto [ec, bytes] = co_await connection->tls->async_read_some(into, k_tuple);
    io.ec = ec;
    io.bytes = bytes;
  } else {
    auto [ec, bytes] = co_await connection->tcp.async_read_some(into, k_tuple);
    io.ec = ec;
    io.bytes = bytes;
  }
  co_return io;
}

/// All of the text, with a limit for each piece that is taken.
asio::awaitable<Io> write_all(Connection* connection, std::string_view text, Milliseconds limit) {
  Io io;
  while (io.bytes < text.size() && !io.ec) {
    const auto piece = asio::buffer(text.substr(io.bytes, k_piece));
    connection->limit(limit);
    if (connection->tls) {
      auto [ec, bytes] = co_await connection->tls->async_write_some(piece, k_tuple);
      io.ec = ec;
      io.bytes += bytes;
    } else {
      auto [ec, bytes] = co_await connection->tcp.async_write_some(piece, k_tuple);
      io.ec = ec;
      io.bytes += bytes;
    }
  }
  co_return io;
}

bool is_end(const error_code& ec) {
  return ec == asio::error::eof || ec == asio::ssl::error::stream_truncated;
}

bool is_cut(const error_code& ec) {
  return is_end(ec) || ec == asio::error::connection_reset || ec == asio::error::broken_pipe ||
         ec == asio::error::connection_aborted;
}

std::string seconds(Milliseconds span) {
  return fmt::format("{} s", static_cast<double>(span.count()) / 1000);
}

std::string why(const error_code& ec, std::string_view phase, Milliseconds limit) {
  if (ec == beast::error::timeout) {
    return fmt::format("{}: nothing within {}", phase, seconds(limit));
  }
  if (is_end(ec)) {
    return fmt::format("{}: the connection was closed", phase);
  }
  return fmt::format("{}: {}", phase, lower(ec.message()));
}

Attempt not_connected(std::string message) {
  Attempt out;
  out.fate = Fate::not_sent;
  out.error = {ErrorCode::unreachable, std::move(message)};
  return out;
}

Attempt refused(Error error) {
  Attempt out;
  out.error = std::move(error);
  return out;
}

Attempt lost(std::string message) {
  Attempt out;
  out.fate = Fate::lost;
  out.error = {ErrorCode::unanswered, std::move(message)};
  return out;
}

// Connecting.

asio::awaitable<std::optional<Attempt>> open_socket(Route route, Connection* connection,
                                                    std::string host, std::uint16_t port) {
  const auto& limits = route.settings->limits;
  const auto found =
      co_await look_up(route.io, route.timer, host, limits.resolve, route.settings->resolve);
  if (found.list.empty()) {
    co_return not_connected(
        fmt::format("the address of {} is not to be had: {}", host, found.fault));
  }
  std::string faults;
  for (const auto& address : found.list) {
    const asio::ip::tcp::endpoint endpoint(address, port);
    if (!route.target->tls && !address.is_loopback()) {
      faults += fmt::format("; {} is not this machine, which http:// is for", address.to_string());
      continue;
    }
    connection->limit(limits.connect);
    auto [ec] = co_await connection->tcp.async_connect(endpoint, k_tuple);
    if (!ec) {
      error_code ignored;
      connection->tcp.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
      co_return std::nullopt;
    }
    faults += "; " + why(ec, address.to_string(), limits.connect);
    connection->close();
    if (ec == asio::error::operation_aborted) {
      break; // it was stopped
    }
  }
  co_return not_connected(fmt::format("no connection to {}:{}{}", host, port, faults));
}

/// RFC 9110, 9.3.6.
asio::awaitable<std::optional<Attempt>> open_tunnel(Route route, Connection* connection) {
  const auto& limits = route.settings->limits;
  const auto there = route.target->host_and_port();
  auto head = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n", there);
  if (!route.proxy->authorization.empty()) {
    head += fmt::format("Proxy-Authorization: {}\r\n", route.proxy->authorization);
  }
  head += "\r\n";
  const auto written = co_await write_all(connection, head, limits.write);
  if (written.ec) {
    co_return not_connected(why(written.ec, "the proxy", limits.write));
  }
  ResponseReader reader(true, route.settings->answer);
  connection->limit(limits.connect);
  auto state = ResponseReader::State::more;
  while (state == ResponseReader::State::more) {
    const auto got = co_await read_some(connection);
    if (got.ec) {
      co_return not_connected(why(got.ec, "the proxy", limits.connect));
    }
    state = reader.feed({connection->buffer.data(), got.bytes});
  }
  if (state == ResponseReader::State::failed) {
    co_return not_connected("the proxy: " + std::move(reader).failure().error.message);
  }
  const auto answer = reader.take();
  if (answer.ok()) {
    co_return std::nullopt;
  }
  auto fault =
      not_connected(fmt::format("the proxy {}:{} does not connect to {}: status {}",
                                route.proxy->host, route.proxy->port, there, answer.status));
  if (answer.status == 407) {
    fault.error.message += ", it asks for other credentials (HTTPS_PROXY)";
  }
  if (answer.status < 500) {
    fault.fate = Fate::refused;
  }
  co_return fault;
}

asio::awaitable<std::optional<Attempt>> shake_hands(Route route, Connection* connection) {
  const auto& limits = route.settings->limits;
  const auto& host = route.target->host;
  auto& tls = connection->tls.emplace(connection->tcp, *route.tls);
  if (!expect_host(tls.native_handle(), host)) {
    Error fault{ErrorCode::usage, "no certificate can be for the host " + host};
    co_return refused(std::move(fault));
  }
  connection->limit(limits.handshake);
  auto [ec] = co_await tls.async_handshake(asio::ssl::stream_base::client, k_tuple);
  if (!ec) {
    co_return std::nullopt;
  }
  auto fault = handshake_fault(tls.native_handle(), ec, host);
  if (fault) {
    co_return refused(std::move(*fault));
  }
  co_return not_connected(why(ec, "TLS handshake with " + host, limits.handshake));
}

// An exchange.

/// What was written of the request's head and body.
asio::awaitable<Io> write_request(Connection* connection, const HttpRequest* request,
                                  const Target* target, Milliseconds limit) {
  auto head = request_head(*request, *target);
  const bool joined = request->body.size() <= k_joined;
  if (joined) {
    head += request->body;
  }
  auto written = co_await write_all(connection, head, limit);
  if (!written.ec && !joined) {
    const auto more = co_await write_all(connection, request->body, limit);
    written.ec = more.ec;
    written.bytes += more.bytes;
  }
  co_return written;
}

Exchange lost_exchange(const Connection& connection, const ResponseReader& reader,
                       const error_code& ec, Milliseconds limit) {
  Exchange out;
  out.attempt = lost(why(ec,
                         reader.head_done() ? "the answer's body"
                         : reader.started() ? "the answer's head"
                                            : "no answer",
                         limit));
  out.stale = connection.used && !reader.started() && is_cut(ec);
  return out;
}

} // namespace

void Connection::limit(Milliseconds phase) {
  tcp.expires_at(std::min(std::chrono::steady_clock::now() + phase, end));
}

bool Connection::fresh() {
  if (tls) {
    auto* ssl = tls->native_handle();
    if (SSL_has_pending(ssl) == 1 || BIO_ctrl_pending(SSL_get_rbio(ssl)) > 0) {
      return false; // it was read already, with the last answer
    }
  }
  char byte = 0;
  const auto got = ::recv(tcp.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

asio::awaitable<std::optional<Attempt>> connect(Route route, Connection* connection) {
  auto host = route.target->host;
  auto port = route.target->port;
  if (route.proxy != nullptr) {
    host = route.proxy->host;
    port = route.proxy->port;
  }
  auto fault = co_await open_socket(route, connection, host, port);
  if (!fault && route.proxy != nullptr) {
    fault = co_await open_tunnel(route, connection);
  }
  if (!fault && route.target->tls) {
    fault = co_await shake_hands(route, connection);
  }
  co_return fault;
}

asio::awaitable<Exchange> exchange(Connection* connection, const HttpRequest* request,
                                   const Target* target, const NetworkSettings* settings) {
  const auto& limits = settings->limits;
  Exchange out;
  const auto written = co_await write_request(connection, request, target, limits.write);
  if (written.ec && (written.bytes == 0 || !is_cut(written.ec))) {
    out.attempt = lost(why(written.ec, "sending the request", limits.write));
    if (written.bytes == 0) { // not even a whole TLS record
      out.attempt.fate = Fate::not_sent;
      out.attempt.error.code = ErrorCode::unreachable;
      out.stale = connection->used && is_cut(written.ec);
    }
    co_return out;
  }
  // Who refuses a request while it is being sent answers and closes: the answer may be there.
  ResponseReader reader(request->method == "HEAD", settings->answer);
  auto limit = limits.first_byte;
  connection->limit(limit);
  auto state = ResponseReader::State::more;
  while (state == ResponseReader::State::more) {
    const auto got = co_await read_some(connection);
    if (got.bytes > 0) {
      state = reader.feed({connection->buffer.data(), got.bytes});
      if (reader.head_done()) {
        limit = limits.read;
        connection->limit(limit);
      }
    } else if (got.ec == asio::error::eof && reader.started()) {
      state = reader.end();
    } else {
      co_return lost_exchange(*connection, reader, got.ec, limit);
    }
  }
  if (state == ResponseReader::State::failed) {
    out.attempt = std::move(reader).failure();
    co_return out;
  }
  out.reusable = !written.ec && reader.keeps_alive();
  out.attempt.fate = Fate::answered;
  out.attempt.answer = reader.take();
  co_return out;
}

} // namespace mailfunnel
