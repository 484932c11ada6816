#pragma once
// Kept runs, and a person then and now, on a terminal and as JSON.

#include "app/kept_run.hpp"

#include <string>
#include <vector>

namespace mailfunnel::cli {

std::string runs_text(const std::vector<KeptRun>& runs, bool color);
std::string runs_json(const std::vector<KeptRun>& runs);
std::string comparison_text(const RunComparison& c, const Rules& rules, bool color);
std::string comparison_json(const RunComparison& c);

} // namespace mailfunnel::cli
