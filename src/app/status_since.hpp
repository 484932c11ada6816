#pragma once
// Since when people have the status that they have: the column and field `since`.
//
// Nothing of that is stored. Everybody is scored as of one midnight (UTC) after the other, back
// from the moment, until the status was another one: so the answer hangs on the activity alone, not
// on when somebody ran the program. Who was not known yet had none.

#include "app/workspace.hpp"
#include "funnel/expression.hpp"

#include <deque>
#include <memory>
#include <mutex>
#include <vector>

namespace mailfunnel {

constexpr Seconds k_since_longest = 400 * k_day; // further back nobody looks

class StatusSince {
public:
  /// All must live as long.
  StatusSince(Store& store, const Workspace& workspace, Worlds& worlds, Seconds as_of)
      : m_store(store), m_rules(workspace.config.rules), m_worlds(worlds), m_as_of(as_of) {}

  /// By recipient of the chunk, for those of `wanted`: midnight of the day on which the status
  /// became what it is in `now`; 0: longer than k_since_longest ago, or nobody knows him or her.
  /// From any thread.
  std::vector<std::uint32_t> of_chunk(std::uint32_t chunk, ChunkSource& source,
                                      const ChunkScores& now, const Bits& wanted);

private:
  struct Day {
    std::shared_ptr<const World> world;
    Scorer scorer;
    ManualSuppressions manual;
  };
  /// The days back from the moment: 0 began last.
  const Day& day(std::size_t back);
  Seconds midnight(std::size_t back) const {
    return m_as_of - m_as_of % k_day - static_cast<Seconds>(back) * k_day;
  }

  Store& m_store;
  const Rules& m_rules;
  Worlds& m_worlds;
  Seconds m_as_of;
  const std::shared_ptr<FitMemories> m_fit = std::make_shared<FitMemories>(); // of all days
  std::mutex m_mutex;                                                         // of the days
  std::deque<Day> m_days;
};

} // namespace mailfunnel
