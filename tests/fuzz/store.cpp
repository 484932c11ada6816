// A store's file in which bytes were changed, given to export, score or explain. Input: a byte that
// says which of them (modulo 3), then changes of 3 bytes each: a place (little endian) and a byte.
// The store is as small as SQLite makes one, so that a place is two bytes and most of them matter.

#include "fuzz/target.hpp"

#include "app/explain.hpp"
#include "app/export_all.hpp"
#include "app/import_log.hpp"
#include "app/score_run.hpp"
#include "base/source.hpp"
#include "base/time.hpp"
#include "fuzz/memory_files.hpp"
#include "fuzz/reading.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <unistd.h>

namespace mailfunnel::fuzz {

namespace {

namespace fs = std::filesystem;

constexpr int k_people = 24, k_events = 160, k_late_events = 8;
constexpr std::size_t k_page = 512, k_most_bytes = 65'536;

/// What none of the three jobs looks at; without them SQLite reads the tables in half the time.
constexpr const char* k_of_others[] = {
    "access_log",    "api_token",       "cursor",   "erased_activity", "esp_total",
    "job_run",       "notice_told",     "notice",   "plan_approval",   "plan",
    "push_task",     "push_member",     "push_run", "run_use",         "sync_task",
    "unknown_event", "message_campaign"};

std::string events(int from, int count) {
  std::string log;
  for (int i = from; i < from + count; ++i) {
    log += fmt::format(
        R"({{"kind":"{}","account":"a","address":"p{}@example.com","time":"{}","campaign":"c{}"{}}})"
        "\n",
        i % 3 == 0 ? "click" : "delivered", i % k_people, format_time(k_now - k_day + 60 * i),
        i % 4, i % 3 == 0 ? R"(,"link":"https://shop.example/pricing")" : "");
  }
  return log;
}

/// A workspace with some people and all that is kept of them. Made on a disk, the same every time
/// on a machine; from then on SQLite sees nothing but memory.
class World {
public:
  World() {
    // One thread reads at a time, and nobody asks how much memory SQLite has.
    sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    m_folder = fs::temp_directory_path() / fmt::format("mailfunnel-fuzz-{}", getpid());
    fs::create_directories(m_folder);
    workspace.folder = m_folder.string();
    workspace.registry = builtin_adapters();
    AccountConfig account;
    account.name = "a";
    account.esp = "mailfunnel";
    workspace.config.accounts.push_back(account);
    workspace.config.rules.tagging.builtin = false; // words of links are not of the store
    m_kept = workspace.store_path();
    m_anew = m_kept + "-anew";
    fill();
    std::ifstream in(m_kept, std::ios::binary);
    m_whole = {std::istreambuf_iterator<char>(in), {}};
    if (m_whole.size() > k_most_bytes) {
      std::abort(); // some places could not be named
    }
    fs::copy_file(m_kept, m_anew); // that there is one is asked of the disk
    fs::copy_file(m_kept + ".key", m_anew + ".key");
    use_memory_files(k_now);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World() {
    m_opened.reset();
    m_reading.reset();
    m_writing.reset();
    fs::remove_all(m_folder);
  }

  /// The store with these changes. Where they touch nothing that is read when a store is opened, it
  /// stays open from one time to the next: SQLite's look at the tables costs more than all else.
  Store& damaged(std::string_view changes, bool reading) {
    auto bytes = m_whole;
    bool anew = false;
    for (; changes.size() >= 3; changes.remove_prefix(3)) {
      const auto place = (static_cast<std::uint8_t>(changes[0]) |
                          static_cast<std::size_t>(static_cast<std::uint8_t>(changes[1])) << 8) %
                         bytes.size();
      bytes[place] = changes[2];
      anew |= m_opening.contains(place / k_page);
    }
    const auto open = [reading](const std::string& path) {
      return reading ? Store::open_reading(path) : Store::open_writing(path);
    };
    if (anew) {
      m_opened.reset();
      remove_database(m_anew);
      put_database(m_anew, bytes);
      return m_opened.emplace(open(m_anew));
    }
    put_database(m_kept, bytes);
    auto& kept = reading ? m_reading : m_writing;
    if (kept && sqlite3_txn_state(kept->database().handle(), nullptr) != SQLITE_TXN_NONE) {
      std::abort(); // a failure left a transaction open
    }
    return kept ? *kept : kept.emplace(open(m_kept));
  }

  Workspace workspace;

private:
  void fill() {
    std::ofstream(m_kept + ".key", std::ios::binary) << "8 bytes."; // keyed hashes are the same
    Store::create(m_kept);
    {
      auto store = Store::open_writing(m_kept);
      store.set_meta("index_seed", "20260302");
      import(store, events(0, k_events));
      run_scores(store, workspace, workspace.config.rules, k_now, true);
      import(store, events(k_events, k_late_events)); // these wait in the inbox
      store.checkpoint();
    }
    Database database(m_kept, Database::Access::write);
    for (const auto* table : k_of_others) {
      database.execute(fmt::format("DROP TABLE {}", table));
    }
    database.execute(fmt::format("UPDATE run SET created = {}; UPDATE coverage SET source = 'log'; "
                                 "PRAGMA journal_mode=DELETE; "
                                 "PRAGMA page_size={}; VACUUM; PRAGMA journal_mode=WAL; "
                                 "PRAGMA wal_checkpoint(TRUNCATE)",
                                 k_now, k_page));
    auto pages = database.use("SELECT pageno - 1 FROM dbstat WHERE name IN ('sqlite_schema', "
                              "'meta')");
    while (pages.step()) {
      m_opening.insert(static_cast<std::size_t>(pages.integer(0)));
    }
  }

  void import(Store& store, const std::string& log) {
    const auto path = (m_folder / "log.ndjson").string();
    static_cast<void>(write_file(path, log));
    ImportRequest request;
    request.paths = {path};
    request.account = "a";
    request.rejects = "/dev/null";
    request.now = k_now;
    import_paths(store, workspace, request, {});
  }

  fs::path m_folder;
  std::string m_kept, m_anew;      // paths
  std::string m_whole;             // bytes of the store
  std::set<std::size_t> m_opening; // pages, from 0
  std::optional<Store> m_reading, m_writing, m_opened;
};

/// Does one of the three. Was there something to tell?
bool act(World& world, unsigned job, std::string_view changes) {
  auto& store = world.damaged(changes, job == 2);
  const auto& workspace = world.workspace;
  const auto& rules = workspace.config.rules;
  switch (job) {
  case 0:
    return export_events(store, workspace, [](std::string_view) {}) != 0;
  case 1:
    run_scores(store, workspace, rules, k_now, true);
    return true;
  default:
    return explain(store, workspace, rules, "p3@example.com", k_now).has_value();
  }
}

} // namespace

bool run(std::string_view text) {
  static World s_world;
  static const bool k_works = act(s_world, 0, {}) && act(s_world, 1, {}) && act(s_world, 2, {});
  if (!k_works) {
    std::abort();
  }
  const auto job = text.empty() ? 0U : static_cast<std::uint8_t>(text[0]) % 3U;
  try {
    return act(s_world, job, text.substr(std::min<std::size_t>(text.size(), 1)));
  } catch (const Failure&) { // says what is damaged
    return false;
  }
}

} // namespace mailfunnel::fuzz
