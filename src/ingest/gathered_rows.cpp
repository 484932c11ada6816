#include "ingest/gathered_rows.hpp"

#include <algorithm>
#include <tuple>

namespace mailfunnel {

void GatheredRows::add(CampaignId campaign, RowBucket& rows, EventKind kind) {
  m_parts.push_back({campaign, kind, 0, 0, &rows});
  m_chunks = std::max(m_chunks, rows.chunks());
}

void GatheredRows::sort() {
  std::stable_sort(m_parts.begin(), m_parts.end(), [](const Part& a, const Part& b) {
    return std::tie(a.campaign, a.kind) < std::tie(b.campaign, b.kind);
  });
}

bool GatheredRows::next(RowSets& sets) {
  constexpr std::size_t k_enough = std::size_t{1} << 16;
  const bool any = m_chunk < m_chunks;
  for (; m_chunk < m_chunks && sets.size() < k_enough; ++m_chunk) {
    for (auto& part : m_parts) {
      if (part.chunk <= m_chunk) {
        sets.begin(m_chunk, part.campaign, part.kind);
        part.chunk = part.rows->add_to(sets, m_chunk, part.begin);
      }
    }
  }
  return any;
}

} // namespace mailfunnel
