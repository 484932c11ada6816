// [levels], [status]: from points to a level, a grade and a status.

#include "app/config_sections.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mailfunnel {

namespace {

/// A list of numbers that fall.
void cuts(Section& section, std::string_view key, std::vector<Points>& into) {
  const auto* node = section.table().get(key);
  section.allow(key);
  if (node == nullptr) {
    return;
  }
  const auto* list = node->as_array();
  std::vector<Points> values;
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    if (const auto value = list->get(i)->value<double>()) {
      values.push_back(static_cast<Points>(*value * 1000 + (*value < 0 ? -0.5 : 0.5)));
    }
  }
  if (list == nullptr || values.size() != list->size() || values.empty() || values.size() > 20 ||
      !std::is_sorted(values.rbegin(), values.rend())) {
    section.error(
        key, fmt::format("`{}` in [levels] should be a list of numbers that fall, such as [80, 20]",
                         key));
    return;
  }
  into = std::move(values);
}

StatusRule status_rule(Section section) {
  StatusRule rule;
  rule.name = section.text("name").value_or("");
  rule.status = section.text("status").value_or("");
  if (section.text("when")) {
    rule.when = section.expression("when");
    if (rule.when &&
        any_part(*rule.when, [](const Expression& part) { return part.ago.has_value(); })) {
      section.error("when", "a status can't be judged by what was some time ago");
    }
  } else {
    section.error_here(fmt::format("a {} needs `when`; `when = 'true'` is always", section.name()));
  }
  if (rule.status.empty()) {
    section.error_here(fmt::format("a {} needs a `status`", section.name()));
  }
  section.finish();
  return rule;
}

void matrix(Section& section, StatusRules& rules) {
  const auto* table = section.inner("matrix");
  if (table == nullptr) {
    return;
  }
  rules.matrix.clear();
  for (const auto& [key, node] : *table) {
    const auto cell = std::string(key.str());
    const auto value = node.value<std::string>();
    if (cell.size() != 2 || cell[0] < 'A' || cell[0] > 'Z' || !is_digit(cell[1]) || !value) {
      section.error_at(key.source(),
                       fmt::format("a cell of the matrix looks like A1 = \"SQL\", not `{}`", cell));
      continue;
    }
    rules.matrix[cell] = *value;
  }
}

} // namespace

void read_levels(Section& top, Config& config) {
  if (auto section = top.section("levels", "[levels]")) {
    auto& fit_rules = config.rules.fit;
    cuts(*section, "engagement", config.rules.levels.engagement);
    cuts(*section, "fit", config.rules.levels.fit);
    fit_rules.cap = section->points("fit_cap").value_or(fit_rules.cap);
    fit_rules.floor = section->points("fit_floor").value_or(fit_rules.floor);
    section->finish();
  }
}

void read_status(Section& top, Config& config) {
  if (auto section = top.section("status", "[status]")) {
    auto& rules = config.rules.status;
    if (const auto model = section->choice("model", {"matrix", "scale", "rules"})) {
      rules.model = static_cast<StatusModel>(*model);
    }
    matrix(*section, rules);
    for (auto& one : section->sections("override", "[[status.override]]")) {
      rules.overrides.push_back(status_rule(std::move(one)));
    }
    for (auto& one : section->sections("rule", "[[status.rule]]")) {
      rules.rules.push_back(status_rule(std::move(one)));
    }
    section->finish();
  }
}

void check_matrix(const Config& config, const std::string& file, std::vector<Problem>& problems) {
  const auto& rules = config.rules;
  if (rules.status.model != StatusModel::matrix) {
    return;
  }
  const auto rank = [](const std::string& status) {
    return status == "SQL" ? 2 : status == "MQL" ? 1 : 0;
  };
  const auto at = [&](std::size_t grade, std::size_t level) {
    const auto cell = rules.status.matrix.find(std::string(1, static_cast<char>('A' + grade)) +
                                               std::to_string(level));
    return cell == rules.status.matrix.end() ? std::string() : cell->second;
  };
  for (std::size_t level = 1; level <= rules.levels.levels(); ++level) {
    for (std::size_t grade = 0; grade < rules.levels.grades(); ++grade) {
      const auto here = at(grade, level);
      const auto name = fmt::format("{}{}", static_cast<char>('A' + grade), level);
      if (here.empty()) {
        problems.push_back({file, 0, 0,
                            fmt::format("[status] matrix has no cell {}: it counts as soft", name),
                            true});
        continue;
      }
      if (level - 1 < rules.levels.grades() && grade < rules.levels.levels() && level - 1 < grade &&
          rank(here) < rank(at(level - 1, grade + 1))) {
        problems.push_back({file, 0, 0,
                            fmt::format("[status] matrix: {} = \"{}\" is below {}{} = \"{}\": fit "
                                        "would rank above engagement",
                                        name, here, static_cast<char>('A' + level - 1), grade + 1,
                                        at(level - 1, grade + 1)),
                            false});
      }
      if ((level > 1 && rank(at(grade, level - 1)) < rank(here)) ||
          (grade > 0 && rank(at(grade - 1, level)) < rank(here))) {
        problems.push_back(
            {file, 0, 0,
             fmt::format(
                 "[status] matrix: {} = \"{}\" is better than a cell with better fit or engagement",
                 name, here),
             false});
      }
    }
  }
}

} // namespace mailfunnel
