#pragma once
// Are the stored scores what the ledgers say? Everybody's ledger is made again and added up.

#include "app/workspace.hpp"

#include <string>
#include <vector>

namespace mailfunnel {

struct AuditDifference {
  std::string address, what;  // "engagement", "fit", "status", "suppressed"
  std::string stored, ledger; // what the run holds, and what the ledger makes it
};

struct Audit {
  Seconds as_of = 0;
  std::uint64_t recipients = 0, different = 0; // people
  std::vector<AuditDifference> first;          // a few of them, by recipient
};

/// Of the newest scoring run. Error conflict: there is none, or activity or rules changed since.
Result<Audit> audit(Store& store, const Workspace& workspace, std::size_t most);

} // namespace mailfunnel
