// [audience], [[segment]]: who goes into which list.

#include "app/config_sections.hpp"

#include "app/export_column.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mailfunnel {

namespace {

void read_segment(Section section, Config& config) {
  SegmentConfig segment;
  segment.name = section.text("name").value_or("");
  segment.where = section.text("where").value_or("");
  segment.use = static_cast<SegmentUse>(
      section.choice("use", {"mailing", "sales", "suppression"}).value_or(0));
  segment.columns = section.texts("columns");
  if (segment.columns.empty()) {
    segment.columns = {"email", "score", "grade", "status", "reasons"};
  }
  if (segment.name.empty() || segment.where.empty()) {
    section.error_here("a [[segment]] needs a `name` and a `where`");
  } else {
    segment.expression = section.expression("where");
  }
  const auto same = [&](const SegmentConfig& other) { return other.name == segment.name; };
  if (std::any_of(config.segments.begin(), config.segments.end(), same)) {
    section.error("name", fmt::format("two segments are called \"{}\"", segment.name));
  }
  segment.push = read_targets(section, segment.name);
  section.allow("language");
  section.finish();
  config.segments.push_back(std::move(segment));
}

/// Statuses and grades that an expression names and nobody can have.
void check_names(const Expression& e, const Rules& rules, const std::string& where,
                 const std::string& file, std::vector<Problem>& problems) {
  for (const auto& part : e.parts) {
    check_names(part, rules, where, file, problems);
  }
  if (e.type != Expression::Type::compare ||
      (e.field != Field::status && e.field != Field::grade)) {
    return;
  }
  const World nothing;
  std::vector<std::string> known = Scorer(rules, nothing, 0).statuses();
  if (e.field == Field::grade) {
    known.clear();
    for (std::size_t grade = 0; grade < rules.levels.grades(); ++grade) {
      known.emplace_back(1, static_cast<char>('A' + grade));
    }
  }
  for (const auto& value : e.values) {
    const auto same = [&](const std::string& name) { return iequals(name, value); };
    if (e.op != Compare::contains && e.op != Compare::like &&
        std::none_of(known.begin(), known.end(), same)) {
      problems.push_back({file, 0, 0,
                          fmt::format("{} asks for \"{}\", which nobody can be: there are {}",
                                      where, value, join(known, ", ")),
                          true});
    }
  }
}

} // namespace

void read_audience(Section& top, Config& config) {
  if (auto section = top.section("audience", "[audience]")) {
    if (const auto exclude = section->text("exclude")) {
      config.exclude = *exclude;
      config.exclude_expression = section->expression("exclude");
    }
    section->finish();
  }
}

void read_segments(Section& top, Config& config) {
  for (auto& section : top.sections("segment", "[[segment]]")) {
    read_segment(std::move(section), config);
  }
}

void check_columns(const Config& config, const std::string& file, std::vector<Problem>& problems) {
  // Whatever is no column of ours is an attribute; only what looks like a slip is worth a word.
  for (const auto& segment : config.segments) {
    for (const auto& text : segment.columns) {
      const auto& known = export_columns();
      const auto [field, column, title] = parse_column(text);
      if (field == ExportField::attribute) {
        const auto near = nearest(column, known);
        if (near && column.size() > 3 && column.size() == near->size()) {
          problems.push_back(
              {file, 0, 0,
               fmt::format("segment \"{}\" has a column `{}`: an attribute of that name, or `{}`?",
                           segment.name, column, *near),
               true});
        }
      }
    }
  }
}

void check_expressions(const Config& config, const std::string& file,
                       std::vector<Problem>& problems) {
  for (const auto& segment : config.segments) {
    if (segment.expression) {
      check_names(*segment.expression, config.rules, "segment \"" + segment.name + "\"", file,
                  problems);
    }
  }
}

} // namespace mailfunnel
