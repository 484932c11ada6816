#pragma once
// An ESP's API as values: an adapter describes each request and reads each answer; src/net sends,
// src/app decides when. What is still to be asked is a list of ApiTasks, which can be saved between
// any two answers: so a sync or push that was cut off goes on where it was.
//
//   pull()   -> first tasks; each answer yields records, more tasks, and marks for the next time
//   look()   -> what a push target holds now: members
//   change() -> the requests that make it what it shall be; each answer yields outcomes
//
// An Api has no state but what its account's config says: the same task gives the same request.

#include "adapter/adapter.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailfunnel {

/// What the config says of one account ([[account]]).
struct ApiAccount {
  std::string base_url; // as given; empty: the ESP's own
  Secrets secrets;      // api_key, client_id, …: whatever the adapter's README names
  std::string list;     // the audience, list or client that the account is about; may be empty
  std::map<std::string, std::string, std::less<>> settings; // other keys, such as "domain"
  TimeZone zone = nullptr;                                  // of times that name none
  bool zone_given = false;

  std::string_view secret(std::string_view name) const;
  std::string_view setting(std::string_view name) const;
};

/// One thing to ask.
struct ApiTask {
  std::string step;       // the adapter's word for it: "campaigns", "opens"
  std::string campaign{}; // of which mailing; or of which list
  std::string place{};    // where in it: an offset, a token, a URL, the id of a job
  std::string memo{};     // what the answer's reading needs to know besides
  Seconds since = 0, until = 0;
  std::int64_t rank = 0; // higher ones are asked first: the time a mailing was sent
  unsigned wait = 0;     // seconds to wait before: for polling a job
  double calls = 1;   // how many requests will come of it, with its further pages: for --estimate
  std::string body{}; // of a request that changes something

  bool operator==(const ApiTask&) const = default;
};

/// Where each stream was read up to, as the adapter wrote it: name -> value.
using ApiMarks = std::map<std::string, std::string, std::less<>>;

struct PullRequest {
  Seconds now = 0;
  Seconds since = 0; // nothing older is wanted
  bool full = false; // as if there were no marks
  ApiMarks marks;
};

/// The ESP's own figures for one mailing; those it does not tell are absent.
struct MailingTotals {
  std::string campaign;
  std::optional<std::uint64_t> sent, delivered, opens, unique_opens, clicks, unique_clicks,
      hard_bounces, soft_bounces, unsubscribes, complaints;
  std::optional<std::uint64_t>
      unique_opens_by_people; // without those that the ESP holds for machines
};

/// Where a segment goes to. Names are the config's words.
enum class TargetKind : std::uint8_t { segment, list, group, tag, fields, suppression };
std::string_view name_of(TargetKind kind);
std::optional<TargetKind> target_kind(std::string_view name);

struct PushTarget {
  TargetKind kind = TargetKind::segment;
  std::string name;                // at the ESP; of `fields`: the segment's
  std::string list;                // in which list or audience; empty: the account's
  std::vector<std::string> fields; // kind fields: the names at the ESP, in the order of the values

  bool operator==(const PushTarget&) const = default;
};

/// What a kind of target is at this ESP.
struct TargetInfo {
  TargetKind kind;
  std::string_view what;           // "a tag (static segment) of the audience"
  bool starts_automations = false; // somebody added may start one, and the ESP has no switch
};

/// Somebody as the ESP has him or her now.
struct TargetMember {
  std::string address; // as the ESP gives it; may be empty where only ids are listed
  std::string contact_id;
  bool in_target = false;                            // kind fields: has a record there
  Subscription subscription = Subscription::unknown; // at the target's list, or account-wide
  std::vector<std::string> fields;                   // values of PushTarget::fields
};

/// What shall become of one member.
struct MemberChange {
  enum class Action : std::uint8_t { add, remove, set };
  Action action = Action::add;
  std::string address, contact_id;
  std::vector<std::string> fields; // of `set`, and of `add` where the target has fields
};

/// One request of a push, and whom it is about: indices into the changes it was made from.
struct PushStep {
  ApiTask task;
  std::vector<std::size_t> changes;
};

/// What became of one change of a step. `place`: in the step's changes.
struct PushOutcome {
  enum class State : std::uint8_t { done, refused };
  State state = State::done;
  std::string words{}; // the ESP's, of a refusal
};

/// Takes what an answer holds.
class ApiSink {
public:
  virtual ~ApiSink() = default;
  /// Events, recipients and campaigns.
  virtual RecordSink& records() = 0;
  /// More to ask: the next page, what a list leads to, a job to poll. It goes on with the mailing
  /// that has the highest rank.
  virtual void next(ApiTask task) = 0;
  /// For the next time: kept in the transaction that keeps the answer's records. "" forgets it.
  virtual void mark(std::string_view stream, std::string_view value) = 0;
  /// The mark that stands there now; "" for none.
  virtual std::string_view marked(std::string_view stream) const = 0;
  virtual void totals(const MailingTotals& totals) = 0;
  /// A word to the user, once a sync: what the key has no right to, what the ESP does not keep.
  virtual void note(std::string_view text) = 0;

