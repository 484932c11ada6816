#include "store/store.hpp"

#include "base/text.hpp"
#include "store/file_sync.hpp"
#include "store/key_file.hpp"
#include "store/migrations.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

namespace mailfunnel {

namespace {

/// secure_delete: Debian's SQLite writes zeros over each page that becomes free, which doubles what
/// a rewritten blob costs; what must leave no byte is seen to by Store::scrub(). cache_size: what
/// is written once need not stay; a batch whose pages go to the system on the way is handed over
/// sooner, and takes less memory.
void configure(Database& database) {
  database.execute("PRAGMA secure_delete=FAST; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
                   "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-4096");
}

/// Who reads mostly goes through pages once: memory for more of them costs more than it saves.
constexpr auto k_passing = "PRAGMA cache_size=-256";

std::uint64_t random_number(const std::string& for_what) {
  std::uint64_t number = 0;
  if (getrandom(&number, sizeof number, 0) != static_cast<ssize_t>(sizeof number)) {
    throw Failure({ErrorCode::io, "no random numbers to make a key from", for_what});
  }
  return number;
}

/// The secret of a store; made when `make` and there is none.
std::uint64_t read_secret(const std::string& path, bool make) {
  const auto name = path + ".key";
  std::uint64_t secret = 0;
  const int file = open(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 && make) {
    secret = random_number(name);
    write_key_file(name, {reinterpret_cast<const char*>(&secret), sizeof secret});
  } else if (file >= 0) {
    if (read(file, &secret, sizeof secret) != static_cast<ssize_t>(sizeof secret)) {
      close(file);
      throw Failure(
          {ErrorCode::io, "the key file is cut short: restore it from where you keep it", name});
    }
  }
  if (file >= 0) {
    close(file);
  }
  return secret;
}

std::int64_t format_of(Store& store) {
  return parse_int(store.meta("format").value_or("0")).value_or(0);
}

/// Failure: neither of our format nor of one that can be brought up to it.
void check_format(Store& store) {
  const auto format = format_of(store);
  if (format > k_store_format) {
    throw Failure({ErrorCode::unsupported,
                   "the store has format " + std::to_string(format) +
                       ", this program knows up to " + std::to_string(k_store_format) +
                       ": use a newer mailfunnel",
                   store.path()});
  }
  if (format < k_oldest_format) {
    throw Failure({ErrorCode::unsupported,
                   "the store has format " + std::to_string(format) +
                       ", this program knows them from " + std::to_string(k_oldest_format) +
                       " on: make a new store and import the logs again",
                   store.path()});
  }
}

void refuse_older(Store& store) {
  if (const auto format = format_of(store); format != k_store_format) {
    throw Failure({ErrorCode::unsupported,
                   "the store has format " + std::to_string(format) + ", this program reads " +
                       std::to_string(k_store_format) +
                       ": a command that writes, such as `mailfunnel score`, brings it up to that; "
                       "`mailfunnel backup FILE` before it keeps a copy for the older program",
                   store.path()});
  }
}

/// Brings a store of an older format up to ours, as one transaction: cut off anywhere, it is as it
/// was. No copy of it is made beside it, as an erasure would have to reach that too.
void upgrade(Store& store) {
  if (format_of(store) == k_store_format) {
    return;
  }
  const WriterLock lock(store.path());
  Transaction transaction(store.database());
  const auto format = format_of(store); // another process may have been faster
  for (auto next = format + 1; next <= k_store_format; ++next) {
    store.database().execute(k_migrations[static_cast<std::size_t>(next - k_oldest_format)]);
  }
  store.set_meta("format", std::to_string(k_store_format));
  transaction.commit();
  store.checkpoint();
}

/// What was written past the log and cut off left the store without it.
void restore_log(Store& store) {
  if (store.path() == ":memory:" || store.database().has_log()) {
    return;
  }
  try {
    const WriterLock lock(store.path(), 0);
    store.database().wait_for_others(false); // who reads keeps it as it is, which is as safe
    store.database().return_to_log();
    store.database().wait_for_others(true);
  } catch (const Failure& failure) { // who writes just now brings it back
    if (failure.error.code != ErrorCode::locked) {
      throw;
    }
  }
}

/// What an erasure that was cut off left to be done; another time if somebody is writing, or there
/// is no room for it: who only reads must not fail over it.
void finish_scrub(Store& store) {
  if (!store.wants_scrub()) {
    return;
  }
  try {
    const WriterLock lock(store.path(), 0);
    store.scrub();
  } catch (const Failure& failure) {
    if (failure.error.code != ErrorCode::locked && failure.error.code != ErrorCode::io) {
      throw;
    }
  }
}

} // namespace

WriterLock::WriterLock(const std::string& store_path, unsigned seconds) {
  if (store_path == ":memory:") {
    return;
  }
  const auto name = store_path + ".lock";
  m_file = open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (m_file < 0) {
    throw Failure({ErrorCode::io,
                   std::string("can't open the lock file: ") + std::strerror(errno) +
                       ": see to the folder, then run the same command again",
                   name});
  }
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  while (flock(m_file, LOCK_EX | LOCK_NB) != 0) {
    if (std::chrono::steady_clock::now() >= end) {
      close(m_file);
      throw Failure({ErrorCode::locked,
                     "another run writes to this store: wait for it and try again", store_path});
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

WriterLock::~WriterLock() {
  if (m_file >= 0) {
    close(m_file); // the lock goes with it
  }
}

Store::Store(std::string path, Database database, std::uint64_t secret)
    : m_path(std::move(path)), m_database(std::move(database)), m_secret(secret) {}

bool Store::exists(const std::string& path) {
  return access(path.c_str(), F_OK) == 0;
}

void Store::create(const std::string& path) {
  const WriterLock lock(path);
  if (exists(path)) {
    return;
  }
  // Built under another name, synced as a whole and moved into place, so that a crash leaves no
  // half store.
  const auto draft = path + ".new";
  unlink(draft.c_str());
  {
    Database database(draft, Database::Access::create);
    database.execute("PRAGMA page_size=16384; PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF");
    Transaction transaction(database);
    for (const auto& migration : k_migrations) {
      database.execute(migration);
    }
    database.use("INSERT INTO meta VALUES ('format', ?1), ('changes', '0'), ('index_seed', ?2)")
        .bind(std::to_string(k_store_format),
              std::to_string(static_cast<std::int64_t>(random_number(path))))
        .run();
    transaction.commit();
    database.execute("PRAGMA journal_mode=WAL");
  }
  unlink((draft + "-wal").c_str());
  unlink((draft + "-shm").c_str());
  sync_file(draft);
  read_secret(path, true);
  if (rename(draft.c_str(), path.c_str()) != 0 || chmod(path.c_str(), 0600) != 0) {
    throw Failure({ErrorCode::io,
                   std::string("can't make the store: ") + std::strerror(errno) +
                       ": see to the disk, then run the same command again",
                   path});
  }
}

Store Store::open_reading(const std::string& path, bool older_too) {
  if (!exists(path)) {
    throw Failure({ErrorCode::not_found,
                   "no store here: `mailfunnel init` makes one, or name its folder with -C", path});
  }
  Store store(path, Database(path, Database::Access::read), read_secret(path, false));
  store.m_database.execute(k_passing);
  check_format(store);
  if (!older_too) {
    refuse_older(store);
  }
  return store;
}

Store Store::open_writing(const std::string& path) {
  if (!exists(path)) {
    throw Failure({ErrorCode::not_found,
                   "no store here: `mailfunnel init` makes one, or name its folder with -C", path});
  }
  Store store(path, Database(path, Database::Access::write), read_secret(path, true));
  configure(store.m_database);
  check_format(store);
  restore_log(store);
  upgrade(store);
  finish_scrub(store);
  return store;
}

Database Store::reader() const {
  Database database(m_path, Database::Access::read);
  database.execute(k_passing);
  database.execute("BEGIN");
  return database;
}

std::vector<Database> Store::readers(unsigned count, Database* watch) const {
  constexpr int k_most_tries = 10'000; // some microseconds each, between two commits of others
  std::vector<Database> readers;
  for (unsigned i = 0; i < count; ++i) {
    readers.push_back(reader());
  }
  if (count < 2) {
    return readers;
  }
  std::optional<Database> own;
  if (watch == nullptr || watch->holds_moment()) {
    watch = &own.emplace(m_path, Database::Access::read);
  }
  for (int tries = 0; tries < k_most_tries; ++tries) {
    const auto before = watch->version();
    for (auto& database : readers) {
      database.use("SELECT 1 FROM meta").step();
    }
    if (watch->version() == before) { // nobody wrote between the first look and the last
      return readers;
    }
    for (auto& database : readers) {
      database.execute("COMMIT; BEGIN");
    }
  }
  throw Failure({ErrorCode::locked, "others write without a pause: try again later", m_path});
}

std::optional<std::string> Store::meta(std::string_view key) {
  auto query = m_database.use("SELECT value FROM meta WHERE key = ?1");
  query.bind(key);
  return query.step() ? std::optional(std::string(query.text(0))) : std::nullopt;
}

void Store::set_meta(std::string_view key, std::string_view value) {
  m_database
      .use(
          "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
      .bind(key, value)
      .run();
}

std::int64_t Store::changes() {
  return parse_int(meta("changes").value_or("0")).value_or(0);
}

void Store::count_change() {
  set_meta("changes", std::to_string(changes() + 1));
}

bool Store::fold_at_once() {
  struct Patience {
    Database& of;
    ~Patience() { of.wait_for_others(true); }
  };
  m_database.wait_for_others(false);
  const Patience again{m_database};
  return checkpoint();
}

void Store::fold_when_long() {
  constexpr int k_long = 128; // pages of 16 KiB
  const auto pages = m_database.log_pages();
  m_log_tried = pages < m_log_tried ? 0 : m_log_tried; // others folded it
  if (pages - m_log_tried >= k_long) {
    m_log_tried = fold_at_once() ? 0 : pages;
  }
}

bool Store::checkpoint() {
  auto query = m_database.use("PRAGMA wal_checkpoint(TRUNCATE)");
  bool whole = true;
  while (query.step()) {
    whole = query.integer(0) == 0;
  }
  if (whole) {
    m_database.note_no_log();
  }
  return whole;
}

void Store::want_scrub() {
  set_meta("scrub", "1");
}

bool Store::wants_scrub() {
  return meta("scrub").has_value();
}

bool Store::scrub() {
  // Built anew from what is in use: pages that are free, and what lies unused within a page, hold
  // nothing afterwards. A large store is not copied into memory for it.
  constexpr std::int64_t k_in_memory = std::int64_t{256} << 20;
  std::int64_t size = 0;
  {
    auto query = m_database.use(
        "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()");
    size = query.step() ? query.integer(0) : 0;
  }
  m_database.execute(size > k_in_memory ? "PRAGMA temp_store=FILE; VACUUM; PRAGMA temp_store=MEMORY"
                                        : "VACUUM");
  if (!checkpoint()) {
    return false;
  }
  m_database.use("DELETE FROM meta WHERE key = 'scrub'").run();
  checkpoint();
  return true;
}

} // namespace mailfunnel
