#pragma once
// The rows that all threads of an import gathered, as the store takes them: chunk by chunk, sets in
// order.

#include "ingest/row_bucket.hpp"
#include "store/activity.hpp"

#include <cstdint>
#include <vector>

namespace mailfunnel {

class GatheredRows {
public:
  /// Those of a thread, which were dealt out.
  void add(CampaignId campaign, RowBucket& rows, EventKind kind);
  /// Before the first next().
  void sort();
  /// Adds the sets of some chunks more, so many that they are worth all threads' while; false:
  /// there are no more.
  bool next(RowSets& sets);

private:
  struct Part {
    CampaignId campaign;
    EventKind kind;
    std::uint32_t chunk; // the next one of which there may be any
    std::uint32_t begin; // RowBucket::add_to's
    RowBucket* rows;
  };
  std::vector<Part> m_parts;
  std::uint32_t m_chunk = 0, m_chunks = 0;
};

} // namespace mailfunnel
