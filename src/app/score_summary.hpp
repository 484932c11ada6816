#pragma once
// The scores of all as figures: how many have which status, level, grade and score.

#include "funnel/scorer.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace mailfunnel {

struct ScoreSummary {
  Seconds as_of = 0;
  std::uint64_t recipients = 0, suppressed = 0, disagreeing = 0, unknown_fit = 0;
  std::vector<std::string> statuses;
  std::vector<std::uint64_t> by_status;
  std::vector<std::vector<std::uint64_t>> matrix;  // [level - 1][grade]
  std::map<std::int64_t, std::uint64_t> histogram; // whole points -> people
  std::vector<std::string> warnings;               // a status that is empty or holds more than 30 %
};

/// One thread's counts.
class ScoreTally {
public:
  explicit ScoreTally(const Scorer& scorer);
  void add(const ChunkScores& scores);

private:
  friend ScoreSummary summary_of(std::span<const ScoreTally> tallies);
  const Scorer* m_scorer;
  ScoreSummary m_counts;
};

/// All of them together; there is at least one, and they are of one scorer.
ScoreSummary summary_of(std::span<const ScoreTally> tallies);

} // namespace mailfunnel
