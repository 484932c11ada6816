// One person: the score with the ledger that adds up to it, what was made of each mailing, and what
// is kept besides.

#include "app/access.hpp"
#include "app/history.hpp"
#include "app/kept_run.hpp"
#include "app/person_json.hpp"
#include "app/score_changes.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"
#include "web/pages/chart.hpp"
#include "web/pages/handlers.hpp"
#include "web/pages/person_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mailfunnel {

namespace {

constexpr std::size_t k_events_page = 50, k_shown_changes = 12, k_shown_accesses = 50,
                      k_shown_pushes = 100;

std::string grade_of(std::uint8_t grade) {
  return std::string(1, static_cast<char>('A' + grade));
}

View ledger_line(const PageContext& context, const Explanation& person, const Contribution& line) {
  const auto& t = context.t;
  View out;
  out.set("at", line.is_cut() ? std::string() : t.time(line.time));
  out.set("event", line.is_cut() ? std::string() : event_text(t, line.kind));
  out.set("cut", line.is_cut());
  out.set("rule", line.rule);
  out.set("note", line.note.empty() ? View(false) : View(line.note));
  out.set("given", exact_change(t, line.given));
  out.set("points", exact_change(t, line.points));
  set_place(out, context, *person.world, line.campaign, line.link);
  return out;
}

/// All lines with points, and those that say why something gave none; mails that say nothing of
/// opens stand among the mailings below.
void set_ledger(View& view, const PageContext& context, const Explanation& person) {
  auto lines = list_of();
  Points sum = 0;
  for (const auto& line : person.ledger.lines) {
    sum += line.points;
    const bool idle = line.points == 0 && line.given == 0 && line.rule == "non_open";
    if (!idle) {
      lines << ledger_line(context, person, line);
    }
  }
  view.set("some_lines", !lines.is_empty_list());
  view.set("lines", lines);
  view.set("sum", exact_points(context.t, sum));

  auto fit = list_of();
  Points total = 0;
  for (const auto& line : person.ledger.fit) {
    View one;
    one.set("attribute", line.attribute);
    one.set("value", shortened(line.value, 80));
    one.set("rule", line.rule);
    one.set("points", exact_change(context.t, line.points));
    total += line.points;
    fit << one;
  }
  view.set("some_fit", !fit.is_empty_list());
  view.set("fit_lines", fit);
  view.set("fit_sum", exact_points(context.t, total));
}

/// OPENED, NOT_OPENED or UNMEASURABLE, and why.
void set_mails(View& view, const PageContext& context, const Explanation& person) {
  const auto& t = context.t;
  auto mails = person.ledger.mails;
  std::stable_sort(mails.begin(), mails.end(), [](const JudgedMail& a, const JudgedMail& b) {
    return a.delivered > b.delivered;
  });
  auto rows = list_of();
  std::array<std::uint64_t, 3> counts{};
  for (const auto& mail : mails) {
    const auto silence = mail.outcome.silence;
    const auto verdict = silence == Silence::reacted      ? 0U
                         : silence == Silence::not_opened ? 1U
                                                          : 2U;
    constexpr std::array k_names{"OPENED", "NOT_OPENED", "UNMEASURABLE"};
    ++counts.at(verdict);
    View row;
    row.set("at", mail.delivered == 0 ? std::string() : t.time(mail.delivered));
    row.set("verdict", k_names.at(verdict));
    row.set("why", silence == Silence::reacted && !mail.outcome.by_person
                       ? t["silence_by_proxy"]
                       : t["silence_" + std::string(name_of(silence))]);
    const auto& family = person.world->families.at(mail.family);
    set_place(row, context, *person.world, person.world->campaigns[family.front()].id, 0);
    rows << row;
  }
  view.set("some_mails", !rows.is_empty_list());
  view.set("mails", rows);
  view.set("opened", t.number(counts[0]));
  view.set("unopened", t.number(counts[1]));
  view.set("unmeasurable", t.number(counts[2]));
}

void set_figures(View& view, const PageContext& context, const Explanation& person) {
  const auto& t = context.t;
  const auto& rules = context.workspace.config.rules;
  view.set("score", exact_points(t, person.score));
  view.set("level", std::to_string(person.level));
  view.set("fit", exact_points(t, person.fit));
  view.set("grade", grade_text(person));
  view.set("fit_unknown", !person.fit_known);
  view.set("scale", exact_points(t, person.scale));
  view.set("status", person.status);
  view.set("reason", status_reason(t, person, rules));
  view.set("phase", person.phase == 0 ? View(false) : View(phase_text(person.phase)));
  view.set("suppressed",
           person.suppressed == 0
               ? View(false)
               : View(t.with("suppressed_because", {suppression_text(t, person.suppressed)})));
  view.set("scale_differs",
           person.scale_status == person.status || rules.status.model != StatusModel::matrix
               ? View(false)
               : View(t.with("scale_says", {person.scale_status})));
}

/// What is kept besides events and score, for who may see it all.
void set_kept(View& view, const PageContext& context, const AccessReport& report) {
  const auto& t = context.t;
  auto attributes = list_of();
  for (const auto& [name, value] : report.score.attributes) {
    View one;
    one.set("name", name);
    one.set("value", shortened(value, 200));
    attributes << one;
  }
  view.set("some_attributes", !attributes.is_empty_list());
  view.set("attributes", attributes);

  auto segments = list_of();
  for (const auto& name : report.segments) {
    View one;
    one.set("name", name);
    one.set("href", context.link("/segments/" + percent_encode(name)));
    segments << one;
  }
  view.set("some_segments", !segments.is_empty_list());
  view.set("segments", segments);

  auto suppressions = list_of();
  for (const auto& suppression : report.suppressions) {
    View one;
    one.set("reason", t["by_hand_" + replace_all(suppression.reason, " ", "_")]);
    one.set("from", t.time(suppression.valid_from));
    one.set("until", suppression.valid_to ? t.time(*suppression.valid_to) : std::string());
    one.set("note", suppression.note);
    suppressions << one;
  }
  view.set("some_suppressions", !suppressions.is_empty_list());
  view.set("suppressions", suppressions);

  auto pushes = list_of();
  for (auto i = report.pushes.size();
       i-- > report.pushes.size() - std::min(report.pushes.size(), k_shown_pushes);) {
    const auto& push = report.pushes[i];
    View one;
    one.set("at", t.time(push.at));
    one.set("account", push.account + " (" + push.platform + ")");
    one.set("segment", push.segment);
    one.set("action", push.action);
    one.set("state", push.state);
    one.set("before", push.before);
    one.set("after", push.after);
    pushes << one;
  }
  view.set("some_pushes", !pushes.is_empty_list());
  view.set("pushes", pushes);

  auto accesses = list_of();
  for (std::size_t i = 0; i < report.accesses.size() && i < k_shown_accesses; ++i) {
    const auto& access = report.accesses[i];
    View one;
    one.set("at", t.time(access.at));
    one.set("who", access.who);
    one.set("what", access.what);
    one.set("detail", access.detail);
    accesses << one;
  }
  view.set("some_accesses", !accesses.is_empty_list());
  view.set("accesses", accesses);
}

// ---- then and now

View step(const Words& t, const std::string& name, Points points, Points score,
          const std::string& status, const std::string& what) {
  View out;
  out.set("name", name);
  out.set("points", points == 0 ? std::string() : exact_change(t, points));
  out.set("score", exact_points(t, score));
  out.set("status", status);
  out.set("what", what.empty() ? View(false) : View(what));
  out.set("lines", list_of());
  out.set("more", false);
  return out;
}

View change_line(const PageContext& context, const Explanation& person, const Contribution& line,
                 Points points, const std::string& before) {
  auto out = ledger_line(context, person, line);
  out.set("points", exact_change(context.t, points));
  out.set("before", before.empty() ? View(false) : View(context.t.with("was_rule", {before})));
  return out;
}

View step_of_changes(const PageContext& context, const std::string& name, const Explanation& before,
                     const Explanation& after) {
  const auto& t = context.t;
  auto out =
      step(t, name, after.score - before.score, after.score, after.status,
           before.fit == after.fit
               ? std::string()
               : t.with("fit_instead", {exact_points(t, after.fit), exact_points(t, before.fit)}));
  const auto changes = changes_of(before, after);
  auto lines = list_of();
  for (std::size_t i = 0; i < changes.size() && i < k_shown_changes; ++i) {
    const auto& one = changes[i];
    const bool gone = one.after == nullptr;
    const bool renamed = !gone && one.before != nullptr && one.before->rule != one.after->rule;
    lines << change_line(context, gone ? before : after, gone ? *one.before : *one.after,
                         one.points(), renamed ? one.before->rule : std::string());
  }
  out.set("lines", lines);
  out.set("more", changes.size() > k_shown_changes
                      ? View(t.with("and_more", {t.number(changes.size() - k_shown_changes)}))
                      : View(false));
  return out;
}

void set_comparison(View& view, const PageContext& context, const RunComparison& c) {
  const auto& t = context.t;
  View out;
  out.set("title", t.with("run_and_now", {std::to_string(c.run.id), t.time(c.run.as_of)}));
  out.set("unknown_then", !c.stored);
  const auto stored = c.stored.value_or(RunComparison::Stored{});
  auto rows = list_of();
  const auto row = [&](std::string_view word, const std::string& then, const std::string& now) {
    View one;
    one.set("name", t[word]);
    one.set("then", c.stored ? then : std::string("–"));
    one.set("now", now);
    one.set("changed", !c.stored || then != now);
    rows << one;
  };
  row("status", stored.status, c.now.status);
  row("score", exact_points(t, stored.score), exact_points(t, c.now.score));
  row("fit", exact_points(t, stored.fit), exact_points(t, c.now.fit));
  row("cell", grade_of(stored.grade) + std::to_string(stored.level),
      grade_of(c.now.grade) + std::to_string(c.now.level));
  row("phase", phase_text(stored.phase), phase_text(c.now.phase));
  row("suppressed", suppression_text(t, stored.suppressed), suppression_text(t, c.now.suppressed));
  out.set("figures", rows);

  auto steps = list_of();
  steps << step(t, t["step_run"], 0, stored.score, stored.status, {});
  steps << step(t, t["step_late"], c.then.score - stored.score, c.then.score, c.then.status, {});
  steps << step_of_changes(context, t["step_tags"], c.then, c.retagged);
  steps << step_of_changes(context, t["step_rules"], c.retagged, c.ruled);
  const auto passed = passed_of(c.ruled, c.now);
  auto since =
      step(t, t["step_since"], passed.fresh_points, c.ruled.score + passed.fresh_points, {}, {});
  auto lines = list_of();
  for (std::size_t i = 0; i < passed.fresh.size() && i < k_shown_changes; ++i) {
    lines << change_line(context, c.now, *passed.fresh[i], passed.fresh[i]->points, {});
  }
  since.set("lines", lines);
  since.set("more",
            passed.fresh.size() > k_shown_changes
                ? View(t.with("and_more", {t.number(passed.fresh.size() - k_shown_changes)}))
                : View(false));
  steps << since;
  steps << step(t, t["step_older"], passed.older_points, c.now.score, c.now.status, {});
  out.set("steps", steps);
  view.set("comparison", out);
}

void set_runs(View& view, const PageContext& context, Store& store,
              std::optional<std::int64_t> chosen) {
  auto runs = list_of();
  for (const auto& run : kept_runs(store)) {
    View one;
    one.set("id", std::to_string(run.id));
    one.set("chosen", chosen == run.id);
    one.set("name", fmt::format("{}: {}{}", run.id, context.t.time(run.as_of),
                                run.uses.empty() ? "" : ", " + shortened(run.uses[0].what, 60)));
    runs << one;
  }
  view.set("some_runs", !runs.is_empty_list());
  view.set("runs", runs);
}

/// Somebody who is not there, or not any more: without the name in the page, where it was erased.
HttpResponse nobody_page(const PageContext& context, const FoundPerson& found,
                         const std::string& asked) {
  const auto& t = context.t;
  View view;
  if (found.erased) {
    view.set("erased", t.with("was_erased", {t.date(found.erased->at)}));
    view.set("asked", false);
    auto nameless = context; // nor in the links of the frame
    nameless.path = "/recipients";
    nameless.query_text.clear();
    return show_page(nameless, "nobody", view, t["erased_title"], 404);
  }
  view.set("erased", false);
  view.set("asked", shortened(asked, 100));
  view.set("search", context.link("/recipients", {{"q", asked}}));
  return show_page(context, "nobody", view, t["nobody_title"], 404);
}

} // namespace

