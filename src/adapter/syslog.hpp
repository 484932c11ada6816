#pragma once
// Lines as syslog daemons and the systemd journal write them, for every program that logs there:
//   May 11 08:29:41 mx1 postfix/smtp[2105]: text                        RFC 3164; no year, no zone
//   2026-05-11T08:29:41.118201+02:00 mx1 postfix/smtp[2105]: text       rsyslog, journalctl
//   <22>1 2026-05-11T08:29:41+02:00 mx1 postfix/smtp 2105 - - text      RFC 5424
//   {"__REALTIME_TIMESTAMP":"1778480981118201","MESSAGE":"text", ...}   journalctl -o json

#include "base/time.hpp"

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace mailfunnel {

/// Who said what and when. Texts point into the line, or (journal) live until the next read().
struct SyslogLine {
  Instant time{};
  bool zoned = true;          // the time says its zone
  std::string_view host{};    // may be empty
  std::string_view program{}; // the tag without "[pid]": "postfix/smtp"
  std::string_view message{};
};

/// Reads lines in the order of the file.
class SyslogReader {
public:
  /// `zone`: of times that name none. `written`: when the log was last written; a time without a
  /// year is of the twelve months before that, so such a log must cover less than a year.
  SyslogReader(TimeZone zone, Seconds written);
  ~SyslogReader();

  /// "" and the line's parts, or what is wrong with it (and the program, where that could be read
  /// nevertheless). The line has no line end; of one that
  /// begins with '{' k_padding bytes behind it must be readable.
  std::string_view read(std::string_view line, SyslogLine& into);

private:
  std::string_view read_text(std::string_view line, SyslogLine& into);
  bool read_yearless(std::string_view& line, Instant& time);
  bool find_day(std::string_view date);

  TimeReader m_times;
  WallClock m_clock;
  Seconds m_written;            // as the wall clock of the zone shows it, counted as if it were UTC
  std::array<char, 6> m_date{}; // "May 11", the last one
  Seconds m_day = 0;            // its first second on the wall clock
  Seconds m_latest = -(1LL << 60); // of the times without a year
  struct Journal;
  std::unique_ptr<Journal> m_journal; // made for the first entry
};

} // namespace mailfunnel
