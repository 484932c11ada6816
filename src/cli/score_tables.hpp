#pragma once
// How scores look on a terminal.

#include "app/explain.hpp"
#include "app/score_run.hpp"
#include "app/simulate.hpp"

#include <map>
#include <string>
#include <vector>

namespace mailfunnel::cli {

/// Scores in steps of ten points from -50 to 100; what is beyond is at the ends.
constexpr std::int64_t k_lowest_bucket = -50, k_highest_bucket = 100, k_score_bucket = 10;
std::map<std::int64_t, std::uint64_t>
buckets_of(const std::map<std::int64_t, std::uint64_t>& histogram);
std::string bucket_label(std::int64_t bucket);

std::string score_text(const ScoreSummary& summary, const Rules& rules, bool color);
std::string simulation_text(const Simulation& simulation, bool color);
std::string explain_text(const Explanation& e, const Rules& rules, bool color);
std::string events_text(const std::vector<PersonEvent>& events, const World& world, bool color);

} // namespace mailfunnel::cli
