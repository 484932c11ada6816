#include "app/timetable.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <vector>

namespace mailfunnel {

namespace {

constexpr int k_most_days = 5 * 366;
constexpr std::array<std::string_view, 7> k_weekdays{"sun", "mon", "tue", "wed",
                                                     "thu", "fri", "sat"};
constexpr std::array<std::string_view, 12> k_months{"jan", "feb", "mar", "apr", "may", "jun",
                                                    "jul", "aug", "sep", "oct", "nov", "dec"};

Error wrong(std::string message) {
  return {ErrorCode::usage, std::move(message)};
}

std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> out;
  for (const auto part : split(text, ' ')) {
    if (!part.empty()) {
      out.push_back(part);
    }
  }
  return out;
}

/// A number, or one of the names, of which the first stands for `first`.
std::optional<int> value_of(std::string_view text, std::span<const std::string_view> names,
                            int first) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (iequals(text.substr(0, 3), names[i])) {
      return static_cast<int>(i) + first;
    }
  }
  const bool digits = !text.empty() && text.size() <= 2 &&
                      std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c); });
  const auto number = digits ? parse_int(text) : std::nullopt;
  return number ? std::optional(static_cast<int>(*number)) : std::nullopt;
}

/// One field of a cron line: "*", "5", "1-5", "*/15", "10-40/10", and lists of them.
struct Field {
  std::string_view name;
  int low, high;
  std::span<const std::string_view> names;
};

template<std::size_t Size>
Result<std::bitset<Size>> read_field(std::string_view text, const Field& field) {
  const auto refuse = [&] {
    return wrong(fmt::format("\"{}\" is no {} of a cron line: {} to {}, such as *, 5, 1-5, */15 or "
                             "a list of those",
                             text, field.name, field.low, field.high));
  };
  std::bitset<Size> out;
  for (auto part : split(text, ',')) {
    int step = 1;
    if (const auto slash = part.find('/'); slash != std::string_view::npos) {
      const auto told = value_of(part.substr(slash + 1), {}, 0);
      if (!told || *told == 0) {
        return refuse();
      }
      step = *told;
      part = part.substr(0, slash);
    }
    int low = field.low, high = field.high;
    if (part != "*") {
      const auto dash = part.find('-');
      const auto from = value_of(part.substr(0, dash), field.names, field.low);
      const auto to = dash == std::string_view::npos
                          ? from
                          : value_of(part.substr(dash + 1), field.names, field.low);
      if (!from || !to || *from < field.low || *to > field.high || *from > *to) {
        return refuse();
      }
      low = *from;
      high = dash == std::string_view::npos && step != 1 ? field.high : *to;
    }
    for (int value = low; value <= high; value += step) {
      out.set(static_cast<std::size_t>(value) % Size);
    }
  }
  return out;
}

/// "06:30"
Result<std::pair<unsigned, unsigned>> read_clock(std::string_view text) {
  const auto colon = text.find(':');
  const auto hour = value_of(text.substr(0, colon), {}, 0);
  const auto minute =
      colon == std::string_view::npos ? std::nullopt : value_of(text.substr(colon + 1), {}, 0);
  if (!hour || !minute || *hour > 23 || *minute > 59) {
    return wrong(fmt::format("\"{}\" is no time of day such as 06:30", text));
  }
  return std::pair(static_cast<unsigned>(*hour), static_cast<unsigned>(*minute));
}

Result<TimeZone> read_zone(std::string_view name) {
  auto zone = find_zone(name);
  if (!zone) {
    return wrong(zone.error().message);
  }
  return zone;
}

} // namespace

Result<Timetable> Timetable::parse_days(std::string_view text, bool weekly) {
  auto parts = parts_of(text);
  Timetable out;
  out.m_days.set();
  out.m_months.set();
  out.m_weekdays.set();
  const std::size_t clock = weekly ? 2 : 1;
  if (parts.size() <= clock || parts.size() > clock + 2) {
    return wrong(weekly ? "weekly wants days, a time and perhaps a zone: weekly mon,thu 06:30 "
                          "Europe/Amsterdam"
                        : "daily wants a time and perhaps a zone: daily 06:30 Europe/Amsterdam");
  }
  if (weekly) {
    const Field field{"weekday", 0, 7, k_weekdays};
    MF_TRY(days, read_field<7>(parts[1], field));
    out.m_weekdays = days;
    out.m_any_weekday = false;
  }
  MF_TRY(time, read_clock(parts[clock]));
  out.m_hours.set(time.first);
  out.m_minutes.set(time.second);
  if (parts.size() > clock + 1) {
    MF_TRY(zone, read_zone(parts[clock + 1]));
    out.m_zone = zone;
  }
  return out;
}

