#pragma once
// `mailfunnel push`: a plan carried out, step by step, each in the journal. Interrupted anywhere
// and started again it ends in the same state, and nothing is done twice.
//
// Nobody's subscription is ever set, nobody suppressed is ever added (asked when planning, and
// again right before each request), nobody is made a contact.

#include "app/account_lease.hpp"
#include "app/push_journal.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mailfunnel {

struct PushHooks {
  std::function<void(const std::string& what, std::uint64_t done, std::uint64_t total)> progress;
};

struct PushResult {
  std::int64_t run = 0; // of the journal; 0: there was nothing to do
  std::uint64_t added = 0, removed = 0, set = 0, requests = 0;
  std::vector<BlockedMember> refused; // by the platform, or by us at the last moment
  std::optional<Error> error;         // why it went on no further
};

class Pusher {
public:
  /// Holds the account's lease; Failure (locked): another sync or push of it is running.
  Pusher(Store& store, const Workspace& workspace, const std::string& account,
         const ConnectionSettings& settings, Seconds now);

  ApiConnection& connection() { return m_connection; }

  /// What became of pushes to this target that were cut off: jobs are waited for, and the target is
  /// asked what is done. Before a new plan is made.
  Result<void> settle(const PushConfig& target);
  Result<MadePlan> plan(const SegmentConfig& segment, const PushConfig& target);
  /// Is what the platform has still what the plan was made from? Error conflict: no. Also takes out
  /// of the plan who must not be added any more.
  Result<void> refresh(PushPlan& saved);
  /// The inverse of a run, as far as it still holds, with all guards.
  Result<PushPlan> inverse(std::int64_t run);

  PushResult apply(PushPlan plan, const PushHooks& hooks,
                   std::optional<std::int64_t> reverts = std::nullopt);

private:
  struct Step;
  Result<std::string> make_target(const PushPlan& plan);
  /// The last function before the socket.
  std::optional<Error> send(std::int64_t run, const PushPlan& plan, Step& step, PushResult& result);
  std::optional<Error> look_again(std::int64_t run, const PushPlan& plan, Step& step,
                                  PushResult& result);
  std::vector<std::size_t> bar(const PushPlan& plan, const std::vector<std::size_t>& places,
                               std::vector<std::string>& why);
  void count(const PushPlan& plan, std::size_t place, PushResult& result) const;

  Store& m_store;
  const Workspace& m_workspace;
  Seconds m_now;
  ApiConnection m_connection;
  AccountLease m_lease;
  PushJournal m_journal;
  SuppressionCheck m_suppression;
  std::string m_last_words; // of a job that could not be asked about
};

} // namespace mailfunnel
