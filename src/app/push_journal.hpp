#pragma once
// The journal of pushes: each change is noted before it is sent and once it is known to be done, so
// that a push that was cut off can be settled, and any push undone.

#include "app/push_plan.hpp"

#include <string>
#include <vector>

namespace mailfunnel {

/// Of one change. What was `sent` when a push was cut off may or may not be done.
enum class ChangeState : std::uint8_t { intended, sent, confirmed, refused, dropped };
std::string_view name_of(ChangeState state);

struct JournaledChange {
  PlannedChange planned;
  ChangeState state = ChangeState::intended;
  std::string words; // the platform's, or ours, of a refusal
};

struct PushRun {
  std::int64_t id = 0;
  std::string account, segment;
  PushConfig target;
  Seconds created = 0;
  std::string state; // running, done, stopped
  std::uint64_t added = 0, removed = 0, set = 0, refused = 0;
  std::string why; // the words of most refusals
};

std::string where_of(const PushConfig& target); // in words: news: tag "calls"
std::string to_json(const PushRun& run);        // one object

class PushJournal {
public:
  explicit PushJournal(Store& store) : m_store(&store) {}

  /// All changes as intended; returns the run's number. Takes the writer lock, as all that write.
  std::int64_t begin(const PushPlan& plan, std::optional<std::int64_t> reverts, Seconds now);
  /// `places`: in the plan's changes. Those of people whom we do not know are kept by the
  /// platform's id.
  void note(std::int64_t run, const PushPlan& plan, const std::vector<std::size_t>& places,
            ChangeState state, const std::vector<std::string>& words = {});
  void end(std::int64_t run, std::string_view state);

  /// A job at the platform that is not over.
  std::int64_t add_job(std::int64_t run, const ApiTask& task);
  void drop_job(std::int64_t id);
  std::vector<std::pair<std::int64_t, ApiTask>> jobs(std::int64_t run);

  std::vector<PushRun> runs(); // newest first
  std::optional<PushRun> run(std::int64_t id);
  std::vector<JournaledChange> changes(std::int64_t run);
  /// Was anything ever sent to this target?
  bool knows(const PushConfig& target);
  /// Of a target of fields: the addresses of those who have values there by what was confirmed.
  std::vector<std::string> holders(const PushConfig& target);
  std::vector<PushRun> unfinished(const PushConfig& target);

private:
  Store* m_store;
};

} // namespace mailfunnel
