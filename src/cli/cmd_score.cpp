// score, explain, runs, events

#include "app/kept_run.hpp"
#include "app/person_json.hpp"
#include "app/score_json.hpp"
#include "app/score_run.hpp"
#include "app/suggest_levels.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "command.hpp"
#include "memory.hpp"
#include "noting.hpp"
#include "run_tables.hpp"
#include "score_tables.hpp"
#include "store/catalog.hpp"
#include "table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

namespace mailfunnel::cli {

namespace {

std::string suggestion_text(const LevelSuggestion& s, bool color) {
  std::string out =
      fmt::format("{} people reached by mailings, {} by overrides whatever the cut\n\n",
                  grouped(s.reached), fmt::format("{} {}", grouped(s.by_override), s.status));
  Table table({"level 1 above>", s.status + ">", "share>", s.weeks != 0 ? "new a week>" : "", ""});
  const auto add = [&](const LevelCut& cut, std::string_view mark) {
    table.add({format_points(cut.cut), grouped(cut.people),
               fmt::format("{:.2f} %", 100 * cut.share),
               s.weeks != 0 ? fmt::format("{:.1f}", cut.a_week) : "", std::string(mark)});
  };
  const auto mark_of = [&](const LevelCut& cut) {
    return cut.cut == s.best.cut ? "nearest" : cut.cut == s.now.cut ? "now" : "";
  };
  const bool shown = std::any_of(s.near.begin(), s.near.end(),
                                 [&](const auto& cut) { return cut.cut == s.now.cut; });
  if (!shown && s.now.cut < s.best.cut) {
    add(s.now, "now");
  }
  for (const auto& cut : s.near) {
    add(cut, mark_of(cut));
  }
  if (!shown && s.now.cut > s.best.cut) {
    add(s.now, "now");
  }
  out += table.text(color);
  return out +
         fmt::format("\n[levels]\nengagement = [{}, {}]\n\n`mailfunnel simulate --rules FILE` "
                     "shows whom that would move\n",
                     format_points(s.best.cut), format_points(s.second));
}

std::string suggestion_json(const LevelSuggestion& s) {
  const auto cut = [](const LevelCut& one) {
    return fmt::format("{{\"cut\":{},\"people\":{},\"share\":{:.6f},\"a_week\":{:.2f}}}",
                       format_points(one.cut), one.people, one.share, one.a_week);
  };
  std::string near;
  for (const auto& one : s.near) {
    near += (near.empty() ? "" : ",") + cut(one);
  }
  return fmt::format("{{\"result\":\"levels\",\"status\":\"{}\",\"reached\":{},\"by_override\":{},"
                     "\"engagement\":[{},{}],\"now\":{},\"best\":{},\"near\":[{}]}}\n",
                     s.status, s.reached, s.by_override, format_points(s.best.cut),
                     format_points(s.second), cut(s.now), cut(s.best), near);
}

int suggest(const Invocation& call, const Workspace& workspace, Store& store, const Rules& rules) {
  const auto wanted = call.text("suggest-levels");
  const auto target = parse_level_target(wanted);
  if (!target) {
    wrong_usage("--suggest-levels wants a share such as 0.5% or a number such as 50/week, not \"" +
                wanted + "\"");
  }
  const auto suggestion = suggest_levels(store, workspace, rules, as_of(call, store), *target);
  if (!suggestion) {
    throw Failure(suggestion.error());
  }
  std::cout << (call.json ? suggestion_json(*suggestion)
                          : suggestion_text(*suggestion, call.color));
  return k_done;
}

int run_score(const Invocation& call) {
  grow_in_huge_pages();
  auto workspace = call.workspace();
  auto store = call.open_writing(workspace);
  const auto rules = rules_of(call, workspace);
  if (call.has("suggest-levels")) {
    return suggest(call, workspace, store, rules);
  }
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
  grow_in_huge_pages();
  auto workspace = call.workspace();
  auto store = call.open_reading(workspace);
  if (const auto run = call.number("run")) {
    if (call.has("rules") || call.has("as-of")) {
      wrong_usage("--run brings its own rules and moment: leave --rules and --as-of out");
    }
    const auto compared = [&] {
      const ReadTransaction moment(store.database());
      return compare_with_run(store, workspace, *run, who, call.now());
    }();
    if (!compared) {
      throw Failure(compared.error());
    }
    note(call, workspace, "explain", who, 1, fmt::format("run {}", *run));
    std::cout << (call.json ? comparison_json(*compared)
                            : comparison_text(*compared, workspace.config.rules, call.color));
    return k_done;
  }
  const auto rules = rules_of(call, workspace);
  Noting noting(call, workspace, store, "explain", who);
  const ReadTransaction moment(store.database());
  const auto explained = explain(store, workspace, rules, who, as_of(call, store));
  if (!explained) {
    throw Failure(explained.error());
  }
  const auto text =
      call.json ? explain_json(*explained) : explain_text(*explained, rules, call.color);
  noting.done();
  std::cout << text;
  return k_done;
}

int run_events(const Invocation& call) {
  const auto who = one_person(call, "events");
  grow_in_huge_pages();
  auto workspace = call.workspace();
  auto store = call.open_reading(workspace);
  Noting noting(call, workspace, store, "events", who);
  const ReadTransaction moment(store.database());
  const auto activity = activity_of(store, workspace, who, call.now());
  if (!activity) {
    throw Failure(activity.error());
  }
  const auto& [world, events] = *activity;
  const auto text = call.json ? events_json(events, world) : events_text(events, world, call.color);
  noting.done();
  std::cout << text;
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
          "  mailfunnel score --as-of 2026-03-01\n  mailfunnel score --suggest-levels 50/week",
          [](auto& options) {
            as_of_option(options);
            options.add_options()("rules", text("FILE"),
                                  "with other rules, for a look: stores nothing")(
                "suggest-levels", text("TARGET"),
                "cuts for so many SQL: 0.5%, or 50/week new ones; stores nothing");
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

Command events_command() {
  return {"events",
          "EMAIL",
          "everything that is known of one person, by time",
          "  mailfunnel events ann@example.com",
          [](auto&) {},
          run_events};
}

} // namespace mailfunnel::cli
