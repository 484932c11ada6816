#pragma once
// Consent to open tracking, which is another thing than consent to mail (docs/config.md,
// [tracking]).

#include "funnel/rules.hpp"
#include "model/activity.hpp"

#include <vector>

namespace mailfunnel {

/// Who of a chunk has not allowed that opens are measured, as of the moment; empty: nobody is
/// asked.
std::vector<bool> tracking_refused(const TrackingRules& tracking, ChunkSource& source,
                                   Seconds as_of);

} // namespace mailfunnel
