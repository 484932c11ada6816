#pragma once
// Moments and spans. Stored times are whole seconds of UTC since 1970; what a source gives beyond
// that is kept in Instant for `decode` and cut, never rounded, on the way to the store.

#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace date {
class time_zone;
}

namespace mailfunnel {

using Seconds = std::int64_t; // of UTC since 1970-01-01
constexpr Seconds k_day = 86'400;

struct Instant {
  Seconds seconds = 0;
  std::uint32_t nanos = 0;
  std::uint32_t digits = 0; // of the fraction that the source gave, 0 to 9
  friend bool operator==(const Instant&, const Instant&) = default;
};

using TimeZone =
    const date::time_zone*; // owned by the time zone library, lives forever; nullptr: UTC

Result<TimeZone> find_zone(std::string_view name); // "Europe/Brussels", "UTC", "+02:00" is not one

/// Days since 1970-01-01 of a date in the Gregorian calendar; no check of the arguments.
std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day);
/// "May" -> 5, by the first three letters in English, capitals as there; 0: none.
unsigned month_of(std::string_view name);
struct Civil {
  std::int64_t year;
  unsigned month, day, hour, minute, second;
};
Civil civil_from_seconds(Seconds seconds);

/// A wall clock reading as UTC. In the hour that does not exist in spring it is the first valid
/// instant; in the hour that comes twice in autumn the earlier of the two.
Seconds local_to_utc(const Civil& wall, TimeZone zone);
Civil utc_to_local(Seconds seconds, TimeZone zone);

/// local_to_utc for the times of a log: a reading near the last one costs an addition, no look into
/// the zone's table.
class WallClock {
public:
  explicit WallClock(TimeZone zone = nullptr) : m_zone(zone) {}
  /// `wall`: what the clock shows, counted as if it were UTC.
  Seconds to_utc(Seconds wall) {
    const auto into = static_cast<std::uint64_t>(wall - m_quarter);
    return m_zone == nullptr ? wall : into < k_quarter ? wall - m_offset : look_up(wall);
  }

private:
  static constexpr std::uint64_t k_quarter = 900; // no zone changes within a quarter of an hour
  Seconds look_up(Seconds wall);
  TimeZone m_zone;
  Seconds m_quarter = 1LL << 60; // when the quarter begins for which m_offset holds
  Seconds m_offset = 0;
};

/// RFC 3339 and the ISO 8601 forms next to it: date, then 'T' or a space, then the clock with or
/// without fraction and with 'Z', '+hh:mm', '+hhmm', ' UTC' or nothing. A time without a zone is in
/// `zone`. A date alone is its first moment. Remembers the last date, as logs have few days.
class TimeReader {
public:
  explicit TimeReader(TimeZone zone = nullptr) : m_clock(zone) {}
  std::optional<Instant> read(std::string_view text) {
    Instant time;
    return read(text, time) ? std::optional(time) : std::nullopt;
  }
  /// The same, written where it is wanted; false: it is no time, and `time` is nothing.
  bool read(std::string_view text, Instant& time);

private:
  bool read_date_alone(std::string_view text, Instant& time);
  bool read_new_date(std::string_view text);
  bool read_rest(std::string_view rest, Instant& time); // behind the seconds

  WallClock m_clock;
  char m_date[10] = {};
  std::int64_t m_days = 0;
};

std::optional<Instant> parse_time(std::string_view text, TimeZone zone = nullptr);
/// Does a time of those forms say in which zone it is? Of other texts the answer means nothing.
bool names_zone(std::string_view time);
/// Digits only, optionally with a fraction: seconds since 1970, or milliseconds when it has 13
/// digits.
std::optional<Instant> parse_unix_time(std::string_view text);
/// strptime-like pattern: %Y %y %m %d %e %H %I %M %S %p %b %B %a %A %z %Z %f %s %%, white space
/// matches any; month and day names in English. Times without %z are in `zone`.
std::optional<Instant> parse_time_as(std::string_view text, std::string_view pattern,
                                     TimeZone zone);

/// Do times of that pattern say in which zone they are (%z, %Z, %s)?
bool pattern_names_zone(std::string_view pattern);

std::string format_time(Seconds seconds); // 2026-03-02T09:10:00Z
/// format_time for many times. Remembers the last date, as logs have few days.
class TimeWriter {
public:
  std::string_view write(Seconds seconds); // valid until the next call

private:
  std::string m_text;
  std::int64_t m_days = INT64_MIN; // whose date stands in m_text
};
std::string format_instant(const Instant& time); // with the fraction that it has
std::string format_date(Seconds seconds);        // 2026-03-02

/// "90d", "24h", "15m", "30s", "2w", "13mo" (of 30 days), "1y" (of 365) -> seconds
std::optional<Seconds> parse_duration(std::string_view text);
std::string
format_duration(Seconds seconds); // "7d", "36h", "90s": the largest unit that divides it

} // namespace mailfunnel
