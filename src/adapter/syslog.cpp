// RFC 3164 (https://www.rfc-editor.org/rfc/rfc3164, section 4.1) tells how BSD's syslog wrote:
//   Mmm dd hh:mm:ss HOST TAG[pid]: text      the day padded by a space
// and RFC 5424 (section 6) the form with all of the time:
//   <PRI>1 TIME HOST APP PROCID MSGID STRUCTURED-DATA text
// In files rsyslog leaves "<PRI>" away, and Debian 12's takes RFC 3164 with RFC 3339's time.
// The journal's JSON: https://systemd.io/JOURNAL_EXPORT_FORMATS/

#include "adapter/syslog.hpp"

#include "base/text.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstring>

namespace mailfunnel {

namespace {

using namespace std::string_view_literals;

constexpr Seconds k_ahead = k_day;       // that a clock may be before the file system's
constexpr Seconds k_back = 182 * k_day;  // no log that covers less than a year goes back so far
constexpr std::int64_t k_leap_years = 8; // at most between two 29ths of February

/// What stands before the next space, which is passed too.
std::string_view next_word(std::string_view& text) {
  const auto space = std::min(text.find(' '), text.size());
  const auto word = text.substr(0, space);
  text.remove_prefix(std::min(space + 1, text.size()));
  return word;
}

/// "hh:mm:ss" in seconds; -1: it is none.
int read_clock(std::string_view text) {
  if (text.size() < 8 || text[2] != ':' || text[5] != ':') {
    return -1;
  }
  int value = 0;
  for (const std::size_t at : {0, 3, 6}) {
    if (!is_digit(text[at]) || !is_digit(text[at + 1])) {
      return -1;
    }
    value = value * 60 + (text[at] - '0') * 10 + (text[at + 1] - '0');
  }
  const bool valid = text[0] < '2' || (text[0] == '2' && text[1] < '4');
  return valid && text[3] < '6' && text[6] < '7' ? value : -1;
}

/// ".118201" at the front, which is passed.
void read_fraction(std::string_view& text, Instant& time) {
  if (text.size() < 2 || text[0] != '.' || !is_digit(text[1])) {
    return;
  }
  std::uint32_t scale = 100'000'000;
  for (text.remove_prefix(1); !text.empty() && is_digit(text[0]); text.remove_prefix(1)) {
    if (time.digits < 9) {
      time.nanos += static_cast<std::uint32_t>(text[0] - '0') * scale;
      scale /= 10;
      ++time.digits;
    }
  }
}

/// "postfix/smtp[2105]: text" -> tag and text. The colon may be missing, and the pid.
void split_tag(std::string_view text, SyslogLine& into) {
  const auto end = std::min(text.find_first_of("[: "), text.size());
  into.program = text.substr(0, end);
  text.remove_prefix(end);
  if (!text.empty() && text[0] == '[') {
    text.remove_prefix(std::min(text.find(']'), text.size() - 1) + 1);
  }
  if (!text.empty() && text[0] == ':') {
    text.remove_prefix(1);
  }
  if (!text.empty() && text[0] == ' ') {
    text.remove_prefix(1);
  }
  into.message = text;
}

/// Passes RFC 5424's structured data, "-" or "[id name="value" ...][...]".
void skip_structured_data(std::string_view& text) {
  if (text.empty() || text[0] != '[') {
    next_word(text);
    return;
  }
  bool quoted = false, inside = false;
  std::size_t at = 0;
  for (; at < text.size() && (inside || text[at] == '['); ++at) {
    inside = true;
    if (quoted && text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      quoted = !quoted;
    } else if (text[at] == ']' && !quoted) {
      inside = false;
    }
  }
  text.remove_prefix(std::min(at, text.size()));
  if (!text.empty() && text[0] == ' ') {
    text.remove_prefix(1);
  }
}

/// What follows HOST in RFC 5424: APP PROCID MSGID STRUCTURED-DATA text.
void split_5424(std::string_view text, SyslogLine& into) {
  into.program = next_word(text);
  next_word(text);
  next_word(text);
  skip_structured_data(text);
  if (text.starts_with("\xEF\xBB\xBF"sv)) {
    text.remove_prefix(3);
  }
  into.message = text;
}

/// "<22>" or "<22>1 " at the front is passed; true: a version stood there.
bool skip_priority(std::string_view& line) {
  const auto end = line.substr(0, 5).find('>');
  if (line[0] != '<' || end == std::string_view::npos) {
    return false;
  }
  line.remove_prefix(end + 1);
  const bool version = line.starts_with("1 "sv);
  line.remove_prefix(version ? 2 : 0);
  return version;
}

constexpr auto k_no_line = "this is no line of syslog: expected such as \"May 11 08:29:41 host "
                           "program[1]: text\" or \"2026-05-11T08:29:41+02:00 host ...\""sv;

} // namespace

// ---- the journal
// ---------------------------------------------------------------------------------------------------

struct SyslogReader::Journal {
  simdjson::dom::parser parser;
  std::string bytes; // of a message that is not UTF-8

