// init, check, adapters

#include "app/check_online.hpp"
#include "app/verdicts.hpp"
#include "app/workspace.hpp"
#include "base/json.hpp"
#include "base/source.hpp"
#include "base/text.hpp"
#include "command.hpp"
#include "table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

namespace mailfunnel::cli {

namespace {

int run_init(const Invocation& call) {
  namespace fs = std::filesystem;
  const auto arguments = call.texts("arguments");
  const fs::path folder = arguments.empty() ? call.folder : arguments.front();
  const auto say = [&](const std::string& text) { std::cout << (call.quiet ? "" : text); };
  fs::create_directories(folder);
  const auto config = call.config.empty() ? (folder / "mailfunnel.toml").string() : call.config;
  if (fs::exists(config)) {
    say(config + " is there already: left as it is\n");
  } else if (const auto written = write_file(config, starter_config()); !written) {
    throw Failure(written.error());
  } else {
    say("wrote " + config + '\n');
  }
  Workspace workspace = open_workspace(folder.string(), call.config);
  const bool had = Store::exists(workspace.store_path());
  Store::create(workspace.store_path());
  say((had ? "the store is there already: " : "made an empty store: ") + workspace.store_path() +
      '\n');
  const std::string where = folder == "." ? "" : " -C " + folder.string();
  say(fmt::format("\nNext: mailfunnel{0} import YOUR-LOGS…   then: mailfunnel{0} score\n", where));
  return k_done;
}

/// Asks the platform of every account that has a key. Returns how many things are not good.
std::size_t check_platforms(const Invocation& call, const Workspace& workspace) {
  std::size_t bad = 0;
  ConnectionSettings settings;
  settings.stopped = interrupted;
  Table table({"account", "what", "", "is"});
  for (const auto& account : workspace.config.accounts) {
    const auto* adapter = workspace.registry.find(account.esp);
    if (account.archived || adapter == nullptr || !has_api_keys(account, *adapter)) {
      continue;
    }
    std::vector<OnlineFact> facts;
    try {
      facts = check_online(workspace, account.name, settings, call.now());
    } catch (const Failure& failure) {
      facts.push_back({"access", failure.error.message, false});
    }
    for (const auto& [name, value, good] : facts) {
      table.add({account.name, name, good ? "good" : "BAD", printable(value, 200)});
      bad += good ? 0 : 1;
    }
  }
  std::cout << (table.empty() ? "no account has a key: there is no platform to ask\n"
                              : table.text(call.color));
  return bad;
}

int run_check(const Invocation& call) {
  namespace fs = std::filesystem;
  const auto file =
      call.config.empty() ? (fs::path(call.folder) / "mailfunnel.toml").string() : call.config;
  auto loaded = load_config(file);
  const auto registry = builtin_adapters();
  check_accounts(loaded.config, registry, loaded.problems);
  std::size_t errors = 0, warnings = 0;
  for (const auto& problem : loaded.problems) {
    std::cerr << problem.text() << '\n';
    ++(problem.warning ? warnings : errors);
  }
  if (errors == 0) {
    Workspace workspace = call.workspace();
    if (Store::exists(workspace.store_path())) {
      auto store = call.open_reading(workspace);
      auto query = store.database().use("PRAGMA quick_check(1)");
      query.step();
      if (query.text(0) != "ok") {
        std::cerr << workspace.store_path() << ": error: the store is damaged: " << query.text(0)
                  << ": restore a backup\n";
        ++errors;
      } else if (store.wants_scrub()) {
        std::cerr << workspace.store_path()
                  << ": warning: what was erased still lies in free space of the file: the next "
                     "command that writes removes it, where the disk has room\n";
        ++warnings;
      }
    }
    for (const auto& account : workspace.config.accounts) {
      const auto can = registry.find(account.esp)->capabilities();
      std::string lacks;
      lacks += can.agents ? "" : "user agents (who opened can't be told from machines), ";
      lacks += can.networks ? "" : "networks, ";
      lacks += can.delivery_events ? "" : "deliveries (sent and not bounced counts as delivered), ";
      if (!lacks.empty()) {
        lacks.resize(lacks.size() - 2);
        std::cout << fmt::format("account \"{}\": {} does not tell: {}\n", account.name,
                                 account.esp, lacks);
      }
      if (const auto off =
              signs_that_are_off(can, account.delivery_events.value_or(can.delivery_events));
          !off.empty()) {
        std::cout << fmt::format("account \"{}\": signs of machines that are off: {}\n",
                                 account.name, off);
      }
    }
  }
  if (errors == 0 && call.flag("online")) {
    errors += check_platforms(call, call.workspace());
    if (errors != 0) {
      return k_failed;
    }
  }
  const auto& config = loaded.config;
  if (errors == 0) {
    std::cout << fmt::format("{}: fine: {} accounts, {} stage rules, {} fit rules, {} segments{}\n",
                             file, config.accounts.size(), config.rules.tagging.rules.size(),
                             config.rules.fit.rules.size(), config.segments.size(),
                             warnings != 0 ? fmt::format(", {} warnings", warnings) : "");
  }
  return errors != 0 || (warnings != 0 && call.flag("strict")) ? k_usage : k_done;
}

int run_adapters(const Invocation& call) {
  const auto registry = builtin_adapters();
  if (call.json) {
    std::string out = "[";
    for (const auto& entry : registry.all()) {
      out += out.size() > 1 ? ",{\"id\":" : "{\"id\":";
      append_json_string(out, entry.id);
      out += ",\"title\":";
      append_json_string(out, entry.adapter->title());
      out += fmt::format(",\"webhook\":{},\"sync\":{},\"push\":{},\"formats\":[",
                         entry.adapter->has_webhook(), entry.adapter->has_pull(),
                         entry.adapter->has_push());
      bool first = true;
      for (const auto& format : entry.adapter->formats()) {
        out += first ? "" : ",";
        first = false;
        append_json_string(out, format.name);
      }
      out += "]}";
    }
    std::cout << out << "]\n";
    return k_done;
  }
  Table table(
      {"adapter", "for", "reads", "yields", "webhook", "sync", "push", "deliveries", "agents"});
  const auto yes = [](bool first, bool it) { return first ? (it ? "yes" : "-") : ""; };
  for (const auto& entry : registry.all()) {
    bool first = true;
    const auto can = entry.adapter->capabilities();
    for (const auto& format : entry.adapter->formats()) {
      table.add({first ? entry.id : "", first ? std::string(entry.adapter->title()) : "",
                 std::string(format.name), std::string(format.yields),
                 yes(first, entry.adapter->has_webhook()), yes(first, entry.adapter->has_pull()),
                 yes(first, entry.adapter->has_push()), yes(first, can.delivery_events),
                 yes(first, can.agents)});
      first = false;
    }
  }
  std::cout << table.text(call.color);
  std::cout << "\nPlain, .gz, .zst and .zip, folders and standard input; the format is found from "
               "the first bytes.\n";
  return k_done;
}

} // namespace

Command init_command() {
  return {"init",
          "[DIR]",
          "write a commented mailfunnel.toml with the default rules, and an empty store",
          "  mailfunnel init winkel",
          [](auto&) {},
          run_init};
}
Command check_command() {
  return {"check",
          "",
          "check the config, the rules and the segments: file, line and column of every mistake",
          "  mailfunnel -C winkel check",
          [](auto& options) {
            options.add_options()("strict", flag(), "warnings fail too")(
                "online", flag(), "ask the platforms: keys, rights, lists, clocks");
          },
          run_check};
}
Command adapters_command() {
  return {"adapters",
          "",
          "what can be read: every adapter with its formats",
          "  mailfunnel adapters",
          [](auto&) {},
          run_adapters};
}

} // namespace mailfunnel::cli
