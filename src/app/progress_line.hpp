#pragma once
// How far a command is, as a line of JSON on its error output (--progress json), for whatever
// started it:
//
//   {"progress":{"what":"news","done":12,"total":100}}       total 0: not known

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mailfunnel {

struct ProgressLine {
  std::string what;
  std::uint64_t done = 0, total = 0;

  bool operator==(const ProgressLine&) const = default;
};

std::string to_json(const ProgressLine& progress);
/// Nothing: it is another line.
std::optional<ProgressLine> parse_progress(std::string_view line);

} // namespace mailfunnel
