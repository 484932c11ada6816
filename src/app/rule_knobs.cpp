#include "app/rule_knobs.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <set>
#include <sstream>

namespace mailfunnel {

namespace {

constexpr std::string_view k_off = "off";

struct PointsKnob {
  std::string_view key, group;
  Points ScoringRules::*value;
  double low, high;
};
// Of [scoring].
constexpr PointsKnob k_points[] = {
    {"click.TOFU", "clicks", &ScoringRules::click_tofu, 0, 20},
    {"click.MOFU", "clicks", &ScoringRules::click_mofu, 0, 40},
    {"click.BOFU", "clicks", &ScoringRules::click_bofu, 0, 100},
    {"open", "mails", &ScoringRules::open, 0, 10},
    {"non_open", "mails", &ScoringRules::non_open, -10, 0},
    {"unsubscribe", "mails", &ScoringRules::unsubscribe, -100, 0},
    {"complaint", "mails", &ScoringRules::complaint, -100, 0},
    {"hard_bounce", "mails", &ScoringRules::hard_bounce, -100, 0},
    {"soft_bounce", "mails", &ScoringRules::soft_bounce, -20, 0},
    {"page", "actions", &ScoringRules::page, 0, 10},
    {"download", "actions", &ScoringRules::download, 0, 40},
    {"webinar", "actions", &ScoringRules::webinar, 0, 40},
    {"form", "actions", &ScoringRules::form, 0, 40},
    {"contact_form", "actions", &ScoringRules::contact_form, 0, 100},
    {"signup", "actions", &ScoringRules::signup, 0, 40},
    {"conversion", "actions", &ScoringRules::conversion, -100, 100},
};

constexpr double k_cap_reach = 100, k_fit_reach = 50, k_level_reach = 100, k_half_life_reach = 365,
                 k_window_reach = 30; // of sliders

Knob points_knob(std::string key, std::string group, std::string name, Points value, double low,
                 double high) {
  const auto now = static_cast<double>(value) / k_point;
  return {std::move(key),       std::move(group),   std::move(name),    KnobKind::points,
          format_points(value), std::min(low, now), std::max(high, now)};
}

void add_caps(const ScoringRules& scoring, std::vector<Knob>& out) {
  const auto add = [&out](std::string_view name, const std::optional<Points>& value, double low,
                          double high) {
    out.push_back({fmt::format("scoring.caps.{}", name), "caps", std::string(name), KnobKind::cap,
                   value ? format_points(*value) : std::string(k_off), low, high});
  };
  for (std::size_t g = 0; g < k_capped_groups; ++g) {
    add(name_of(static_cast<PointGroup>(g)), scoring.caps.at(g), 0, k_cap_reach);
  }
  add("non_opens", scoring.non_open_floor, -k_cap_reach, 0);
}

void add_cuts(const std::string& name, const std::vector<Points>& cuts, double low, double high,
              std::vector<Knob>& out) {
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    out.push_back(points_knob(fmt::format("levels.{}.{}", name, i), "levels",
                              fmt::format("{} {}", name, i + 1), cuts[i], low, high));
  }
}

std::set<std::string> statuses_of(const Rules& rules) {
  std::set<std::string> out{"soft", "MQL", "SQL"};
  for (const auto& [cell, status] : rules.status.matrix) {
    out.insert(status);
  }
  return out;
}

// ---- TOML

/// What is said later goes over what was said; rules of which the first counts go in front, as
/// where one config includes another.
void merge(toml::table& into, const toml::table& from, const std::string& path = {}) {
  for (const auto& [key, node] : from) {
    const auto name = path + std::string(key.str());
    auto* there = into.get(key.str());
    // A profile says all of [scoring] anew.
    const bool anew = name == "scoring" && node.is_table() && node.as_table()->contains("profile");
    if (there != nullptr && there->is_table() && node.is_table() && !anew) {
      merge(*there->as_table(), *node.as_table(), name + ".");
    } else if (there != nullptr && there->is_array_of_tables() && node.is_array_of_tables()) {
      auto& rules = *there->as_array();
      const bool in_front = name == "stage" || name == "kind";
      auto place = in_front ? rules.cbegin() : rules.cend();
      for (const auto& rule : *node.as_array()) {
        place = rules.insert(place, *rule.as_table());
        ++place;
      }
    } else {
      into.insert_or_assign(key.str(), node);
    }
  }
}

Result<toml::table> parsed(std::string_view text) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    return Error{ErrorCode::bad_syntax, std::string(error.description()), "",
                 error.source().begin.line};
  }
}

