#pragma once
// Where a request goes: the parts of its URL, which is strict here (RFC 3986), other than those of
// links in mails; and the proxy on the way.

#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mailfunnel {

struct Target {
  bool tls = true;
  std::string host; // in lower case, an IPv6 address without its brackets
  std::uint16_t port = 443;
  std::string path = "/"; // with the query, encoded as it was given

  /// "https://api.example.com:8443"; the port is left out where it is the usual one.
  std::string origin() const;
  /// "api.example.com:8443", as the header Host has it.
  std::string host_field() const;
  /// "api.example.com:443", as CONNECT has it.
  std::string host_and_port() const;
};

/// https://, or http:// to a loopback host; no user part. The fragment is left out. The error is
/// `usage`.
Result<Target> parse_target(std::string_view url);

/// 127.0.0.0/8, ::1 or localhost.
bool is_loopback(std::string_view host);
bool is_loopback_address(std::string_view address);

struct Proxy {
  std::string host;
  std::uint16_t port = 0;
  std::string authorization; // value of Proxy-Authorization; "": none
  std::string secret;        // the password
};

/// "http://user:password@host:3128", "host:3128"; no proxy for an empty text. The error is `usage`.
Result<std::optional<Proxy>> parse_proxy(std::string_view url);

/// Is a host called without the proxy? A list of names, each for itself and what is below it
/// (".example.com" and "example.com"), addresses, both with or without a port, or "*". Loopback
/// hosts always are.
bool bypasses_proxy(const Target& target, std::string_view no_proxy);

} // namespace mailfunnel
