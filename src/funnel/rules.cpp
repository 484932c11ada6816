#include "funnel/rules.hpp"

#include <fmt/format.h>

namespace mailfunnel {

std::uint8_t Levels::level(Points score) const {
  for (std::size_t i = 0; i < engagement.size(); ++i) {
    if (i == 0 ? score > engagement[i] : score >= engagement[i]) {
      return static_cast<std::uint8_t>(i + 1);
    }
  }
  return static_cast<std::uint8_t>(engagement.size() + 1);
}

std::uint8_t Levels::grade(Points points) const {
  for (std::size_t i = 0; i < fit.size(); ++i) {
    if (points >= fit[i]) {
      return static_cast<std::uint8_t>(i);
    }
  }
  return static_cast<std::uint8_t>(fit.size());
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
