#pragma once
// What a push would change at a platform: the difference between who belongs into a target and who
// is in it now. Nothing is sent to make it but questions.

#include "app/api_connection.hpp"
#include "app/push_people.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mailfunnel {

struct PlannedChange {
  RecipientId recipient = 0; // k_nobody: the platform has somebody whom we do not know
  MemberChange change;
  std::vector<std::string> before; // values of fields now
};
constexpr RecipientId k_nobody = ~RecipientId{0};

struct BlockedMember {
  std::string address, reason;
};

struct PushPlan {
  std::string segment;
  SegmentUse use = SegmentUse::mailing;
  PushConfig target;
  Seconds made = 0, as_of = 0;
  std::int64_t run = 0; // the scoring run
  bool target_there = false;
  std::string target_id;
  bool first = false; // nothing was ever sent to this target
  bool may_start_automations = false;
  std::uint64_t members = 0;          // in the target now
  std::uint64_t staying = 0;          // of them, without a change
  std::string base;                   // what the platform has now, as one number
  std::vector<PlannedChange> changes; // adds, then removes, then sets
  std::vector<BlockedMember> blocked;

  std::uint64_t count(MemberChange::Action action) const;
};

/// What the user is to say before it is done; "" where nothing.
struct PushQuestions {
  std::string large_removal; // --allow-large-removal
  std::string confirm;       // --yes
};
PushQuestions questions(const PushPlan& plan, const PushRules& rules);

/// What a platform has of a target.
struct TargetState {
  bool there = false;
  std::string id;
  /// By address (normalised); the platform's own id where it tells no address.
  std::map<std::string, TargetMember, std::less<>> members;
  std::string fingerprint() const;
  /// Whom a change is about, by address, else by contact id; nullptr: the platform does not know.
  const TargetMember* find(const MemberChange& change) const;
};

/// The same values, as far as a platform keeps them: numbers may come back written otherwise.
bool same_values(const std::vector<std::string>& a, const std::vector<std::string>& b);

/// Errors: see TaskRun::run(); and of every answer that is missing, as a plan needs all of them.
Result<TargetState> look_at_target(ApiConnection& connection, const PushConfig& target,
                                   const std::vector<std::string>& wanted);
/// Likewise, without subscriptions: whether changes of those who are asked about are done.
Result<TargetState> look_at_members(ApiConnection& connection, const PushConfig& target,
                                    const std::vector<std::string>& asked);

/// A plan, and the scoring run that it is of: keep_run() is the caller's, when it goes out.
struct MadePlan {
  PushPlan plan;
  StoredRun run;
  std::shared_ptr<const World> world;
};
/// The plan for one target of a segment. `holders`: who has values there by us, of a target of
/// fields (addresses): he or she may have left the segment.
Result<MadePlan> make_plan(Store& store, const Workspace& workspace, ApiConnection& connection,
                           const SegmentConfig& segment, const PushConfig& target,
                           const std::vector<std::string>& holders, Seconds now);
PushPlan plan_of(const SegmentPeople& people, const TargetState& state,
                 const SegmentConfig& segment, const PushConfig& target);

PushTarget target_of(const PushConfig& config);

std::string to_json(const PushPlan& plan);
/// Error bad_syntax: it is no plan, or one of another version.
Result<PushPlan> read_plan(std::string_view json);

} // namespace mailfunnel
