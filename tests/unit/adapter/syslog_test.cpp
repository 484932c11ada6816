#include "adapter/syslog.hpp"

#include "base/json.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

using namespace mailfunnel;

namespace {

Seconds moment(std::string_view text) {
  return parse_time(text)->seconds;
}

struct Parts {
  std::string why, time, host, program, message;
  bool zoned;
};

Parts read(SyslogReader& reader, std::string line) {
  line.reserve(line.size() + k_padding);
  SyslogLine into;
  const std::string why(reader.read(line, into));
  return {why,
          format_instant(into.time),
          std::string(into.host),
          std::string(into.program),
          std::string(into.message),
          into.zoned};
}

} // namespace

TEST_CASE("syslog: every form gives its parts") {
  struct Row {
    const char* name;
    const char* line;
    const char* time;
    const char* program;
    const char* message;
    bool zoned;
  };
  constexpr std::array k_rows{
      Row{"RFC 3164", "May 11 08:29:41 mx1 postfix/smtp[2105]: a b", "2026-05-11T08:29:41Z",
          "postfix/smtp", "a b", false},
      Row{"a day of one digit, padded", "May  1 08:29:41 mx1 exim[1]: a", "2026-05-01T08:29:41Z",
          "exim", "a", false},
      Row{"or with a zero", "May 01 08:29:41 mx1 exim[1]: a", "2026-05-01T08:29:41Z", "exim", "a",
          false},
      Row{"a fraction", "May 11 08:29:41.123456 mx1 p: a", "2026-05-11T08:29:41.123456Z", "p", "a",
          false},
      Row{"a priority in front", "<22>May 11 08:29:41 mx1 p[1]: a", "2026-05-11T08:29:41Z", "p",
          "a", false},
      Row{"no pid", "May 11 08:29:41 mx1 kernel: a: b", "2026-05-11T08:29:41Z", "kernel", "a: b",
          false},
      Row{"no colon", "May 11 08:29:41 mx1 postfix/smtp[2105] a", "2026-05-11T08:29:41Z",
          "postfix/smtp", "a", false},
      Row{"no text", "May 11 08:29:41 mx1 p[1]:", "2026-05-11T08:29:41Z", "p", "", false},
      Row{"RFC 3339", "2026-05-11T08:29:41.5+02:00 mx1 p[1]: a", "2026-05-11T06:29:41.5Z", "p", "a",
          true},
      Row{"a zone without a colon", "2026-05-11T08:29:41+0200 mx1 p[1]: a", "2026-05-11T06:29:41Z",
          "p", "a", true},
      Row{"UTC", "2026-05-11T08:29:41Z mx1 p[1]: a", "2026-05-11T08:29:41Z", "p", "a", true},
      Row{"a year and no zone", "2026-05-11T08:29:41 mx1 p[1]: a", "2026-05-11T08:29:41Z", "p", "a",
          false},
      Row{"RFC 5424", "<22>1 2026-05-11T08:29:41Z mx1 p 1 - - a", "2026-05-11T08:29:41Z", "p", "a",
          true},
      Row{"with structured data and a BOM",
          "<165>1 2026-05-11T08:29:41Z mx1 p 1 ID [x a=\"]\\\"\"][y] \xEF\xBB\xBF"
          "a [b]",
          "2026-05-11T08:29:41Z", "p", "a [b]", true},
      Row{"the journal",
          R"({"__REALTIME_TIMESTAMP":"1778488181000250","_HOSTNAME":"mx1","SYSLOG_IDENTIFIER":"p","MESSAGE":"a \"b\""})",
          "2026-05-11T08:29:41.000250Z", "p", "a \"b\"", true},
      Row{"the journal, bytes",
          R"({"MESSAGE":[97,255],"SYSLOG_IDENTIFIER":"p","_HOSTNAME":"mx1","__REALTIME_TIMESTAMP":"1778488181000000"})",
          "2026-05-11T08:29:41.000000Z", "p", "a\xFF", true},
  };
  for (const auto& row : k_rows) {
    CAPTURE(row.name);
    SyslogReader reader(nullptr, moment("2026-05-12"));
    const auto parts = read(reader, row.line);
    CHECK(parts.why == "");
    CHECK(parts.time == row.time);
    CHECK(parts.host == "mx1");
    CHECK(parts.program == row.program);
    CHECK(parts.message == row.message);
    CHECK(parts.zoned == row.zoned);
  }
}

