#include "app/suggest_levels.hpp"

#include "base/text.hpp"
#include "ingest/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>

namespace mailfunnel {

namespace {

constexpr unsigned k_weeks = 8;
constexpr Seconds k_week = 7 * k_day;
constexpr std::int64_t k_top = 1000; // whole points; nobody needs a cut above it

/// People by the lowest whole cut at which they do not have the best status, from 0 on.
using ByCut = std::vector<std::uint64_t>;

std::int64_t whole_cut(Points score) { // above the cut is level 1: 34.2 is above 34, 34 is not
  return std::clamp<std::int64_t>((score + k_point - 1) / k_point, 0, k_top);
}

/// Of one thread.
struct Part {
  ByCut people = ByCut(k_top + 1);
  std::vector<std::int64_t> come = std::vector<std::int64_t>(k_top + 2); // differences, by cut
  std::vector<std::uint64_t> scores = std::vector<std::uint64_t>(k_top + 1);
  std::uint64_t reached = 0, overridden = 0;
};

/// Which grades have the best status at level 1 and only there.
Result<std::vector<bool>> grades_at_the_top(const Rules& rules, const Scorer& scorer) {
  const auto& best = scorer.statuses().back();
  std::vector<bool> out;
  bool any = false;
  for (std::size_t grade = 0; grade < rules.levels.grades(); ++grade) {
    const auto cell = rules.status.matrix.find(fmt::format("{}1", static_cast<char>('A' + grade)));
    out.push_back(cell != rules.status.matrix.end() && cell->second == best);
    any = any || out.back();
  }
  if (rules.status.model != StatusModel::matrix || !any) {
    return Error{ErrorCode::usage,
                 "--suggest-levels needs a matrix in which level 1 leads to the best status"};
  }
  return out;
}

/// Everybody's score a week before, by chunk, so that who is new can be told.
using Before = std::vector<std::vector<Points>>;

double target_miss(const LevelCut& cut, const LevelTarget& target) {
  const auto is = target.share ? cut.share : cut.a_week;
  const auto wanted = target.share ? *target.share : *target.a_week;
  return std::abs(std::log((is + 1e-9) / (wanted + 1e-9)));
}

} // namespace

std::optional<LevelTarget> parse_level_target(std::string_view text) {
  constexpr std::string_view k_per_week = "/week";
  LevelTarget target;
  auto number = text;
  const bool share = text.ends_with('%');
  if (!share && !text.ends_with(k_per_week)) {
    return std::nullopt;
  }
  number.remove_suffix(share ? 1 : k_per_week.size());
  const auto value = parse_double(trim(number));
  if (!value || *value <= 0 || (share && *value > 100)) {
    return std::nullopt;
  }
  (share ? target.share : target.a_week) = share ? *value / 100 : *value;
  return target;
}

Result<LevelSuggestion> suggest_levels(Store& store, const Workspace& workspace, const Rules& rules,
                                       Seconds as_of, const LevelTarget& target) {
  fold_inbox(store, workspace.threads);
  Worlds worlds(store, workspace, rules);
  const Scorer scorer(rules, *worlds.at(as_of), as_of);
  MF_TRY(top, grades_at_the_top(rules, scorer));
  const auto weeks = target.a_week ? k_weeks : 1U;
  std::vector<Part> parts(std::max(workspace.threads, 1U));
  Before before;
  std::mutex mutex;
  for (unsigned week = target.a_week ? weeks + 1 : 1; week-- > 0;) {
    const auto moment = as_of - week * k_week;
    const auto world = worlds.at(moment);
    score_store(store, workspace, rules, *world, moment,
                [&](std::uint32_t chunk, StoreChunk&, ChunkScores& scores, unsigned thread) {
                  auto& part = parts[thread];
                  std::unique_lock lock(mutex);
                  before.resize(std::max<std::size_t>(before.size(), chunk + std::size_t{1}));
                  auto old = std::move(before[chunk]);
                  lock.unlock();
                  const bool first = old.empty();
                  old.resize(scores.size());
                  for (std::size_t r = 0; r < scores.size(); ++r) {
                    const bool counts = top[scores.grade[r]] && scores.override_rule[r] == 0;
                    const auto score = counts ? scores.score[r] : Points{0};
                    if (!first && whole_cut(score) > whole_cut(old[r])) {
                      ++part.come[static_cast<std::size_t>(whole_cut(old[r]))];
                      --part.come[static_cast<std::size_t>(whole_cut(score))];
                    }
                    old[r] = score;
                    if (week == 0 && scores.known(r)) {
                      ++part.reached;
                      const bool best = scores.status[r] + 1U == scorer.statuses().size();
                      part.overridden += scores.override_rule[r] != 0 && best ? 1 : 0;
                      part.people[static_cast<std::size_t>(whole_cut(score))] += counts ? 1 : 0;
                      ++part.scores[static_cast<std::size_t>(whole_cut(scores.score[r]))];
                    }
                  }
                  lock.lock();
                  before[chunk] = std::move(old);
                });
  }
  Part all;
  for (const auto& part : parts) {
    all.reached += part.reached;
    all.overridden += part.overridden;
    for (std::size_t i = 0; i < all.people.size(); ++i) {
      all.people[i] += part.people[i];
      all.come[i] += part.come[i];
      all.scores[i] += part.scores[i];
    }
  }
  if (all.reached == 0) {
    return Error{ErrorCode::usage, "no mailing has reached anybody yet"};
  }
  std::vector<LevelCut> cuts(k_top);
  std::int64_t come = 0;
  std::uint64_t above = all.overridden;
  for (std::size_t i = 0; i < cuts.size(); ++i) { // from low to high
    come += all.come[i];
    cuts[i].a_week = static_cast<double>(come) / weeks;
  }
  for (auto i = cuts.size(); i-- > 0;) { // from high to low
    above += all.people[i + 1];
    cuts[i].cut = static_cast<Points>(i) * k_point;
    cuts[i].people = above;
    cuts[i].share = static_cast<double>(above) / static_cast<double>(all.reached);
  }
  const auto best =
      std::min_element(cuts.begin() + 1, cuts.end(), [&](const auto& a, const auto& b) {
        return target_miss(a, target) < target_miss(b, target);
      });
  LevelSuggestion out;
  out.status = scorer.statuses().back();
  out.reached = all.reached;
  out.by_override = all.overridden;
  out.weeks = target.a_week ? weeks : 0;
  out.now = cuts[static_cast<std::size_t>(
      std::clamp<std::int64_t>(rules.levels.engagement.front() / k_point, 0, k_top - 1))];
  out.best = *best;
  for (auto offset = -4; offset <= 4; ++offset) {
    const auto at = (best - cuts.begin()) + offset;
    if (at >= 1 && at < std::ssize(cuts)) {
      out.near.push_back(cuts[static_cast<std::size_t>(at)]);
    }
  }
  std::uint64_t warm = 0;
  auto second = k_top;
  while (second > 1 && warm + all.scores[static_cast<std::size_t>(second)] <= all.reached / 10) {
    warm += all.scores[static_cast<std::size_t>(second--)];
  }
  out.second =
      std::max<Points>(k_point, std::min(second * k_point, out.best.cut / 2 / k_point * k_point));
  return out;
}

} // namespace mailfunnel
