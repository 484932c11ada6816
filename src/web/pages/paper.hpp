#pragma once
// Reports as one HTML file each: with the pages' style and charts within it, no script, and nothing
// that is fetched from elsewhere; they print on A4.

#include "app/campaign_report.hpp"
#include "app/first_look.hpp"
#include "app/reconcile.hpp"
#include "app/score_summary.hpp"
#include "web/pages/words.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

std::string report_paper(const Words& t, const CampaignReport& report,
                         const std::vector<ReconciledMailing>& totals);

/// What was read for a first look.
struct FilesRead {
  std::uint64_t files = 0, events = 0, rejected = 0;
  Seconds first = 0, last = 0; // events
};
/// `hottest`: a line each with score, address and reasons, \x1f between them.
std::string first_look_paper(const Words& t, const FilesRead& read, const FirstLook& look,
                             const ScoreSummary& scores, const Rules& rules,
                             std::string_view hottest);

} // namespace mailfunnel
