#include "net/http_date.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace mailfunnel {

namespace {

constexpr std::int64_t k_longest = 10LL * 365 * k_day; // so that sums with it stay in range

std::chrono::seconds bounded(std::int64_t seconds) {
  return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, k_longest));
}

/// "06-Nov-94 08:49:37 GMT", without its weekday.
std::optional<Seconds> parse_rfc850(std::string_view text, Seconds now) {
  constexpr std::size_t k_year = 7;
  if (text.size() < k_year + 2 || !is_digit(text[k_year]) || !is_digit(text[k_year + 1])) {
    return std::nullopt;
  }
  const auto this_year = civil_from_seconds(now).year;
  auto year = this_year / 100 * 100 + (text[k_year] - '0') * 10 + (text[k_year + 1] - '0');
  if (year > this_year + 50) {
    year -= 100;
  }
  auto full = std::string(text);
  full.replace(k_year, 2, std::to_string(year));
  const auto time = parse_time_as(full, "%d-%b-%Y %H:%M:%S GMT", nullptr);
  return time ? std::optional(time->seconds) : std::nullopt;
}

} // namespace

std::optional<Seconds> parse_http_date(std::string_view text, Seconds now) {
  text = trim(text);
  const auto comma = text.find(',');
  if (comma == std::string_view::npos) {
    const auto time = parse_time_as(text, "%a %b %e %H:%M:%S %Y", nullptr);
    return time ? std::optional(time->seconds) : std::nullopt;
  }
  const auto date = trim(text.substr(comma + 1));
  if (const auto time = parse_time_as(date, "%d %b %Y %H:%M:%S GMT", nullptr)) {
    return time->seconds;
  }
  return parse_rfc850(date, now);
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, std::string_view date,
                                                      Seconds now) {
  text = trim(text);
  if (!text.empty() && std::ranges::all_of(text, is_digit)) {
    return bounded(parse_int(text).value_or(k_longest));
  }
  const auto until = parse_http_date(text, now);
  if (!until) {
    return std::nullopt;
  }
  return bounded(*until - parse_http_date(date, now).value_or(now));
}

std::optional<std::chrono::seconds> rate_limit_reset(const HttpHeaders& headers, Seconds now) {
  constexpr Seconds k_moment = 1'000'000'000; // from here on it is a moment, not a span
  for (const std::string_view name :
       {"x-ratelimit-reset", "ratelimit-reset", "x-sib-ratelimit-reset"}) {
    const auto text = trim(header_of(headers, name));
    if (!text.empty() && std::ranges::all_of(text, is_digit)) {
      const auto number = parse_int(text).value_or(k_longest);
      return bounded(number >= k_moment ? number - now : number);
    }
  }
  return std::nullopt;
}

} // namespace mailfunnel
