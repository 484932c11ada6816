#pragma once
// The store: one SQLite file with a catalog and activity blocks, beside it a key file and a lock
// file. Many readers at a time, one writer; what commit() acknowledged survives a crash at any
// moment.

#include "store/database.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

/// Held while a batch is written, by one process at a time (flock on <store>.lock; goes with the
/// process).
class WriterLock {
public:
  static constexpr unsigned k_patience = 30;
  /// Waits up to `seconds`; then throws Failure (locked, exit code 4).
  WriterLock(const std::string& store_path, unsigned seconds = k_patience);
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;
  ~WriterLock();

private:
  int m_file = -1;
};

class Store {
public:
  /// Makes an empty store; nothing happens when there is one. ":memory:" is one of the process's
  /// own.
  static void create(const std::string& path);
  static bool exists(const std::string& path);
  /// `older_too`: whoever copies it, and asks for none of its tables, may have one of an older
  /// format.
  static Store open_reading(const std::string& path, bool older_too = false);
  /// For writing: hold a WriterLock while a transaction is open, and none while it is opened: a
  /// store of an older format is brought up to ours.
  static Store open_writing(const std::string& path);

  const std::string& path() const { return m_path; }
  Database& database() { return m_database; }
  /// Another connection to the same store, for a thread that reads: it sees one moment, that of its
  /// first look.
  Database reader() const;
  /// So many of them, all of one moment. `watch`: a connection that nobody else uses meanwhile, to
  /// see whether somebody writes; else one is opened.
  std::vector<Database> readers(unsigned count, Database* watch = nullptr) const;

  /// Keyed hashes are made with this; kept in <store>.key, readable by its owner only.
  std::uint64_t secret() const { return m_secret; }

  std::optional<std::string> meta(std::string_view key);
  void set_meta(std::string_view key, std::string_view value);
  /// Goes up with every batch that changed something: tells a score run whether it is still right.
  std::int64_t changes();
  void count_change(); // inside the batch's transaction

  /// Moves the write-ahead log into the file. Only while the writer lock is held. False: a reader
  /// is in the way; the rest is done after a later batch.
  bool checkpoint();
  /// The same, and a reader is not waited for.
  bool fold_at_once();
  /// The same, of a log that became long: whoever is the first to open the store reads all of it.
  /// After a commit, with the writer lock still held. Not tried at each while somebody reads.
  void fold_when_long();

  /// What was deleted leaves no byte in the file, its free pages or the write-ahead log:
  /// want_scrub() inside the transaction that deletes, scrub() after it, with the writer lock held.
  /// False: a reader is in the way. What a crash or a reader left undone is done when the store is
  /// next opened for writing.
  void want_scrub();
  bool scrub();
  bool wants_scrub();

private:
  Store(std::string path, Database database, std::uint64_t secret);
  int m_log_tried = 0; // pages of the log when a reader was in the way
  std::string m_path;
  Database m_database;
  std::uint64_t m_secret;
};

} // namespace mailfunnel
