#pragma once
// mailfunnel.toml: read, checked, and turned into values. Every mistake is reported with file, line
// and column, all of them in one go. docs/config.md shows every key.

#include "adapter/adapter.hpp"
#include "adapter/web_tracker.hpp"
#include "base/network.hpp"
#include "base/result.hpp"
#include "base/uri.hpp"
#include "funnel/expression.hpp"
#include "funnel/rules.hpp"
#include "ingest/sender_pattern.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mailfunnel {

struct Problem {
  std::string file;
  std::uint32_t line = 0, column = 0;
  std::string message;
  bool warning = false;
  std::string text() const; // file:line:col: error: message
};

struct AccountConfig {
  std::string name, esp;
  TimeZone zone = nullptr;
  bool zone_given = false;
  std::string list;
  // Of logs that several share: whose mail it is.
  std::vector<SenderPattern> senders;
  std::vector<std::string> jobs; // globs
  bool skip_others = false;      // mail of no account's is skipped, not rejected
  bool archived = false;
  std::optional<bool> delivery_events; // overrides what the adapter says of its source
};

enum class SegmentUse : std::uint8_t { mailing, sales, suppression };
std::string_view name_of(SegmentUse use);

struct SegmentConfig {
  std::string name, where;
  SegmentUse use = SegmentUse::mailing;
  ExpressionPtr expression;
  std::vector<std::string> columns;
};

struct Locale {
  std::string name = "en";
  char separator = ',', decimal = '.';
  bool bom = false;
};
/// "nl-BE" and the like: semicolon, BOM, decimal comma; nullopt: not known.
std::optional<Locale> find_locale(std::string_view name);

struct Config {
  std::string file; // as opened; empty: none
  std::string store_path = "mailfunnel.db";
  std::vector<AccountConfig> accounts;
  Rules rules = default_rules();
  std::string exclude; // [audience] exclude
  ExpressionPtr exclude_expression;
  std::vector<SegmentConfig> segments;
  std::vector<MappingProfile> profiles;
  std::vector<WebTracker> trackers; // [[web]]
  LinkStripping strip;
  FilterNetworks filters; // looked at when activity comes in: addresses are not kept
  Locale locale;
  TimeZone report_zone = nullptr;

  const AccountConfig* account(std::string_view name) const;
};

struct LoadedConfig {
  Config config;
  std::vector<Problem> problems;
  bool good() const; // no errors, warnings may be there
};

/// `text` is the file's content.
LoadedConfig parse_config(std::string_view text, const std::string& file);
/// Reads it with its `include`s; a missing file is one problem.
LoadedConfig load_config(const std::string& file);
/// Rules out of their own Rules::texts, as a run kept them. Failure where this version can't read
/// them.
Rules parse_rules(const std::vector<std::string>& texts);

/// The commented file that `init` writes.
std::string_view starter_config();

} // namespace mailfunnel
