#pragma once
// Cuts of the engagement levels for a list: so many people for sales, or so many new ones a week.

#include "app/workspace.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mailfunnel {

/// "0.5%" of those whom a mailing has reached, or "50/week": new ones.
struct LevelTarget {
  std::optional<double> share; // 0 to 1
  std::optional<double> a_week;
};
std::optional<LevelTarget> parse_level_target(std::string_view text);

/// What a cut between level 1 and 2 would give.
struct LevelCut {
  Points cut = 0;
  std::uint64_t people = 0; // with the best status
  double share = 0;         // of those whom a mailing has reached
  double a_week = 0;        // new ones, on average of the last weeks
};

struct LevelSuggestion {
  std::string status;            // the best one: "SQL"
  std::uint64_t reached = 0;     // people whom a mailing has reached
  std::uint64_t by_override = 0; // have it whatever the cut
  unsigned weeks = 0;            // looked at
  LevelCut now;                  // the cut of the rules
  LevelCut best;                 // the one nearest to the target
  std::vector<LevelCut> near;    // round it, lowest cut first
  Points second = 0; // between level 2 and 3: a tenth of the people are above it, but no
                     // more than half of the first
};

/// Error usage: the status is not judged by a matrix in which level 1 leads to the best status, or
/// there is nobody.
Result<LevelSuggestion> suggest_levels(Store& store, const Workspace& workspace, const Rules& rules,
                                       Seconds as_of, const LevelTarget& target);

} // namespace mailfunnel
