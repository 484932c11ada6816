#include "web/pages/score_view.hpp"

#include "app/score_run.hpp"
#include "web/pages/chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace mailfunnel {

namespace {

constexpr std::int64_t k_step = 5, k_lowest = -20,
                       k_highest = 100; // points; what is beyond is at the ends

/// By the share of the fullest cell, as a root: small cells are the ones that matter.
std::string heat_of(std::uint64_t count, std::uint64_t most) {
  if (count == 0 || most == 0) {
    return "h0";
  }
  const auto share = std::sqrt(static_cast<double>(count) / static_cast<double>(most));
  return share > 0.75 ? "h4" : share > 0.4 ? "h3" : share > 0.15 ? "h2" : "h1";
}

std::string range_of(const Words& t, const std::vector<Points>& cuts, std::size_t place,
                     bool first_exclusive) {
  if (place == 0) {
    return t.with(first_exclusive ? "above" : "from", {t.points(cuts.front())});
  }
  return place == cuts.size() ? t.with("below", {t.points(cuts.back())})
                              : t.points(cuts[place]) + " – " + t.points(cuts[place - 1]);
}

std::int64_t bucket_of(std::int64_t points) {
  const auto clipped = std::clamp(points, k_lowest, k_highest);
  return (clipped - k_lowest) / k_step;
}

std::vector<std::uint64_t> buckets_of(const ScoreSummary& summary) {
  std::vector<std::uint64_t> out(static_cast<std::size_t>((k_highest - k_lowest) / k_step + 1));
  for (const auto& [points, people] : summary.histogram) {
    out[static_cast<std::size_t>(bucket_of(points))] += people;
  }
  return out;
}

} // namespace

ScoreSummary summary_at(const PageContext& context, Store& store, Seconds as_of) {
  if (const auto run = run_of(store, context.workspace, as_of)) {
    if (auto summary = recall_summary(store, context.workspace, *run)) {
      return *std::move(summary);
    }
  }
  return run_scores(store, context.workspace, context.workspace.config.rules, as_of,
                    !context.another_writes());
}

void set_matrix(View& view, const Words& t, const ScoreSummary& summary, const Rules& rules,
                const PageContext* context) {
  std::uint64_t most = 0;
  for (const auto& row : summary.matrix) {
    for (const auto count : row) {
      most = std::max(most, count);
    }
  }
  auto grades = list_of(), levels = list_of();
  const auto letter = [](std::size_t grade) {
    return std::string(1, static_cast<char>('A' + grade));
  };
  for (std::size_t grade = 0; grade < rules.levels.grades(); ++grade) {
    View one;
    one.set("name", letter(grade));
    one.set("range", range_of(t, rules.levels.fit, grade, false));
    grades << one;
  }
  for (std::size_t level = 0; level < summary.matrix.size(); ++level) {
    View row;
    row.set("name", std::to_string(level + 1));
    row.set("range", range_of(t, rules.levels.engagement, level, true));
    auto cells = list_of();
    for (std::size_t grade = 0; grade < summary.matrix[level].size(); ++grade) {
      const auto count = summary.matrix[level][grade];
      const auto key = letter(grade) + std::to_string(level + 1);
      const auto status = rules.status.matrix.find(key);
      View cell;
      cell.set("count", t.number(count));
      cell.set("heat", heat_of(count, most));
      cell.set("status",
               rules.status.model == StatusModel::matrix && status != rules.status.matrix.end()
                   ? status->second
                   : key);
      cell.set("href", context == nullptr
                           ? std::string()
                           : context->link("/recipients",
                                           {{"where", fmt::format("level = {} and grade = {}",
                                                                  level + 1, letter(grade))}}));
      cells << cell;
    }
    row.set("cells", cells);
    levels << row;
  }
  view.set("grades", grades);
  view.set("levels", levels);
  view.set("leads", context != nullptr);
}

void set_histogram(View& view, const Words& t, const ScoreSummary& summary, const Rules& rules,
                   const ScoreSummary* other) {
  const auto counts = buckets_of(summary);
  const auto others = other == nullptr ? std::vector<std::uint64_t>() : buckets_of(*other);
  auto first = counts.size(), last = std::size_t{0};
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] != 0 || (!others.empty() && others[i] != 0)) {
      first = std::min(first, i);
      last = i;
    }
  }
  std::vector<ChartBar> bars;
  auto rows = list_of();
  for (auto i = first; i <= last && i < counts.size(); ++i) {
    const auto low = k_lowest + static_cast<std::int64_t>(i) * k_step;
    const auto end = low + k_step - 1;
    const auto name = low >= k_highest ? t.with("from", {t.points(low * k_point)})
                      : i == 0         ? t.with("to", {t.points(end * k_point)})
                               : t.points(low * k_point) + " – " + t.points(end * k_point);
    auto title = name + ": " + t.number(counts[i]);
    title += others.empty() ? "" : " → " + t.number(others[i]);
    bars.push_back({t.points(low * k_point), std::move(title), static_cast<double>(counts[i]),
                    others.empty() ? -1 : static_cast<double>(others[i])});
    View row;
    row.set("label", name);
    row.set("count", t.number(counts[i]));
    row.set("other", others.empty() ? std::string() : t.number(others[i]));
    rows << row;
  }
  std::vector<ChartMark> marks;
  for (std::size_t i = 0; i < rules.levels.engagement.size(); ++i) {
    const auto cut = static_cast<double>(rules.levels.engagement[i]) / k_point;
    const auto at = (cut - k_lowest) / k_step - static_cast<double>(first);
    if (at >= 0 && at <= static_cast<double>(bars.size())) {
      marks.push_back({at, std::to_string(i + 1)});
    }
  }
  view.set("histogram", bar_chart(bars, marks));
  view.set("buckets", rows);
}

std::string status_css(std::size_t status, std::size_t statuses) {
  constexpr std::size_t k_colours = 6;
  return fmt::format("s{}", statuses <= 4
                                ? std::min<std::size_t>(status + (statuses == 2 ? 1 : 0), 3)
                                : status % k_colours);
}

} // namespace mailfunnel
