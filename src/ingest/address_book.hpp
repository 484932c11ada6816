#pragma once
// Keys (addresses, contact ids) to numbers, by several threads at once without locks on the way:
// open addressing, slots of 16 bytes, four in a line of the cache, which is looked at as a whole.
// Numbers are dense, in order of first sight.
//
// A key is known by 96 bits of a hash that is keyed with the store's secret, not by its text: one
// line of memory a look-up instead of three, and the texts of a million people need not be in
// memory to read a log about them. Two people are taken for one with odds of n^2 / 2^97: for a
// hundred million people, 1 in 10^13.

#include "base/hash.hpp"
#include "base/large_memory.hpp"
#include "store/recipients.hpp"

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace mailfunnel {

class AddressBook {
public:
  /// Numbers of new keys begin at `next`. `seed` keeps strangers from choosing colliding keys. A
  /// table is made by `threads`.
  AddressBook(std::uint32_t next, std::uint64_t seed, unsigned threads = 1);
  ~AddressBook();
  AddressBook(const AddressBook&) = delete;
  AddressBook& operator=(const AddressBook&) = delete;

  /// Makes room for `more` keys beyond those in it; where that takes another table, for `ahead`
  /// too. Hold no Pass while calling.
  void reserve(std::size_t more, std::size_t ahead = 0);

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
    std::uint64_t m_used = 0, m_end = 0;  // its room
    std::size_t m_count = 0;              // keys that it added
    std::vector<std::uint32_t> m_further; // as in the book
  };

  struct KeyHash {
    std::uint64_t tag; // never 0
    std::uint32_t check;
  };
  KeyHash hash(std::string_view key) const;
  /// Ahead of a look-up, some microseconds.
  void prefetch(KeyHash hash) const;

  static constexpr std::uint32_t k_none = ~0U;
  /// The number of everybody whom refuse() refuses.
  static constexpr std::uint32_t k_refused = ~0U - 1;
  /// Numbers that the book gives are below; from here on up to those two they are the caller's own.
  static constexpr std::uint32_t k_end = std::uint32_t{1} << 31;
  /// Of keys that are new `refuses` is asked, from any thread: such are nobody's, and no
  /// take_added() tells them. Set before the first key is added.
  void refuse(std::function<bool(std::string_view key)> refuses) { m_refuses = std::move(refuses); }
  /// The number of a key, or k_none.
  std::uint32_t find(KeyHash hash) const;
  /// The number of a key, which is added when it is new: with a number of its own, or with `as`.
  /// `pass`: the caller's own; without one it is slower.
  std::uint32_t intern(std::string_view key, KeyHash hash, std::uint32_t as = k_none,
                       Pass* pass = nullptr);

  /// All keys added (not those that load() put in) since the last call, by number: for an `as` that
  /// which number_of(as) says, as k_refused none. The views are good until another key is added.
  /// Hold no Pass while calling.
  AddedKeys take_added(const std::function<std::uint32_t(std::uint32_t as)>& number_of = {});
  /// Gives back the memory of the keys that were told, as give_large() does where it is much; their
  /// views are good no more.
  void give_added();
  /// Memory that the keys take of which it has not told.
  std::size_t added_bytes() const {
    return m_arena_used.load(std::memory_order_relaxed) +
           (m_next.load(std::memory_order_relaxed) - m_taken_numbers) * sizeof(std::uint32_t);
  }
  /// A key that is in the store already; not told by take_added().
  void load(KeyHash hash, std::uint32_t number, Pass& pass);

  // While no thread holds a Pass:
  /// Another number for a key that is in it.
  void renumber(std::string_view key, std::uint32_t number);
  /// Numbers of new keys go on from `next`; take_added() has told of all before.
  void go_on_from(std::uint32_t next);

  std::uint32_t next_number() const { return m_next.load(); }
  /// Without those of the passes that are still held.
  std::size_t size() const { return m_count.load(); }

private:
  struct Slot {
    std::atomic<std::uint64_t> tag;    // 0: nobody is there
    std::atomic<std::uint64_t> person; // check << 32 | number + 1; 0 until that is decided
  };
  static constexpr std::size_t k_cache_line = 64;
  /// Filled from its front. Who finds no room in his own stands in one of the next.
  struct alignas(k_cache_line) Line {
    std::array<Slot, k_cache_line / sizeof(Slot)> slots;
    bool full() const { return slots.back().tag.load(std::memory_order_acquire) != 0; }
  };
  using Entry = AddedKeys::Entry; // of a key that was added, in the arena
  std::size_t arena_size() const { return static_cast<std::size_t>(m_arena_end - m_arena); }
  Entry* entry_at(std::uint64_t place) const { return reinterpret_cast<Entry*>(m_arena + place); }
  std::uint64_t take_room(std::size_t size);
  std::uint64_t allocate(std::size_t size, Pass* pass);
  Slot* slot_of(KeyHash hash) const; // nullptr: there is none
  Slot& first_free(std::uint64_t place);
  /// The number, and whether it was put there now.
  std::pair<std::uint32_t, bool> put(KeyHash hash, std::uint32_t number, Pass* pass);

  static std::uint64_t person(KeyHash hash, std::uint32_t number) {
    return std::uint64_t{hash.check} << 32 | (number + 1);
  }
  /// Where it stands, if that is not full. In order of tags, so that a table grows in one walk over
  /// both.
  std::uint64_t home(std::uint64_t tag) const {
    __extension__ using wide = unsigned __int128;
    return static_cast<std::uint64_t>(static_cast<wide>(tag) * m_size >> 64);
  }
  std::uint64_t next(std::uint64_t line) const { return line + 1 == m_size ? 0 : line + 1; }

  KeyedHash128 m_hash;
  unsigned m_threads;
  std::function<bool(std::string_view)> m_refuses;
  struct Give {
    std::size_t bytes = 0;
    void operator()(Line* lines) const { give_large(lines, bytes); }
  };
  using Lines = std::unique_ptr<Line[], Give>;
  static Lines make_lines(std::size_t count);

  Lines m_lines{nullptr, Give{}};
  std::uint64_t m_size = 0; // lines
  // Reserved address space, both used from the front: entries of keys, and behind them, of each new
  // number from m_taken_numbers on, where its key's entry begins, in units of AddedKeys. In small
  // pages: of a huge one that two threads come to at once the system would zero two.
  char *m_arena = nullptr, *m_arena_end = nullptr;
  std::uint32_t* m_places = nullptr; // from there on
  char* m_places_end = nullptr;
  std::size_t m_arena_told = 0, m_places_told = 0; // of them, used by keys of which it told
  std::uint32_t m_taken_numbers;                   // up to here take_added() told of numbers
  // Each on a line of the cache of its own: what is read for every event stands above.
  alignas(k_cache_line) std::atomic<std::uint32_t> m_next;
  alignas(k_cache_line) std::atomic<std::size_t> m_count{0};
  alignas(k_cache_line) std::atomic<std::uint64_t> m_arena_used{0};
  std::shared_mutex m_growth;
  std::mutex m_further_mutex;
  std::vector<std::uint32_t> m_further; // where keys with an `as` begin, likewise
};