/// The table at the path, made where there is none.
toml::table& table_at(toml::table& root, std::string_view path) {
  auto* at = &root;
  for (const auto part : split(path, '.')) {
    auto* node = at->get(part);
    if (node == nullptr || !node->is_table()) {
      at->insert_or_assign(part, toml::table{});
      node = at->get(part);
    }
    at = node->as_table();
  }
  return *at;
}

template<typename Where> void put_number(Where&& put, double value) {
  const auto whole = static_cast<std::int64_t>(value);
  if (static_cast<double>(whole) == value) {
    put(whole);
  } else {
    put(value);
  }
}

void put_text(toml::table& table, std::string_view key, const std::string& value) {
  if (const auto number = parse_double(value)) {
    put_number([&](auto n) { table.insert_or_assign(key, n); }, *number);
  } else {
    table.insert_or_assign(key, value);
  }
}

/// Is `value` one that a knob of this kind can stand at? Written as the config wants it.
std::optional<std::string> well_said(const Knob& knob, std::string value) {
  std::replace(value.begin(), value.end(), ',', '.');
  const auto number = parse_double(value);
  constexpr double k_most = 1e6;
  const bool in_reach = number && *number >= -k_most && *number <= k_most;
  switch (knob.kind) {
  case KnobKind::points:
    return in_reach ? std::optional(value) : std::nullopt;
  case KnobKind::cap:
    return value.empty() || value == k_off ? std::optional(std::string(k_off))
           : in_reach                      ? std::optional(value)
                                           : std::nullopt;
  case KnobKind::days:
  case KnobKind::fading: {
    const auto days = parse_int(value.ends_with('d') ? value.substr(0, value.size() - 1) : value);
    if (knob.kind == KnobKind::fading && (value == k_off || (days && *days == 0))) {
      return std::string(k_off);
    }
    return days && *days > 0 ? std::optional(fmt::format("{}d", *days)) : std::nullopt;
  }
  case KnobKind::choice:
    return std::find(knob.choices.begin(), knob.choices.end(), value) == knob.choices.end()
               ? std::nullopt
               : std::optional(value);
  }
  return std::nullopt;
}

void put_fit(toml::table& root, std::string_view name, const std::string& value) {
  auto* rules = root.get_as<toml::array>("fit");
  for (std::size_t i = 0; rules != nullptr && i < rules->size(); ++i) {
    auto* rule = rules->get_as<toml::table>(i);
    if (rule != nullptr && (*rule)["name"].value<std::string_view>() == name) {
      put_text(*rule, "points", value);
    }
  }
}

/// Of a list of which one is turned all are said.
void put_cuts(toml::table& root, std::string_view name, const std::vector<Knob>& knobs) {
  toml::array cuts;
  const auto key = fmt::format("levels.{}.", name);
  for (const auto& knob : knobs) {
    if (knob.key.starts_with(key)) {
      put_number([&cuts](auto n) { cuts.push_back(n); }, *parse_double(knob.value));
    }
  }
  table_at(root, "levels").insert_or_assign(name, std::move(cuts));
}

void put_group(toml::table& root, const std::string& table, const std::string& prefix,
               const std::vector<Knob>& knobs) {
  auto& into = table_at(root, table);
  for (const auto& knob : knobs) {
    if (knob.key.starts_with(prefix)) {
      put_text(into, std::string_view(knob.key).substr(prefix.size()), knob.value);
    }
  }
}

void put(toml::table& root, const Knob& knob, const std::vector<Knob>& all) {
  const std::string_view key = knob.key;
  constexpr std::string_view k_fit = "fit.", k_levels = "levels.";
  if (key.starts_with(k_fit)) {
    put_fit(root, key.substr(k_fit.size()), knob.value);
  } else if (key.starts_with("scoring.caps.")) {
    put_group(root, "scoring.caps", "scoring.caps.", all);
  } else if (key.starts_with("status.matrix.")) {
    put_group(root, "status.matrix", "status.matrix.", all);
  } else if (key.starts_with(k_levels) && is_digit(key.back())) {
    const auto rest = key.substr(k_levels.size());
    put_cuts(root, rest.substr(0, rest.find('.')), all);
  } else {
    const auto dot = key.rfind('.');
    auto& table = table_at(root, key.substr(0, dot));
    if (knob.value == "true" || knob.value == "false") {
      table.insert_or_assign(key.substr(dot + 1), knob.value == "true");
    } else {
      put_text(table, key.substr(dot + 1), knob.value);
    }
  }
}

} // namespace

