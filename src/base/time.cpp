#include "base/time.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <date/tz.h>
#include <fmt/format.h>

#include <array>
#include <bit>
#include <charconv>
#include <cstring>

namespace mailfunnel {

namespace {

/// Two digits at p as a number, or a value above 99 when they are none.
inline unsigned two_digits(const char* p) {
  const auto high = static_cast<unsigned>(p[0] - '0'), low = static_cast<unsigned>(p[1] - '0');
  return high > 9 || low > 9 ? 1000 : high * 10 + low;
}

bool valid_date(unsigned year, unsigned month, unsigned day) {
  constexpr unsigned k_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) {
    return false;
  }
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return day <= k_days[month - 1] + (month == 2 && leap ? 1U : 0U);
}

/// "YYYY-MM-DD" -> days since 1970.
std::optional<std::int64_t> read_date(const char* p) {
  const auto century = two_digits(p), year = two_digits(p + 2), month = two_digits(p + 5),
             day = two_digits(p + 8);
  if (century > 99 || year > 99 || p[4] != '-' || p[7] != '-' ||
      !valid_date(century * 100 + year, month, day)) {
    return std::nullopt;
  }
  return days_from_civil(static_cast<std::int64_t>(century) * 100 + year, month, day);
}

/// ".123456" at the front of text: nanos and digits; the text moves on.
void read_fraction(std::string_view& text, Instant& time) {
  if (text.size() < 2 || (text[0] != '.' && text[0] != ',') || !is_digit(text[1])) {
    return;
  }
  text.remove_prefix(1);
  std::uint32_t scale = 100'000'000;
  while (!text.empty() && is_digit(text[0])) {
    if (time.digits < 9) {
      time.nanos += static_cast<std::uint32_t>(text[0] - '0') * scale;
      scale /= 10;
      ++time.digits;
    }
    text.remove_prefix(1);
  }
}

/// "Z", "+02:00", "-0530", "+02", " UTC", " GMT" -> seconds east of Greenwich; the text moves on.
/// nullopt: none of them.
std::optional<Seconds> read_offset(std::string_view& text) {
  auto rest = trim(text);
  if (rest.empty()) {
    return std::nullopt;
  }
  if (rest[0] == 'Z' || rest[0] == 'z') {
    text = rest.substr(1);
    return 0;
  }
  for (const std::string_view name : {"UTC", "GMT"}) {
    if (istarts_with(rest, name)) {
      text = rest.substr(3);
      return 0;
    }
  }
  if ((rest[0] != '+' && rest[0] != '-') || rest.size() < 3) {
    return std::nullopt;
  }
  const auto hours = two_digits(rest.data() + 1);
  std::size_t used = 3;
  unsigned minutes = 0;
  if (rest.size() >= 6 && rest[3] == ':') {
    minutes = two_digits(rest.data() + 4);
    used = 6;
  } else if (rest.size() >= 5) {
    minutes = two_digits(rest.data() + 3);
    used = 5;
  }
  if (hours > 23 || minutes > 59) {
    return std::nullopt;
  }
  const auto offset = Seconds{hours} * 3600 + Seconds{minutes} * 60;
  text = rest.substr(used);
  return rest[0] == '-' ? -offset : offset;
}

} // namespace

Result<TimeZone> find_zone(std::string_view name) {
  if (iequals(name, "UTC") || iequals(name, "GMT") || name == "Z") {
    return TimeZone{nullptr};
  }
  try {
    return TimeZone{date::locate_zone(std::string(name))};
  } catch (const std::exception&) {
    return Error{ErrorCode::not_found,
                 fmt::format("no time zone \"{}\": use a name such as Europe/Brussels or UTC",
                             printable(name, 60))};
  }
}

std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day) {
  // The algorithm of Howard Hinnant's "chrono-compatible low-level date algorithms".
  year -= month <= 2;
  const auto era = (year >= 0 ? year : year - 399) / 400;
  const auto year_of_era = static_cast<unsigned>(year - era * 400);
  const auto day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const auto day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + static_cast<std::int64_t>(day_of_era) - 719'468;
}

unsigned month_of(std::string_view name) {
  constexpr std::string_view k_all = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (name.size() != 3) {
    return 0;
  }
  const auto place = k_all.find(name);
  return place == std::string_view::npos || place % 3 != 0 ? 0
                                                           : static_cast<unsigned>(place / 3) + 1;
}

