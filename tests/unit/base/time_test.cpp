#include "base/time.hpp"

#include <doctest/doctest.h>

using namespace mailfunnel;

TEST_CASE("names_zone: whether a time says where its clock stands") {
  for (const char* yes :
       {"2026-03-02T09:10:00Z", "2026-03-02 09:10:00.25+02", "2026-03-02T09:10:00-05:00",
        " 2026-03-02 09:10:00 UTC", "2026-03-02 09:10:00 gmt"}) {
    CAPTURE(yes);
    CHECK(names_zone(yes));
  }
  for (const char* no : {"2026-03-02T09:10:00", "2026-03-02 09:10:00.25 ", "2026-03-02", ""}) {
    CAPTURE(no);
    CHECK_FALSE(names_zone(no));
  }
}
