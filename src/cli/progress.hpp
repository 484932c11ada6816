#pragma once
// How far a command is, on stderr, four times a second: a bar where that is a terminal, or lines
// for a program that reads them (app/progress_line.hpp).

#include "command.hpp"

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace mailfunnel::cli {

class Progress {
public:
  /// Nothing with -q or --json, but for --progress.
  explicit Progress(const Invocation& call);
  ~Progress();
  /// From any thread. total 0: not known.
  void show(const std::string& what, std::uint64_t done, std::uint64_t total);
  void clear();

private:
  bool m_bar, m_lines;
  bool m_drawn = false;
  std::mutex m_mutex;
  std::chrono::steady_clock::time_point m_last{};
};

} // namespace mailfunnel::cli
