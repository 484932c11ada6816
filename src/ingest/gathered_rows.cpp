#include "ingest/gathered_rows.hpp"

#include "base/parallel.hpp"
#include "store/block.hpp"

#include <algorithm>
#include <type_traits>

namespace mailfunnel {

void GatheredRows::add(CampaignId campaign, EventKind kind, RowBucket& rows) {
  const auto set = key_of(0, campaign, kind);
  rows.visit([&](auto& of_bucket) {
    if (of_bucket.chunks() != 0) {
      m_large.push_back({set, &rows});
      m_chunks = std::max(m_chunks, of_bucket.chunks());
      return;
    }
    m_small.push_back({set, &rows});
    m_small_rows += of_bucket.waiting().size();
    for (const auto& row : of_bucket.waiting()) {
      m_chunks = std::max(m_chunks, chunk_of(row.recipient) + 1);
    }
  });
}

void GatheredRows::sort() {
  const auto before = [](const Part& a, const Part& b) { return a.set < b.set; };
  std::stable_sort(m_large.begin(), m_large.end(), before);
  std::stable_sort(m_small.begin(), m_small.end(), before);
  // Each time all rows of small mailings are gone through, and an eighth of them is copied.
  constexpr std::uint64_t k_enough = 1 << 16, k_most_times = 8;
  const auto work = std::max<std::uint64_t>(m_small_rows, m_large.size() * m_chunks);
  const auto times = std::clamp<std::uint64_t>(work / k_enough, 1, k_most_times);
  m_at_once = static_cast<std::uint32_t>((m_chunks + times - 1) / times);
}

bool GatheredRows::next(RowSets& sets) {
  if (m_chunk >= m_chunks) {
    return false;
  }
  const auto end = std::min(m_chunks, m_chunk + m_at_once);
  deal_out(m_chunk, end);
  for (auto chunk = m_chunk; chunk < end; ++chunk) {
    add_chunk(chunk, chunk - m_chunk, sets);
  }
  m_chunk = end;
  return true;
}

/// Those of the small mailings, of chunks from `first` to before `end`.
void GatheredRows::deal_out(std::uint32_t first, std::uint32_t end) {
  constexpr std::uint64_t k_few = 1 << 14;
  const auto threads = m_small_rows < k_few ? 1U : static_cast<unsigned>(m_dealt.size());
  const auto count = end - first;
  on_threads(threads, [&](unsigned thread) {
    auto& chunks = m_dealt[thread];
    chunks.resize(std::max<std::size_t>(chunks.size(), count));
    for (auto& chunk : chunks) {
      chunk.sets.clear();
      chunk.rows.clear();
      chunk.plain.clear();
    }
    const auto last = m_small.size() * (thread + 1) / threads;
    for (auto i = m_small.size() * thread / threads; i < last; ++i) {
      m_small[i].rows->visit([&, set = m_small[i].set]<typename Row>(ChunkedRows<Row>& rows) {
        for (const auto& row : rows.waiting()) {
          const auto place = chunk_of(row.recipient) - first; // before it: large
          if (place >= count) {
            continue;
          }
          auto& chunk = chunks[place];
          if (chunk.sets.empty() || chunk.sets.back().set != set) {
            chunk.sets.push_back({set, 0});
          }
          ++chunk.sets.back().rows;
          if constexpr (std::is_same_v<Row, PlainRow>) {
            chunk.plain.push_back(row);
          } else {
            chunk.rows.push_back(row);
          }
        }
      });
    }
  });
}

void GatheredRows::add_chunk(std::uint32_t chunk, std::uint32_t place, RowSets& sets) {
  const auto begin = [&](std::uint64_t set) { sets.begin(chunk, campaign_of(set), kind_of(set)); };
  auto large = m_large.begin();
  const auto add_large = [&](const Part& part) {
    begin(part.set);
    part.rows->visit([&]<typename Row>(ChunkedRows<Row>& rows) {
      if (chunk < rows.chunks()) {
        rows.each_page(chunk, [&sets](std::span<const Row> page) {
          if (!page.empty()) {
            sets.add(page);
          }
        });
      }
    });
  };
  for (const auto& of_thread : m_dealt) {
    if (place >= of_thread.size()) {
      continue;
    }
    const auto& dealt = of_thread[place];
    std::size_t rows = 0, plain = 0;
    for (const auto& set : dealt.sets) {
      while (large != m_large.end() && large->set <= set.set) {
        add_large(*large++);
      }
      begin(set.set);
      if (is_plain(kind_of(set.set))) {
        sets.add(std::span(dealt.plain).subspan(plain, set.rows));
        plain += set.rows;
      } else {
        sets.add(std::span(dealt.rows).subspan(rows, set.rows));
        rows += set.rows;
      }
    }
  }
  std::for_each(large, m_large.end(), add_large);
}

} // namespace mailfunnel
