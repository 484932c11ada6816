#include "store/zstd.hpp"

#include "base/result.hpp"

#include <zstd.h>

#include <memory>

namespace mailfunnel {

namespace {
struct Free {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};
constexpr unsigned long long k_most = 1ULL << 30;
} // namespace

void append_compressed(std::string& out, std::string_view bytes, int level) {
  thread_local const std::unique_ptr<ZSTD_CCtx, Free> t_context(ZSTD_createCCtx());
  const auto before = out.size();
  out.resize(before + ZSTD_compressBound(bytes.size()));
  const auto size = ZSTD_compressCCtx(t_context.get(), out.data() + before, out.size() - before,
                                      bytes.data(), bytes.size(), level);
  if (ZSTD_isError(size) != 0) {
    throw Failure({ErrorCode::io, std::string("zstd: ") + ZSTD_getErrorName(size)});
  }
  out.resize(before + size);
}

std::string decompressed(std::string_view blob, std::string_view name) {
  thread_local const std::unique_ptr<ZSTD_DCtx, Free> t_context(ZSTD_createDCtx());
  const auto size = ZSTD_getFrameContentSize(blob.data(), blob.size());
  std::string out;
  if (size < k_most) {
    out.resize(size);
    if (ZSTD_decompressDCtx(t_context.get(), out.data(), out.size(), blob.data(), blob.size()) ==
        size) {
      return out;
    }
  }
  throw Failure(
      {ErrorCode::io, std::string(name) + " is damaged: restore the store from a backup"});
}

} // namespace mailfunnel
