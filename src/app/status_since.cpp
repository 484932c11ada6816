#include "app/status_since.hpp"

namespace mailfunnel {

const StatusSince::Day& StatusSince::day(std::size_t back) {
  const std::lock_guard lock(m_mutex);
  while (m_days.size() <= back) {
    const auto moment = midnight(m_days.size());
    auto world = m_worlds.at(moment);
    Scorer scorer(m_rules, *world, moment, m_fit);
    m_days.push_back({std::move(world), std::move(scorer), {m_store.database(), moment}});
  }
  return m_days[back];
}

std::vector<std::uint32_t> StatusSince::of_chunk(std::uint32_t chunk, ChunkSource& source,
                                                 const ChunkScores& now, const Bits& wanted) {
  std::vector<std::uint32_t> since(now.size(), 0);
  auto open = wanted;
  wanted.each([&](std::size_t r) {
    if (!now.known(r)) {
      open.reset(r);
    }
  });
  ChunkScores then;
  for (std::size_t back = 0; midnight(back) > m_as_of - k_since_longest && open.count() != 0;
       ++back) {
    const auto& day = this->day(back);
    day.scorer.score(source, day.manual.of_chunk(chunk), then);
    day.scorer.judge_status(source, then);
    open.each([&](std::size_t r) {
      if (!then.known(r) || then.status[r] != now.status[r]) {
        since[r] = static_cast<std::uint32_t>(midnight(back));
        open.reset(r);
      }
    });
  }
  return since;
}

} // namespace mailfunnel
