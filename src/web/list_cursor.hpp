#pragma once
// A place in a list of people, hottest first, with the moment that the list is of, so that the pages
// of one list fit to each other: "1774958400/34500/ann@example.com".

#include "app/segment_export.hpp"

#include <string>
#include <string_view>

namespace mailfunnel {

struct ListCursor {
  Seconds as_of = 0;
  SegmentPlace place;
};

std::string to_text(const ListCursor& cursor);
/// Failure (usage): it is none.
ListCursor parse_cursor(std::string_view text);

} // namespace mailfunnel
