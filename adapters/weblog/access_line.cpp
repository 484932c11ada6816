// The common log format, Apache's and nginx's combined format, and what often stands around them:
//   [VHOST[:PORT]] CLIENT IDENT USER [11/May/2026:08:29:41 +0200] "GET /prices?a=1 HTTP/2.0" 200
//   18322
//   ["REFERER" "AGENT" ["X-FORWARDED-FOR"]]
// https://httpd.apache.org/docs/2.4/logs.html#accesslog
// https://nginx.org/en/docs/http/ngx_http_log_module.html
// CLIENT may be a list "a, b" where a proxy's X-Forwarded-For is logged in its place. A quote
// within quotes is \" (Apache) or \x22 (nginx).

#include "access_line.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <cstring>

namespace mailfunnel::weblog {

namespace {

using namespace std::string_view_literals;

constexpr auto k_no_line = "this is no line of an access log: expected such as 203.0.113.7 - - "
                           "[11/May/2026:08:29:41 +0200] \"GET / HTTP/1.1\" 200 1024"sv;
constexpr std::size_t k_stamp = 28; // bytes of "[11/May/2026:08:29:41 +0200]"

/// Digits text[at, at + size) as a number; -1: they are none.
int number_at(std::string_view text, std::size_t at, std::size_t size) {
  int value = 0;
  for (const char c : text.substr(at, size)) {
    if (!is_digit(c)) {
      return -1;
    }
    value = value * 10 + (c - '0');
  }
  return value;
}

/// Where "[11/May/2026:" begins; npos: nowhere.
std::size_t find_stamp(std::string_view line) {
  for (auto at = line.find('['); at != std::string_view::npos; at = line.find('[', at + 1)) {
    const auto stamp = line.substr(at, k_stamp);
    if (stamp.size() == k_stamp && stamp[3] == '/' && stamp[7] == '/' && stamp[12] == ':' &&
        stamp.back() == ']') {
      return at;
    }
  }
  return std::string_view::npos;
}

std::string_view next_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const auto word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

/// What stands in quotes at the front, after white space; false: nothing does.
bool next_quoted(std::string_view& text, std::string_view& into) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  if (text.empty() || text[0] != '"') {
    return false;
  }
  std::size_t at = 1;
  while ((at = text.find_first_of("\"\\", at)) != std::string_view::npos && text[at] == '\\') {
    at += 2;
  }
  if (at == std::string_view::npos) {
    return false;
  }
  into = text.substr(1, at - 1);
  text.remove_prefix(at + 1);
  return true;
}

std::string_view or_nothing(std::string_view text) {
  return text == "-"sv ? ""sv : text;
}

/// Who asked whom: what stands before the time.
void split_front(std::string_view text, AccessLine& into) {
  constexpr int k_with_vhost = 4; // words; ident and user are seldom missing
  const auto words = std::count(text.begin(), text.end(), ' ');
  const auto first = next_word(text);
  const auto second = next_word(text);
  const bool list = first.ends_with(','); // of addresses
  const bool vhost =
      !list && !looks_like_ip(first) && (looks_like_ip(second) || words >= k_with_vhost);
  into.vhost = vhost ? first : ""sv;
  into.client = vhost ? second : first;
  into.client.remove_suffix(into.client.ends_with(',') ? 1 : 0);
}

/// "GET /prices?a=1 HTTP/2.0"
void split_request(std::string_view request, AccessLine& into) {
  const auto space = request.find(' ');
  const auto protocol = request.rfind(" HTTP/"sv);
  if (space == std::string_view::npos || protocol == std::string_view::npos || protocol < space) {
    return;
  }
  into.method = request.substr(0, space);
  into.target = request.substr(space + 1, protocol - std::min(protocol, space + 1));
}

} // namespace

bool looks_like_ip(std::string_view text) {
  const bool v6 = text.find(':') != std::string_view::npos;
  return !text.empty() && std::all_of(text.begin(), text.end(), [v6](char c) {
    const auto letter = ascii_lower(c);
    return is_digit(c) || c == '.' || (v6 && (c == ':' || (letter >= 'a' && letter <= 'f')));
  });
}

std::string_view AccessReader::read(std::string_view line, AccessLine& into) {
  into = {};
  const auto stamp = find_stamp(line);
  if (stamp == std::string_view::npos || !read_time(line.substr(stamp, k_stamp), into.time)) {
    return k_no_line;
  }
  split_front(line.substr(0, stamp), into);
  auto rest = line.substr(stamp + k_stamp);
  std::string_view request;
  if (!next_quoted(rest, request)) {
    return "the line is cut off: a request in quotes was expected behind the time";
  }
  split_request(request, into);
  const auto status = next_word(rest);
  into.status = status.size() == 3 ? std::max(number_at(status, 0, 3), 0) : 0;
  next_word(rest); // bytes
  std::string_view referer;
  into.has_agent = next_quoted(rest, referer) && next_quoted(rest, into.agent);
  into.agent = or_nothing(into.agent);
  if (into.has_agent && next_quoted(rest, into.forwarded)) {
    into.forwarded = or_nothing(into.forwarded);
    into.forwarded = trim(into.forwarded.substr(0, into.forwarded.find(',')));
  }
  return {};
}

/// "[11/May/2026:08:29:41 +0200]"
bool AccessReader::read_time(std::string_view text, Instant& time) {
  const auto date = text.substr(1, m_date.size());
  if (std::memcmp(m_date.data(), date.data(), m_date.size()) != 0) {
    const auto month = month_of(date.substr(3, 3));
    const int day = number_at(date, 0, 2), year = number_at(date, 7, 4);
    if (month == 0 || day < 1 || year < 0) {
      return false;
    }
    const auto first = days_from_civil(year, month, static_cast<unsigned>(day)) * k_day;
    if (civil_from_seconds(first).month != month) { // 31 February
      return false;
    }
    std::copy(date.begin(), date.end(), m_date.begin());
    m_day = first;
  }
  const int hour = number_at(text, 13, 2), minute = number_at(text, 16, 2),
            second = number_at(text, 19, 2), zone_hour = number_at(text, 23, 2),
            zone_minute = number_at(text, 25, 2);
  const bool valid = text[15] == ':' && text[18] == ':' && text[21] == ' ' &&
                     (text[22] == '+' || text[22] == '-') && hour >= 0 && hour < 24 &&
                     minute >= 0 && minute < 60 && second >= 0 && second <= 60 && zone_hour >= 0 &&
                     zone_minute >= 0;
  const Seconds offset = (text[22] == '-' ? -1 : 1) * (zone_hour * 3600 + zone_minute * 60);
  time = {m_day + hour * 3600 + minute * 60 + second - offset};
  return valid;
}

} // namespace mailfunnel::weblog