// ---- asked for every event: inline ----

inline AddressBook::KeyHash AddressBook::hash(std::string_view key) const {
  const auto both = m_hash(key);
  return {both.low != 0 ? both.low : 1, static_cast<std::uint32_t>(both.high)};
}

inline void AddressBook::prefetch(KeyHash hash) const {
  __builtin_prefetch(&m_lines[home(hash.tag)]);
}

inline AddressBook::Slot* AddressBook::slot_of(KeyHash hash) const {
  for (auto place = home(hash.tag);; place = next(place)) {
    auto& line = m_lines[place];
    const auto is_it = [&](unsigned i) { // as a bit: a branch would be one that nobody can foresee
      return unsigned{line.slots[i].tag.load(std::memory_order_acquire) == hash.tag} << i;
    };
    static_assert(std::tuple_size_v<decltype(line.slots)> == 4);
    auto same = is_it(0) | is_it(1) | is_it(2) | is_it(3);
    for (; same != 0; same &= same - 1) {
      auto& slot = line.slots[static_cast<std::size_t>(std::countr_zero(same))];
      std::uint64_t person;
      while ((person = slot.person.load(std::memory_order_acquire)) == 0) {
        std::this_thread::yield(); // another thread is about to give a number
      }
      if (person >> 32 == hash.check) {
        return &slot;
      }
    }
    if (!line.full()) {
      return nullptr;
    }
  }
}

inline std::uint32_t AddressBook::find(KeyHash hash) const {
  const auto* slot = slot_of(hash);
  return slot == nullptr
             ? k_none
             : static_cast<std::uint32_t>(slot->person.load(std::memory_order_relaxed)) - 1;
}

} // namespace mailfunnel
