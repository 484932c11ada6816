#pragma once
// The contract between us and every ESP. An adapter is bytes in, values out: it opens no file,
// socket or database, so all of it can be tested with strings, fuzzed and run in parallel.
// adapters/README.md shows how to write one.

#include "adapter/http_message.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "model/campaign.hpp"
#include "model/event.hpp"
#include "model/recipient.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

/// What the taker of records has use for, so that an import need not build what only `decode`
/// prints.
struct Wants {
  bool details = false; // diagnostics, message and event ids, tags, metadata, native words
  bool sender = false;  // sender and job, by which a mail server's log is split among accounts
};

/// Where an adapter puts what it read. Every record of the input ends in exactly one call, but one
/// record may yield several events (a bounce of three recipients) or none (a "record" that is known
/// to carry none: skip()).
class RecordSink {
public:
  virtual ~RecordSink() = default;
  virtual Wants wants() const = 0;
  virtual void accept(const EventView& event) = 0;
  virtual void accept(const RecipientView& recipient) = 0;
  virtual void accept(const Campaign& campaign, std::string_view record) = 0;
  /// The record can't be used: `why` is shown as it is, `record` is its raw text inside the chunk.
  virtual void reject(std::string_view why, std::string_view record) = 0;
  /// A record that is right but holds nothing for us (a handshake, a row of totals).
  virtual void skip(std::string_view /*record*/) {}
};

/// How an input may be cut into chunks of whole records.
enum class Framing {
  lines,    // at any line end
  csv,      // at a line end outside quotes
  json,     // between JSON values, or between the elements of one top-level array
  mbox,     // before a From_ line (base/mbox.hpp)
  document, // not at all: one chunk, of at most 256 MiB
};

/// A piece of the input with whole records. k_padding bytes behind `text` may be read.
struct Chunk {
  std::string_view text;
  bool first = true; // it begins with the first byte of the input: there stand BOM and header
  bool last = true;
};

/// Reads what one file holds. A reader that has no state across chunks hands out clones, one a
/// thread; one that has state (records that hang together) returns nullptr and gets the chunks in
/// order.
class LogReader {
public:
  virtual ~LogReader() = default;
  virtual std::string_view format() const = 0; // "click activity, CSV": for people
  virtual Framing framing() const = 0;
  virtual char csv_quote() const { return '"'; } // for Framing::csv
  virtual void read(const Chunk& chunk, RecordSink& sink) = 0;
  virtual std::unique_ptr<LogReader> clone() const { return nullptr; }
  /// Of the chunk that was read last, where the reader saw them all in passing; else `import`
  /// counts them, for the places of rejects.
  virtual std::optional<std::uint64_t> line_ends() const { return std::nullopt; }
  /// The times carry no zone and the context named none: UTC is assumed. `decode` warns, `import`
  /// refuses.
  virtual bool assumes_utc() const { return false; }
  /// All events are of one mailing that the input does not name (nor did the context): `import`
  /// asks for --campaign.
  virtual bool needs_campaign() const { return false; }
  /// A word to the user about the input as a whole, which `decode` and `import` show: what keeps
  /// its records from being of use. "": nothing does.
  virtual std::string_view remark() const { return {}; }
};

/// A mapping profile of the config ([[profile]]): any table or NDJSON through columns or JSON
/// paths.
struct MappingProfile {
  std::string name;
  std::map<std::string, std::string>
      fields; // our field -> column name or JSON path ("data.user.email")
  std::map<std::string, std::map<std::string, std::string>>
      values; // our field -> its value -> ours ("event" -> "opn" -> "open")
  std::map<std::string, std::string> constants; // our field -> value for every record
  std::string time_format = "iso"; // "iso", "unix", "unix_ms", or a pattern for parse_time_as
  TimeZone zone = nullptr;
  bool zone_given = false;
  std::string records = "events";   // or "recipients"
  char separator = 0;               // 0: sniffed
  std::vector<std::string> columns; // names, where the file has no header
  std::string file;                 // glob on the file's name; empty: any file with the columns
};