  std::string_view read(std::string_view line, SyslogLine& into) {
    const auto entry = parser.parse(line.data(), line.size(), false);
    if (entry.error() != simdjson::SUCCESS) {
      return "this is not one whole JSON object";
    }
    into.host = text(entry["_HOSTNAME"]);
    into.program = text(entry["SYSLOG_IDENTIFIER"]);
    const auto micros = parse_int(text(entry["__REALTIME_TIMESTAMP"]));
    if (!micros || *micros < 0) {
      return "no time in \"__REALTIME_TIMESTAMP\"";
    }
    constexpr std::int64_t k_micros = 1'000'000;
    into.time = {*micros / k_micros, static_cast<std::uint32_t>(*micros % k_micros) * 1000, 6};
    into.zoned = true;
    return read_message(entry["MESSAGE"], into);
  }

private:
  using Json = simdjson::simdjson_result<simdjson::dom::element>;

  static std::string_view text(const Json& value) {
    std::string_view out;
    return value.get_string().get(out) == simdjson::SUCCESS ? out : ""sv;
  }

  /// A string; or its bytes as numbers where it is not UTF-8; or null where journalctl found it too
  /// long.
  std::string_view read_message(const Json& value, SyslogLine& into) {
    simdjson::dom::array numbers;
    if (value.is_null()) {
      return "\"MESSAGE\" is null: journalctl leaves long ones out without --all";
    }
    if (value.get_array().get(numbers) != simdjson::SUCCESS) {
      into.message = text(value);
      return {};
    }
    bytes.clear();
    for (const auto number : numbers) {
      std::uint64_t byte = 0;
      if (number.get_uint64().get(byte) != simdjson::SUCCESS || byte > 255) {
        return "\"MESSAGE\" is a list, but not of bytes";
      }
      bytes += static_cast<char>(byte);
    }
    into.message = bytes;
    return {};
  }
};

// ---- text
// ----------------------------------------------------------------------------------------------------------

SyslogReader::SyslogReader(TimeZone zone, Seconds written) : m_times(zone), m_clock(zone) {
  const auto wall = utc_to_local(written, zone);
  m_written = days_from_civil(wall.year, wall.month, wall.day) * k_day + wall.hour * 3600 +
              wall.minute * 60 + wall.second;
}
SyslogReader::~SyslogReader() = default;

std::string_view SyslogReader::read(std::string_view line, SyslogLine& into) {
  if (line.starts_with('{')) {
    if (!m_journal) {
      m_journal = std::make_unique<Journal>();
    }
    return m_journal->read(line, into);
  }
  return read_text(line, into);
}

std::string_view SyslogReader::read_text(std::string_view line, SyslogLine& into) {
  if (line.empty()) {
    return k_no_line;
  }
  const bool version = skip_priority(line);
  into.zoned = !line.empty() && is_digit(line[0]);
  if (into.zoned) {
    const auto stamp = next_word(line);
    const auto time = m_times.read(stamp);
    if (!time || stamp.size() < 19) {
      return k_no_line;
    }
    into.time = *time;
    into.zoned = stamp.find_first_of("Z+-", 19) != std::string_view::npos;
  } else if (!read_yearless(line, into.time)) {
    return k_no_line;
  } else if (into.time.seconds + k_back < m_latest) {
    return "its time is half a year before that of an earlier line: a log whose times have no year "
           "must cover less than one year, the last before it was written";
  } else {
    m_latest = std::max(m_latest, into.time.seconds);
  }
  into.host = next_word(line);
  version ? split_5424(line, into) : split_tag(line, into);
  return {};
}

/// "May 11 08:29:41 ", also with a fraction of the second, is passed.
bool SyslogReader::read_yearless(std::string_view& line, Instant& time) {
  constexpr std::size_t k_size = 15;
  if (line.size() <= k_size || line[6] != ' ') {
    return false;
  }
  if (std::memcmp(m_date.data(), line.data(), m_date.size()) != 0 &&
      !find_day(line.substr(0, m_date.size()))) {
    return false;
  }
  const auto clock = read_clock(line.substr(7));
  if (clock < 0) {
    return false;
  }
  line.remove_prefix(k_size);
  time = {};
  read_fraction(line, time);
  if (line.empty() || line[0] != ' ') {
    return false;
  }
  line.remove_prefix(1);
  time.seconds = m_clock.to_utc(m_day + clock);
  return true;
}

/// The latest such day that is no later than when the log was written.
bool SyslogReader::find_day(std::string_view date) {
  const auto month = month_of(date.substr(0, 3));
  const auto day = parse_int(trim(date.substr(4)));
  if (month == 0 || date[3] != ' ' || !day || *day < 1 || *day > 31) {
    return false;
  }
  const auto newest = civil_from_seconds(m_written + k_ahead).year;
  for (auto year = newest; year > newest - k_leap_years - 1; --year) {
    const auto first = days_from_civil(year, month, static_cast<unsigned>(*day)) * k_day;
    const bool exists = civil_from_seconds(first).month == month; // of 29 February in most years
    if (exists && first <= m_written + k_ahead) {
      std::copy(date.begin(), date.end(), m_date.begin());
      m_day = first;
      return true;
    }
  }
  return false;
}

} // namespace mailfunnel
