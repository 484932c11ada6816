#include "progress.hpp"

#include "app/progress_line.hpp"
#include "table.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace mailfunnel::cli {

Progress::Progress(const Invocation& call)
    : m_bar(call.progress == ProgressForm::automatic && !call.quiet && !call.json &&
            isatty(STDERR_FILENO) != 0),
      m_lines(call.progress == ProgressForm::json) {}

Progress::~Progress() {
  clear();
}

void Progress::show(const std::string& what, std::uint64_t done, std::uint64_t total) {
  if (!m_bar && !m_lines) {
    return;
  }
  const std::lock_guard lock(m_mutex);
  const auto now = std::chrono::steady_clock::now();
  if (now - m_last < std::chrono::milliseconds(250)) {
    return;
  }
  m_last = now;
  if (m_lines) {
    fmt::print(stderr, "{}\n", to_json(ProgressLine{what, done, total}));
    return;
  }
  m_drawn = true;
  const auto name = shortened(what, 40);
  if (total == 0) {
    fmt::print(stderr, "\r\x1b[K{}  {:.1f} MB", name, static_cast<double>(done) / 1e6);
  } else {
    const auto share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    fmt::print(stderr, "\r\x1b[K{}  {:<20} {:3.0f} %", name, bar(share, 1, 20), share * 100);
  }
  std::fflush(stderr);
}

void Progress::clear() {
  const std::lock_guard lock(m_mutex);
  if (m_drawn) {
    fmt::print(stderr, "\r\x1b[K");
    m_drawn = false;
  }
}

} // namespace mailfunnel::cli
