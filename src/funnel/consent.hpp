#pragma once
// Consent to open tracking, which is another thing than consent to mail (docs/config.md,
// [tracking]).

#include "funnel/expression.hpp"
#include "funnel/rules.hpp"
#include "model/activity.hpp"

#include <vector>

namespace mailfunnel {

/// May [tracking] consent_where ask for this? For what is known of a person without scoring him or
/// her: attributes, address, domain and subscriptions. The score hangs on consent, not the other
/// way.
bool asks_for_consent_only(const Expression& expression);

/// Who of a chunk has not allowed that opens are measured, as of the moment; empty: nobody is
/// asked.
std::vector<bool> tracking_refused(const TrackingRules& tracking, ChunkSource& source,
                                   Seconds as_of);

} // namespace mailfunnel
