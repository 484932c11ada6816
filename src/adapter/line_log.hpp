#pragma once
// Logs of lines of which some are of another program: whose a file is, its first lines tell.

#include "adapter/adapter.hpp"
#include "base/text.hpp"

#include <memory>
#include <optional>
#include <string_view>

namespace mailfunnel {

/// What one line tells.
struct LineSight {
  bool ours = false;  // it is one that only this program writes
  bool zoned = false; // its time says its zone
};

/// A Log(context, assumes_utc), where a line in `head` is ours. `look`: line to LineSight, or
/// nothing where it tells neither.
template<typename Log, typename Look>
std::unique_ptr<LogReader> open_line_log(std::string_view head, const LogContext& context,
                                         Look look) {
  bool ours = false, zoned = true;
  while (!head.empty() && !(ours && !zoned)) {
    if (const std::optional<LineSight> sight = look(next_line(head))) {
      ours = ours || sight->ours;
      zoned = zoned && sight->zoned;
    }
  }
  return ours ? std::make_unique<Log>(context, !zoned && !context.zone_given) : nullptr;
}

} // namespace mailfunnel
