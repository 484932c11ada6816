#pragma once
// Keys (addresses, contact ids) to numbers, by several threads at once without locks on the way:
// open addressing, 8-byte slots of a 32-bit tag and a 32-bit place in an arena. Numbers are dense,
// in order of first sight.

#include <atomic>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <string_view>
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

  /// A thread's permission to look up and add: as long as it is held the table does not move.
  class Pass {
  public:
    explicit Pass(AddressBook& book) : m_lock(book.m_growth) {}

  private:
    std::shared_lock<std::shared_mutex> m_lock;
  };

  std::uint64_t hash(std::string_view key) const;
  /// Two steps ahead of a look-up: the slot, then (when that is there) the entry it points to.
  void prefetch(std::uint64_t hash) const;
  void prefetch_entry(std::uint64_t hash) const;

  static constexpr std::uint32_t k_none = ~0U;
  /// The number of a key, or k_none.
  std::uint32_t find(std::string_view key, std::uint64_t hash) const;
  /// The number of a key, which is added when it is new: with a number of its own, or with `as`
  /// (another key of somebody known).
  std::uint32_t intern(std::string_view key, std::uint64_t hash, std::uint32_t as = k_none);

  struct Added {
    std::uint32_t number;
    std::string_view key; // lives as long as the book
  };
  /// All keys added (not those that load() put in) since the last call, by number.
  std::vector<Added> take_added();
  /// A key that is in the store already; not told by take_added().
  void load(std::string_view key, std::uint64_t hash, std::uint32_t number);

  std::uint32_t next_number() const { return m_next.load(); }
  std::size_t size() const { return m_count.load(); }

private:
  struct Entry;
  Entry* at(std::uint32_t place) const;
  std::uint32_t allocate(std::string_view key);
  std::uint32_t put(std::string_view key, std::uint64_t hash, std::uint32_t number, bool added);

  std::uint64_t m_seed;
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
  std::atomic<std::size_t> m_count{0};
  std::atomic<std::uint32_t> m_next;
  char* m_arena = nullptr; // reserved address space, used from the front
  std::size_t m_arena_size = 0;
  std::atomic<std::uint64_t> m_arena_used{8}; // place 0 means an empty slot
  std::uint64_t m_taken_until = 8;
  std::shared_mutex m_growth;
};

} // namespace mailfunnel
