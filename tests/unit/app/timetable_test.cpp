#include "app/timetable.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

namespace mailfunnel {
namespace {

Seconds at(std::string_view text) {
  return parse_time(text).value().seconds;
}

std::string after(std::string_view text, std::string_view moment) {
  const auto table = Timetable::parse(text);
  REQUIRE(table.has_value());
  const auto next = table->next(at(moment));
  return next ? format_time(*next) : "never";
}

TEST_CASE("timetable: the next moment") {
  struct Row {
    const char *name, *text, *after, *next;
  };
  constexpr std::array k_rows{
      Row{"every", "every 15m", "2026-03-02T09:10:00Z", "2026-03-02T09:15:00Z"},
      Row{"after, not at", "every 15m", "2026-03-02T09:15:00Z", "2026-03-02T09:30:00Z"},
      Row{"every day is midnight UTC", "every 1d", "2026-03-02T09:15:00Z", "2026-03-03T00:00:00Z"},
      Row{"daily, UTC", "daily 06:30", "2026-03-02T09:10:00Z", "2026-03-03T06:30:00Z"},
      Row{"daily, winter", "daily 06:30 Europe/Amsterdam", "2026-03-02T00:00:00Z",
          "2026-03-02T05:30:00Z"},
      Row{"daily, summer", "daily 06:30 Europe/Amsterdam", "2026-07-02T00:00:00Z",
          "2026-07-02T04:30:00Z"},
      Row{"in the gap of spring: the first instant after it", "daily 02:30 Europe/Brussels",
          "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"},
      Row{"and the day after as ever", "daily 02:30 Europe/Brussels", "2026-03-29T01:00:00Z",
          "2026-03-30T00:30:00Z"},
      Row{"twice in autumn: the earlier", "daily 02:30 Europe/Brussels", "2026-10-24T12:00:00Z",
          "2026-10-25T00:30:00Z"},
      Row{"and not the later", "daily 02:30 Europe/Brussels", "2026-10-25T00:30:00Z",
          "2026-10-26T01:30:00Z"},
      Row{"weekly", "weekly mon,thu 06:30", "2026-03-02T09:10:00Z", "2026-03-05T06:30:00Z"},
      Row{"weekly by number, 7 is Sunday", "weekly 7 06:30", "2026-03-02T09:10:00Z",
          "2026-03-08T06:30:00Z"},
      Row{"cron on working days", "cron 30 6 * * 1-5", "2026-03-06T07:00:00Z",
          "2026-03-09T06:30:00Z"},
      Row{"cron with steps", "cron */20 8-17/3 * * *", "2026-03-06T08:41:00Z",
          "2026-03-06T11:00:00Z"},
      Row{"cron with names", "cron 0 12 1 jan,jul *", "2026-03-06T08:41:00Z",
          "2026-07-01T12:00:00Z"},
      Row{"day or weekday where both are given", "cron 0 0 13 * fri", "2026-03-06T08:41:00Z",
          "2026-03-13T00:00:00Z"},
      Row{"either of them", "cron 0 0 14 * fri", "2026-03-13T08:41:00Z", "2026-03-14T00:00:00Z"},
      Row{"a leap day", "cron 0 0 29 2 *", "2026-03-06T08:41:00Z", "2028-02-29T00:00:00Z"},
      Row{"a day that never comes", "cron 0 0 30 2 *", "2026-03-06T08:41:00Z", "never"},
      Row{"cron with a zone", "cron 0 9 * * * America/New_York", "2026-03-06T08:41:00Z",
          "2026-03-06T14:00:00Z"},
  };
  for (const auto& row : k_rows) {
    CAPTURE(row.name);
    CHECK(after(row.text, row.after) == row.next);
  }
}

TEST_CASE("timetable: what is none is refused with what would be") {
  for (const auto* text :
       {"", "hourly", "every", "every 5s", "every day", "daily", "daily 25:00", "daily 6.30",
        "daily 06:30 Europe/Nowhere", "daily 06:30 UTC x", "weekly 06:30", "weekly funday 06:30",
        "cron 0 0 * *", "cron 60 0 * * *", "cron 0 0 0 * *", "cron 5-1 0 * * *", "cron */0 * * * *",
        "cron 0 0 * * * * *", "cron 99999999999999999999 0 * * *"}) {
    CAPTURE(text);
    const auto table = Timetable::parse(text);
    REQUIRE_FALSE(table.has_value());
    CHECK(table.error().code == ErrorCode::usage);
    CHECK_FALSE(table.error().message.empty());
  }
}

TEST_CASE("timetable: what was missed counts once, at its newest moment") {
  const auto table = Timetable::parse("daily 06:30").value();
  CHECK(table.last_due(at("2026-03-01T06:30:00Z"), at("2026-03-02T06:29:59Z")) == std::nullopt);
  CHECK(table.last_due(at("2026-03-01T06:30:00Z"), at("2026-03-02T06:30:00Z")) ==
        at("2026-03-02T06:30:00Z"));
  CHECK(table.last_due(at("2026-03-01T06:30:00Z"), at("2026-06-11T12:00:00Z")) ==
        at("2026-06-11T06:30:00Z"));
  // A clock that jumped back: nothing is due before it was.
  CHECK(table.last_due(at("2026-03-05T06:30:00Z"), at("2026-03-02T12:00:00Z")) == std::nullopt);
}

TEST_CASE("timetable: over two years each local day has its moment once, whatever the clock does") {
  for (const auto* zone :
       {"Europe/Brussels", "America/New_York", "Australia/Lord_Howe", "America/Havana", "UTC"}) {
    for (const auto* clock : {"00:00", "00:30", "01:30", "02:30", "03:00", "23:59"}) {
      CAPTURE(zone);
      CAPTURE(clock);
      const auto table = Timetable::parse(std::string("daily ") + clock + " " + zone).value();
      auto moment = at("2025-01-01T00:00:00Z");
      int count = 0;
      for (Seconds before = moment; moment < at("2027-01-01T00:00:00Z"); before = moment, ++count) {
        moment = table.next(moment).value();
        CHECK(moment > before);
        CHECK((count == 0 || moment - before <= 25 * 3'600));
      }
      CHECK((count == 730 || count == 731));
    }
  }
}

} // namespace
} // namespace mailfunnel
