#pragma once
// Who waits for his number with others: a table of a million people fits into no cache, and a
// look-up by itself waits for memory. A batch asks for all of its memory in a row, and then waits
// once.

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
  Entry& next() { return m_entries[m_count]; }
  /// Room for a text of it.
  std::string& next_text() { return m_texts[m_count]; }

  template<typename Resolve> void add(const AddressBook& book, Resolve resolve) {
    if (++m_count == k_batch) {
      finish(book, resolve);
    }
  }
  template<typename Resolve> void finish(const AddressBook& book, Resolve resolve) {
    for (std::size_t i = 0; i < m_count; ++i) {
      book.prefetch(m_entries[i].hash);
    }
    for (std::size_t i = 0; i < m_count; ++i) {
      resolve(m_entries[i]);
    }
    m_count = 0;
  }

private:
  static constexpr std::size_t k_batch = 64;
  std::size_t m_count = 0;
  std::array<Entry, k_batch> m_entries;
  std::array<std::string, k_batch> m_texts;
};

} // namespace mailfunnel
