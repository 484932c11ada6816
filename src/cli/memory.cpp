#include "memory.hpp"

#include <malloc.h>

namespace mailfunnel::cli {

namespace {
constexpr int k_mebibyte = 1 << 20;
}

void keep_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 32 * k_mebibyte); // the most that glibc takes
  mallopt(M_TRIM_THRESHOLD, 256 * k_mebibyte);
#endif
}

void give_memory_back() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, k_mebibyte);
  mallopt(M_TRIM_THRESHOLD, k_mebibyte);
  mallopt(M_ARENA_MAX, 2);
#endif
}

} // namespace mailfunnel::cli
