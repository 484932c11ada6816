#pragma once
// Rows of one campaign and kind, of any recipients and in any order, chunk by chunk and sorted: as
// they go into blocks. Made for millions of them. They are dealt out to their chunks first, and
// each chunk is then sorted by itself, where the processor's nearest memory holds it.

#include "base/large_memory.hpp"
#include "store/activity.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

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
template<typename Row> class SortedChunks {
public:
  /// Calls see(chunk, rows) for every chunk that has any, in their order.
  template<typename See> void each(const Pages<Row>& pages, See see) {
    deal_out(pages);
    for (std::uint32_t chunk = 0; chunk + 1 < m_starts.size(); ++chunk) {
      const std::span<Row> rows(m_rows.data() + m_starts[chunk],
                                m_rows.data() + m_starts[chunk + 1]);
      if (!rows.empty()) {
        sort(rows);
        see(chunk, std::span<const Row>(rows));
      }
    }
  }

private:
  void deal_out(const Pages<Row>& pages) {
    m_starts.assign(1, 0);
    for (const auto page : pages) {
      for (const auto& row : page) {
        const auto chunk = chunk_of(row.recipient);
        if (chunk + std::size_t{2} > m_starts.size()) {
          m_starts.resize(chunk + std::size_t{2});
        }
        ++m_starts[chunk + 1];
      }
    }
    std::partial_sum(m_starts.begin(), m_starts.end(), m_starts.begin());
    m_rows.resize(m_starts.back());
    m_next.assign(m_starts.begin(), m_starts.end());
    for (const auto page : pages) {
      for (const auto& row : page) {
        m_rows[m_next[chunk_of(row.recipient)]++] = row;
      }
    }
  }

  /// Rows of one chunk. They come nearly by time, so a stable radix sort by recipient leaves little
  /// to do.
  void sort(std::span<Row> rows) {
    constexpr std::size_t k_few = 256; // fewer are sorted by comparing
    if (rows.size() < k_few) {
      std::sort(rows.begin(), rows.end(),
                [](const Row& a, const Row& b) { return row_before(a, b); });
      return;
    }
    constexpr unsigned k_bits = k_chunk_bits / 2;
    constexpr std::uint32_t k_places = 1U << k_bits;
    static_assert(k_bits * 2 == k_chunk_bits);
    const auto low = [](const Row& row) { return row.recipient & (k_places - 1); };
    const auto high = [](const Row& row) { return row.recipient >> k_bits & (k_places - 1); };
    std::array<std::size_t, k_places + 1> by_low{}, by_high{};
    for (const auto& row : rows) {
      ++by_low[low(row) + 1];
      ++by_high[high(row) + 1];
    }
    std::partial_sum(by_low.begin(), by_low.end(), by_low.begin());
    std::partial_sum(by_high.begin(), by_high.end(), by_high.begin());
    m_spare.resize(rows.size());
    for (const auto& row : rows) {
      m_spare[by_low[low(row)]++] = row;
    }
    for (const auto& row : m_spare) {
      rows[by_high[high(row)]++] = row;
    }
    sort_within_recipients(rows);
  }

  /// Where recipients are sorted already.
  static void sort_within_recipients(std::span<Row> rows) {
    for (std::size_t i = 1; i < rows.size(); ++i) {
      if (!row_before(rows[i], rows[i - 1])) {
        continue;
      }
      auto first = i - 1;
      while (first > 0 && rows[first - 1].recipient == rows[i].recipient) {
        --first;
      }
      auto end = i + 1;
      while (end < rows.size() && rows[end].recipient == rows[i].recipient) {
        ++end;
      }
      std::sort(rows.begin() + static_cast<std::ptrdiff_t>(first),
                rows.begin() + static_cast<std::ptrdiff_t>(end),
                [](const Row& a, const Row& b) { return row_before(a, b); });
      i = end - 1;
    }
  }

  LargeVector<Row> m_rows, m_spare;
  std::vector<std::size_t> m_starts, m_next; // by chunk
};

} // namespace mailfunnel
