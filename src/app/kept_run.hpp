#pragma once
// Runs whose lists left the program: what they said of everybody, by which rules and tags, so that
// it can be asked months later why somebody was on a list, and what has changed since.

#include "app/access_log.hpp"
#include "app/explain.hpp"
#include "app/score_run.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mailfunnel {

constexpr Seconds k_keep_runs = 400 * k_day; // then a run that was kept goes

struct RunUse {
  Seconds at = 0;
  std::string what; // "segment SQL, 15 people, to calls.csv"
};

struct KeptRun {
  std::int64_t id = 0;
  Seconds created = 0, as_of = 0;
  int version = 0; // k_scoring_version then
  std::uint64_t recipients = 0;
  std::vector<RunUse> uses; // oldest first
};

/// Keeps the run with rules and tags, and notes what left with it. Also drops runs that were kept
/// long enough. `rules` and `world` are those of the run. `accesses`: lines of the access log, of
/// many people, that are noted with it. Failure (locked): another run took its place meanwhile.
void keep_run(Store& store, const StoredRun& run, const Rules& rules, const World& world,
              const std::vector<std::string>& uses, Seconds now,
              const std::vector<Access>& accesses = {});

std::vector<KeptRun> kept_runs(Store& store); // newest first

/// One person then and now. Between them stand the moments that a change at a time leads to:
///   stored    what the run said
///   then      the run's rules, tags and moment, with what is known of that time today
///   retagged  with today's stages of links
///   ruled     with today's rules as well
///   now       today
struct RunComparison {
  KeptRun run;
  struct Stored {
    Points score = 0, fit = 0;
    std::uint8_t level = 0, grade = 0, suppressed = 0, phase = 0;
    std::string status, reasons;
  };
  std::optional<Stored> stored; // absent: the person was not known yet
  Explanation then, retagged, ruled, now;
  Rules then_rules;
};

/// Error not_found: no such run, or nobody is known by that name.
Result<RunComparison> compare_with_run(Store& store, const Workspace& workspace, std::int64_t run,
                                       const std::string& who, Seconds now);

} // namespace mailfunnel