Civil civil_from_seconds(Seconds seconds) {
  auto days = seconds / k_day;
  auto clock = seconds % k_day;
  if (clock < 0) {
    clock += k_day;
    --days;
  }
  days += 719'468;
  const auto era = (days >= 0 ? days : days - 146'096) / 146'097;
  const auto day_of_era = static_cast<unsigned>(days - era * 146'097);
  const auto year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const auto day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const auto shifted = (5 * day_of_year + 2) / 153;
  const auto month = shifted < 10 ? shifted + 3 : shifted - 9;
  const auto s = static_cast<unsigned>(clock);
  return {static_cast<std::int64_t>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0),
          month,
          day_of_year - (153 * shifted + 2) / 5 + 1,
          s / 3600,
          s / 60 % 60,
          s % 60};
}

Seconds local_to_utc(const Civil& wall, TimeZone zone) {
  const auto seconds = days_from_civil(wall.year, wall.month, wall.day) * k_day + wall.hour * 3600 +
                       wall.minute * 60 + wall.second;
  if (zone == nullptr) {
    return seconds;
  }
  const auto info = zone->get_info(date::local_seconds{std::chrono::seconds{seconds}});
  if (info.result == date::local_info::nonexistent) { // spring: the first instant that exists
    return info.second.begin.time_since_epoch().count();
  }
  return seconds - info.first.offset.count(); // autumn: the earlier of two is `first`
}

Civil utc_to_local(Seconds seconds, TimeZone zone) {
  if (zone != nullptr) {
    seconds += zone->get_info(date::sys_seconds{std::chrono::seconds{seconds}}).offset.count();
  }
  return civil_from_seconds(seconds);
}

Seconds WallClock::look_up(Seconds wall) {
  constexpr auto k_last = static_cast<Seconds>(k_quarter) - 1;
  const auto quarter = wall - ((wall % (k_last + 1)) + k_last + 1) % (k_last + 1);
  const auto first = local_to_utc(civil_from_seconds(quarter), m_zone);
  if (local_to_utc(civil_from_seconds(quarter + k_last), m_zone) - first != k_last) {
    return local_to_utc(civil_from_seconds(wall), m_zone); // in the hour that does not exist
  }
  m_quarter = quarter;
  m_offset = quarter - first;
  return wall - m_offset;
}

namespace {

/// "09:10:00" as seconds of the day; -1: it is none. A leap second is the one before it.
int clock_of(const char* p) {
  std::uint64_t text; // the first character lowest
  std::memcpy(&text, p, sizeof text);
  if constexpr (std::endian::native == std::endian::big) {
    text = __builtin_bswap64(text);
  }
  constexpr std::uint64_t k_high = 0xF0F0FFF0F0FFF0F0, k_wanted = 0x30303A30303A3030;
  constexpr std::uint64_t k_six = 0x0606000606000606; // gives what is above '9' another high half
  constexpr std::uint64_t k_digits = 0x0F0F000F0F000F0F;
  const auto digits = text & k_digits;
  const auto pairs = 10 * digits + (digits >> 8); // hour, minute and second in bytes 0, 3 and 6
  constexpr std::uint64_t k_pairs = 0x00FF0000FF0000FF;
  constexpr std::uint64_t k_to_128 = 0x0043000044000068; // from 61, 60 and 24
  constexpr std::uint64_t k_over = 0x0080000080000080;
  const auto wrong = ((text & k_high) ^ k_wanted) | (((text + k_six) & k_high) ^ k_wanted) |
                     (((pairs & k_pairs) + k_to_128) & k_over);
  if (wrong != 0) {
    return -1;
  }
  const auto pair = [pairs](unsigned place) { return static_cast<int>(pairs >> 8 * place & 0xFF); };
  return pair(0) * 3600 + pair(3) * 60 + std::min(pair(6), 59);
}

} // namespace

bool TimeReader::read(std::string_view text, Instant& time) {
  if (text.size() < 19) {
    return read_date_alone(text, time);
  }
  if (std::memcmp(m_date, text.data(), 10) != 0 && !read_new_date(text)) {
    const auto inner = trim(text);
    return inner.size() < text.size() && read(inner, time);
  }
  const char* p = text.data();
  const int clock = clock_of(p + 11);
  if ((p[10] != 'T' && p[10] != ' ' && p[10] != 't') || clock < 0) {
    return false;
  }
  time = Instant{m_days * k_day + clock};
  return (text.size() == 20 && p[19] == 'Z') || read_rest(text.substr(19), time);
}

[[gnu::noinline]] bool TimeReader::read_date_alone(std::string_view text, Instant& time) {
  text = trim(text);
  if (text.size() != 10) {
    return false;
  }
  const auto days = read_date(text.data());
  time = Instant{days ? m_clock.to_utc(*days * k_day) : 0};
  return days.has_value();
}

[[gnu::noinline]] bool TimeReader::read_new_date(std::string_view text) {
  const auto days = read_date(text.data());
  if (days) {
    std::memcpy(m_date, text.data(), 10);
    m_days = *days;
  }
  return days.has_value();
}

[[gnu::noinline]] bool TimeReader::read_rest(std::string_view rest, Instant& time) {
  read_fraction(rest, time);
  if (const auto offset = read_offset(rest)) {
    time.seconds -= *offset;
  } else {
    time.seconds = m_clock.to_utc(time.seconds);
  }
  return trim(rest).empty();
}

std::optional<Instant> parse_time(std::string_view text, TimeZone zone) {
  return TimeReader(zone).read(text);
}

bool names_zone(std::string_view time) {
  constexpr std::size_t k_clock = 19; // "2026-03-02 09:10:00"
  time = trim(time);
  const auto rest = time.substr(std::min(time.size(), k_clock));
  return rest.find_first_of("Zz+-") != std::string_view::npos || icontains(rest, "UTC") ||
         icontains(rest, "GMT");
}

std::optional<Instant> parse_unix_time(std::string_view text) {
  text = trim(text);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto digits = static_cast<std::size_t>(end - text.data());
  if (error != std::errc{} || value < 0 || digits == 0) {
    return std::nullopt;
  }
  Instant time{value};
  if (digits == 13) {
    time = {value / 1000, static_cast<std::uint32_t>(value % 1000) * 1'000'000, 3};
  } else if (digits > 11) {
    return std::nullopt;
  }
  auto rest = text.substr(digits);
  if (digits != 13) {
    read_fraction(rest, time);
  }
  return rest.empty() ? std::optional(time) : std::nullopt;
}

// ---- strptime-like
// -------------------------------------------------------------------------------------------------

namespace {

constexpr std::array<std::string_view, 12> k_months{
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};
constexpr std::array<std::string_view, 7> k_weekdays{"monday", "tuesday",  "wednesday", "thursday",
                                                     "friday", "saturday", "sunday"};

/// 1 + the index of the name (whole, or its first three letters) at the front of text, which moves
/// on; 0: none.
template<std::size_t N>
unsigned read_name(std::string_view& text, const std::array<std::string_view, N>& names) {
  for (unsigned i = 0; i < N; ++i) {
    for (const auto length : {names[i].size(), std::size_t{3}}) {
      if (istarts_with(text, names[i].substr(0, length))) {
        text.remove_prefix(length);
        return i + 1;
      }
    }
  }
  return 0;
}

struct PatternReader {
  std::string_view text;
  Instant time{};
  unsigned year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  bool pm = false, am = false;
  std::optional<Seconds> offset{};

  bool number(unsigned& into, std::size_t most) {
    std::size_t used = 0;
    unsigned value = 0;
    while (used < most && used < text.size() && is_digit(text[used])) {
      value = value * 10 + static_cast<unsigned>(text[used++] - '0');
    }
    text.remove_prefix(used);
    into = value;
    return used != 0;
  }

  bool unix_seconds() {
    std::size_t used = 0;
    std::int64_t value = 0;
    while (used < 12 && used < text.size() && is_digit(text[used])) {
      value = value * 10 + (text[used++] - '0');
    }
    text.remove_prefix(used);
    const auto civil = civil_from_seconds(value);
    year = static_cast<unsigned>(civil.year), month = civil.month, day = civil.day;
    hour = civil.hour, minute = civil.minute, second = civil.second;
    offset = 0;
    return used != 0;
  }

  bool directive(char what) {
    switch (what) {
    case 'Y':
      return number(year, 4);
    case 'y': {
      const bool ok = number(year, 2);
      year += year < 70 ? 2000 : 1900;
      return ok;
    }
    case 'm':
      return number(month, 2);
    case 'd':
    case 'e':
      text = trim(text);
      return number(day, 2);
    case 'H':
    case 'I':
      return number(hour, 2);
    case 'M':
      return number(minute, 2);
    case 'S':
      return number(second, 2);
    case 'p':
      pm = istarts_with(text, "pm");
      am = istarts_with(text, "am");
      text.remove_prefix(pm || am ? 2 : 0);
      return pm || am;
    case 'b':
    case 'B':
      return (month = read_name(text, k_months)) != 0;
    case 'a':
    case 'A':
      return read_name(text, k_weekdays) != 0;
    case 'f': {
      const std::string dotted = "." + std::string(text.substr(0, 9));
      std::string_view view(dotted);
      read_fraction(view, time);
      text.remove_prefix(time.digits);
      return time.digits != 0;
    }
    case 'z':
    case 'Z':
      offset = read_offset(text);
      return offset.has_value();
    case 's':
      return unix_seconds();
    case '%':
      return literal('%');
    default:
      return false;
    }
  }

  bool literal(char c) {
    if (is_space(c)) {
      while (!text.empty() && is_space(text[0])) {
        text.remove_prefix(1);
      }
      return true;
    }
    if (text.empty() || text[0] != c) {
      return false;
    }
    text.remove_prefix(1);
    return true;
  }
};

} // namespace

std::optional<Instant> parse_time_as(std::string_view text, std::string_view pattern,
                                     TimeZone zone) {
  PatternReader reader{trim(text)};
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool directive = pattern[i] == '%' && i + 1 < pattern.size();
    if (!(directive ? reader.directive(pattern[++i]) : reader.literal(pattern[i]))) {
      return std::nullopt;
    }
  }
  if (reader.am || reader.pm) {
    if (reader.hour < 1 || reader.hour > 12) {
      return std::nullopt;
    }
    reader.hour = reader.hour % 12 + (reader.pm ? 12 : 0);
  }
  if (!trim(reader.text).empty() || !valid_date(reader.year, reader.month, reader.day) ||
      reader.hour > 23 || reader.minute > 59 || reader.second > 60) {
    return std::nullopt;
  }
  const auto wall = days_from_civil(reader.year, reader.month, reader.day) * k_day +
                    reader.hour * 3600 + reader.minute * 60 + std::min(reader.second, 59U);
  reader.time.seconds =
      reader.offset ? wall - *reader.offset : local_to_utc(civil_from_seconds(wall), zone);
  return reader.time;
}

