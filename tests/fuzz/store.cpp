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
#include "fuzz/reading.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

namespace mailfunnel::fuzz {

namespace {

namespace fs = std::filesystem;

constexpr int k_people = 24, k_events = 160, k_late_events = 8;
constexpr std::size_t k_most_bytes = 65'536;

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

/// A workspace in memory's file system where there is one, with some people and all that is kept.
class World {
public:
  World() {
    // One thread reads at a time, and nobody asks how much memory SQLite has.
    sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    const fs::path memory = "/dev/shm";
    m_folder = (fs::is_directory(memory) ? memory : fs::temp_directory_path()) /
               fmt::format("mailfunnel-fuzz-{}", getpid());
    fs::create_directories(m_folder);
    workspace.folder = m_folder.string();
    workspace.registry = builtin_adapters();
    Store::create(workspace.store_path());
    AccountConfig account;
    account.name = "a";
    account.esp = "mailfunnel";
    workspace.config.accounts.push_back(account);
    workspace.config.rules.tagging.builtin = false; // words of links are not of the store
    {
      auto store = Store::open_writing(workspace.store_path());
      import(store, events(0, k_events));
      run_scores(store, workspace, workspace.config.rules, k_now, true);
      import(store, events(k_events, k_late_events)); // these wait in the inbox
      store.checkpoint();
    }
    {
      Database database(workspace.store_path(), Database::Access::write);
      database.execute("PRAGMA journal_mode=DELETE; PRAGMA page_size=512; VACUUM; "
                       "PRAGMA journal_mode=WAL; PRAGMA wal_checkpoint(TRUNCATE)");
    }
    std::ifstream in(workspace.store_path(), std::ios::binary);
    m_whole = {std::istreambuf_iterator<char>(in), {}};
    if (m_whole.size() > k_most_bytes) {
      std::abort(); // some places could not be named
    }
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World() { fs::remove_all(m_folder); }

  void damage(std::string_view changes) {
    auto bytes = m_whole;
    for (; changes.size() >= 3; changes.remove_prefix(3)) {
      const auto place = static_cast<std::uint8_t>(changes[0]) |
                         static_cast<std::size_t>(static_cast<std::uint8_t>(changes[1])) << 8;
      bytes[place % bytes.size()] = changes[2];
    }
    for (const auto* beside : {"-wal", "-shm"}) {
      fs::remove(workspace.store_path() + beside);
    }
    std::ofstream(workspace.store_path(), std::ios::binary | std::ios::trunc) << bytes;
  }

  Workspace workspace;

private:
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
  std::string m_whole;
};

} // namespace

bool run(std::string_view text) {
  static World s_world;
  auto& workspace = s_world.workspace;
  const auto job = text.empty() ? 0 : static_cast<std::uint8_t>(text[0]) % 3;
  s_world.damage(text.substr(std::min<std::size_t>(text.size(), 1)));
  const auto path = workspace.store_path();
  const auto& rules = workspace.config.rules;
  try {
    if (job == 2) {
      auto store = Store::open_reading(path);
      return explain(store, workspace, rules, "p3@example.com", k_now).has_value();
    }
    auto store = Store::open_writing(path);
    if (job == 0) {
      export_events(store, workspace, [](std::string_view) {});
    } else {
      run_scores(store, workspace, rules, k_now, true);
    }
    return true;
  } catch (const Failure&) { // says what is damaged
    return false;
  }
}

} // namespace mailfunnel::fuzz
