//   From MAILER-DAEMON Thu Apr 30 09:12:44 2026
//   Return-Path: <>
//   …
//
//   From bounces@news.example.com Thu Apr 30 09:13:02 2026

#include "base/mbox.hpp"

#include "base/text.hpp"

namespace mailfunnel {

namespace {

constexpr std::string_view k_from = "From ";
constexpr std::size_t k_longest = 512;

/// "hh:mm" with a space before it, and a year in four digits behind it.
bool has_date(std::string_view line) {
  for (auto colon = line.find(':'); colon != std::string_view::npos;
       colon = line.find(':', colon + 1)) {
    if (colon < 3 || colon + 2 >= line.size() || !is_digit(line[colon - 1]) ||
        !is_digit(line[colon + 1]) || !is_digit(line[colon + 2]) ||
        !(is_digit(line[colon - 2]) || line[colon - 2] == ' ')) {
      continue;
    }
    for (auto at = colon + 3; at + 5 <= line.size(); ++at) {
      if (line[at] == ' ' && is_digit(line[at + 1]) && is_digit(line[at + 2]) &&
          is_digit(line[at + 3]) && is_digit(line[at + 4]) &&
          (at + 5 == line.size() || !is_digit(line[at + 5]))) {
        return true;
      }
    }
  }
  return false;
}

/// Does the line at `at` follow an empty one, or "--boundary--"?
bool after_end_of_message(std::string_view text, std::size_t at) {
  auto before = text.substr(0, at);
  if (before.empty() || !before.ends_with('\n')) {
    return before.empty();
  }
  before.remove_suffix(before.ends_with("\r\n") ? 2 : 1);
  return before.empty() || before.ends_with('\n') || before.ends_with("--");
}

bool message_begins(std::string_view text, std::size_t at) {
  const auto end = text.find('\n', at);
  return end != std::string_view::npos && after_end_of_message(text, at) &&
         is_from_line(text.substr(at, end - at));
}

} // namespace

bool is_from_line(std::string_view line) {
  return line.size() <= k_longest && line.starts_with(k_from) &&
         has_date(trim(line.substr(k_from.size())));
}

std::size_t next_from_line(std::string_view text, std::size_t from) {
  for (auto at = text.find("\nFrom ", from); at != std::string_view::npos;
       at = text.find("\nFrom ", at + 1)) {
    if (message_begins(text, at + 1)) {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

std::size_t last_from_line(std::string_view text) {
  for (auto at = text.rfind("\nFrom "); at != std::string_view::npos;
       at = at == 0 ? std::string_view::npos : text.rfind("\nFrom ", at - 1)) {
    if (message_begins(text, at + 1)) {
      return at + 1;
    }
  }
  return 0;
}

} // namespace mailfunnel
