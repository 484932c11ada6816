#pragma once
// When something is due, by the forms of [schedule]:
//
//   every 15m                          at each multiple of it since 1970 (15m: :00, :15, …)
//   daily 06:30 [Europe/Amsterdam]
//   weekly mon,thu 06:30 [ZONE]
//   cron 30 6 * * 1-5 [ZONE]           minute, hour, day, month, weekday (0 or 7: Sunday), as in
//                                      crontab(5): where day and weekday are both given, either
//                                      will do; names of months and days in English too
//
// A wall clock's reading that a zone does not have in spring is due at its first valid instant, one
// that it has twice in autumn at the earlier. Without a zone: UTC.

#include "base/result.hpp"
#include "base/time.hpp"

#include <bitset>
#include <optional>
#include <string>
#include <string_view>

namespace mailfunnel {

class Timetable {
public:
  /// Error usage: the message says what was expected.
  static Result<Timetable> parse(std::string_view text);

  /// The first moment after `after` at which it is due; nothing within five years: never (the 30th
  /// of February).
  std::optional<Seconds> next(Seconds after) const;
  /// The newest moment at or before `now` and after `after`: what was missed counts once.
  std::optional<Seconds> last_due(Seconds after, Seconds now) const;
  const std::string& text() const { return m_text; }

private:
  static Result<Timetable> parse_cron(std::string_view text);
  static Result<Timetable> parse_days(std::string_view text, bool weekly);
  bool on_day(const Civil& day, unsigned weekday) const;

  std::string m_text;
  Seconds m_every = 0; // else the sets below
  TimeZone m_zone = nullptr;
  std::bitset<60> m_minutes;
  std::bitset<24> m_hours;
  std::bitset<32> m_days;
  std::bitset<13> m_months;
  std::bitset<7> m_weekdays;
  bool m_any_day = true, m_any_weekday = true;
};

} // namespace mailfunnel
