#pragma once
// `mailfunnel retain`: what was kept long enough goes, by kind ([retention], docs/privacy.md).
// Unsubscribes, resubscribes, complaints, bounces and drops stay, as do suppressions and the
// tombstones of who was erased: they are what keeps people from being mailed again.

#include "app/workspace.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mailfunnel {

struct Retained {
  std::string kind, what;        // "events": "opens"
  std::optional<Seconds> keep;   // nullopt: for ever
  std::optional<Seconds> before; // what is older goes
  std::uint64_t count = 0;       // that went, or would
};

struct RetentionResult {
  std::vector<Retained> kinds; // in the order of docs/privacy.md; events by their kind
  bool scrubbed = true;        // false: a reader was in the way, see Store::scrub()
};

/// One transaction, then the files of rejected records. `dry_run`: only counts.
RetentionResult retain(Store& store, const Workspace& workspace, bool dry_run, Seconds now);

} // namespace mailfunnel
