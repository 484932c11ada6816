#include "base/time.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>

namespace mailfunnel {
namespace {

TEST_CASE("many times are written as one is") {
  std::mt19937_64 random(7); // NOLINT: the same every time
  TimeWriter writer;
  Seconds near = 1'774'958'400;
  for (int i = 0; i < 20'000; ++i) {
    if (i % 50 == 0) {
      near = static_cast<Seconds>(random() % 8'000'000'000) - 2'000'000'000;
    }
    const auto time = near + static_cast<Seconds>(random() % 100'000);
    CHECK(writer.write(time) == format_time(time));
  }
  for (const Seconds time : {Seconds{0}, Seconds{-1}, Seconds{-86'400}, Seconds{-86'401}, k_day - 1,
                             k_day, Seconds{253'402'300'800} /* the year 10000 */}) {
    CHECK(writer.write(time) == format_time(time));
    CHECK(writer.write(time + 1) == format_time(time + 1));
  }
}

TEST_CASE("time: a wall clock agrees with the zone's table, whatever was asked before") {
  const auto zone = find_zone("Europe/Brussels");
  REQUIRE(zone);
  struct Row {
    const char* name;
    const char* wall;
  };
  constexpr std::array k_rows{
      Row{"winter", "2026-01-15T12:00:00Z"},
      Row{"the same quarter", "2026-01-15T12:14:59Z"},
      Row{"the next quarter", "2026-01-15T12:15:00Z"},
      Row{"before the clock goes forward", "2026-03-29T01:59:59Z"},
      Row{"in the hour that does not exist", "2026-03-29T02:00:00Z"},
      Row{"later in it", "2026-03-29T02:31:07Z"},
      Row{"after it", "2026-03-29T03:00:00Z"},
      Row{"in the hour that comes twice", "2026-10-25T02:30:00Z"},
      Row{"after it", "2026-10-25T03:00:00Z"},
      Row{"before 1970", "1969-12-31T23:59:59Z"},
      Row{"back to winter", "2026-01-15T12:00:01Z"},
  };
  WallClock clock(*zone);
  for (int round = 0; round < 2; ++round) {
    for (const auto& row : k_rows) {
      CAPTURE(row.name);
      const auto wall = parse_time(row.wall)->seconds;
      CHECK(clock.to_utc(wall) == local_to_utc(civil_from_seconds(wall), *zone));
    }
  }
}

TEST_CASE("time: a wall clock without a zone shows UTC") {
  WallClock clock;
  CHECK(clock.to_utc(1'778'480'981) == 1'778'480'981);
}

TEST_CASE("time: a reader of times keeps to its zone over its changes") {
  const auto zone = find_zone("Europe/Brussels");
  REQUIRE(zone);
  TimeReader times(*zone);
  CHECK(format_time(times.read("2026-03-29 01:59:59")->seconds) == "2026-03-29T00:59:59Z");
  CHECK(format_time(times.read("2026-03-29 03:00:00")->seconds) == "2026-03-29T01:00:00Z");
  CHECK(format_time(times.read("2026-03-29 01:30:00")->seconds) == "2026-03-29T00:30:00Z");
}

TEST_CASE("time: whatever stands in the place of a digit or colon, it is a clock or it is none") {
  TimeReader times;
  const std::string good = "2026-03-29T09:10:07Z";
  for (std::size_t at = 11; at < 19; ++at) {
    for (int c = 0; c < 256; ++c) {
      auto text = good;
      text[at] = static_cast<char>(c);
      const auto two = [&text](std::size_t i) {
        return (text[i] - '0') * 10 + (text[i + 1] - '0');
      };
      const bool digit = c >= '0' && c <= '9', colon = at == 13 || at == 16;
      const bool is = colon ? c == ':' : digit && two(11) < 24 && two(14) < 60 && two(17) <= 60;
      const auto read = times.read(text);
      CAPTURE(text);
      REQUIRE(read.has_value() == is);
      if (is) {
        const Seconds day = 1'774'742'400;
        CHECK(read->seconds == day + two(11) * 3600 + two(14) * 60 + std::min(two(17), 59));
      }
    }
  }
}

TEST_CASE("time: months by their English names") {
  CHECK(month_of("Jan") == 1);
  CHECK(month_of("May") == 5);
  CHECK(month_of("Dec") == 12);
  for (const char* name : {"", "may", "anF", "Mai", "Ja", "June"}) {
    CHECK(month_of(name) == 0);
  }
}

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

TEST_CASE("pattern_names_zone: whether times of a pattern do") {
  for (const char* yes : {"%Y-%m-%d %H:%M:%S %z", "%Z%H", "%s", "%%%z"}) {
    CAPTURE(yes);
    CHECK(pattern_names_zone(yes));
  }
  for (const char* no : {"", "%", "%Y-%m-%d %H:%M:%S", "%%z", "%S z Z s"}) {
    CAPTURE(no);
    CHECK_FALSE(pattern_names_zone(no));
  }
}

} // namespace
} // namespace mailfunnel
