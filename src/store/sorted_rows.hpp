#pragma once
// Rows of one set, gathered in any order, sorted as they go into its block.

#include "base/large_memory.hpp"
#include "store/activity.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>

namespace mailfunnel {

/// The order of events in a block.
inline bool row_before(const EventRow& a, const EventRow& b) {
  return a.recipient != b.recipient ? a.recipient < b.recipient
         : a.time != b.time         ? a.time < b.time
                                    : a.link < b.link;
}
inline bool row_before(const PlainRow& a, const PlainRow& b) {
  return a.recipient != b.recipient ? a.recipient < b.recipient : a.time < b.time;
}

/// Do they tell of the same event?
inline bool same_event(const EventRow& a, const EventRow& b) {
  return a.recipient == b.recipient && a.time == b.time && a.link == b.link;
}
inline bool same_event(const PlainRow& a, const PlainRow& b) {
  return a.recipient == b.recipient && a.time == b.time;
}

/// Keeps its memory from set to set; one thread's.
template<typename Row> class SortedRows {
public:
  /// Good until the next call. The recipients are of one chunk: they come nearly by time, so a
  /// stable radix sort by recipient leaves little to do, and it stays in the processor's cache.
  std::span<Row> of(const Pages<Row>& pages) {
    std::size_t count = 0;
    for (const auto page : pages) {
      count += page.size();
    }
    m_rows.resize(count);
    constexpr std::size_t k_few = 256; // fewer are sorted by comparing
    if (count < k_few) {
      auto next = m_rows.begin();
      for (const auto page : pages) {
        next = std::copy(page.begin(), page.end(), next);
      }
      sort(m_rows);
    } else {
      sort_by_recipient(pages);
      sort_within_recipients();
    }
    return m_rows;
  }

private:
  static void sort(std::span<Row> rows) {
    std::sort(rows.begin(), rows.end(),
              [](const Row& a, const Row& b) { return row_before(a, b); });
  }

  /// They stand anywhere, and the processor foresees nothing beyond a page.
  static void fetch_begin(std::span<const Row> page) {
    constexpr std::size_t k_line = 64, k_lines = 8;
    const auto* const bytes = reinterpret_cast<const char*>(page.data());
    const auto end = std::min(page.size_bytes(), k_lines * k_line);
    for (std::size_t at = 0; at < end; at += k_line) {
      __builtin_prefetch(bytes + at);
    }
  }

  void sort_by_recipient(const Pages<Row>& pages) {
    constexpr unsigned k_bits = k_chunk_bits / 2;
    constexpr std::uint32_t k_places = 1U << k_bits;
    static_assert(k_bits * 2 == k_chunk_bits);
    const auto low = [](const Row& row) { return row.recipient & (k_places - 1); };
    const auto high = [](const Row& row) { return row.recipient >> k_bits & (k_places - 1); };
    std::array<std::size_t, k_places + 1> by_low{}, by_high{};
    for (std::size_t i = 0; i < pages.size(); ++i) {
      if (i + 1 < pages.size()) {
        fetch_begin(pages[i + 1]);
      }
      for (const auto& row : pages[i]) {
        ++by_low[low(row) + 1];
        ++by_high[high(row) + 1];
      }
    }
    std::partial_sum(by_low.begin(), by_low.end(), by_low.begin());
    std::partial_sum(by_high.begin(), by_high.end(), by_high.begin());
    m_spare.resize(m_rows.size());
    for (const auto page : pages) {
      for (const auto& row : page) {
        m_spare[by_low[low(row)]++] = row;
      }
    }
    for (const auto& row : m_spare) {
      m_rows[by_high[high(row)]++] = row;
    }
  }

  void sort_within_recipients() {
    for (std::size_t i = 1; i < m_rows.size(); ++i) {
      if (!row_before(m_rows[i], m_rows[i - 1])) {
        continue;
      }
      auto first = i - 1;
      while (first > 0 && m_rows[first - 1].recipient == m_rows[i].recipient) {
        --first;
      }
      auto end = i + 1;
      while (end < m_rows.size() && m_rows[end].recipient == m_rows[i].recipient) {
        ++end;
      }
      sort(std::span(m_rows).subspan(first, end - first));
      i = end - 1;
    }
  }

  LargeVector<Row> m_rows, m_spare;
};

} // namespace mailfunnel
