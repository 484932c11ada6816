#pragma once
// Segments as the API and the review pages show them. The people of one come a page at a time:
// hottest first, from a place on, of one moment, so that the pages of one list fit to each other.

#include "app/segment_export.hpp"
#include "web/api_context.hpp"

#include <optional>
#include <string>

namespace mailfunnel {

/// A caller for sales sees lists for sales, and nothing of others.
bool may_see_segment(const ApiContext& context, const SegmentConfig& segment);
/// Failure: there is none of that name (not_found), or the caller may not see it (unauthorized).
const SegmentConfig& segment_called(const ApiContext& context, const std::string& name);
/// One that is not in the config: `where` and `use` of the query. Failure (usage), with a caret
/// under what is wrong with the expression.
SegmentConfig segment_asked_for(const ApiContext& context);
/// Whoever it is, suppressed or not: `where` of the query, and `q`, a part of the address; each may
/// be left out. Failure as above.
SegmentConfig people_asked_for(const ApiContext& context);

struct SegmentPage {
  Seconds as_of = 0;
  SegmentResult result;
  std::optional<std::string> next; // what to ask for with `after`
};

/// The moment that is asked for with `as_of`, else the one that segments are taken at.
Seconds segment_moment(const ApiContext& context, Store& store);

/// `request`'s place is set by `after` of the query. Failure (usage): `after` is none of ours.
SegmentPage segment_page(const ApiContext& context, Store& store, SegmentRequest request,
                         ExportFormat format, std::size_t limit);

} // namespace mailfunnel
