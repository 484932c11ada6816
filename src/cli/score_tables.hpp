#pragma once
// How scores look on a terminal and as JSON.

#include "app/explain.hpp"
#include "app/score_run.hpp"

#include <string>
#include <vector>

namespace mailfunnel::cli {

std::string score_text(const ScoreSummary& summary, const Rules& rules, bool color);
std::string score_json(const ScoreSummary& summary);
std::string explain_text(const Explanation& e, const Rules& rules, bool color);
std::string explain_json(const Explanation& e);
std::string events_text(const std::vector<PersonEvent>& events, const World& world, bool color);
std::string events_json(const std::vector<PersonEvent>& events, const World& world);

} // namespace mailfunnel::cli
