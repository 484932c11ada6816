// [[fit]]: how well a person fits.

#include "app/config_sections.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace mailfunnel {

namespace {

/// Why a fit rule can never match; "": it can.
std::string why_never(const FitRule& rule, const std::vector<FitRule>& before) {
  if (rule.min && rule.max && *rule.min > *rule.max) {
    return "its `min` is above its `max`";
  }
  for (const auto& other : before) {
    if (rule.group.empty() || other.group != rule.group || other.attribute != rule.attribute) {
      continue;
    }
    const auto holds_all = [](const auto& all, const auto& some) {
      return !some.empty() && std::all_of(some.begin(), some.end(), [&all](const auto& one) {
        return std::find(all.begin(), all.end(), one) != all.end();
      });
    };
    if (other.otherwise) {
      return fmt::format("it stands behind \"{}\", the `else` of its group", other.name);
    }
    if (holds_all(other.words, rule.words) || holds_all(other.contains, rule.contains) ||
        holds_all(other.equals, rule.equals)) {
      return fmt::format("\"{}\" before it in the group has all its words", other.name);
    }
  }
  return "";
}

void read_rule(Section section, std::set<std::string>& names, FitRules& into) {
  FitRule rule;
  rule.name = section.text("name").value_or("");
  rule.group = section.text("group").value_or("");
  rule.attribute = section.text("attribute").value_or("");
  rule.words = section.texts("words");
  rule.contains = section.texts("contains");
  rule.equals = section.texts("equals");
  rule.min = section.number("min");
  rule.max = section.number("max");
  rule.otherwise = section.flag("else").value_or(false);
  const auto points = section.points("points");
  rule.points = points.value_or(0);
  const int conditions = !rule.words.empty() + !rule.contains.empty() + !rule.equals.empty() +
                         (rule.min || rule.max) + rule.otherwise;
  if (rule.name.empty() || rule.attribute.empty() || !section.has("points")) {
    section.error_here("a [[fit]] needs `name`, `attribute` and `points`");
  } else if (conditions != 1) {
    section.error_here(fmt::format(
        "fit rule \"{}\" needs exactly one of words, contains, equals, min/max, else", rule.name));
  } else if (rule.otherwise && rule.group.empty()) {
    section.error_here(fmt::format("fit rule \"{}\": `else` needs a `group`", rule.name));
  }
  if (!rule.name.empty() && !names.insert(rule.name).second) {
    section.error("name", fmt::format("two [[fit]] rules are called \"{}\"", rule.name));
  }
  section.finish();
  if (const auto why = why_never(rule, into.rules); !why.empty()) {
    section.warning("name", fmt::format("fit rule \"{}\" can never match: {}", rule.name, why));
  }
  into.rules.push_back(std::move(rule));
}

} // namespace

void read_fit(Section& top, Config& config) {
  std::set<std::string> names; // of this file: one that includes it may give a name again
  for (auto& section : top.sections("fit", "[[fit]]")) {
    read_rule(std::move(section), names, config.rules.fit);
  }
}

} // namespace mailfunnel