Result<Timetable> Timetable::parse_cron(std::string_view text) {
  const auto parts = parts_of(text);
  if (parts.size() < 6 || parts.size() > 7) {
    return wrong("cron wants minute, hour, day, month, weekday and perhaps a zone: cron 30 6 * * "
                 "1-5 Europe/Amsterdam");
  }
  Timetable out;
  MF_TRY(minutes, read_field<60>(parts[1], {"minute", 0, 59, {}}));
  MF_TRY(hours, read_field<24>(parts[2], {"hour", 0, 23, {}}));
  MF_TRY(days, read_field<32>(parts[3], {"day", 1, 31, {}}));
  MF_TRY(months, read_field<13>(parts[4], {"month", 1, 12, k_months}));
  MF_TRY(weekdays, read_field<7>(parts[5], {"weekday", 0, 7, k_weekdays}));
  out.m_minutes = minutes;
  out.m_hours = hours;
  out.m_days = days;
  out.m_months = months;
  out.m_weekdays = weekdays;
  out.m_any_day = parts[3].starts_with('*');
  out.m_any_weekday = parts[5].starts_with('*');
  if (parts.size() == 7) {
    MF_TRY(zone, read_zone(parts[6]));
    out.m_zone = zone;
  }
  return out;
}

Result<Timetable> Timetable::parse(std::string_view text) {
  const auto parts = parts_of(text);
  const auto form = parts.empty() ? std::string_view() : parts.front();
  Result<Timetable> out = wrong(fmt::format(
      "\"{}\" is no timetable: write every 15m, daily 06:30, weekly mon 06:30 or cron 30 6 * * 1-5",
      text));
  if (form == "every" && parts.size() == 2) {
    const auto span = parse_duration(parts[1]);
    if (!span || *span < 60) {
      return wrong(
          fmt::format("\"{}\": every wants a span of a minute or more, such as 15m", text));
    }
    Timetable every;
    every.m_every = *span;
    out = every;
  } else if (form == "daily" || form == "weekly") {
    out = parse_days(text, form == "weekly");
  } else if (form == "cron") {
    out = parse_cron(text);
  }
  if (out) {
    out->m_text = text;
  }
  return out;
}

bool Timetable::on_day(const Civil& day, unsigned weekday) const {
  if (!m_months.test(day.month)) {
    return false;
  }
  const bool by_day = m_days.test(day.day), by_weekday = m_weekdays.test(weekday);
  if (m_any_day || m_any_weekday) {
    return by_day && by_weekday;
  }
  return by_day || by_weekday;
}

std::optional<Seconds> Timetable::next(Seconds after) const {
  if (m_every != 0) {
    const auto passed = after >= 0 ? after / m_every : -((-after + m_every - 1) / m_every);
    return (passed + 1) * m_every;
  }
  // A day earlier: in the hour that comes twice the clock goes back over midnight in some zones.
  const auto wall = utc_to_local(after, m_zone);
  const auto first = days_from_civil(wall.year, wall.month, wall.day) - 1;
  std::optional<Seconds> best;
  for (std::int64_t number = first; number < first + k_most_days; ++number) {
    auto day = civil_from_seconds(number * k_day);
    const auto weekday = static_cast<unsigned>(((number % 7) + 11) % 7); // 1970-01-01: Thursday
    if (!on_day(day, weekday)) {
      continue;
    }
    for (day.hour = 0; day.hour < 24; ++day.hour) {
      for (day.minute = 0; m_hours.test(day.hour) && day.minute < 60; ++day.minute) {
        if (!m_minutes.test(day.minute)) {
          continue;
        }
        const auto moment = local_to_utc(day, m_zone);
        if (moment > after && (!best || moment < *best)) {
          best = moment;
        }
      }
    }
    if (best && number > first + 1) { // and no later day has an earlier moment
      break;
    }
  }
  return best;
}

std::optional<Seconds> Timetable::last_due(Seconds after, Seconds now) const {
  // Halving: `next` of a moment that is too late gives one after `now`.
  auto due = next(after);
  if (!due || *due > now) {
    return std::nullopt;
  }
  Seconds low = *due, high = now; // low is due
  while (low < high) {
    const auto middle = low + (high - low + 1) / 2;
    const auto later = next(middle - 1);
    if (later && *later <= now) {
      low = *later;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

} // namespace mailfunnel