  // Of push tasks.
  /// The target is there, and this is its id at the ESP. Without a call after look() it is not.
  virtual void target(std::string_view id) = 0;
  virtual void member(const TargetMember& member) = 0;
  /// Of the change with this address or, where the ESP answers by that, contact id. Those of a step
  /// that nothing was said of when its last task is answered are done.
  virtual void outcome(std::string_view address_or_id, const PushOutcome& outcome) = 0;

  /// The answer does not tell what became of whom: the target is to be looked at again.
  virtual void unsure() = 0;

  // Of check().
  virtual void fact(std::string_view name, std::string_view value, bool good) = 0;
  // Of refresh(): the new value of a secret.
  virtual void secret(std::string_view name, std::string_view value) = 0;
};

/// Some of an API may be asked less often than the rest of it.
struct PathLimit {
  std::string path; // what the path of the URL begins with: "/v3/messages"
  double per_second = 0;
};

/// How much an ESP lets one account ask.
struct ApiLimits {
  double per_second = 5, burst = 5;
  unsigned connections = 4; // at a time
  double per_day = 0;       // 0: not stated; for --estimate
  /// The first that fits holds. As servers differ in it by plan, it counts from the first 429
  /// on that does not say how long to wait.
  std::vector<PathLimit> paths{};
};

class Api {
public:
  virtual ~Api() = default;
  virtual ApiLimits limits() const = 0;
  /// Scheme and host of every request: nothing else is ever called. The first is the base URL's.
  virtual std::vector<std::string> origins() const = 0;

  virtual HttpRequest request(const ApiTask& task) const = 0;
  /// Reads the answer to a task. Error bad_syntax: it is not what the ESP answers (cut off, a page
  /// of HTML): the task is asked again. Nothing may have been put into the sink then that a second
  /// reading would not put there again. Error unauthorized: the ESP says with status 200 that the
  /// token is no longer good; as with status 401, the task is asked again with a new one.
  virtual Result<void> read(const ApiTask& task, const HttpResponse& answer,
                            ApiSink& sink) const = 0;
  /// Does read() know what to do with this status? Else those beyond 2xx are errors.
  virtual bool understands(const ApiTask& task, int status) const;
  /// Of a task that asks about a job of the ESP, or for a page by a token: the one that starts it
  /// anew, where the ESP does not know the job or the token any more.
  virtual std::optional<ApiTask> restart(const ApiTask& task) const;
  /// The ESP's own words in the answer to a request that it refused; "" where there are none.
  virtual std::string problem(const HttpResponse& answer) const;

  // ---- pull
  virtual bool can_pull() const { return false; }
  /// Does a finished pull hold every open since PullRequest::since? Else nobody's silence is held
  /// against him or her.
  virtual bool pulls_opens() const { return true; }
  virtual std::vector<ApiTask> pull(const PullRequest& request) const;
  /// Of these tasks the answer is needed to know how much there is to ask (`sync --estimate`).
  virtual bool discovers(const ApiTask& task) const;

  // ---- push
  virtual std::vector<TargetInfo> targets() const { return {}; }
  /// Finds the target and tells its members, with the subscription of everybody in `wanted`
  /// (addresses, normalised) that the ESP knows. Who is not told is no contact there. Asked also
  /// where the target is not there yet. Of fields those in `wanted` may be all that are told.
  virtual Result<std::vector<ApiTask>> look(const PushTarget& target,
                                            std::span<const std::string> wanted) const;
  /// Who of `asked` is in the target, or which values they have: what is left of a push of which it
  /// is not known what was done. Subscriptions are not asked for. Unless it is of fields, the
  /// members of the target tell, and look() without anybody wanted gives all of them.
  virtual Result<std::vector<ApiTask>> look_at_members(const PushTarget& target,
                                                       std::span<const std::string> asked) const;
  /// Makes a target that is not there; its answer tells target().
  virtual Result<std::vector<ApiTask>> create(const PushTarget& target) const;
  /// As few requests as the ESP's limits allow.
  virtual Result<std::vector<PushStep>> change(const PushTarget& target, std::string_view id,
                                               std::span<const MemberChange> changes) const;

  // ---- and besides
  /// Requests whose answers tell whether key, rights and list are good.
  virtual std::vector<ApiTask> check() const { return {}; }
  /// The request for a new access token, where the ESP has such and the account's secrets suffice.
  virtual std::optional<ApiTask> refresh() const { return std::nullopt; }
};

/// A task as JSON, and back. Bodies are left out: they hold people, and are made again.
std::string to_json(const ApiTask& task);
Result<ApiTask> api_task(std::string_view json);

} // namespace mailfunnel
