#include "store/writing.hpp"

#include "store/file_sync.hpp"

#include <filesystem>

namespace mailfunnel {

PastLog::PastLog(Store& store, std::uint64_t bytes) : m_store(store) {
  constexpr std::uint64_t k_least = std::uint64_t{2} << 20, k_most = std::uint64_t{512} << 20;
  m_past = bytes >= k_least && bytes <= k_most && store.database().leave_log();
}

PastLog::~PastLog() {
  if (m_past) {
    m_store.database().return_to_log();
  }
}

void Writing::commit() {
  m_transaction.commit();
  m_store.fold_when_long();
}

ReadersRows::Permission::Permission(Database& database) : of(database) {
  // NORMAL: SQLite syncs its log before it folds it, not at each commit. Without a log it stays
  // FULL, which waits for the disk itself.
  of.execute(of.has_log() ? "PRAGMA synchronous=NORMAL; PRAGMA query_only=OFF"
                          : "PRAGMA synchronous=FULL; PRAGMA query_only=OFF");
}

ReadersRows::Permission::~Permission() {
  try {
    of.execute("PRAGMA query_only=ON");
  } catch (const Failure&) { // no memory for it: it may write, and does not
  }
}

ReadersRows::ReadersRows(Store& store, unsigned seconds)
    : m_store(store), m_lock(store.path(), seconds), m_permission(store.database()),
      m_transaction(store.database()) {}

void ReadersRows::commit() {
  m_transaction.commit();
  m_store.fold_when_long();
}

void sync_log(const std::string& store_path) {
  const auto log = store_path + "-wal";
  std::error_code error;
  if (!std::filesystem::exists(log, error) && !error) {
    return; // folded, or written past it
  }
  sync_file(log);
  sync_folder_of(log); // who made it may not have
}

} // namespace mailfunnel
