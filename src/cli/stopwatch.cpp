#include "stopwatch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

namespace mailfunnel::cli {

Stopwatch::Stopwatch() : m_last(Clock::now()) {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used); // by the loader: nobody else had a turn
  m_parts.emplace_back("start", static_cast<double>(used.tv_sec) * 1e3 +
                                    static_cast<double>(used.tv_nsec) / 1e6);
}

void Stopwatch::lap(std::string_view part) {
  if (std::any_of(m_parts.begin(), m_parts.end(),
                  [part](const auto& known) { return known.first == part; })) {
    return;
  }
  const auto now = Clock::now();
  m_parts.emplace_back(part, std::chrono::duration<double, std::milli>(now - m_last).count());
  m_last = now;
}

std::string Stopwatch::text() const {
  std::string out = "time:";
  for (const auto& [part, milliseconds] : m_parts) {
    out += fmt::format("{} {} {:.3f} ms", &part == &m_parts.front().first ? "" : ",", part,
                       milliseconds);
  }
  return out;
}

std::string Stopwatch::json() const {
  std::string out;
  for (const auto& [part, milliseconds] : m_parts) {
    out += fmt::format("{}\"{}\":{:.3f}", out.empty() ? "" : ",", part, milliseconds);
  }
  return "{\"time_ms\":{" + out + "}}";
}

} // namespace mailfunnel::cli
