#include "base/event_log.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

#include <array>

namespace mailfunnel {

namespace {

constexpr std::array<std::string_view, 3> k_levels{"info", "warning", "error"};
constexpr std::size_t k_most = 2'000; // characters of a value

/// 2026-03-01T12:00:00Z warning webhook refused account=news why="the signature is wrong"
std::string text_line(std::int64_t now, std::string_view level, std::string_view what,
                      EventLog::Fields fields) {
  auto line = format_time(now).append(" ").append(level).append(" ").append(what);
  for (const auto& [name, value] : fields) {
    const auto shown = printable(value, k_most);
    const bool plain = !shown.empty() && shown.find_first_of(" \"=") == std::string::npos;
    line.append(" ").append(name).append("=");
    if (plain) {
      line += shown;
    } else {
      append_json_string(line, shown);
    }
  }
  return line + "\n";
}

std::string json_line(std::int64_t now, std::string_view level, std::string_view what,
                      EventLog::Fields fields) {
  std::string line = "{\"time\":\"" + format_time(now) + "\",\"level\":\"";
  line.append(level).append("\",\"event\":");
  append_json_string(line, what);
  for (const auto& [name, value] : fields) {
    line += ",";
    append_json_string(line, name);
    line += ":";
    append_json_string(line, value.substr(0, k_most));
  }
  return line + "}\n";
}

} // namespace

void EventLog::write(Level level, std::string_view what, Fields fields) {
  const auto word = k_levels[static_cast<std::size_t>(level)];
  const auto line = m_form == Form::json ? json_line(m_clock(), word, what, fields)
                                         : text_line(m_clock(), word, what, fields);
  const std::lock_guard lock(m_mutex);
  m_write(line);
}

} // namespace mailfunnel