struct WebTracker; // adapter/web_tracker.hpp
struct ApiAccount; // adapter/api.hpp
class Api;

/// What is known of an input besides its bytes.
struct LogContext {
  std::string_view file_name{}; // without its folder; some formats name the mailing there
  std::string_view campaign{};  // --campaign
  TimeZone zone = nullptr;      // the account's zone
  bool zone_given = false;      // it was said (nullptr then means UTC)
  Seconds written = 0; // when the input was last written, or now: the year of times without one
  const std::vector<MappingProfile>* profiles = nullptr;
  const std::vector<WebTracker>* trackers = nullptr; // [[web]], for logs of web servers
  bool contacts = false; // the user says: this is a list of contacts (`recipients import`)
};

/// What is known of a webhook request besides its bytes.
struct WebhookContext {
  Seconds received = 0;    // when it came in
  TimeZone zone = nullptr; // the account's zone
  bool zone_given = false; // it was said (nullptr then means UTC)
};

/// What the receiver of a webhook request has to fetch, by GET from the ESP's own servers.
struct WebhookNeeds {
  std::string certificate;  // before it is checked: the answer goes into the secret "certificate"
  std::string confirmation; // after it was checked, and found good: it confirms a subscription
};

/// What a source can know. Rules finer than that are off for its events (docs/scoring.md).
struct Capabilities {
  Seconds time_resolution = 1;
  bool delivery_events =
      false; // it tells deliveries; else a mail sent and not bounced counts as delivered
  bool delivery_times = false; // and when they really happened
  bool agents = false;         // user agents of opens and clicks
  bool networks = false;       // their addresses
  bool machine_flags = false;  // the ESP marks machines itself
};

/// One format that an adapter reads, for `mailfunnel adapters`.
struct FormatInfo {
  std::string_view name;   // "event webhook bodies, JSON and NDJSON"
  std::string_view yields; // "events", "campaigns", "recipients"
};

/// A key of [[account]] that only this ESP's API knows.
struct AccountKey {
  std::string_view name; // "api_key"
  std::string_view what; // "the key: Account > Extras > API keys"
  bool secret = false;   // never shown
  bool needed = true;
};

using Secrets = std::map<std::string, std::string, std::less<>>; // name -> value

class Adapter {
public:
  virtual ~Adapter() = default;
  virtual std::string_view title() const = 0; // "Acme Mail"
  virtual Capabilities capabilities() const = 0;
  virtual std::vector<FormatInfo> formats() const = 0;
  /// A reader for an input that starts with `head` (up to 64 KiB, maybe all of it), or nullptr: not
  /// ours. Must not take what another adapter's format is: look for what only this ESP writes.
  virtual std::unique_ptr<LogReader> open_log(std::string_view head,
                                              const LogContext& context) const = 0;
  /// Does its API give activity (`sync`), and take segments (`push`)?
  virtual bool has_pull() const { return false; }
  virtual bool has_push() const { return false; }
  /// What an [[account]] may say for the API, besides what all have.
  virtual std::vector<AccountKey> account_keys() const { return {}; }
  /// The API of one account of this ESP. Error usage: the config lacks what it needs; the message
  /// says which key. Error unsupported: it has none.
  virtual Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) const;
  virtual bool has_webhook() const { return false; }
  /// Is the request from the ESP? Error unauthorized: a signature or password is missing, wrong, or
  /// older than `now` allows. `secrets`: those of the account's config, and the answers to
  /// webhook_needs().
  virtual Result<void> check_webhook(const HttpRequest& request, const Secrets& secrets,
                                     Seconds now) const;
  /// Reads a request that was checked. Error bad_syntax: the body as a whole is not what this ESP
  /// sends.
  virtual Result<void> read_webhook(const HttpRequest& request, const WebhookContext& context,
                                    RecordSink& sink) const;
  /// What has to be fetched for a request. Error unauthorized: it asks for what is not the ESP's.
  virtual Result<WebhookNeeds> webhook_needs(const HttpRequest& request,
                                             const Secrets& secrets) const;
};

} // namespace mailfunnel
