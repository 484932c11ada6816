#pragma once
// Who waits for his number with others: a table of a million people fits into no cache, and a
// look-up by itself waits for memory. Here it is asked for when somebody comes, and looked at when
// some have come after him: memory takes as long as one or two records, and what was asked for much
// earlier may have left the cache again.

#include "ingest/address_book.hpp"

#include <array>
#include <cstddef>
#include <string>

namespace mailfunnel {

/// An entry has a `hash`, and what its look-up is for. `resolve(entry)` is called for each, in the
/// order in which they were added.
template<typename Entry> class LookupQueue {
public:
  /// The next entry, as room; it counts once it is added.
  Entry& next() { return m_entries[m_end % k_room]; }
  /// Room for a text of it.
  std::string& next_text() { return m_texts[m_end % k_room]; }

  template<typename Resolve> void add(const AddressBook& book, Resolve resolve) {
    book.prefetch(next().hash);
    ++m_end;
    if (m_end - m_begin == k_room) {
      resolve_until(m_end - k_stay, resolve);
    }
  }
  template<typename Resolve> void finish(Resolve resolve) { resolve_until(m_end, resolve); }

private:
  template<typename Resolve> void resolve_until(std::size_t end, Resolve resolve) {
    while (m_begin != end) {
      resolve(m_entries[m_begin++ % k_room]);
    }
  }

  static constexpr std::size_t k_room = 16, k_stay = 8;
  std::size_t m_begin = 0, m_end = 0; // of those who wait, each at his number % k_room
  std::array<Entry, k_room> m_entries;
  std::array<std::string, k_room> m_texts;
};

} // namespace mailfunnel
