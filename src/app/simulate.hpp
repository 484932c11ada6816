#pragma once
// What if other rules held: everybody scored by both, side by side; nothing is stored.

#include "app/score_summary.hpp"
#include "app/workspace.hpp"

#include <string>
#include <vector>

namespace mailfunnel {

/// Somebody whose status or score would change.
struct Mover {
  std::string address;
  std::string status_before, status_after;
  Points before = 0, after = 0; // engagement
  Points fit_before = 0, fit_after = 0;
  std::string why; // the rule that makes most of the difference: "click.BOFU +20 -> +15"
};

struct Simulation {
  ScoreSummary before, after;
  /// [status before][status after], indexes into the summaries' statuses.
  std::vector<std::vector<std::uint64_t>> transitions;
  std::uint64_t other_score = 0, other_fit = 0, other_status = 0; // people who change
  std::vector<Mover> movers;              // a new status first, then by the size of the change
  std::vector<std::string> never_matched; // rules among the new ones: "fit rule \"student\""
};

/// Folds the inbox first. `most` movers.
Simulation simulate(Store& store, const Workspace& workspace, const Rules& rules, Seconds as_of,
                    std::size_t most);

} // namespace mailfunnel
