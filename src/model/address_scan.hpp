#pragma once
// Addresses that stand somewhere in a text: in a log line, a URL, a message.

#include <functional>
#include <string_view>

namespace mailfunnel {

/// Calls `take` with everything around an @ that may be an address, normalised and as it stands in
/// the text: as much as it can be, and from behind every sign in it, as such signs often stand in
/// front of an address ("?e=ann@example.com"). True ends it, and is returned.
bool any_address(
    std::string_view text,
    const std::function<bool(std::string_view address, std::string_view as_written)>& take);

} // namespace mailfunnel
