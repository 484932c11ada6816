#pragma once
// Scores of everybody as pages show them: the matrix as a heat map, and the histogram.

#include "app/score_summary.hpp"
#include "web/pages/page.hpp"

namespace mailfunnel {

/// From the run that is right, else by scoring now (which is kept, but where another run writes).
ScoreSummary summary_at(const PageContext& context, Store& store, Seconds as_of);

/// grades and levels, with the cells' counts and statuses, and on a page (nullptr: on paper) links
/// to the people in them.
void set_matrix(View& view, const Words& t, const ScoreSummary& summary, const Rules& rules,
                const PageContext* context);
/// histogram and buckets; `other` is drawn over it.
void set_histogram(View& view, const Words& t, const ScoreSummary& summary, const Rules& rules,
                   const ScoreSummary* other = nullptr);

/// "s0" for the coldest status, up to "s5".
std::string status_css(std::size_t status, std::size_t statuses);

} // namespace mailfunnel
