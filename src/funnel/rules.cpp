#include "funnel/rules.hpp"

#include <fmt/format.h>

namespace mailfunnel {

namespace {

/// Adds 1 to the places of those who miss the cut. The cuts fall: so many are missed, so far down.
template<typename Misses>
void count_missed(const std::vector<Points>& points, std::vector<std::uint8_t>& places,
                  Misses misses) {
  for (std::size_t r = 0; r < points.size(); ++r) {
    places[r] = static_cast<std::uint8_t>(places[r] + (misses(points[r]) ? 1 : 0));
  }
}

} // namespace

void Levels::levels_of(const std::vector<Points>& scores, std::vector<std::uint8_t>& levels) const {
  levels.assign(scores.size(), 1);
  for (std::size_t i = 0; i < engagement.size(); ++i) {
    // The first cut is exclusive.
    const auto least = i == 0 ? engagement[i] + 1 : engagement[i];
    count_missed(scores, levels, [least](Points score) { return score < least; });
  }
}

void Levels::grades_of(const std::vector<Points>& fits, std::vector<std::uint8_t>& grades) const {
  grades.assign(fits.size(), 0);
  for (const auto cut : fit) {
    count_missed(fits, grades, [cut](Points points) { return points < cut; });
  }
}

std::string_view name_of(PointGroup group) {
  constexpr std::string_view k_names[] = {"TOFU",  "MOFU",    "BOFU", "opens",
                                          "pages", "actions", "other"};
  return k_names[static_cast<std::size_t>(group)];
}

std::optional<ScoringRules> profile_rules(std::string_view name) {
  ScoringRules rules;
  if (name == "seed") {
    return rules;
  }
  if (name != "standard") {
    return std::nullopt;
  }
  rules.profile = name;
  rules.open = 1 * k_point;
  rules.implied_open = true;
  rules.half_life = 90;
  rules.caps = {10 * k_point, 20 * k_point, 60 * k_point,  // TOFU, MOFU, BOFU
                10 * k_point, 10 * k_point, 40 * k_point}; // opens, pages, actions
  return rules;
}

Rules default_rules() {
  Rules rules;
  rules.status.matrix = {{"A1", "SQL"}, {"B1", "SQL"}, {"C1", "MQL"},  {"A2", "MQL"}, {"B2", "MQL"},
                         {"C2", "MQL"}, {"A3", "MQL"}, {"B3", "soft"}, {"C3", "soft"}};
  return rules;
}

std::string format_points(Points points) {
  const auto whole = points / k_point, part = points % k_point;
  if (part == 0) {
    return fmt::format("{}", whole);
  }
  auto text = fmt::format("{}{}.{:03}", points < 0 ? "-" : "", whole < 0 ? -whole : whole,
                          part < 0 ? -part : part);
  while (text.back() == '0') {
    text.pop_back();
  }
  return text;
}

std::string format_signed_points(Points points) {
  return (points > 0 ? "+" : "") + format_points(points);
}

} // namespace mailfunnel
