#include "funnel/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

namespace mailfunnel {

namespace {

/// `places`: `best`, and one down for each cut of which the points are below `least`. By the sign
/// of the difference, which is far from the ends of its type: several at a time.
void count_missed(const std::vector<Points>& points, std::span<const Points> least,
                  std::uint8_t best, std::vector<std::uint8_t>& places) {
  places.resize(points.size());
  constexpr std::size_t k_together = 16;
  for (std::size_t first = 0; first < points.size(); first += k_together) {
    const auto n = std::min(k_together, points.size() - first);
    std::array<std::uint64_t, k_together> of_each{};
    std::copy_n(points.begin() + static_cast<std::ptrdiff_t>(first), n, of_each.begin());
    std::array<std::uint64_t, k_together> missed{};
    for (const auto cut : least) {
      for (std::size_t k = 0; k < k_together; ++k) {
        missed[k] += (of_each[k] - static_cast<std::uint64_t>(cut)) >> 63;
      }
    }
    for (std::size_t k = 0; k < n; ++k) {
      places[first + k] = static_cast<std::uint8_t>(best + missed[k]);
    }
  }
}

} // namespace

void Levels::levels_of(const std::vector<Points>& scores, std::vector<std::uint8_t>& levels) const {
  auto least = engagement;
  if (!least.empty()) {
    ++least.front(); // the first cut is exclusive
  }
  count_missed(scores, least, 1, levels);
}

void Levels::grades_of(const std::vector<Points>& fits, std::vector<std::uint8_t>& grades) const {
  count_missed(fits, fit, 0, grades);
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