TEST_CASE("syslog: what is no line of it is told") {
  SyslogReader reader(nullptr, moment("2026-05-12"));
  for (const char* line : {"",
                           "x",
                           "hello world, this is no line",
                           "May 11 08:29:41",
                           "May 11 08:29:41x mx1 p: a",
                           "May 11 24:00:00 mx1 p: a",
                           "May 11 08:60:00 mx1 p: a",
                           "May 32 08:29:41 mx1 p: a",
                           "May 00 08:29:41 mx1 p: a",
                           "Feb 30 08:29:41 mx1 p: a",
                           "Mai 11 08:29:41 mx1 p: a",
                           "2026-13-11T08:29:41Z mx1 p: a",
                           "2026-05-11 08:29:41 mx1 p: a",
                           "<22>",
                           "<22>1 ",
                           "{",
                           "{}",
                           R"({"__REALTIME_TIMESTAMP":"-1"})",
                           R"({"__REALTIME_TIMESTAMP":"1","MESSAGE":null})",
                           R"({"__REALTIME_TIMESTAMP":"1","MESSAGE":[256]})"}) {
    CAPTURE(line);
    CHECK(read(reader, line).why != "");
  }
}

TEST_CASE("syslog: a fault in an entry of the journal does not hide whose it is") {
  SyslogReader reader(nullptr, 0);
  CHECK(read(reader, R"({"SYSLOG_IDENTIFIER":"kernel","MESSAGE":"a"})").program == "kernel");
}

TEST_CASE("syslog: a time without a year is the last such before the log was written") {
  struct Row {
    const char* written;
    const char* line;
    const char* time;
  };
  constexpr std::array k_rows{
      Row{"2026-01-03T10:00:00Z", "Jan  3 09:00:00", "2026-01-03T09:00:00Z"},
      Row{"2026-01-03T10:00:00Z", "Dec 31 23:59:59", "2025-12-31T23:59:59Z"},
      Row{"2026-01-03T10:00:00Z", "Jan  5 00:00:00", "2025-01-05T00:00:00Z"},
      Row{"2025-12-31T23:30:00Z", "Jan  1 00:30:00", "2026-01-01T00:30:00Z"}, // clocks differ
      Row{"2026-03-01T10:00:00Z", "Feb 29 09:00:00", "2024-02-29T09:00:00Z"},
      Row{"2024-03-01T10:00:00Z", "Feb 29 09:00:00", "2024-02-29T09:00:00Z"},
  };
  for (const auto& row : k_rows) {
    CAPTURE(row.written);
    CAPTURE(row.line);
    SyslogReader reader(nullptr, moment(row.written));
    CHECK(read(reader, row.line + std::string(" mx1 p: a")).time == row.time);
  }
}

TEST_CASE("syslog: the year turns within a log") {
  SyslogReader reader(nullptr, moment("2026-01-02T00:00:00Z"));
  CHECK(read(reader, "Dec 31 23:59:59 mx1 p: a").time == "2025-12-31T23:59:59Z");
  CHECK(read(reader, "Jan  1 00:00:00 mx1 p: a").time == "2026-01-01T00:00:00Z");
  CHECK(read(reader, "Dec 31 23:59:59 mx1 p: a").time == "2025-12-31T23:59:59Z"); // out of order
}

TEST_CASE("syslog: a log of more than a year is told, not dated at random") {
  SyslogReader reader(nullptr, moment("2026-06-30T00:00:00Z"));
  CHECK(read(reader, "Jun 30 00:00:00 mx1 p: a").why == ""); // of 2025, but who could know
  CHECK(read(reader, "Jul  2 00:00:00 mx1 p: a").why.find("less than one year") !=
        std::string::npos);
}

TEST_CASE("syslog: times without a zone are in the one that is given") {
  const auto zone = find_zone("Europe/Brussels");
  REQUIRE(zone);
  SyslogReader reader(*zone, moment("2025-12-31T23:30:00Z"));
  CHECK(read(reader, "Jul 11 08:29:41 mx1 p: a").time == "2025-07-11T06:29:41Z");
  CHECK(read(reader, "Jan  1 00:29:41 mx1 p: a").time == "2025-12-31T23:29:41Z");
  CHECK(read(reader, "2025-07-11T08:29:41 mx1 p: a").time == "2025-07-11T06:29:41Z");
}
