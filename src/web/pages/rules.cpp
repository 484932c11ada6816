// The rules lab: every rule to turn, and at once who would move; nothing is stored. What is turned
// becomes a rules file, to be kept and taken over into the config by hand.

#include "app/backtest.hpp"
#include "app/rule_knobs.hpp"
#include "app/simulate.hpp"
#include "base/text.hpp"
#include "web/pages/chart.hpp"
#include "web/pages/handlers.hpp"
#include "web/pages/score_view.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mailfunnel {

namespace {

constexpr std::size_t k_movers = 20;
constexpr std::string_view k_field = "k."; // before the key of a knob
constexpr double k_fine = 20;              // a reach below it is turned by halves
constexpr std::size_t k_shown_problems = 5;
constexpr std::int64_t k_longest_window = 730; // days

/// What the form says, with what is wrong with it.
struct Asked {
  std::string file; // the rules as TOML
  std::optional<Rules> rules;
  std::vector<std::string> problems, warnings;
};

Asked asked_of(const PageContext& context) {
  Asked out;
  // Rules of one's own, and conversions, can ask after an address.
  if (context.masks() && !trim(context.field("more")).empty()) {
    out.problems.push_back(context.t["rules_masked"]);
    return out;
  }
  TurnedKnobs turned;
  for (const auto& [name, value] : context.form) {
    if (name.starts_with(k_field)) {
      turned.emplace_back(name.substr(k_field.size()), value);
    }
  }
  const auto file = rules_file(context.workspace.config.rules, turned, context.field("more"));
  if (!file) {
    out.problems.push_back(file.error().line == 0
                               ? file.error().message
                               : context.t.with("line", {std::to_string(file.error().line)}) +
                                     ": " + file.error().message);
    return out;
  }
  out.file = *file;
  auto loaded = parse_config(out.file, "rules", false);
  for (const auto& problem : loaded.problems) {
    (problem.warning ? out.warnings : out.problems).push_back(problem.message);
  }
  if (out.problems.empty()) {
    out.rules = std::move(loaded.config.rules);
  }
  return out;
}

View texts_of(const std::vector<std::string>& texts) {
  auto out = list_of();
  for (const auto& text : texts) {
    out << View(text);
  }
  return out;
}

/// The word of the pages for it, or its own name.
std::string name_of_knob(const Words& t, const Knob& knob) {
  auto key = "knob_" + replace_all(replace_all(knob.name, " ", "_"), "-", "_");
  if (knob.group == "levels") {
    const auto space = knob.name.find(' ');
    return t.with("knob_cut_" + knob.name.substr(0, space), {knob.name.substr(space + 1)});
  }
  if (knob.group == "caps") {
    key = "cap_" + knob.name;
  }
  return Words::has(key) ? t[key] : knob.name;
}

View view_of(const PageContext& context, const Knob& knob, std::size_t number) {
  View out;
  out.set("id", fmt::format("k{}", number));
  out.set("field", std::string(k_field) + knob.key);
  out.set("name", name_of_knob(context.t, knob));
  const bool choice = knob.kind == KnobKind::choice;
  out.set("choice", choice);
  out.set("slider", !choice);
  if (choice) {
    auto options = list_of();
    for (const auto& one : knob.choices) {
      View option;
      option.set("value", one);
      option.set("text", Words::has("choice_" + replace_all(one, "-", "_"))
                             ? context.t["choice_" + replace_all(one, "-", "_")]
                             : one);
      option.set("chosen", one == knob.value);
      options << option;
    }
    out.set("options", options);
    return out;
  }
  const bool days = knob.kind == KnobKind::days || knob.kind == KnobKind::fading;
  const auto number_text =
      days && knob.value.ends_with('d') ? knob.value.substr(0, knob.value.size() - 1) : knob.value;
  out.set("value", number_text);
  // Where a knob is off its slider stands at the end that means the same: as far as it reaches.
  const bool off = knob.value == "off";
  const auto at = off ? (knob.kind == KnobKind::fading || knob.high <= 0 ? knob.low : knob.high)
                      : parse_double(number_text).value_or(0);
  out.set("at", fmt::format("{:g}", at));
  out.set("low", fmt::format("{:g}", knob.low));
  out.set("high", fmt::format("{:g}", knob.high));
  out.set("step", days || knob.high - knob.low > k_fine ? "1" : "0.5");
  out.set("can_be_off", knob.kind == KnobKind::cap || knob.kind == KnobKind::fading);
  out.set("unit", days ? context.t["days"] : std::string());
  return out;
}

/// Groups of knobs, in their order.
View groups_of(const PageContext& context) {
  auto groups = list_of();
  std::string group;
  std::vector<View> knobs;
  const auto end_group = [&] {
    if (!knobs.empty()) {
      View one;
      one.set("name", context.t["group_" + group]);
      one.set("note", Words::has("note_" + group) ? context.t["note_" + group] : std::string());
      one.set("has_note", Words::has("note_" + group));
      one.set("open", group == "clicks" || group == "mails");
      one.set("knobs", list_of(knobs));
      groups << one;
      knobs.clear();
    }
  };
  std::size_t number = 0;
  for (const auto& knob : knobs_of(context.workspace.config.rules)) {
    if (knob.group != group) {
      end_group();
      group = knob.group;
    }
    knobs.push_back(view_of(context, knob, number++));
  }
  end_group();
  return groups;
}

View transitions_of(const Words& t, const Simulation& s) {
  const auto& from = s.before.statuses;
  const auto& to = s.after.statuses;
  View out;
  auto head = list_of(), rows = list_of(), sums = list_of();
  for (auto b = to.size(); b-- > 0;) {
    head << View(to[b]);
    sums << View(t.number(s.after.by_status[b]));
  }
  for (auto a = from.size(); a-- > 0;) {
    View row;
    row.set("status", from[a]);
    auto cells = list_of();
    for (auto b = to.size(); b-- > 0;) {
      const auto count = s.transitions[a][b];
      View cell;
      cell.set("count", count == 0 ? "–" : t.number(count));
      cell.set("css", from[a] == to[b] || count == 0 ? "" : "h2");
      cells << cell;
    }
    row.set("cells", cells);
    row.set("all", t.number(s.before.by_status[a]));
    rows << row;
  }
  out.set("head", head);
  out.set("rows", rows);
  out.set("sums", sums);
  out.set("all", t.number(s.after.recipients));
  return out;
}

std::string change_of(const Words& t, Points from, Points to) {
  return from == to ? t.points(from) : t.points(from) + " → " + t.points(to);
}

View movers_of(const PageContext& context, const Simulation& s) {
  auto out = list_of();
  for (const auto& mover : s.movers) {
    View row;
    row.set("href", context.link_to_person(mover.address));
    row.set("address", context.shown(mover.address));
    row.set("status", mover.status_before == mover.status_after
                          ? mover.status_after
                          : mover.status_before + " → " + mover.status_after);
    row.set("score", change_of(context.t, mover.before, mover.after));
    row.set("fit", change_of(context.t, mover.fit_before, mover.fit_after));
    row.set("why", mover.why);
    out << row;
  }
  return out;
}

View simulated(const PageContext& context, const Asked& asked) {
  const auto& t = context.t;
  View view;
  view.set("problems", texts_of(asked.problems));
  view.set("warnings", texts_of(asked.warnings));
  view.set("good", asked.rules.has_value());
  if (!asked.rules) {
    return view;
  }
  auto store = context.folded();
  const auto simulation = simulate(store, context.workspace, *asked.rules, context.now, k_movers);
  note_person_access(context, "simulate", {}, simulation.movers.size(), "rules lab");
  const auto all = simulation.before.recipients;
  const auto line = [&](std::string_view word, std::uint64_t count) {
    return t.with(word, {t.number(count), t.share(count, all)});
  };
  view.set("other_status", line("other_status", simulation.other_status));
  view.set("other_score", line("other_score", simulation.other_score));
  view.set("other_fit", line("other_fit", simulation.other_fit));
  view.set("transitions", transitions_of(t, simulation));
  set_histogram(view, context.t, simulation.before, *asked.rules, &simulation.after);
  const auto movers = movers_of(context, simulation);
  view.set("some_movers", !movers.is_empty_list());
  view.set("movers", movers);
  view.set("never", join(simulation.never_matched, ", "));
  view.set("some_never", !simulation.never_matched.empty());
  return view;
}

// ---- backtest

View ranking_of(const Words& t, const Ranking& ranking, const std::string& prefix) {
  View out;
  out.set("name", prefix + ranking.name);
  out.set("auc", t.decimal(ranking.auc, 3));
  out.set("interval", t.decimal(ranking.low, 3) + " – " + t.decimal(ranking.high, 3));
  out.set("hottest", t.decimal(ranking.lift.front(), 1));
  return out;
}

std::string lift_chart(const Words& t, const std::vector<const Backtest*>& tests) {
  std::vector<std::string> places;
  std::vector<ChartSeries> series;
  for (std::size_t i = 0; i < 10; ++i) {
    places.push_back(std::to_string((i + 1) * 10) + "%");
  }
  for (std::size_t i = 0; i < tests.size(); ++i) {
    series.push_back({t[i == 0 ? "rules_now" : "rules_tried"], i == 0 ? "s1" : "s3",
                      tests[i]->rankings.front().lift});
  }
  return line_chart(places, series);
}

View odds_of(const Words& t, const Backtest& test) {
  auto out = list_of();
  for (const auto& rule : test.odds) {
    View row;
    row.set("rule", rule.rule);
    row.set("points", t.change(rule.points));
    row.set("with", t.number(rule.with));
    row.set("with_converted", t.share(rule.with_converted, rule.with));
    row.set("without", t.number(rule.without));
    row.set("without_converted", t.share(rule.without_converted, rule.without));
    const auto [low, high] = rule.interval();
    row.set("odds", rule.known() ? t.decimal(rule.odds(), 1) : std::string());
    row.set("interval", rule.known() ? t.decimal(low, 1) + " – " + t.decimal(high, 1) : "");
    row.set("contradicts", rule.contradicts());
    out << row;
  }
  return out;
}

View cuts_of(const Words& t, const Backtest& test) {
  auto out = list_of();
  auto cuts = test.cuts;
  cuts.push_back(test.at_best);
  cuts.back().name += t["best_f1"];
  for (const auto& cut : cuts) {
    View row;
    row.set("name", cut.name);
    row.set("people", t.number(cut.people));
    row.set("converted", t.number(cut.converted));
    row.set("precision", t.share(cut.converted, cut.people));
    row.set("recall", t.share(cut.converted, test.converted));
    out << row;
  }
  return out;
}

View backtested(const PageContext& context, const Asked& asked) {
  const auto& t = context.t;
  View view;
  auto problems = asked.problems;
  if (context.masks()) {
    view.set("good", false);
    view.set("problems", texts_of({context.t["rules_masked"]}));
    return view;
  }
  const auto read =
      read_conversions(context.field("conversions"), context.workspace.config.report_zone);
  if (!read) {
    problems.push_back(read.error().message);
  } else {
    for (std::size_t i = 0; i < read->problems.size() && i < k_shown_problems; ++i) {
      problems.push_back(read->problems[i]);
    }
  }
  const bool can = asked.rules && read && !read->conversions.empty();
  view.set("good", false);
  if (can) {
    BacktestRequest request;
    request.conversions = read->conversions;
    const auto days = parse_int(context.field("window"));
    request.window =
        days && *days > 0 && *days <= k_longest_window ? *days * k_day : request.window;
    auto store = context.folded();
    const auto now = backtest(store, context.workspace, context.workspace.config.rules, request);
    const auto tried = backtest(store, context.workspace, *asked.rules, request);
    if (!now || !tried) {
      problems.push_back((!now ? now.error() : tried.error()).message);
    } else {
      view.set("good", true);
      view.set("days", t.with("backtest_days",
                              {t.number(now->dates.size()), t.date(now->dates.front()),
                               t.date(now->dates.back()), t.number(now->observations),
                               t.number(now->converted),
                               t.number(static_cast<std::uint64_t>(request.window / k_day)),
                               t.number(now->people_converted)}));
      view.set("too_few", now->too_few());
      view.set("unknown", now->unknown == 0 ? std::string()
                                            : t.with("backtest_unknown", {t.number(now->unknown)}));
      view.set("some_unknown", now->unknown != 0);
      auto rankings = list_of();
      rankings << ranking_of(t, now->rankings.front(), t["rules_now"] + ": ");
      rankings << ranking_of(t, tried->rankings.front(), t["rules_tried"] + ": ");
      for (std::size_t i = 1; i < now->rankings.size(); ++i) {
        rankings << ranking_of(t, now->rankings[i], "");
      }
      view.set("rankings", rankings);
      view.set("lift", lift_chart(t, {&*now, &*tried}));
      view.set("cuts", cuts_of(t, *tried));
      view.set("odds", odds_of(t, *tried));
      view.set("best",
               t.with("backtest_best", {t.points(tried->best_low), t.points(tried->best_high)}));
    }
  }
  view.set("problems", texts_of(problems));
  view.set("nothing", read && read->conversions.empty());
  return view;
}

} // namespace

HttpResponse rules_page(const PageContext& context) {
  View view;
  view.set("groups", groups_of(context));
  view.set("sees_addresses", !context.masks());
  view.set("profile", context.workspace.config.rules.scoring.profile);
  return show_page(context, "rules", view, context.t["rules"]);
}

HttpResponse rules_try(const PageContext& context) {
  return show_part_or_page(context, "rules_result", simulated(context, asked_of(context)),
                           context.t["rules"]);
}

HttpResponse rules_backtest(const PageContext& context) {
  return show_part_or_page(context, "rules_backtest", backtested(context, asked_of(context)),
                           context.t["rules"]);
}

HttpResponse rules_download(const PageContext& context) {
  const auto asked = asked_of(context);
  if (!asked.rules) {
    bad_request(join(asked.problems, "\n"));
  }
  return file_response("application/toml; charset=utf-8", "rules.toml", asked.file);
}

} // namespace mailfunnel
