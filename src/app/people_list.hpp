#pragma once
// The people of the store, hottest first, a page at a time: all of them, also who is suppressed.

#include "app/explain.hpp"
#include "app/segment_export.hpp"
#include "funnel/expression.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mailfunnel {

constexpr std::size_t k_longest_where = 4 << 10; // bytes of an expression that somebody types

struct PeopleRequest {
  std::string part;    // of the address, in any case; "": any
  ExpressionPtr where; // nullptr: everybody
  std::optional<SegmentPlace> after{};
  std::size_t limit = 100; // at least 1
};

struct PeoplePage {
  Seconds as_of = 0;
  std::uint64_t people = 0;  // all that were asked for; only who has an address can be listed
  std::uint64_t nameless = 0; // have none
  std::vector<Explanation> rows;
  std::optional<SegmentPlace> next; // behind whom the next page begins
};

/// What it asks for: who has `part` in the address and is matched.
Expression people_expression(const PeopleRequest& request);

/// Scores come from the run of that moment where there is one that is right, else everybody is
/// scored, and with `keep` the run is kept for the next page.
PeoplePage list_people(Store& store, const Workspace& workspace, const PeopleRequest& request,
                       Seconds as_of, bool keep);

/// How many they are, whatever the page.
std::uint64_t count_people(Store& store, const Workspace& workspace, const PeopleRequest& request,
                           Seconds as_of);

} // namespace mailfunnel
