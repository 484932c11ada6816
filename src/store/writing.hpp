#pragma once
// A batch that is written: the writer lock, and within it a transaction.

#include "store/store.hpp"

namespace mailfunnel {

/// While it lives the store is written without its log (SQLite's rollback journal instead), if
/// nobody else has it open: what is new goes to the disk once, not into the log and from there into
/// the file. Cut off at any point the store is as it was before the transaction: the next who opens
/// it sees to that. The writer lock must be held, and no transaction be open.
class PastLog {
public:
  /// `bytes`: about so many will be written. Below 2 MiB it is not worth the switch, and above
  /// 512 MiB those who come meanwhile would wait too long.
  PastLog(Store& store, std::uint64_t bytes);
  PastLog(const PastLog&) = delete;
  PastLog& operator=(const PastLog&) = delete;
  ~PastLog(); // back to the log
  explicit operator bool() const { return m_past; }

private:
  Store& m_store;
  bool m_past = false;
};

class Writing {
public:
  /// `bytes`: about so many will be written; from PastLog's measure on others who want to read wait
  /// till it is done. Failure (locked): another run writes.
  explicit Writing(Store& store, std::uint64_t bytes = 0, unsigned seconds = WriterLock::k_patience)
      : m_store(store), m_lock(store.path(), seconds), m_past_log(store, bytes),
        m_transaction(store.database(),
                      m_past_log ? Transaction::Others::wait : Transaction::Others::read) {}
  /// Without it nothing was written. A log that became long is folded into the file: whoever is the
  /// first to open the store reads all of it.
  void commit();

private:
  Store& m_store;
  WriterLock m_lock;
  PastLog m_past_log;
  Transaction m_transaction;
};

/// A few rows that a reader leaves, such as who looked: written by its own connection, which must
/// hold no moment meanwhile.
class ReadersRows {
public:
  /// Failure (locked): another run writes.
  explicit ReadersRows(Store& store, unsigned seconds = WriterLock::k_patience);
  /// As Writing::commit(), but what is written has only left the process. A thread of its own may
  /// wait for the disk (sync_log()), beside what is read next.
  void commit();

private:
  struct Permission { // to write, while it lives
    explicit Permission(Database& database);
    Permission(const Permission&) = delete;
    Permission& operator=(const Permission&) = delete;
    ~Permission();
    Database& of;
  };
  Store& m_store;
  WriterLock m_lock;
  Permission m_permission;
  Transaction m_transaction;
};

/// What was committed to the store is on the disk when this returns. Failure: it may not be.
void sync_log(const std::string& store_path);

} // namespace mailfunnel
