#pragma once
// One line of a web server's access log, taken apart.

#include "base/time.hpp"

#include <array>
#include <string_view>

namespace mailfunnel::weblog {

/// Views into the line; what is "-" there is empty here.
struct AccessLine {
  std::string_view vhost;  // "www.example.com:443", where it stands in front
  std::string_view client; // address or name of who asked
  Instant time;
  std::string_view method, target; // "GET", "/prices?a=1"; empty when the request is none of HTTP
  int status = 0;                  // 0: none
  bool has_agent = false;          // the format has referer and agent
  std::string_view agent;          // with its escapes
  std::string_view forwarded;      // X-Forwarded-For, where it stands behind the agent
};

/// Reads lines; remembers the last date, as logs have few days.
class AccessReader {
public:
  /// "" and the parts, or what is wrong with the line.
  std::string_view read(std::string_view line, AccessLine& into);

private:
  bool read_time(std::string_view text, Instant& time);
  std::array<char, 11> m_date{}; // "11/May/2026"
  Seconds m_day = 0;
};

/// Is it an IP address, by its characters?
bool looks_like_ip(std::string_view text);

} // namespace mailfunnel::weblog
