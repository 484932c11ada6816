#pragma once
// A progress bar on stderr, four times a second, only when it is a terminal.

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace mailfunnel::cli {

class Progress {
public:
  /// `wanted`: false with -q or --json.
  explicit Progress(bool wanted);
  ~Progress();
  /// From any thread. total 0: not known.
  void show(const std::string& what, std::uint64_t done, std::uint64_t total);
  void clear();

private:
  bool m_on;
  bool m_drawn = false;
  std::mutex m_mutex;
  std::chrono::steady_clock::time_point m_last{};
};

} // namespace mailfunnel::cli
