// backup

#include "base/json.hpp"
#include "command.hpp"
#include "progress.hpp"
#include "store/backup.hpp"
#include "store/hook_spool.hpp"

#include <fmt/format.h>

#include <iostream>

namespace mailfunnel::cli {

namespace {

void print_json(const std::string& file, std::uint64_t bytes, const Store& store, bool waiting) {
  std::string line = "{\"result\":\"backup\",\"file\":";
  append_json_string(line, file);
  line += fmt::format(",\"bytes\":{},\"store\":", bytes);
  append_json_string(line, store.path());
  line += ",\"key\":";
  append_json_string(line, store.path() + ".key");
  std::cout << line << fmt::format(",\"webhooks_waiting\":{}}}\n", waiting);
}

int run_backup(const Invocation& call) {
  const auto arguments = call.texts("arguments");
  if (arguments.size() != 1) {
    wrong_usage("`mailfunnel backup FILE` wants one file to write the copy into");
  }
  const auto& file = arguments.front();
  const auto workspace = call.workspace(); // takes webhooks in that a `serve` left
  const auto store = Store::open_reading(workspace.store_path(), true);
  Progress progress(call);
  const BackupSettings settings{call.flag("force"), [&](std::uint64_t done, std::uint64_t all) {
                                  progress.show("backup", done, all);
                                  return !interrupted();
                                }};
  const auto bytes = back_up(store, file, settings);
  progress.clear();
  const bool waiting = HookSpool::waiting(store.path());
  if (call.json) {
    print_json(file, bytes, store, waiting);
    return k_done;
  }
  std::cout << fmt::format("{}: {:.1f} MB\n", file, static_cast<double>(bytes) / 1e6)
            << fmt::format(
                   "To restore it you also need the key, which is not in it: keep a copy of "
                   "{}.key elsewhere.\n",
                   store.path());
  if (waiting) {
    std::cout << "Webhooks of the last moments are not in it: they still wait in "
              << HookSpool::path_of(store.path()) << '\n';
  }
  return k_done;
}

} // namespace

Command backup_command() {
  return {"backup",
          "FILE",
          "a copy of the store while it is in use; the key beside the store is not in it",
          "  mailfunnel backup /backup/winkel.db --force",
          [](auto& options) {
            options.add_options()("force", flag(), "put it in the place of a file that is there");
          },
          run_backup};
}

} // namespace mailfunnel::cli
