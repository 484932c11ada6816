#pragma once
// The HTTP server: connections, limits, deadlines. Knows nothing of what is served.
//
// One thread moves bytes (Asio and Beast); handlers run on a few others. Everything that comes in
// is bounded: connections, the head of a request, its body, all bodies together, and the time each
// of them may take, so that a client that sends a byte a second holds nothing up.

#include "base/network.hpp"
#include "base/result.hpp"
#include "web/exchange.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mailfunnel {

struct TlsFiles {
  std::string certificate; // a chain, PEM
  std::string key;         // PEM, readable by its owner
};

struct ServerLimits {
  std::size_t connections = 1'024;
  std::uint32_t head = 16 << 10;                 // bytes
  std::size_t bodies = std::size_t{64} << 20;    // of all requests under way
  std::chrono::milliseconds idle{75'000};        // between two requests
  std::chrono::milliseconds head_time{10'000};   // for a head
  std::chrono::milliseconds body_time{30'000};   // for a body
  std::chrono::milliseconds answer_time{60'000}; // for a handler
  std::chrono::milliseconds write_time{30'000};  // for an answer
};

struct ServerSettings {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8765; // 0: any that is free
  std::optional<TlsFiles> tls;
  std::vector<std::string> proxies; // addresses whose X-Forwarded-For and -Proto are believed
  unsigned threads = 2;             // for handlers
  ServerLimits limits;
  std::function<std::size_t(std::string_view path)> body_limit; // bytes; absent: 1 MiB
  /// What to say to who is to come again later; absent: 503.
  std::function<int(std::string_view path)> busy_status;
  std::function<void(const std::string&)> log; // what an operator should know
};

struct ServerCounts {
  std::uint64_t connections = 0, requests = 0, refused = 0;
  std::size_t open = 0, body_bytes = 0;
};

class HttpServer {
public:
  using Handler = std::function<void(WebRequest, Reply)>; // on one of the handlers' threads

  /// Listens when it returns. Error usage: the address, the port or the certificate is no good.
  static Result<std::unique_ptr<HttpServer>> start(ServerSettings settings, Handler handler);
  ~HttpServer(); // as stop(0)
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;
  ServerCounts counts() const;
  /// Reads the certificate again, for connections to come. An error leaves the old one.
  Result<void> reload_tls();
  /// Takes no more connections, answers the requests that are under way, and is gone when it
  /// returns: at the latest after `grace`.
  void stop(std::chrono::milliseconds grace);

  struct Engine;

private:
  explicit HttpServer(std::shared_ptr<Engine> engine);
  std::shared_ptr<Engine> m_engine; // also of answers that are still to come
};

} // namespace mailfunnel
