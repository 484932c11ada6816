#pragma once
// SQLite with RAII: what the store needs and no more. Every failure throws Failure with SQLite's
// words.

#include "base/result.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

struct sqlite3;
struct sqlite3_stmt;

namespace mailfunnel {

class Database;

/// Bytes to bind as a blob; borrowed.
struct Blob {
  std::string_view bytes;
};

/// A prepared statement, lent by Database::use() and reset when it goes.
class Statement {
public:
  Statement(Statement&& other) noexcept
      : m_database(other.m_database), m_handle(std::exchange(other.m_handle, nullptr)) {}
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  /// Binds the arguments to ?1, ?2, … Texts and blobs are borrowed until the statement is done.
  template<typename... Values> Statement& bind(const Values&... values) {
    int index = 0;
    (bind_one(++index, values), ...);
    return *this;
  }
  bool step(); // true: a row is there
  void run();  // for statements without rows; resets, so that it can be bound and run again
  void reset();

  std::int64_t integer(int column) const;
  std::string_view text(int column) const; // valid until the next step
  std::string_view blob(int column) const;
  bool is_null(int column) const;

private:
  friend class Database;
  Statement(Database& database, sqlite3_stmt* handle) : m_database(&database), m_handle(handle) {}
  void bind_one(int index, std::int64_t value);
  void bind_one(int index, int value) { bind_one(index, static_cast<std::int64_t>(value)); }
  void bind_one(int index, std::uint32_t value) {
    bind_one(index, static_cast<std::int64_t>(value));
  }
  void bind_one(int index, std::string_view text);
  void bind_one(int index, const std::string& text) { bind_one(index, std::string_view(text)); }
  void bind_one(int index, const char* text) { bind_one(index, std::string_view(text)); }
  void bind_one(int index, std::nullptr_t);
  void bind_one(int index, const std::optional<std::int64_t>& value) {
    value ? bind_one(index, *value) : bind_one(index, nullptr);
  }
  void bind_one(int index, const Blob& blob);

  Database* m_database;
  sqlite3_stmt* m_handle;
};

class Database {
public:
  enum class Access { read, write, create };
  Database(const std::string& path, Access access);
  /// Before the first of the process: SQLite does not count its memory, for which threads wait for
  /// each other. Then nothing bounds it, so not where queries of others are run (SqlConnection).
  static void count_no_memory();
  Database(Database&&) noexcept = default;
  ~Database();

  void execute(std::string_view sql); // one or more statements without results
  /// A statement from the cache (or prepared now). The same text twice at a time gets two.
  Statement use(std::string_view sql);
  std::int64_t last_row() const;
  std::int64_t changes() const;
  /// Another value than before once another connection, of whatever process, has written.
  std::int64_t version();
  bool in_transaction() const;
  /// Does a transaction, or a statement that is not done, hold on to one moment? Then version()
  /// stands still.
  bool holds_moment() const;
  /// Of the write-ahead log, when something was last committed here; 0: nothing was.
  int log_pages() const { return *m_log_pages; }
  void note_no_log() { *m_log_pages = 0; } // it was folded
  /// From the write-ahead log, which is folded into the file, to a rollback journal, while nobody
  /// else has the database open. False: somebody has, or it has no log.
  bool leave_log();
  /// Back. Where somebody reads just now it stays as it is, which is as safe; who opens it for
  /// writing next sees to it.
  void return_to_log() noexcept;
  bool has_log();
  sqlite3* handle() const { return m_handle.get(); }
  /// false: what others hold just now is an error at once, else after ten seconds.
  void wait_for_others(bool wait);
  [[noreturn]] void fail(std::string_view doing) const;

private:
  friend class Statement;
  bool journal_mode(std::string_view mode);
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  std::string m_path;
  std::unique_ptr<sqlite3, Close> m_handle;
  std::unordered_multimap<std::string, sqlite3_stmt*> m_free;
  std::int64_t m_own_versions = 0; // a change of the journal counts as one of another connection
  std::unique_ptr<int> m_log_pages = std::make_unique<int>(0); // where SQLite knows it
};

/// What is read while it lives is of one moment, that of the first look; within another one of
/// that one's.
class ReadTransaction {
public:
  explicit ReadTransaction(Database& database);
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;
  ~ReadTransaction();

private:
  std::optional<Statement> m_end; // absent: another's
};

/// BEGIN IMMEDIATE … COMMIT; rolls back when it goes without commit().
class Transaction {
public:
  enum class Others { read, wait }; // meanwhile
  explicit Transaction(Database& database, Others others = Others::read);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit();

private:
  Database& m_database;
  Statement m_rollback; // made before, as there may be no memory then
  bool m_open = true;
};

} // namespace mailfunnel
