#include "base/large_memory.hpp"

#include "base/parallel.hpp"
#include "base/result.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <mutex>
#include <new>
#include <utility>

namespace mailfunnel {

namespace {

/// A huge page that is filled to less than a half costs more than its small ones.
bool wants_huge(std::size_t bytes) {
  return bytes >= k_huge_page / 2;
}

/// In whole huge pages: the system puts such a piece where one can begin.
std::size_t rounded(std::size_t bytes) {
  return wants_huge(bytes) ? (bytes + k_huge_page - 1) / k_huge_page * k_huge_page : bytes;
}

/// What was given back, in sizes of whole huge pages: the front of a piece was touched first, so it
/// is taken first.
class Kept {
public:
  void begin() {
    const std::lock_guard lock(m_mutex);
    ++m_users;
  }
  void end() noexcept {
    const std::lock_guard lock(m_mutex);
    if (--m_users == 0) {
      for (const auto& [memory, bytes] : m_pieces) {
        munmap(memory, bytes);
      }
      m_pieces.clear();
      m_bytes = 0;
    }
  }
  void* take(std::size_t bytes) {
    const std::lock_guard lock(m_mutex);
    const auto piece = std::find_if(m_pieces.begin(), m_pieces.end(),
                                    [bytes](const Piece& one) { return one.bytes >= bytes; });
    if (piece == m_pieces.end()) {
      return nullptr;
    }
    auto* const memory = piece->memory;
    piece->memory += bytes;
    piece->bytes -= bytes;
    m_bytes -= bytes;
    if (piece->bytes == 0) {
      m_pieces.erase(piece);
    }
    return memory;
  }
  /// Returns how much of it, from the front, is kept.
  std::size_t keep(void* memory, std::size_t bytes) noexcept {
    constexpr std::size_t k_most = std::size_t{128} << 20;
    const std::lock_guard lock(m_mutex);
    bytes = m_users == 0 ? 0 : std::min(bytes, k_most - m_bytes);
    if (bytes != 0) {
      try {
        m_pieces.push_back({static_cast<char*>(memory), bytes});
      } catch (const std::bad_alloc&) {
        return 0;
      }
      m_bytes += bytes;
    }
    return bytes;
  }

private:
  struct Piece {
    char* memory;
    std::size_t bytes;
  };
  std::mutex m_mutex;
  unsigned m_users = 0;
  std::vector<Piece> m_pieces;
  std::size_t m_bytes = 0;
};

Kept& kept() {
  static Kept s_kept;
  return s_kept;
}

} // namespace

LargeReuse::LargeReuse() {
  kept().begin();
}
LargeReuse::~LargeReuse() {
  kept().end();
}

void* take_large_again(std::size_t bytes) {
  auto* const memory = wants_huge(bytes) ? kept().take(rounded(bytes)) : nullptr;
  return memory == nullptr ? take_large(bytes) : memory;
}

void* take_large(std::size_t bytes) {
  bytes = rounded(bytes);
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    throw Failure({ErrorCode::io, "the system has no memory left: end other programs, or give an "
                                  "import less with --memory"});
  }
#ifdef MADV_HUGEPAGE
  if (wants_huge(bytes)) {
    madvise(memory, bytes, MADV_HUGEPAGE);
  }
#endif
  return memory;
}

void give_large(void* memory, std::size_t bytes) noexcept {
  bytes = rounded(bytes);
  const auto stays = wants_huge(bytes) ? kept().keep(memory, bytes) : 0;
  if (stays != bytes) {
    munmap(static_cast<char*>(memory) + stays, bytes - stays);
  }
}

void touch_large(void* memory, std::size_t bytes, unsigned threads) {
  constexpr std::size_t k_piece = k_huge_page, k_page = 4096;
  auto* const begin = static_cast<volatile char*>(memory);
  parallel_for((bytes + k_piece - 1) / k_piece, threads, [&](std::size_t piece, unsigned) {
    for (auto at = piece * k_piece; at < std::min(bytes, (piece + 1) * k_piece); at += k_page) {
      begin[at] = 0; // as it is
    }
  });
}

void* LargeArena::take_bytes(std::size_t bytes, std::size_t alignment) {
  constexpr std::size_t k_first = std::size_t{64} << 10, k_largest = std::size_t{4} << 20;
  m_used = (m_used + alignment - 1) & ~(alignment - 1);
  if (m_slabs.empty() || m_used + bytes > m_slabs.back().size()) {
    const auto usual = m_slabs.empty() ? k_first : std::min(4 * m_slabs.back().size(), k_largest);
    m_slabs.emplace_back(std::max(bytes, usual));
    m_before += std::exchange(m_used, 0);
  }
  auto* const at = m_slabs.back().data() + m_used;
  m_used += bytes;
  return at;
}

void LargeArena::clear() {
  m_slabs.clear();
  m_used = m_before = 0;
}

} // namespace mailfunnel
