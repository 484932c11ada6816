// score, explain, runs, events

#include "app/kept_run.hpp"
#include "app/score_run.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "command.hpp"
#include "run_tables.hpp"
#include "score_tables.hpp"
#include "store/catalog.hpp"
#include "table.hpp"

#include <fmt/format.h>

#include <iostream>

namespace mailfunnel::cli {

namespace {

int run_score(const Invocation& call) {
  auto workspace = call.workspace();
  auto store = Store::open_writing(workspace.store_path());
  const auto rules = rules_of(call, workspace);
  const auto summary = run_scores(store, workspace, rules, as_of(call, store), !call.has("rules"));
  std::cout << (call.json ? score_json(summary) : score_text(summary, rules, call.color));
  std::cout.flush();
  for (const auto& warning : summary.warnings) {
    std::cerr << "mailfunnel: warning: " << warning << '\n';
  }
  return k_done;
}

std::string one_person(const Invocation& call, std::string_view command) {
  const auto arguments = call.texts("arguments");
  if (arguments.size() != 1) {
    wrong_usage(fmt::format("`mailfunnel {} EMAIL` wants one address", command));
  }
  return arguments.front();
}

int run_explain(const Invocation& call) {
  const auto who = one_person(call, "explain");
  auto workspace = call.workspace();
  auto store = Store::open_reading(workspace.store_path());
  if (const auto run = call.number("run")) {
    if (call.has("rules") || call.has("as-of")) {
      wrong_usage("--run brings its own rules and moment: leave --rules and --as-of out");
    }
    const auto compared = compare_with_run(store, workspace, *run, who, call.now());
    if (!compared) {
      throw Failure(compared.error());
    }
    std::cout << (call.json ? comparison_json(*compared)
                            : comparison_text(*compared, workspace.config.rules, call.color));
    return k_done;
  }
  const auto rules = rules_of(call, workspace);
  const auto explained = explain(store, workspace, rules, who, as_of(call, store));
  if (!explained) {
    throw Failure(explained.error());
  }
  std::cout << (call.json ? explain_json(*explained) : explain_text(*explained, rules, call.color));
  return k_done;
}

int run_events(const Invocation& call) {
  const auto who = one_person(call, "events");
  auto workspace = call.workspace();
  auto store = Store::open_reading(workspace.store_path());
  const auto world = build_world(store, workspace, workspace.config.rules, call.now());
  const auto events = events_of(store, world, workspace.config.rules.robots, who, call.now());
  if (!events) {
    throw Failure(events.error());
  }
  std::cout << (call.json ? events_json(*events, world) : events_text(*events, world, call.color));
  return k_done;
}

int run_runs(const Invocation& call) {
  const auto workspace = call.workspace();
  auto store = Store::open_reading(workspace.store_path());
  const auto runs = kept_runs(store);
  if (call.json) {
    std::cout << runs_json(runs);
  } else {
    std::cout << (runs.empty() ? "no run was exported yet: `mailfunnel segments export` keeps one\n"
                               : runs_text(runs, call.color));
  }
  return k_done;
}

void as_of_option(po::options_description& options) {
  options.add_options()("as-of", text("T"),
                        "a date or time, or `latest` (the newest event); default: now");
}

} // namespace

Command score_command() {
  return {"score",
          "",
          "score everybody: the matrix, the distribution, and a warning where a status is empty",
          "  mailfunnel score --as-of 2026-03-01",
          [](auto& options) {
            as_of_option(options);
            options.add_options()("rules", text("FILE"),
                                  "with other rules, for a look: stores nothing");
          },
          run_score};
}

Command explain_command() {
  return {
      "explain",
      "EMAIL",
      "why somebody has these points: every event, rule and point; the lines add up to the score",
      "  mailfunnel explain ann@example.com\n  mailfunnel explain ann@example.com --run 3",
      [](auto& options) {
        as_of_option(options);
        options.add_options()("rules", text("FILE"), "with other rules")(
            "run", po::value<unsigned>()->value_name("N"),
            "then, now and what changed since a run whose lists were exported");
      },
      run_explain};
}

Command runs_command() {
  return {"runs",
          "",
          "the scoring runs whose lists were exported; `explain EMAIL --run N` asks one",
          "  mailfunnel runs",
          [](auto&) {},
          run_runs};
}

Command events_command() {
  return {"events",
          "EMAIL",
          "everything that is known of one person, by time",
          "  mailfunnel events ann@example.com",
          [](auto&) {},
          run_events};
}

} // namespace mailfunnel::cli
