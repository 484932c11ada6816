#include "store/database.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace mailfunnel {

namespace {

/// What to do, by SQLite's code.
std::string_view advice(int code) {
  constexpr std::pair<int, std::string_view> k_advice[] = {
      {SQLITE_CANTOPEN, ": is the path right, and is there room? `mailfunnel init` makes a store; "
                        "then run the same command again"},
      {SQLITE_FULL,
       ": free some space, then run the same command again; what was done stays, and is "
       "not done twice"},
      {SQLITE_IOERR, ": see to the disk, then run the same command again; what was done stays, and "
                     "is not done twice"},
      {SQLITE_NOMEM, ": give it more memory, then run the same command again"},
      {SQLITE_CORRUPT, ": restore a backup (docs/operations.md)"},
      {SQLITE_NOTADB, ": is this the right file? Else restore a backup (docs/operations.md)"},
  };
  for (const auto& [of, words] : k_advice) {
    if (of == code) {
      return words;
    }
  }
  return {};
}

} // namespace

Statement::~Statement() {
  if (m_handle != nullptr) {
    sqlite3_reset(m_handle);
    sqlite3_clear_bindings(m_handle);
    m_database->m_free.emplace(sqlite3_sql(m_handle), m_handle);
  }
}

bool Statement::step() {
  switch (sqlite3_step(m_handle)) {
  case SQLITE_ROW:
    return true;
  case SQLITE_DONE:
    return false;
  default:
    m_database->fail(sqlite3_sql(m_handle));
  }
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

void Statement::reset() {
  sqlite3_reset(m_handle);
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(m_handle, column);
}
std::string_view Statement::text(int column) const {
  const auto* text = sqlite3_column_text(m_handle, column);
  return {reinterpret_cast<const char*>(text),
          static_cast<std::size_t>(sqlite3_column_bytes(m_handle, column))};
}
std::string_view Statement::blob(int column) const {
  const auto* bytes = sqlite3_column_blob(m_handle, column);
  return {static_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(m_handle, column))};
}
bool Statement::is_null(int column) const {
  return sqlite3_column_type(m_handle, column) == SQLITE_NULL;
}

void Statement::bind_one(int index, std::int64_t value) {
  sqlite3_bind_int64(m_handle, index, value);
}
void Statement::bind_one(int index, std::string_view text) {
  sqlite3_bind_text64(m_handle, index, text.data() == nullptr ? "" : text.data(), text.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
}
void Statement::bind_one(int index, std::nullptr_t) {
  sqlite3_bind_null(m_handle, index);
}
void Statement::bind_one(int index, const Blob& blob) {
  sqlite3_bind_blob64(m_handle, index, blob.bytes.data(), blob.bytes.size(), SQLITE_STATIC);
}

void Database::Close::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}

Database::Database(const std::string& path, Access access) : m_path(path) {
  // Who reads may have to undo what another process, cut off, wrote by half; as far as the file's
  // permissions go.
  const int flags =
      access == Access::create ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READWRITE;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  m_handle.reset(handle);
  if (code != SQLITE_OK) {
    fail("open");
  }
  sqlite3_extended_result_codes(handle, 1);
  wait_for_others(true);
  // Only the holder of the writer lock checkpoints (SQLite 3.40 has the WAL-reset race): never by
  // itself, never on close.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_wal_hook( // in the place of SQLite's own, which would checkpoint
      handle,
      [](void* pages, sqlite3*, const char*, int count) {
        *static_cast<int*>(pages) = count;
        return SQLITE_OK;
      },
      m_log_pages.get());
  if (access == Access::read) {
    execute("PRAGMA query_only=ON");
  }
}

Database::~Database() {
  for (const auto& [sql, statement] : m_free) {
    sqlite3_finalize(statement);
  }
}

void Database::fail(std::string_view doing) const {
  const int code = m_handle ? sqlite3_extended_errcode(m_handle.get()) : SQLITE_NOMEM;
  std::string message = m_handle ? sqlite3_errmsg(m_handle.get()) : "out of memory";
  const int reason = (code & 0xFF) == SQLITE_IOERR ? sqlite3_system_errno(m_handle.get()) : 0;
  if (reason != 0) {
    message += std::string(": ") + std::strerror(reason);
  }
  message += advice(reason == ENOSPC || reason == EDQUOT ? SQLITE_FULL : code & 0xFF);
  throw Failure({(code & 0xFF) == SQLITE_BUSY ? ErrorCode::locked : ErrorCode::io,
                 message + " (" + std::string(doing.substr(0, 80)) + ")", m_path});
}

