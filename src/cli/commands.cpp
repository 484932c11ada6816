#include "command.hpp"

namespace mailfunnel::cli {

const std::vector<Command>& commands() {
  static const std::vector<Command> k_commands{
      try_command(),        init_command(),       check_command(),    adapters_command(),
      import_command(),     recipients_command(), sync_command(),     push_command(),
      plans_command(),      reconcile_command(),  decode_command(),   campaigns_command(),
      report_command(),     links_command(),      score_command(),    simulate_command(),
      backtest_command(),   audit_command(),      explain_command(),  runs_command(),
      events_command(),     history_command(),    verdicts_command(), segments_command(),
      export_command(),     sql_command(),        suppress_command(), unsuppress_command(),
      object_command(),     access_command(),     forget_command(),   accesses_command(),
      retain_command(),     notify_command(),     serve_command(),    webhook_command(),
      token_command(),      status_command(),     backup_command(),   all_command(),
      completion_command(), man_command(),
  };
  return k_commands;
}

po::options_description common_options() {
  po::options_description options("Every command");
  options.add_options()("directory,C", text("DIR"), "the workspace (default: here)")(
      "config", text("FILE"), "another config than DIR/mailfunnel.toml")(
      "threads", po::value<unsigned>()->value_name("N"), "threads (default: all cores)")(
      "memory", text("SIZE"),
      "memory for data in flight, such as 2G (default: a quarter of the machine)")(
      "json", flag(), "machine-readable output")("quiet,q", flag(), "no progress")(
      "progress", text("WHEN"), "auto (a bar on a terminal), json (lines on stderr) or never")(
      "verbose,v", flag(), "say more")("timing", flag(),
                                       "say on stderr how long it took to start, to read the "
                                       "config, to open the store, and the work itself")(
      "color", text("WHEN"), "auto, always or never")("help,h", flag(), "this text");
  return options;
}

po::typed_value<bool>* flag() {
  return po::bool_switch();
}

po::typed_value<std::string>* text(const char* name) {
  return po::value<std::string>()->value_name(name);
}

Seconds as_of(const Invocation& call, Store& store) {
  const auto time = parse_as_of(store, call.text("as-of"), call.now());
  if (!time) {
    throw Failure(time.error());
  }
  return *time;
}

Rules rules_of(const Invocation& call, const Workspace& workspace) {
  const auto file = call.text("rules");
  if (file.empty()) {
    return workspace.config.rules;
  }
  auto loaded = load_config(file);
  std::string all;
  for (const auto& problem : loaded.problems) {
    all += problem.warning ? "" : (all.empty() ? "" : "\n") + problem.text();
  }
  if (!all.empty()) {
    throw Failure({ErrorCode::usage, all});
  }
  return loaded.config.rules;
}

int worse(int a, int b) {
  for (const auto code : {k_failed, k_usage, k_locked, k_partly}) {
    if (a == code || b == code) {
      return code;
    }
  }
  return k_done;
}

void wrong_usage(const std::string& message) {
  throw Failure({ErrorCode::usage, message});
}

} // namespace mailfunnel::cli
