#pragma once
// What lies between two explanations of one person: lines of the ledger laid side by side.

#include "app/explain.hpp"

#include <vector>

namespace mailfunnel {

struct ScoreChange {
  const Contribution *before = nullptr, *after = nullptr; // nullptr: no points
  Points points() const {
    return (after == nullptr ? 0 : after->points) - (before == nullptr ? 0 : before->points);
  }
};

/// Lines that give other points than before, most points first. Points into both.
std::vector<ScoreChange> changes_of(const Explanation& before, const Explanation& after);

/// By the same rules at an earlier and a later moment: what is new, most points first, and what
/// became of the old.
struct PassedTime {
  std::vector<const Contribution*> fresh;
  Points fresh_points = 0, older_points = 0;
};
PassedTime passed_of(const Explanation& before, const Explanation& now);

} // namespace mailfunnel
