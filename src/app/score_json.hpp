#pragma once
// Scores of everybody as JSON: the same on the command line (--json) and in the API.

#include "app/kept_run.hpp"
#include "app/simulate.hpp"

#include <string>
#include <vector>

namespace mailfunnel {

std::string score_json(const ScoreSummary& summary);
std::string simulation_json(const Simulation& simulation);
std::string runs_json(const std::vector<KeptRun>& runs); // an object a line

} // namespace mailfunnel