HttpResponse person_page(const PageContext& context) {
  const auto& t = context.t;
  const auto& rules = context.workspace.config.rules;
  const auto who = context.person();
  auto store = context.reading();
  const auto found = find_person(store, who);
  if (!found.known) {
    return nobody_page(context, found, context.shown(who));
  }
  const auto asked = context.text("as_of");
  const auto run = context.text("run").empty() ? std::nullopt : context.number("run");
  const auto as_of = asked.empty() || run ? context.now : context.as_of(store);
  const bool all = context.may(Role::reviewer); // sales is told why, and no more

  View view;
  std::optional<AccessReport> report;
  std::optional<Explanation> alone;
  if (all) {
    report = value_of(access_report(store, context.workspace, who, as_of));
  } else {
    alone = value_of(explain(store, context.workspace, rules, who, as_of));
  }
  const auto& person = report ? report->score : *alone;
  const auto name = context.shown(person.address.empty() ? who : person.address);
  const auto self = context.path_of_person(who);
  view.set("name", name);
  view.set("self", context.base + self);
  view.set("as_of", t.with("as_of", {t.time(as_of)}));
  view.set("day", asked.empty() || run ? std::string() : format_date(as_of));
  view.set("all", all);
  set_figures(view, context, person);
  set_ledger(view, context, person);
  set_mails(view, context, person);
  set_runs(view, context, store, run);
  view.set("comparison", false);
  if (run) {
    set_comparison(view, context,
                   value_of(compare_with_run(store, context.workspace, *run, who, context.now)));
  }
  if (report) {
    set_kept(view, context, *report);
    set_person_actions(view, context, who, *report);
  }
  view.set("json",
           context.masks()
               ? View(false)
               : View(context.link(
                     "/api/v1" + self + "/explain",
                     {{"as_of", asked.empty() || run ? std::string() : format_time(as_of)}})));
  note_person_access(context, all ? "view" : "explain", who, 1,
                     run ? fmt::format("run {}", *run) : std::string());
  return show_page(context, "person", view, name);
}

