// simulate

#include "app/score_json.hpp"
#include "app/simulate.hpp"
#include "command.hpp"
#include "score_tables.hpp"

#include <iostream>

namespace mailfunnel::cli {

namespace {

constexpr unsigned k_movers = 10, k_most_movers = 1000;

int run_simulate(const Invocation& call) {
  if (call.text("rules").empty()) {
    wrong_usage(
        "`mailfunnel simulate --rules FILE` wants a file with the other rules: a copy of the "
        "config to play with");
  }
  const auto workspace = call.workspace();
  auto store = call.open_writing(workspace);
  const auto rules = rules_of(call, workspace);
  const auto top = call.number("top").value_or(k_movers);
  if (top > k_most_movers) {
    wrong_usage("--top is at most 1000");
  }
  const auto simulation = simulate(store, workspace, rules, as_of(call, store), top);
  std::cout << (call.json ? simulation_json(simulation) : simulation_text(simulation, call.color));
  return k_done;
}

} // namespace

Command simulate_command() {
  return {"simulate",
          "--rules FILE",
          "what if other rules held: who would move where, and by which rule; stores nothing",
          "  cp mailfunnel.toml dearer.toml    # then change points, cuts or tags in it\n"
          "  mailfunnel simulate --rules dearer.toml",
          [](auto& options) {
            options.add_options()(
                "rules", text("FILE"),
                "a config, of which only stage, tagging, scoring, fit, levels and "
                "status are read")("as-of", text("T"), "a date or time, or `latest`; default: now")(
                "top", po::value<unsigned>()->value_name("N"), "people to show; default: 10");
          },
          run_simulate};
}

} // namespace mailfunnel::cli
