#pragma once
// Who of the store belongs into a target, and who never may be there, at one moment.

#include "app/score_run.hpp"
#include "app/workspace.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mailfunnel {

/// The suppressed_by bits that keep people out of a segment of this use.
std::uint8_t barring(SegmentUse use);

/// Somebody whom the segment's expression matches, or whose place in it is held.
struct SegmentPerson {
  RecipientId recipient = 0;
  std::string address;
  bool matches = false;
  /// Why he or she is kept out all the same: "unsubscribed", "unsubscribed at newsletter",
  /// "[audience] exclude". "": is not.
  std::string barred;
  /// The status changed less than the hold time ago: neither in nor out for now.
  bool held = false;
  std::vector<std::string> values; // of the target's fields
};

struct SegmentPeople {
  Seconds as_of = 0;
  StoredRun run; // kept by whoever sends it out
  std::shared_ptr<const World> world;
  std::vector<SegmentPerson> people; // hottest first
};

/// Scores everybody at `as_of` and, where the segment asks for a status, at as_of - hold
/// (docs/push.md).
SegmentPeople people_of(Store& store, const Workspace& workspace, const SegmentConfig& segment,
                        const PushConfig& target, Seconds as_of);

/// Who must not be added to anything that mails go to, and who to nothing at all: by the newest
/// that the store knows. Asked again before every request.
class SuppressionCheck {
public:
  SuppressionCheck(Store& store, const Workspace& workspace, Seconds now);
  /// Reads the store, if anything was written since the last time.
  void look();
  /// Why not: "complained"; "" where nothing speaks against it. By the last look.
  std::string bars(RecipientId recipient, SegmentUse use) const;

private:
  Store& m_store;
  const Workspace& m_workspace;
  Seconds m_now;
  std::int64_t m_changes = -1; // of the store, when it was looked at
  std::unordered_map<RecipientId, std::uint8_t> m_suppressed;
  std::unordered_map<RecipientId, std::string> m_left; // by a subscription of some account
};

} // namespace mailfunnel