HttpResponse person_history_page(const PageContext& context) {
  const auto& t = context.t;
  const auto who = context.person();
  auto store = context.reading();
  const auto moments =
      value_of(person_history(store, context.workspace, context.workspace.config.rules, who,
                              {std::nullopt, std::nullopt, context.now}));
  note_person_access(context, "history", who, 1);
  View view;
  std::vector<std::string> places;
  ChartSeries score{t["score"], "s1", {}}, fit{t["fit"], "s2", {}};
  auto rows = list_of(), statuses = list_of();
  std::string before;
  for (const auto& one : moments) {
    places.push_back(t.date(one.as_of));
    score.values.push_back(static_cast<double>(one.score) / k_point);
    fit.values.push_back(static_cast<double>(one.fit) / k_point);
    View row;
    row.set("date", places.back());
    row.set("score", exact_points(t, one.score));
    row.set("fit", exact_points(t, one.fit));
    row.set("status", one.status);
    row.set("phase", phase_text(one.phase));
    if (one.status != before) {
      statuses << row;
      before = one.status;
    }
    rows << row;
  }
  view.set("chart", line_chart(places, {score, fit}));
  view.set("moments", rows);
  view.set("statuses", statuses);
  return show_part_or_page(context, "person_history", view,
                           t["history"] + ": " + context.shown(who));
}

