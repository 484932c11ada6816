#pragma once
// Plans of pushes that are kept in the store until somebody looked at them (docs/push.md).
//
//   waiting -> approved -> applying -> done, partly, failed
//   waiting, approved -> rejected    somebody does not want it
//   waiting, approved -> outdated    the platform changed since, or a newer plan took its place
//
// What is approved is exactly that plan: it can't be changed, and it is carried out as it stands or
// not at all. Only an erasure takes people out of it. All that write take the writer lock.

#include "app/push_plan.hpp"
#include "app/traces.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

enum class PlanState : std::uint8_t {
  waiting,
  approved,
  applying,
  done,
  partly,
  failed,
  rejected,
  outdated
};
std::string_view name_of(PlanState state);
std::optional<PlanState> plan_state(std::string_view name);
constexpr bool is_open(PlanState state) {
  return state <= PlanState::approved;
}

struct Approval {
  std::string who;
  Seconds at = 0;
};

struct SavedPlan {
  std::int64_t id = 0;
  std::string account, segment, target; // the target in words
  Seconds made = 0;
  std::string by; // a token's name, "schedule"; "": the command line
  PlanState state = PlanState::waiting;
  std::optional<Seconds> ended;
  std::string note; // why it failed, was rejected, is outdated
  PushQuestions asks;
  std::uint64_t members = 0, adds = 0, removes = 0, sets = 0, staying = 0, blocked = 0;
  std::optional<std::int64_t> push; // that carried it out
  std::vector<Approval> approvals;
};

/// How many people have to approve a saved plan: one, or what [push] approvals says.
unsigned approvals_wanted(const PushRules& rules);

/// One object.
std::string to_json(const SavedPlan& plan, const PushRules& rules);
/// "adds 3, removes 1, sets 0", and what a push would ask.
std::string words_of(const SavedPlan& plan);

class SavedPlans {
public:
  static constexpr std::int64_t k_kept = 300;
  static constexpr Seconds k_kept_for = 90 * k_day;

  explicit SavedPlans(Store& store) : m_store(store) {}

  /// Keeps it, waiting. An open plan of the same target that would do the same stays in its place,
  /// with its approvals; another one that still waits is outdated. Returns which it is now.
  SavedPlan save(const PushPlan& plan, const PushQuestions& asks, std::string_view by, Seconds now);

  std::vector<SavedPlan> newest(std::size_t most); // without who was erased since
  std::optional<SavedPlan> find(std::int64_t id);
  /// The plan itself. Failure: it is damaged.
  PushPlan read(std::int64_t id);
  /// The newest that is approved for this target.
  std::optional<SavedPlan> approved_for(const std::string& segment, const PushConfig& target);

  /// Errors of both: not_found; conflict: it is over; usage: nobody is named. One person counts
  /// once.
  Result<SavedPlan> approve(std::int64_t id, std::string_view who, const PushRules& rules,
                            Seconds now);
  Result<SavedPlan> reject(std::int64_t id, std::string_view who, std::string_view why,
                           Seconds now);

  /// Errors: not_found; conflict: it is not approved by as many as the rules want.
  Result<SavedPlan> may_apply(std::int64_t id, const PushRules& rules);
  /// Once, right before anything is sent. Errors: as may_apply().
  Result<void> begin(std::int64_t id, const PushRules& rules);
  void end(std::int64_t id, PlanState state, std::string_view note,
           std::optional<std::int64_t> push, Seconds now);
  /// Of an account whose lease the caller holds: what was being applied then was cut off.
  void close_left(const std::string& account, Seconds now);

  /// Plans that are old, or of which there are too many. In the caller's transaction; returns how
  /// many there are. `dry_run`: they stay.
  static std::uint64_t drop_old(Database& database, Seconds now, bool dry_run);
  /// Takes people out of all plans. In the caller's transaction; returns how many changes and
  /// reasons were about them.
  static std::uint64_t forget(Database& database, const Traces& traces);

private:
  Result<SavedPlan> open_plan(std::int64_t id);

  Store& m_store;
};

/// Takes the people out of a plan; returns how many changes and reasons were about them.
std::uint64_t take_out(PushPlan& plan, const Traces& traces);

} // namespace mailfunnel
