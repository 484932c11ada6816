// A store's file in which bytes were changed, given to what only reads it: score, export, explain,
// a check. Input: changes of 5 bytes each, a place (little endian, taken modulo the size) and a
// byte.

#include "fuzz/target.hpp"

#include "app/explain.hpp"
#include "app/export_all.hpp"
#include "app/import_log.hpp"
#include "app/score_run.hpp"
#include "base/source.hpp"
#include "base/time.hpp"
#include "fuzz/reading.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

namespace mailfunnel::fuzz {

namespace {

namespace fs = std::filesystem;

/// A workspace in memory's file system where there is one, with some people and all that is kept.
class World {
public:
  World() {
    const fs::path memory = "/dev/shm";
    m_folder = (fs::is_directory(memory) ? memory : fs::temp_directory_path()) /
               fmt::format("mailfunnel-fuzz-{}", getpid());
    fs::create_directories(m_folder);
    workspace.folder = m_folder.string();
    workspace.registry = builtin_adapters();
    Store::create(workspace.store_path());
    std::string log;
    for (int i = 0; i < 600; ++i) {
      log += fmt::format(
          R"({{"kind":"{}","account":"a","address":"p{}@example.com","time":"{}","campaign":"c{}"{}}})"
          "\n",
          i % 3 == 0 ? "click" : "delivered", i % 90, format_time(k_now - 86'400 + 60 * i), i % 4,
          i % 3 == 0 ? R"(,"link":"https://shop.example/pricing")" : "");
    }
    const auto path = (m_folder / "log.ndjson").string();
    static_cast<void>(write_file(path, log));
    ImportRequest request;
    request.paths = {path};
    request.account = "a";
    request.rejects = "/dev/null";
    request.now = k_now;
    AccountConfig account;
    account.name = "a";
    account.esp = "mailfunnel";
    workspace.config.accounts.push_back(account);
    auto store = Store::open_writing(workspace.store_path());
    import_paths(store, workspace, request, {});
    run_scores(store, workspace, workspace.config.rules, k_now, true);
    store.checkpoint();
    std::ifstream in(workspace.store_path(), std::ios::binary);
    m_whole = {std::istreambuf_iterator<char>(in), {}};
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World() { fs::remove_all(m_folder); }

  void damage(std::string_view changes) {
    auto bytes = m_whole;
    for (; changes.size() >= 5; changes.remove_prefix(5)) {
      std::uint32_t place = 0;
      for (int i = 3; i >= 0; --i) {
        place = place << 8 | static_cast<std::uint8_t>(changes[static_cast<std::size_t>(i)]);
      }
      bytes[place % bytes.size()] = changes[4];
    }
    for (const auto* beside : {"-wal", "-shm"}) {
      fs::remove(workspace.store_path() + beside);
    }
    std::ofstream(workspace.store_path(), std::ios::binary | std::ios::trunc) << bytes;
  }

  Workspace workspace;

private:
  fs::path m_folder;
  std::string m_whole;
};

/// Did it end without a word of damage?
template<typename Step> std::size_t done(Step step) {
  try {
    step();
    return 1;
  } catch (const Failure&) { // says what is damaged
    return 0;
  }
}

} // namespace

std::size_t run(std::string_view changes) {
  static World s_world;
  auto& workspace = s_world.workspace;
  s_world.damage(changes);
  const auto path = workspace.store_path();
  const auto& rules = workspace.config.rules;
  std::size_t out = done([&] {
    auto store = Store::open_writing(path);
    export_events(store, workspace, [](std::string_view) {});
  });
  out += done([&] {
    auto store = Store::open_writing(path);
    run_scores(store, workspace, rules, k_now, true);
  });
  out += done([&] {
    auto store = Store::open_reading(path);
    static_cast<void>(explain(store, workspace, rules, "p3@example.com", k_now));
  });
  return out;
}

} // namespace mailfunnel::fuzz
