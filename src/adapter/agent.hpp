#pragma once
// What a user agent gives away: robots, mail proxies, the operating system. Pure and thread-safe. A
// look at an agent costs about a microsecond, and a log has few different ones: callers keep what
// they were told.

#include <cstdint>
#include <string_view>

namespace mailfunnel {

/// Bits of model/event.hpp: privacy_proxy, image_proxy, crawler_agent, or empty_agent for an empty
/// one. A provider's proxy is never taken for a crawler: a person is behind it.
std::uint16_t agent_evidence(std::string_view user_agent);

/// Class of the operating system: 0 unknown, 1 windows, 2 macos, 3 ios, 4 android, 5 linux, 6
/// other. 0 for proxies, which name a system that is not the reader's.
std::uint8_t agent_system(std::string_view user_agent);

} // namespace mailfunnel
