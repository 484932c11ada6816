#include "store/hook_spool.hpp"

#include "base/bytes.hpp"
#include "store/zstd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace mailfunnel {

namespace {

/// Readable by its owner only, as are the files that SQLite makes beside it.
Database opened(const std::string& path) {
  if (const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600); file >= 0) {
    close(file);
  }
  Database database(path, Database::Access::write);
  // One connection has the file, so that it may checkpoint by itself.
  database.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA "
                   "wal_autocheckpoint=1000; PRAGMA cache_size=-4096");
  // What was brought into the store is nowhere else: people may ask that theirs is erased.
  database.execute("PRAGMA secure_delete=ON");
  // AUTOINCREMENT: a number is never given twice, also when all rows before it are gone.
  database.execute("CREATE TABLE IF NOT EXISTS hooks (id INTEGER PRIMARY KEY AUTOINCREMENT, "
                   "received INTEGER NOT NULL, requests INTEGER NOT NULL, data BLOB NOT NULL)");
  return database;
}

std::string packed(const std::vector<const SpooledHook*>& hooks) {
  std::string plain;
  ByteWriter writer(plain);
  for (const auto* hook : hooks) {
    writer.text(hook->account);
    writer.number(hook->received);
    writer.text(hook->url);
    writer.varint(hook->headers.size());
    for (const auto& [name, value] : hook->headers) {
      writer.text(name);
      writer.text(value);
    }
    writer.text(hook->body);
  }
  std::string out;
  append_compressed(out, plain);
  return out;
}

/// False: the row is cut short.
bool unpack(std::string_view plain, std::int64_t count, std::vector<SpooledHook>& out) {
  ByteReader reader(plain);
  for (std::int64_t i = 0; i < count; ++i) {
    SpooledHook hook;
    hook.account = reader.text();
    hook.received = reader.number<Seconds>();
    hook.url = reader.text();
    for (auto headers = reader.varint(); headers != 0 && reader.good(); --headers) {
      std::string name(reader.text());
      hook.headers.emplace_back(std::move(name), reader.text());
    }
    hook.body = reader.text();
    if (!reader.good()) {
      return false;
    }
    out.push_back(std::move(hook));
  }
  return true;
}

} // namespace

bool HookSpool::waiting(const std::string& store_path) {
  const auto path = path_of(store_path);
  if (access(path.c_str(), F_OK) != 0) {
    return false;
  }
  Database database(path, Database::Access::read);
  auto query = database.use("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'hooks')");
  if (!query.step() || query.integer(0) == 0) {
    return false; // cut off while it was made
  }
  auto rows = database.use("SELECT EXISTS (SELECT 1 FROM hooks)");
  return rows.step() && rows.integer(0) != 0;
}

HookSpool::HookSpool(const std::string& store_path) : m_database(opened(path_of(store_path))) {}

void HookSpool::append(const std::vector<const SpooledHook*>& hooks) {
  if (hooks.empty()) {
    return;
  }
  const auto data = packed(hooks);
  const std::lock_guard lock(m_mutex);
  m_database.use("INSERT INTO hooks (received, requests, data) VALUES (?1, ?2, ?3)")
      .bind(hooks.front()->received, static_cast<std::int64_t>(hooks.size()), Blob{data})
      .run();
}

HookSpool::Batch HookSpool::read(std::size_t most) {
  const std::lock_guard lock(m_mutex);
  Batch batch;
  auto rows = m_database.use("SELECT id, requests, data FROM hooks ORDER BY id");
  std::size_t bytes = 0;
  while (bytes < most && rows.step()) {
    batch.last = rows.integer(0);
    const auto name = "row " + std::to_string(batch.last) + " of the webhooks that wait";
    try {
      const auto plain = decompressed(rows.blob(2), name);
      bytes += std::max<std::size_t>(plain.size(), 1);
      if (!unpack(plain, rows.integer(1), batch.hooks)) {
        batch.damaged.push_back(name + " is cut short");
      }
    } catch (const Failure& failure) {
      batch.damaged.push_back(failure.error.message);
    }
  }
  return batch;
}

void HookSpool::drop(std::int64_t last) {
  const std::lock_guard lock(m_mutex);
  m_database.use("DELETE FROM hooks WHERE id <= ?1").bind(last).run();
  auto left = m_database.use("SELECT EXISTS (SELECT 1 FROM hooks)");
  if (left.step() && left.integer(0) == 0) {
    left.reset();
    m_database.execute("PRAGMA wal_checkpoint(TRUNCATE)"); // the log holds nothing of them either
  }
}

HookSpool::Waiting HookSpool::waiting() {
  const std::lock_guard lock(m_mutex);
  auto query = m_database.use("SELECT coalesce(sum(requests), 0), coalesce(sum(length(data)), 0), "
                              "min(received) FROM hooks");
  Waiting waiting;
  if (query.step()) {
    waiting.requests = static_cast<std::uint64_t>(query.integer(0));
    waiting.bytes = static_cast<std::uint64_t>(query.integer(1));
    if (!query.is_null(2)) {
      waiting.oldest = query.integer(2);
    }
  }
  return waiting;
}

} // namespace mailfunnel