void Database::count_no_memory() {
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

void Database::execute(std::string_view sql) {
  if (sqlite3_exec(m_handle.get(), std::string(sql).c_str(), nullptr, nullptr, nullptr) !=
      SQLITE_OK) {
    fail(sql);
  }
}

Statement Database::use(std::string_view sql) {
  if (const auto cached = m_free.find(std::string(sql)); cached != m_free.end()) {
    auto* statement = cached->second;
    m_free.erase(cached);
    return {*this, statement};
  }
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(m_handle.get(), sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    fail(sql);
  }
  return {*this, statement};
}

std::int64_t Database::last_row() const {
  return sqlite3_last_insert_rowid(m_handle.get());
}
std::int64_t Database::changes() const {
  return sqlite3_changes64(m_handle.get());
}

std::int64_t Database::version() {
  auto query = use("PRAGMA data_version");
  return query.step() ? query.integer(0) - m_own_versions : 0;
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(m_handle.get()) == 0;
}

bool Database::holds_moment() const {
  return in_transaction() || sqlite3_txn_state(m_handle.get(), "main") != SQLITE_TXN_NONE;
}

void Database::wait_for_others(bool wait) {
  constexpr int k_patience = 10'000; // milliseconds
  sqlite3_busy_timeout(m_handle.get(), wait ? k_patience : 0);
}

bool Database::has_log() {
  auto query = use("PRAGMA journal_mode");
  return query.step() && query.text(0) == "wal";
}

bool Database::leave_log() {
  if (!has_log()) {
    return false;
  }
  // Of the modes of a rollback journal the one that syncs its end too: a commit is durable.
  return journal_mode("truncate");
}

void Database::return_to_log() noexcept {
  try {
    journal_mode("wal");
  } catch (const Failure&) { // it stays
  }
}

bool Database::journal_mode(std::string_view mode) {
  const auto before = version();
  try {
    bool changed = false;
    {
      auto query = use("PRAGMA journal_mode=" + std::string(mode));
      changed = query.step() && query.text(0) == mode;
    }
    m_own_versions += version() - before; // nobody else writes: the caller holds the writer lock
    return changed;
  } catch (const Failure& failure) {
    if (failure.error.code != ErrorCode::locked) {
      throw;
    }
    return false;
  }
}

ReadTransaction::ReadTransaction(Database& database) {
  if (!database.in_transaction()) {
    m_end.emplace(database.use("COMMIT"));
    database.execute("BEGIN");
  }
}

ReadTransaction::~ReadTransaction() {
  try {
    if (m_end) {
      m_end->run();
    }
  } catch (const Failure&) { // nothing was written
  }
}

namespace {

// SQLite rolls back by itself where a disk fails; what is written then is a transaction of its own.
// Whoever goes on writing, as another thread may for a moment, must not get it stored.

void guard(sqlite3* handle, std::unique_ptr<bool> lost) {
  sqlite3_rollback_hook(
      handle, [](void* flag) { *static_cast<bool*>(flag) = true; }, lost.get());
  sqlite3_commit_hook(
      handle, [](void* flag) { return *static_cast<bool*>(flag) ? 1 : 0; }, lost.get());
  static_cast<void>(lost.release()); // the connection's, until unguard()
}

void unguard(sqlite3* handle) {
  sqlite3_rollback_hook(handle, nullptr, nullptr);
  const std::unique_ptr<bool> lost(
      static_cast<bool*>(sqlite3_commit_hook(handle, nullptr, nullptr)));
}

} // namespace

Transaction::Transaction(Database& database, Others others)
    : m_database(database), m_rollback(database.use("ROLLBACK")) {
  auto lost = std::make_unique<bool>(false); // made before, as there may be no memory then
  database.execute(others == Others::wait ? "BEGIN EXCLUSIVE" : "BEGIN IMMEDIATE");
  guard(database.handle(), std::move(lost));
}

Transaction::~Transaction() {
  unguard(m_database.handle());
  if (m_open) {
    try {
      m_rollback.run();
    } catch (const Failure&) { // SQLite has done so by itself
    }
  }
}

void Transaction::commit() {
  m_database.execute("COMMIT");
  m_open = false;
}

} // namespace mailfunnel
