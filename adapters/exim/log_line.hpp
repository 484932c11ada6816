#pragma once
// One line of Exim's main log, taken apart.

#include "base/time.hpp"
#include "model/event.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace mailfunnel::exim {

enum class Flag : std::uint8_t {
  none,      // another text
  arrival,   // <=
  delivery,  // => -> >>
  failure,   // **
  deferral,  // ==
  completed, // Completed
};

/// The time at the front: "2026-05-11 08:29:41.123 +0200 ", which is passed with what else may
/// stand before the id ("[pid] "). nullopt: there is none.
struct LineTime {
  Instant time{};
  bool zoned = false;
};
std::optional<LineTime> take_time(std::string_view& line, TimeReader& times);

/// The message id at the front, which is passed: 6-6-2 letters and digits, since 4.97 6-11-4; ""
/// when there is none.
std::string_view take_id(std::string_view& line);

/// What stands behind the id. Views into the line; empty where it does not say.
struct LogLine {
  Flag flag = Flag::none;
  std::string_view word;       // the flag as written
  std::string_view address;    // sender of an arrival (without <>), else where the mail went
  std::string_view original;   // the address it was sent to, where that is another
  std::string_view message_id; // id=, of an arrival
  std::string_view bounced;    // R= of an arrival: the mail that this one is a bounce of
  std::string_view host;       // H= and all up to the next field: "mx.example.com [192.0.2.25]"
  std::string_view answer;     // C="...": the other server's last words
  std::string_view text;       // of a failure or deferral, behind the fields
  std::vector<std::string_view> recipients; // of an arrival, where they are logged
};
/// `into` is used anew.
void read_line(std::string_view line, LogLine& into);

/// Whom a delivery, failure or deferral is about.
std::string_view recipient_of(const LogLine& line);

/// Class and reason of a failure or deferral.
Bounce judge(std::string_view text);

} // namespace mailfunnel::exim