HttpResponse person_events_page(const PageContext& context) {
  const auto& t = context.t;
  const auto who = context.person();
  auto store = context.reading();
  auto activity = value_of(activity_of(store, context.workspace, who, context.now));
  note_person_access(context, "events", who, 1);
  auto& events = activity.events;
  std::reverse(events.begin(), events.end());
  const auto start = std::clamp<std::int64_t>(context.number("after").value_or(0), 0,
                                              static_cast<std::int64_t>(events.size()));
  const auto first = static_cast<std::size_t>(start);
  const auto end = std::min(events.size(), first + k_events_page);
  auto rows = list_of();
  for (auto i = first; i < end; ++i) {
    const auto& event = events[i];
    const bool judged = event.kind == EventKind::open || event.kind == EventKind::click ||
                        event.kind == EventKind::page;
    View row;
    row.set("at", t.time(event.row.time));
    row.set("event", event_text(t, event.kind));
    row.set("verdict", judged ? std::string(name_of(event.judged.verdict)) : std::string());
    row.set("evidence", evidence_words(event));
    set_place(row, context, activity.world, event.campaign, event.row.link);
    rows << row;
  }
  View view;
  view.set("some", !rows.is_empty_list());
  view.set("events", rows);
  view.set("count", t.with("events_from_to", {t.number(first + (events.empty() ? 0 : 1)),
                                              t.number(end), t.number(events.size())}));
  const auto here = context.path_of_person(who) + "/events";
  view.set("first", first == 0 ? View(false) : View(context.link(here)));
  view.set("next", end == events.size()
                       ? View(false)
                       : View(context.link(here, {{"after", std::to_string(end)}})));
  return show_part_or_page(context, "person_events", view, t["events"] + ": " + context.shown(who));
}

} // namespace mailfunnel
