#pragma once
// Kept runs, and a person then and now, on a terminal.

#include "app/kept_run.hpp"

#include <string>
#include <vector>

namespace mailfunnel::cli {

std::string runs_text(const std::vector<KeptRun>& runs, bool color);
std::string comparison_text(const RunComparison& c, const Rules& rules, bool color);

} // namespace mailfunnel::cli
