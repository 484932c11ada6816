#include "memory.hpp"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace mailfunnel::cli {

#ifdef __GLIBC__

namespace {
constexpr int k_mebibyte = 1 << 20;
}

void keep_memory() {
  mallopt(M_MMAP_THRESHOLD, 32 * k_mebibyte); // the most that glibc takes
  mallopt(M_TRIM_THRESHOLD, 256 * k_mebibyte);
}

/// glibc does that by itself only where GLIBC_TUNABLES asks for it before the process begins.
void grow_in_huge_pages() {
#ifdef MADV_HUGEPAGE
  constexpr std::uintptr_t k_page = std::uintptr_t{2} << 20;
  constexpr int k_ahead = 64 * k_mebibyte;
  constexpr std::size_t k_more = k_mebibyte / 2; // than a heap has at first: so it grows
  constexpr std::size_t k_front = 64;            // what glibc notes of the piece behind, and more
  mallopt(M_TOP_PAD, k_ahead);
  auto* const more = std::malloc(k_more);
  const auto end = reinterpret_cast<std::uintptr_t>(more) + malloc_usable_size(more);
  const auto begin = ((end + k_front) / k_page + 1) * k_page;
  // The piece up to the next huge page is never used, hence takes no memory; given back, it would
  // be what is used first. Behind it nothing was touched yet. (Not volatile, it would not be taken:
  // compilers leave out what nobody looks at.)
  [[maybe_unused]] static void* volatile s_unused;
  s_unused = std::malloc(begin - end - k_front);
  const auto heap = reinterpret_cast<std::uintptr_t>(sbrk(0));
  if (heap > begin && heap - begin <= std::uintptr_t{2} * k_ahead) {      // it is glibc's own heap
    madvise(reinterpret_cast<void*>(begin), heap - begin, MADV_HUGEPAGE); // NOLINT: made above
  }
#endif
}

void share_memory() {
  mallopt(M_ARENA_MAX, 1);
}

void give_memory_back() {
  mallopt(M_MMAP_THRESHOLD, k_mebibyte);
  mallopt(M_TRIM_THRESHOLD, k_mebibyte);
  mallopt(M_TOP_PAD, k_mebibyte / 8);
  mallopt(M_ARENA_MAX, 2);
}

#else

void keep_memory() {}
void grow_in_huge_pages() {}
void share_memory() {}
void give_memory_back() {}

#endif

} // namespace mailfunnel::cli