bool pattern_names_zone(std::string_view pattern) {
  for (std::size_t i = 0; i + 1 < pattern.size(); ++i) {
    if (pattern[i] == '%' && std::string_view("zZs").find(pattern[++i]) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

// ---- writing
// -------------------------------------------------------------------------------------------------------

std::string format_time(Seconds seconds) {
  const auto c = civil_from_seconds(seconds);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", c.year, c.month, c.day, c.hour,
                     c.minute, c.second);
}

std::string_view TimeWriter::write(Seconds seconds) {
  constexpr std::size_t k_behind_date = 10; // "T09:10:00Z"
  const auto in_day = (seconds % k_day + k_day) % k_day;
  if (const auto days = (seconds - in_day) / k_day; days != m_days) {
    m_text = format_time(seconds);
    m_days = days;
    return m_text;
  }
  auto* clock = m_text.data() + (m_text.size() - k_behind_date);
  const auto put = [&](std::size_t at, Seconds number) {
    clock[at] = static_cast<char>('0' + number / 10);
    clock[at + 1] = static_cast<char>('0' + number % 10);
  };
  put(1, in_day / 3600);
  put(4, in_day / 60 % 60);
  put(7, in_day % 60);
  return m_text;
}

std::string format_instant(const Instant& time) {
  auto text = format_time(time.seconds);
  if (time.digits != 0) {
    auto fraction = fmt::format("{:09}", time.nanos);
    fraction.resize(time.digits);
    text.insert(text.size() - 1, "." + fraction);
  }
  return text;
}

std::string format_date(Seconds seconds) {
  const auto c = civil_from_seconds(seconds);
  return fmt::format("{:04}-{:02}-{:02}", c.year, c.month, c.day);
}

namespace {
struct Unit {
  std::string_view name;
  Seconds seconds;
};
constexpr std::array k_units{Unit{"mo", 30 * k_day}, Unit{"w", 7 * k_day}, Unit{"d", k_day},
                             Unit{"h", 3600},        Unit{"m", 60},        Unit{"s", 1},
                             Unit{"y", 365 * k_day}};
} // namespace

std::optional<Seconds> parse_duration(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || count < 0 || count > 1'000'000) {
    return std::nullopt;
  }
  const auto unit = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const auto& [name, seconds] : k_units) {
    if (unit == name) {
      return count * seconds;
    }
  }
  return std::nullopt;
}

std::string format_duration(Seconds seconds) {
  for (const auto& [name, unit] : {Unit{"d", k_day}, Unit{"h", 3600}, Unit{"m", 60}}) {
    if (seconds != 0 && seconds % unit == 0) {
      return fmt::format("{}{}", seconds / unit, name);
    }
  }
  return fmt::format("{}s", seconds);
}

} // namespace mailfunnel
