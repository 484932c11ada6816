#pragma once
// mailfunnel.toml: read, checked, and turned into values. Every mistake is reported with file, line
// and column, all of them in one go. docs/config.md shows every key.

#include "adapter/api.hpp"
#include "adapter/registry.hpp"
#include "adapter/web_tracker.hpp"
#include "app/export_column.hpp"
#include "app/secret.hpp"
#include "app/timetable.hpp"
#include "base/network.hpp"
#include "base/result.hpp"
#include "base/uri.hpp"
#include "funnel/expression.hpp"
#include "funnel/rules.hpp"
#include "ingest/sender_pattern.hpp"

#include <map>
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

/// A key of an [[account]] that only its ESP's adapter knows, or that its webhooks are checked by.
struct EspKey {
  std::uint32_t line = 0, column = 0;
  std::optional<SecretSource> secret; // else `text`
  std::string text;
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

  // For its API.
  std::string base_url;               // empty: the ESP's own
  std::map<std::string, EspKey> keys; // see check_accounts()
  Seconds history = 13 * 30 * k_day;  // how far back the first sync goes
  double quota_share = 1;             // of what the ESP lets the account ask

  std::map<std::string, EspKey> hook_keys; // for its webhooks: see k_webhook_keys
};

/// Where a segment goes to.
struct PushConfig {
  std::string account;
  TargetKind as = TargetKind::segment;
  std::string name; // of the target at the ESP; the segment's, where the config names none
  std::string list; // in which list; empty: the account's
  std::vector<std::pair<ExportColumn, std::string>> fields; // ours -> the ESP's
};

/// When a push asks first, and what it waits for (docs/push.md).
struct PushRules {
  double large_removal = 0.2, large_addition = 0.1; // of the members
  std::uint64_t least_removals = 50, least_additions = 500;
  unsigned approvals = 0; // how many people look at a plan before it is sent; 0: as it asks
  Seconds hold = k_day;   // a status goes out when it held so long; SQL and suppression at once
};

/// [schedule], for `serve`.
struct ScheduleConfig {
  std::map<std::string, Timetable> jobs; // sync, score, push
  Seconds jitter = 0;                    // up to so long after a moment of the timetable
};

/// [serve]; "" and none: as the command line says, or its defaults.
struct ServeConfig {
  bool given = false; // the section is there
  std::string listen; // "127.0.0.1:8765"
  std::string certificate, key;
  std::vector<std::string> proxies;
  bool mask_addresses = false; // the pages show reviewers "a…@example.com"
};

/// [[notify]]: who hears of what (app/notices.hpp), and how.
enum class NotifyBy : std::uint8_t { smtp, teams, slack, webhook };
struct NotifyConfig {
  std::string name;
  NotifyBy by = NotifyBy::smtp;
  std::vector<std::string> about;  // kinds; empty: all
  std::optional<Timetable> digest; // absent: at once
  std::optional<SecretSource> url; // of all but smtp
  std::string server, user, from;  // of smtp
  std::optional<SecretSource> password;
  std::vector<std::string> to;
};

/// Who answers for the data, as letters to people say it (docs/privacy.md).
struct PrivacyConfig {
  std::string controller, address; // of the organisation; the address may have several lines
  std::string contact, dpo;        // where people write to; the data protection officer
  std::string basis;               // "legitimate interest (art. 6.1.f GDPR)"
  std::string authority;           // where people may complain
  std::vector<std::string> purposes, recipients; // what it is for; who else gets it
};

/// How long what is kept; nullopt: for ever. Unsubscribes, complaints, bounces, suppressions and
/// tombstones stay whatever it says.
struct RetentionConfig {
  std::optional<Seconds> events = 25 * 30 * k_day, rejects = 30 * k_day, runs = 400 * k_day,
                         pushes = 25 * 30 * k_day, access_log = 36 * 30 * k_day;
};

enum class SegmentUse : std::uint8_t { mailing, sales, suppression };
std::string_view name_of(SegmentUse use);

struct SegmentConfig {
  std::string name, where;
  SegmentUse use = SegmentUse::mailing;
  ExpressionPtr expression;
  std::vector<std::string> columns;
  std::vector<PushConfig> push;
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
  PushRules push;
  ScheduleConfig schedule;
  std::vector<NotifyConfig> notify;
  PrivacyConfig privacy;
  RetentionConfig retention;
  ServeConfig serve;
  std::string ca_file; // [network]: authorities that are trusted instead of the system's

  const AccountConfig* account(std::string_view name) const;
};

struct LoadedConfig {
  Config config;
  std::vector<Problem> problems;
  bool good() const; // no errors, warnings may be there
};

/// `text` is the file's content. `includes`: false where the text comes from somebody who may not
/// have files of this machine read; an `include` is an error then.
LoadedConfig parse_config(std::string_view text, const std::string& file, bool includes = true);
/// Reads it with its `include`s; a missing file is one problem.
LoadedConfig load_config(const std::string& file);
/// Rules out of their own Rules::texts, as a run kept them. Failure where this version can't read
/// them.
Rules parse_rules(const std::vector<std::string>& texts);

/// What only the adapters know of accounts: is there one of that name, does it know the account's
/// keys. Appends to `problems`.
void check_accounts(const Config& config, const AdapterRegistry& registry,
                    std::vector<Problem>& problems);

/// The commented file that `init` writes.
std::string_view starter_config();

} // namespace mailfunnel