std::vector<Knob> knobs_of(const Rules& rules) {
  const auto& scoring = rules.scoring;
  std::vector<Knob> out;
  const auto add_points = [&](std::string_view group) {
    for (const auto& one : k_points) {
      if (one.group == group) {
        out.push_back(points_knob(fmt::format("scoring.{}", one.key), std::string(group),
                                  replace_all(one.key, ".", " "), scoring.*one.value, one.low,
                                  one.high));
      }
    }
  };
  const auto add_choice = [&](std::string key, std::string group, std::size_t now,
                              std::vector<std::string> choices) {
    const auto name = key.substr(key.rfind('.') + 1);
    const auto value = choices.at(now);
    out.push_back({std::move(key), std::move(group), name, KnobKind::choice, value, 0, 0,
                   std::move(choices)});
  };
  add_points("clicks");
  add_points("mails");
  add_choice("scoring.implied_open", "mails", scoring.implied_open ? 1 : 0, {"false", "true"});
  out.push_back({"scoring.non_open_after", "mails", "non_open_after", KnobKind::days,
                 format_duration(scoring.non_open_after), 1, k_window_reach});
  add_choice("scoring.measurable", "mails", static_cast<std::size_t>(scoring.measurable),
             {"fair", "simple"});
  add_points("actions");
  out.push_back(
      {"scoring.half_life", "time", "half_life", KnobKind::fading,
       scoring.half_life == 0 ? std::string(k_off) : fmt::format("{}d", scoring.half_life), 0,
       k_half_life_reach});
  add_choice("scoring.repeat", "time", static_cast<std::size_t>(scoring.repeat),
             {"once-per-link", "once-per-mailing", "every"});
  add_caps(scoring, out);
  for (const auto& rule : rules.fit.rules) {
    out.push_back(
        points_knob("fit." + rule.name, "fit", rule.name, rule.points, -k_fit_reach, k_fit_reach));
  }
  out.push_back(points_knob("levels.fit_cap", "fit", "fit_cap", rules.fit.cap, 0, k_level_reach));
  out.push_back(
      points_knob("levels.fit_floor", "fit", "fit_floor", rules.fit.floor, -k_level_reach, 0));
  add_cuts("engagement", rules.levels.engagement, -20, k_level_reach, out);
  add_cuts("fit", rules.levels.fit, -20, k_fit_reach, out);
  add_choice("status.model", "matrix", static_cast<std::size_t>(rules.status.model),
             {"matrix", "scale", "rules"});
  const auto statuses = statuses_of(rules);
  for (const auto& [cell, status] : rules.status.matrix) {
    out.push_back({"status.matrix." + cell,
                   "matrix",
                   cell,
                   KnobKind::choice,
                   status,
                   0,
                   0,
                   {statuses.begin(), statuses.end()}});
  }
  return out;
}

Result<std::string> rules_file(const Rules& rules, const TurnedKnobs& turned,
                               std::string_view more) {
  toml::table root;
  for (const auto& text : rules.texts) {
    MF_TRY(table, parsed(text));
    merge(root, table);
  }
  auto knobs = knobs_of(rules);
  std::vector<std::size_t> moved;
  for (std::size_t i = 0; i < knobs.size(); ++i) {
    const auto found = std::find_if(turned.begin(), turned.end(),
                                    [&](const auto& one) { return one.first == knobs[i].key; });
    if (found == turned.end()) {
      continue;
    }
    const auto value = well_said(knobs[i], std::string(trim(found->second)));
    if (!value) {
      return Error{ErrorCode::bad_syntax, fmt::format("{}: \"{}\" is no value for it",
                                                      knobs[i].name, printable(found->second, 40))};
    }
    const auto as_number = parse_double(*value), before = parse_double(knobs[i].value);
    const bool same = as_number && before ? *as_number == *before : *value == knobs[i].value;
    if (!same) {
      knobs[i].value = *value;
      moved.push_back(i);
    }
  }
  for (const auto i : moved) {
    put(root, knobs[i], knobs);
  }
  MF_TRY(over, parsed(more));
  merge(root, over);
  std::ostringstream text;
  text << root << "\n";
  return text.str();
}

} // namespace mailfunnel
