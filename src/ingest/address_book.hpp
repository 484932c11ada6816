#pragma once
// Keys (addresses, contact ids) to numbers, by several threads at once without locks on the way:
// open addressing, 8-byte slots of a 32-bit tag and a 32-bit place in an arena. Numbers are dense,
// in order of first sight.

#include "base/hash.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <shared_mutex>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace mailfunnel {

class AddressBook {
public:
  /// Numbers of new keys begin at `next`. `seed` keeps strangers from choosing colliding keys.
  AddressBook(std::uint32_t next, std::uint64_t seed);
  ~AddressBook();
  AddressBook(const AddressBook&) = delete;
  AddressBook& operator=(const AddressBook&) = delete;

  /// Makes room for `more` keys beyond those in it. Hold no Pass while calling.
  void reserve(std::size_t more);

  /// A thread's permission to look up and add: as long as it is held the table does not move. It
  /// has some room in the arena, so that threads that add do not wait for each other.
  class Pass {
  public:
    explicit Pass(AddressBook& book) : m_book(book), m_lock(book.m_growth) {}
    ~Pass();
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;

  private:
    friend class AddressBook;
    AddressBook& m_book;
    std::shared_lock<std::shared_mutex> m_lock;
    std::uint64_t m_used = 0, m_end = 0; // its room
    std::size_t m_count = 0;             // keys that it added
  };

  std::uint64_t hash(std::string_view key) const;
  /// Two steps ahead of a look-up: the slot, then (when that is there) the entry it points to.
  void prefetch(std::uint64_t hash) const;
  void prefetch_entry(std::uint64_t hash) const;

  static constexpr std::uint32_t k_none = ~0U;
  /// The number of everybody whom refuse() refuses.
  static constexpr std::uint32_t k_refused = ~0U - 1;
  /// Of keys that are new `refuses` is asked, from any thread: such are nobody's, and no
  /// take_added() tells them. Set before the first key is added.
  void refuse(std::function<bool(std::string_view key)> refuses) { m_refuses = std::move(refuses); }
  /// The number of a key, or k_none.
  std::uint32_t find(std::string_view key, std::uint64_t hash) const;
  /// The number of a key, which is added when it is new: with a number of its own, or with `as`
  /// (another key of somebody known). `pass`: the caller's own; without one it is slower.
  std::uint32_t intern(std::string_view key, std::uint64_t hash, std::uint32_t as = k_none,
                       Pass* pass = nullptr);

  struct Added {
    std::uint32_t number;
    std::string_view key; // lives as long as the book
  };
  /// All keys added (not those that load() put in) since the last call, by number.
  std::vector<Added> take_added();
  /// A key that is in the store already; not told by take_added().
  void load(std::string_view key, std::uint64_t hash, std::uint32_t number, Pass& pass);

  // While no thread holds a Pass:
  /// Another number for a key that is in it.
  void renumber(std::string_view key, std::uint32_t number);
  /// Numbers of new keys go on from `next`; take_added() has told of all before.
  void go_on_from(std::uint32_t next);

  std::uint32_t next_number() const { return m_next.load(); }
  /// Without those of the passes that are still held.
  std::size_t size() const { return m_count.load(); }

private:
  struct Entry;
  Entry* at(std::uint32_t place) const;
  std::uint64_t take_room(std::size_t size);
  std::uint32_t allocate(std::size_t size, Pass* pass);
  void fill(std::uint64_t used, std::uint64_t end);
  std::uint32_t put(std::string_view key, std::uint64_t hash, std::uint32_t number, bool added,
                    Pass* pass);

  std::uint64_t m_seed;
  std::function<bool(std::string_view)> m_refuses;
  struct Unmap {
    std::size_t size = 0;
    void operator()(std::atomic<std::uint64_t>* slots) const;
  };
  using Slots = std::unique_ptr<std::atomic<std::uint64_t>[], Unmap>;
  static Slots make_slots(std::size_t count);
  /// Where a slot belongs hangs on its tag alone, so that the table grows without a look at the
  /// keys.
  std::uint64_t home(std::uint64_t hash_or_slot) const { return hash_or_slot >> 32 & m_mask; }

  Slots m_slots{nullptr, Unmap{}};
  std::uint64_t m_mask = 0;
  char* m_arena = nullptr; // reserved address space, used from the front
  std::size_t m_arena_size = 0;
  std::uint64_t m_taken_until = 8; // in the arena
  std::uint32_t m_taken_numbers;   // up to here take_added() told of numbers
  // Each on a line of the cache of its own: what is read for every event stands above.
  static constexpr std::size_t k_line = 64;
  alignas(k_line) std::atomic<std::uint32_t> m_next;
  alignas(k_line) std::atomic<std::size_t> m_count{0};
  alignas(k_line) std::atomic<std::uint64_t> m_arena_used{8}; // place 0 means an empty slot
  std::shared_mutex m_growth;
};

// ---- asked for every event: inline ----

struct AddressBook::Entry {
  std::atomic<std::uint32_t> number; // k_none until it is decided
  std::uint32_t size : 31;
  std::uint32_t added : 1;
  // The key follows.
  char* bytes() { return reinterpret_cast<char*>(this + 1); }
  std::string_view text() const { return {reinterpret_cast<const char*>(this + 1), size}; }
};

inline AddressBook::Entry* AddressBook::at(std::uint32_t place) const {
  return reinterpret_cast<Entry*>(m_arena + std::uint64_t{place} * 8);
}

inline std::uint64_t AddressBook::hash(std::string_view key) const {
  return keyed_hash64(key, m_seed);
}

inline void AddressBook::prefetch(std::uint64_t hash) const {
  __builtin_prefetch(&m_slots[home(hash)]);
}

inline void AddressBook::prefetch_entry(std::uint64_t hash) const {
  if (const auto slot = m_slots[home(hash)].load(std::memory_order_relaxed); slot != 0) {
    const auto* entry = reinterpret_cast<const char*>(at(static_cast<std::uint32_t>(slot)));
    __builtin_prefetch(entry);
    __builtin_prefetch(entry + 40); // an address is often on two lines of the cache
  }
}

inline std::uint32_t AddressBook::find(std::string_view key, std::uint64_t hash) const {
  for (auto place = home(hash);; place = (place + 1) & m_mask) {
    const auto slot = m_slots[place].load(std::memory_order_acquire);
    if (slot == 0) {
      return k_none;
    }
    if (slot >> 32 != hash >> 32) {
      continue;
    }
    const auto* entry = at(static_cast<std::uint32_t>(slot));
    if (entry->text() == key) {
      std::uint32_t number;
      while ((number = entry->number.load(std::memory_order_acquire)) == k_none) {
        std::this_thread::yield(); // another thread is about to give it
      }
      return number;
    }
  }
}

} // namespace mailfunnel
