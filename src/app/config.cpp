#include "app/config.hpp"

#include "app/config_sections.hpp"
#include "base/hash.hpp"
#include "base/source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

namespace mailfunnel {

std::string Problem::text() const {
  auto out = file;
  if (line != 0) {
    out += fmt::format(":{}:{}", line, column);
  }
  return fmt::format("{}: {}: {}", out, warning ? "warning" : "error", message);
}

bool LoadedConfig::good() const {
  return std::all_of(problems.begin(), problems.end(), [](const Problem& p) { return p.warning; });
}

std::string_view name_of(SegmentUse use) {
  constexpr std::string_view k_names[] = {"mailing", "sales", "suppression"};
  return k_names[static_cast<int>(use)];
}

const AccountConfig* Config::account(std::string_view name) const {
  const auto place = std::find_if(accounts.begin(), accounts.end(),
                                  [&](const auto& account) { return account.name == name; });
  return place == accounts.end() ? nullptr : &*place;
}

namespace {

/// In the order in which mistakes of one place are told.
constexpr SectionReader* k_sections[] = {
    read_store,    read_accounts, read_audience, read_links,    read_kinds,   read_stages,
    read_tagging,  read_scoring,  read_fit,      read_tracking, read_robots,  read_levels,
    read_status,   read_segments, read_profiles, read_trackers, read_report,  read_push,
    read_schedule, read_serve,    read_network,  read_notify,   read_privacy,
};

constexpr ConfigCheck* k_checks[] = {check_matrix, check_columns, check_trackers, check_targets,
                                     check_expressions};

void read_sections(LoadedConfig& out, const toml::table& root, const std::string& file) {
  Section top(root, "the config", file, out.problems);
  top.allow({"include"}); // read elsewhere
  for (const auto& read : k_sections) {
    read(top, out.config);
  }
  top.finish();
}

/// What of a file says how people are scored, as TOML.
std::string rules_text_of(const toml::table& root) {
  toml::table rules;
  for (const auto* key : {"kind", "stage", "tagging", "scoring", "fit", "levels", "status",
                          "robots", "tracking", "links"}) {
    if (const auto* node = root.get(key)) {
      rules.insert(key, *node);
    }
  }
  std::ostringstream text;
  text << rules;
  return text.str();
}

/// What a file says itself goes before what it includes: settings overwrite, rules of which the
/// first counts stand in front.
void read_own(LoadedConfig& out, const toml::table& root, const std::string& file) {
  auto& stages = out.config.rules.tagging.rules;
  auto& kinds = out.config.rules.kinds;
  const auto included_stages = static_cast<std::ptrdiff_t>(stages.size());
  const auto included_kinds = static_cast<std::ptrdiff_t>(kinds.size());
  read_sections(out, root, file);
  std::rotate(stages.begin(), stages.begin() + included_stages, stages.end());
  std::rotate(kinds.begin(), kinds.begin() + included_kinds, kinds.end());
  const auto text = rules_text_of(root);
  out.config.rules.fingerprint += fmt::format("{:016x}", hash64(text));
  out.config.rules.texts.push_back(text);
}

constexpr int k_deepest_include = 8, k_no_include = -1;

void parse_into(LoadedConfig& out, std::string_view text, const std::string& file, int depth);

void read_includes(LoadedConfig& out, const toml::table& root, const std::string& file, int depth) {
  Section top(root, "the config", file, out.problems);
  for (const auto& include : top.texts("include")) {
    if (depth == k_no_include) {
      out.problems.push_back(
          {file, 0, 0, "include can't be used here: say all in one text", false});
      return;
    }
    const auto path = (std::filesystem::path(file).parent_path() / include).string();
    if (depth > k_deepest_include) {
      out.problems.push_back(
          {file, 0, 0, "includes go deeper than 8 files: does one include itself?", false});
      return;
    }
    if (const auto bytes = read_file(path)) {
      parse_into(out, *bytes, path, depth + 1);
    } else {
      out.problems.push_back(
          {file, 0, 0, fmt::format("include \"{}\": {}", include, bytes.error().text()), false});
    }
  }
}

void parse_into(LoadedConfig& out, std::string_view text, const std::string& file, int depth) {
  try {
    const auto root = toml::parse(text, file);
    read_includes(out, root, file, depth);
    read_own(out, root, file);
  } catch (const toml::parse_error& error) {
    const auto where = error.source().begin;
    out.problems.push_back({file, static_cast<std::uint32_t>(where.line),
                            static_cast<std::uint32_t>(where.column),
                            std::string(error.description()), false});
  }
}

} // namespace

LoadedConfig parse_config(std::string_view text, const std::string& file, bool includes) {
  LoadedConfig out;
  out.config.file = file;
  parse_into(out, text, file, includes ? 0 : k_no_include);
  if (out.good()) {
    for (const auto& check : k_checks) {
      check(out.config, file, out.problems);
    }
  }
  std::stable_sort(out.problems.begin(), out.problems.end(),
                   [](const Problem& a, const Problem& b) {
                     return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
                   });
  return out;
}

Rules parse_rules(const std::vector<std::string>& texts) {
  LoadedConfig out;
  for (const auto& text : texts) {
    try {
      read_own(out, toml::parse(text), "the rules of a run");
    } catch (const toml::parse_error& error) {
      out.problems.push_back({"the rules of a run", 0, 0, std::string(error.description()), false});
    }
  }
  if (!out.good()) {
    throw Failure({ErrorCode::io, "the rules that a run kept can't be read by this version: " +
                                      out.problems.front().message});
  }
  return out.config.rules;
}

LoadedConfig load_config(const std::string& file) {
  const auto bytes = read_file(file, std::size_t{4} << 20);
  if (!bytes) {
    LoadedConfig out;
    out.problems.push_back(
        {file, 0, 0, bytes.error().message + ": `mailfunnel init` writes one", false});
    return out;
  }
  return parse_config(*bytes, file);
}

} // namespace mailfunnel
