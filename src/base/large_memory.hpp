#pragma once
// Memory for much at once, straight from the system and in huge pages (2 MiB) where it has them.
// The system hands memory out page by page, when each is touched first: that costs less than a
// microsecond in 4 KiB pages on a machine of one's own, and ten on some virtual ones, which is more
// than what is then done with the page.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace mailfunnel {

/// Zeroed; in small pages where it would not fill half a huge one. Failure (io) where there is none
/// left.
void* take_large(std::size_t bytes);
/// Also of what came from mmap, if `bytes` is a multiple of k_huge_page.
void give_large(void* memory, std::size_t bytes) noexcept;
constexpr std::size_t k_huge_page = std::size_t{2} << 20;
/// Not set: what was given back while a LargeReuse lives, in pages as it has; else take_large().
void* take_large_again(std::size_t bytes);

/// While one lives, what is given back stays in the process for who takes next, up to 128 MiB of
/// it: between the parts of one work the system need not zero the same memory again.
class LargeReuse {
public:
  LargeReuse();
  LargeReuse(const LargeReuse&) = delete;
  LargeReuse& operator=(const LargeReuse&) = delete;
  ~LargeReuse(); // the last one gives all of it to the system
};

/// Has the system hand out all of what take_large() gave, by several threads: for a table that will
/// be touched all over, while others wait for it.
void touch_large(void* memory, std::size_t bytes, unsigned threads);

/// For containers that may become large; what is small is as always. Elements made without a value
/// are not set where their type allows it: a resize() writes nothing.
template<typename T> class LargeAllocator {
public:
  using value_type = T;
  LargeAllocator() = default;
  template<typename U> LargeAllocator(const LargeAllocator<U>&) {} // NOLINT: as allocators are made

  T* allocate(std::size_t count) {
    return is_large(count) ? static_cast<T*>(take_large_again(count * sizeof(T)))
                           : std::allocator<T>().allocate(count);
  }
  void deallocate(T* memory, std::size_t count) noexcept {
    if (is_large(count)) {
      give_large(memory, count * sizeof(T));
    } else {
      std::allocator<T>().deallocate(memory, count);
    }
  }
  template<typename U> void construct(U* place) {
    if constexpr (!std::is_trivially_copyable_v<U>) {
      ::new (static_cast<void*>(place)) U;
    }
  }
  template<typename U, typename... Args> void construct(U* place, Args&&... args) {
    ::new (static_cast<void*>(place)) U(std::forward<Args>(args)...);
  }
  bool operator==(const LargeAllocator&) const { return true; }

private:
  static constexpr std::size_t k_large = std::size_t{1} << 20; // bytes
  static bool is_large(std::size_t count) { return count >= k_large / sizeof(T); }
};

template<typename T> using LargeVector = std::vector<T, LargeAllocator<T>>;

/// Pieces of memory that never move and are freed together: of ever larger slabs, so that a little
/// takes little.
class LargeArena {
public:
  LargeArena() = default;
  LargeArena(const LargeArena&) = delete;
  LargeArena& operator=(const LargeArena&) = delete;

  /// Room for `count` of them, aligned for them, not set.
  template<typename T> T* take(std::size_t count) {
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);
    return static_cast<T*>(take_bytes(count * sizeof(T), alignof(T)));
  }
  /// How many bytes were taken.
  std::size_t taken() const { return m_before + m_used; }
  void clear();

private:
  void* take_bytes(std::size_t bytes, std::size_t alignment);
  std::vector<LargeVector<std::byte>> m_slabs;
  std::size_t m_used = 0;   // bytes of the last slab
  std::size_t m_before = 0; // bytes of those before it
};

/// A list that may become large, of what is plain. Nothing in it moves when it grows, so that it
/// takes no memory for a copy: each slab is as large as all those before it.
template<typename T> class LargeList {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

public:
  LargeList() = default;
  LargeList(const LargeList&) = delete;
  LargeList& operator=(const LargeList&) = delete;

  std::uint64_t size() const { return m_size; }
  T& operator[](std::uint64_t i) { return *place_of(i); }
  const T& operator[](std::uint64_t i) const { return *place_of(i); }
  T& back() { return *place_of(m_size - 1); }
  void push_back(const T& value) {
    if (m_next == m_end) {
      go_on();
    }
    *m_next++ = value;
    ++m_size;
  }
  /// Calls see(element) for `count` of them from one on.
  template<typename See> void each(std::uint64_t first, std::uint64_t count, See see) const {
    while (count != 0) {
      const auto piece = std::min(count, end_of(slab_of(first)) - first);
      const auto* const at = place_of(first);
      for (std::uint64_t i = 0; i < piece; ++i) {
        see(at[i]);
      }
      first += piece;
      count -= piece;
    }
  }
  /// Only the first `size` stay.
  void truncate(std::uint64_t size) {
    m_size = size;
    m_next = m_end = nullptr;
  }
  void clear() {
    m_slabs.clear();
    truncate(0);
  }

private:
  static constexpr std::uint64_t k_first = 4096;
  static std::size_t slab_of(std::uint64_t i) {
    return static_cast<std::size_t>(std::bit_width(i / k_first));
  }
  static std::uint64_t end_of(std::size_t slab) { return k_first << slab; }
  T* place_of(std::uint64_t i) const {
    const auto slab = slab_of(i);
    return m_slabs[slab].data() + (slab == 0 ? i : i - end_of(slab - 1));
  }
  [[gnu::noinline]] void go_on() {
    const auto slab = slab_of(m_size);
    if (slab == m_slabs.size()) {
      m_slabs.emplace_back(slab == 0 ? k_first : end_of(slab - 1));
    }
    m_next = place_of(m_size);
    m_end = m_next + (end_of(slab) - m_size);
  }
  mutable std::vector<LargeVector<T>> m_slabs;
  std::uint64_t m_size = 0;
  T *m_next = nullptr, *m_end = nullptr; // room in the slab that is filled, once it was asked for
};

} // namespace mailfunnel
