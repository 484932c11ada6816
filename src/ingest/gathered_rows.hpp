#pragma once
// The rows that all threads of an import gathered, as the store takes them: chunk by chunk, sets in
// order. Those of large mailings were dealt out to their chunks as they came. Those of small ones
// are dealt out here, some chunks at a time, so that no second copy of all of them is needed.

#include "base/large_memory.hpp"
#include "ingest/row_bucket.hpp"
#include "store/activity.hpp"

#include <cstdint>
#include <vector>

namespace mailfunnel {

class GatheredRows {
public:
  explicit GatheredRows(unsigned threads) : m_dealt(threads == 0 ? 1 : threads) {}

  /// Those of a thread, which were dealt out. They must live as long.
  void add(CampaignId campaign, EventKind kind, RowBucket& rows);
  /// Before the first next().
  void sort();
  /// Adds the sets of some chunks more, good until the next call; false: there are no more.
  bool next(RowSets& sets);

private:
  struct Part {
    std::uint64_t set; // key_of() it in chunk 0
    RowBucket* rows;
  };
  /// Rows of small mailings that are of one chunk, set after set.
  struct Dealt {
    struct Set {
      std::uint64_t set;
      std::uint32_t rows;
    };
    std::vector<Set> sets;
    LargeVector<EventRow> rows;
    LargeVector<PlainRow> plain;
  };
  void deal_out(std::uint32_t first, std::uint32_t end);
  void add_chunk(std::uint32_t chunk, std::uint32_t place, RowSets& sets);

  std::vector<Part> m_large, m_small;
  std::uint64_t m_small_rows = 0;
  std::uint32_t m_chunk = 0, m_chunks = 0, m_at_once = 0;
  std::vector<std::vector<Dealt>> m_dealt; // by thread, then by chunk; the first thread's sets
                                           // stand before the second's
};

} // namespace mailfunnel
