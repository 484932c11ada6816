#pragma once
// A file that came whole, such as an export that an API gives: out of its compression.

#include "base/result.hpp"

#include <string>

namespace mailfunnel {

/// Bytes as they are, or what gzip or zstd made smaller. Error bad_syntax: that is broken or cut
/// off; io: it gives more than `most` bytes.
Result<std::string> unpacked(std::string bytes, std::size_t most = std::size_t{256} << 20);

} // namespace mailfunnel
