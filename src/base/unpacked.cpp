#include "base/unpacked.hpp"

#include "base/archive_library.hpp"

#include <algorithm>
#include <string_view>

namespace mailfunnel {

namespace {

using namespace std::string_view_literals;

bool is_compressed(std::string_view bytes) {
  return bytes.starts_with("\x1f\x8b"sv) || bytes.starts_with("\x28\xb5\x2f\xfd"sv);
}

} // namespace

Result<std::string> unpacked(std::string bytes, std::size_t most) {
  if (!is_compressed(bytes)) {
    return bytes;
  }
  constexpr std::size_t k_step = std::size_t{64} << 10;
  const Error broken{ErrorCode::bad_syntax, "the compressed data is broken or cut off"};
  const Archive handle(archives().archive_read_new());
  archives().archive_read_support_filter_gzip(handle.get());
  archives().archive_read_support_filter_zstd(handle.get());
  archives().archive_read_support_format_raw(handle.get());
  archives().archive_read_support_format_empty(handle.get());
  archive_entry* entry = nullptr;
  if (archives().archive_read_open_memory(handle.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) {
    return broken;
  }
  if (const int code = archives().archive_read_next_header(handle.get(), &entry);
      code != ARCHIVE_OK) {
    return code == ARCHIVE_EOF ? Result<std::string>(std::string()) : broken;
  }
  std::string out;
  for (la_ssize_t got = 1; got > 0;) {
    const auto size = out.size();
    out.resize(size + k_step);
    got = archives().archive_read_data(handle.get(), out.data() + size, k_step);
    out.resize(size + static_cast<std::size_t>(std::max<la_ssize_t>(got, 0)));
    if (got < 0) {
      return broken;
    }
    if (out.size() > most) {
      return Error{ErrorCode::io, "the compressed data holds too much"};
    }
  }
  return out;
}

} // namespace mailfunnel
