#pragma once
// How long the parts of a command took (--timing).

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailfunnel::cli {

class Stopwatch {
public:
  /// Runs from now on; what the process has done before is its first part.
  Stopwatch();
  /// Ends a part, which began where the last one ended. A second part of a name is of the next.
  void lap(std::string_view part);

  /// "time: start 2.1 ms, config 0.6 ms, store 0.8 ms, work 1.3 ms"
  std::string text() const;
  /// {"time_ms":{"start":2.1,…}}
  std::string json() const;

private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point m_last;
  std::vector<std::pair<std::string, double>> m_parts; // milliseconds
};

} // namespace mailfunnel::cli
