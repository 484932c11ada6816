#include "app/score_changes.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <tuple>

namespace mailfunnel {

namespace {

/// A line by what it is about.
using LineKey = std::tuple<Seconds, EventKind, CampaignId, LinkNumber>;
using Lines = std::multimap<LineKey, const Contribution*>;

Lines lines_of(const Explanation& e) {
  Lines out;
  for (const auto& line : e.ledger.lines) {
    if (line.points != 0 || line.given != 0) {
      out.emplace(LineKey{line.time, line.kind, line.campaign, line.link}, &line);
    }
  }
  return out;
}

} // namespace

std::vector<ScoreChange> changes_of(const Explanation& before, const Explanation& after) {
  const auto old_lines = lines_of(before);
  auto new_lines = lines_of(after);
  std::vector<ScoreChange> out;
  for (const auto& [key, line] : old_lines) {
    ScoreChange one{line, nullptr};
    if (const auto same = new_lines.find(key); same != new_lines.end()) {
      one.after = same->second;
      new_lines.erase(same);
    }
    if (one.points() != 0) {
      out.push_back(one);
    }
  }
  for (const auto& [key, line] : new_lines) {
    out.push_back({nullptr, line});
  }
  std::stable_sort(out.begin(), out.end(), [](const ScoreChange& a, const ScoreChange& b) {
    return std::abs(a.points()) > std::abs(b.points());
  });
  return out;
}

PassedTime passed_of(const Explanation& before, const Explanation& now) {
  PassedTime out;
  for (const auto& line : now.ledger.lines) {
    if (line.time > before.as_of && line.points != 0) {
      out.fresh.push_back(&line);
      out.fresh_points += line.points;
    }
  }
  out.older_points = now.score - before.score - out.fresh_points;
  std::stable_sort(out.fresh.begin(), out.fresh.end(), [](const auto* a, const auto* b) {
    return std::abs(a->points) > std::abs(b->points);
  });
  return out;
}

} // namespace mailfunnel
