#pragma once
// A copy of a store that is in use: of one moment, while others read and write.
//
// Page by page by SQLite's online backup, read in one transaction, so that a writer does not make
// it begin again. The copy grows as FILE.new, is synced and then moved into place: FILE is a whole
// copy or it is not there. The key, the lock and the spool of webhooks beside the store are not in
// it.

#include "store/store.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace mailfunnel {

struct BackupSettings {
  bool replace = false; // a FILE that is there
  /// Called between pieces of some megabytes; false: stop.
  std::function<bool(std::uint64_t done, std::uint64_t all)> go_on;
};

/// Returns the size of the copy in bytes. Failure: conflict where FILE is there and is not to be
/// replaced, usage where FILE is the store or a file beside it, locked where another backup writes
/// the same FILE, stopped, or io. FILE is then as it was.
std::uint64_t back_up(const Store& store, const std::string& file, const BackupSettings& settings);

} // namespace mailfunnel
