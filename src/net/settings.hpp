#pragma once
// What the HTTPS client is told: by the process (NetworkSettings) and by an account (HostRules).

#include "base/time.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailfunnel {

using Moment = std::chrono::steady_clock::time_point;
using Milliseconds = std::chrono::milliseconds;

/// The longest that each phase of one attempt may take.
struct PhaseLimits {
  Milliseconds resolve{10'000};
  Milliseconds connect{10'000}; // to each of a host's addresses
  Milliseconds handshake{10'000};
  Milliseconds write{30'000};       // until the next piece of the request is taken
  Milliseconds first_byte{120'000}; // until the head of the answer is there
  Milliseconds read{30'000};        // until the next piece of the body
  Milliseconds whole{900'000};      // all of it, so that no drip keeps us for ever
};

struct AnswerLimits {
  std::size_t body = std::size_t{256} << 20; // as sent, and decoded
  std::size_t head = 64 << 10; // status line and headers, and each part of the framing
  std::size_t ratio = 200;     // of decoded to sent, beyond the first 16 MiB
};

/// When a request is sent again. Waits are full jitter: random between 0 and
/// min(cap, base * 2^attempt), attempt from 0
/// (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
struct RetryRules {
  unsigned attempts = 5; // in all
  Milliseconds base{500};
  Milliseconds cap{30'000};
  std::chrono::seconds retry_after{900}; // the longest Retry-After that is waited for
};

/// After so many requests to an origin in a row that failed after all their attempts, those that
/// follow fail at once, until `pause` is over and one of them was let through and succeeded.
struct BreakerRules {
  unsigned failures = 5;
  Milliseconds pause{60'000};
};

struct NetworkSettings {
  /// PEM file of the authorities that are trusted, instead of the system's (OpenSSL's, with
  /// SSL_CERT_FILE and SSL_CERT_DIR).
  std::string ca_file;
  std::string proxy;    // "http://user:password@host:3128"; https goes through it with CONNECT
  std::string no_proxy; // "localhost,.example.com": hosts that are called directly
  PhaseLimits limits;
  AnswerLimits answer;
  RetryRules retry;
  BreakerRules breaker;

  /// Polled ten times a second while there are requests; they end with `stopped`. May be empty.
  std::function<bool()> stopped;
  /// A line for each attempt, without a secret: "GET https://… 200, 85 ms". Called on the client's
  /// thread. May be empty.
  std::function<void(std::string_view line)> log;

  // For tests; empty: the real ones. All are called on the client's thread but `resolve`.
  std::function<Moment()> now;
  std::function<void(Milliseconds)> sleep; // instead of waiting; is to move `now` on
  std::function<Seconds()> wall_clock;     // UTC
  std::function<double()> random;          // 0 <= x < 1
  std::function<std::vector<std::string>(const std::string& host)> resolve; // to IP addresses
};

/// Proxy and exceptions as the environment has them: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, those in
/// lower case first.
NetworkSettings network_settings_from_environment();

/// What holds for one account. All requests of a client share these bounds.
struct HostRules {
  /// "https://api.example.com": scheme, host and port of all that is ever called; a path in
  /// it says nothing. http:// is for 127.0.0.1, ::1 and localhost only.
  std::vector<std::string> origins;
  double per_second = 0; // requests; 0: as many as there are
  double burst = 1;      // that may go at once after a rest
  /// Of what begins with a path, slower than the rest: requests a second, from the first 429 to one
  /// of them on that names no Retry-After, and holds up no others.
  std::vector<std::pair<std::string, double>> paths;
  unsigned connections = 4;
  std::vector<std::string> secrets; // see SecretMask
};

} // namespace mailfunnel
