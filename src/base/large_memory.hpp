#pragma once
// Memory for much at once, straight from the system and in huge pages (2 MiB) where it has them.
// The system hands memory out page by page, when each is touched first: that costs less than a
// microsecond in 4 KiB pages on a machine of one's own, and ten on some virtual ones, which is more
// than what is then done with the page.

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace mailfunnel {

/// Zeroed. Failure (io) where there is none left.
void* take_large(std::size_t bytes);
void give_large(void* memory, std::size_t bytes) noexcept;

/// For containers that may become large; what is small is as always. Elements made without a value
/// are not set where their type allows it: a resize() writes nothing.
template<typename T> class LargeAllocator {
public:
  using value_type = T;
  LargeAllocator() = default;
  template<typename U> LargeAllocator(const LargeAllocator<U>&) {} // NOLINT: as allocators are made

  T* allocate(std::size_t count) {
    return is_large(count) ? static_cast<T*>(take_large(count * sizeof(T)))
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
  /// Of what was taken last the last `count`.
  template<typename T> void give_back(std::size_t count) { m_used -= count * sizeof(T); }
  void clear();

private:
  void* take_bytes(std::size_t bytes, std::size_t alignment);
  std::vector<LargeVector<std::byte>> m_slabs;
  std::size_t m_used = 0; // bytes of the last slab
};

} // namespace mailfunnel
