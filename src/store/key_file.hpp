#pragma once
// A key beside the store: a few bytes, made once, readable by their owner only.

#include <string>
#include <string_view>

namespace mailfunnel {

/// Written under another name and moved into place, so that a crash leaves a whole key or none; it
/// is on the disk when this returns. Failure (io).
void write_key_file(const std::string& path, std::string_view key);

} // namespace mailfunnel
