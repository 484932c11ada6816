#pragma once
// A log of a sending says the same line after line, of one address after the other. What such a
// line means has to be found out only once.

#include "base/csv.hpp"
#include "model/event.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace mailfunnel {

/// Rows of a table that are the same, letter by letter, in all columns that are read but that of
/// the address, and in those between them. Only rows that are plain() and have a field behind the
/// last that is read.
class AlikeRows {
public:
  /// Columns: of the address, which nothing else is read from; the first and the last of the others
  /// that are read.
  AlikeRows(std::size_t address, std::size_t first, std::size_t last)
      : m_address(address), m_first(first), m_last(last), m_behind(std::max(first, address + 1)) {}

  /// Before each chunk: what is known points into the one before.
  void clear() {
    m_known = {};
    m_number = 0;
    m_found = m_missed = 0;
  }
  /// The event of an earlier row that is alike, with this one's address; nullptr: none is known.
  const EventView* find(const CsvRow& row) {
    if (is_useless()) {
      return nullptr;
    }
    m_rest = rest_of(row);
    auto& known = place();
    const auto address = row.bare(m_address);
    const bool any = known.event.alike != 0;
    if (!any || address.empty() || !known.rest.same(m_rest)) {
      return nullptr;
    }
    ++m_found;
    known.event.address = address;
    known.event.record = row.raw();
    return &known.event;
  }
  /// To be known from now on: `event` is that of the row for which find() found nothing just now.
  void add(EventView& event) {
    if (is_useless()) {
      return;
    }
    ++m_missed;
    event.alike = ++m_number;
    place() = {m_rest, event};
  }

private:
  /// What is read of a row without its address.
  struct Rest {
    std::string_view before, behind;
    std::size_t size() const { return before.size() + behind.size(); }
    bool same(const Rest& other) const {
      return same_text(before, other.before) && same_text(behind, other.behind);
    }
  };
  struct Known {
    Rest rest;
    EventView event;
  };

  /// A log that has something else in each row, like an id, is read as if there were nothing here.
  bool is_useless() const { return m_missed > m_found + k_patience; }
  Rest rest_of(const CsvRow& row) const {
    return {m_first < m_address ? row.bare(m_first, m_address - 1) : std::string_view(),
            m_last > m_address ? row.bare(m_behind, m_last) : std::string_view()};
  }
  /// What two kinds of event say that take turns in a log differs in its size, mostly.
  Known& place() { return m_known[m_rest.size() % m_known.size()]; }

  /// Of some dozen bytes, mostly: 16 at a time, without a call.
  static bool same_text(std::string_view a, std::string_view b) {
    using Bytes [[gnu::vector_size(16)]] = signed char;
    using Words [[gnu::vector_size(16)]] = std::uint64_t;
    if (a.size() != b.size() || a.size() < sizeof(Bytes)) {
      return a == b;
    }
    Bytes differ{};
    const auto look = [&](std::size_t at) {
      Bytes of_a, of_b;
      std::memcpy(&of_a, a.data() + at, sizeof of_a);
      std::memcpy(&of_b, b.data() + at, sizeof of_b);
      differ |= of_a ^ of_b;
    };
    for (std::size_t at = 0; at + sizeof(Bytes) < a.size(); at += sizeof(Bytes)) {
      look(at);
    }
    look(a.size() - sizeof(Bytes)); // some of it once more
    const auto words = reinterpret_cast<Words>(differ);
    return (words[0] | words[1]) == 0;
  }

  static constexpr std::size_t k_places = 16, k_patience = 1024; // rows
  std::size_t m_address, m_first, m_last, m_behind;              // columns
  std::array<Known, k_places> m_known;                           // by the size of the rest
  Rest m_rest;                                                   // of the row that was looked for
  std::uint32_t m_number = 0;
  std::size_t m_found = 0, m_missed = 0;
};

} // namespace mailfunnel
