#pragma once
// Small blobs through zstd. One context a thread, kept.

#include <string>
#include <string_view>

namespace mailfunnel {

void append_compressed(std::string& out, std::string_view bytes, int level = 1);
/// Throws Failure naming `name` when the blob is damaged.
std::string decompressed(std::string_view blob, std::string_view name);

} // namespace mailfunnel
