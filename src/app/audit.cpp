#include "app/audit.hpp"

#include "app/score_run.hpp"

#include <algorithm>
#include <map>
#include <mutex>

namespace mailfunnel {

namespace {

/// What differs for one person: compares and collects.
class Comparison {
public:
  explicit Comparison(std::size_t most) : m_most(most) {}

  void compare(RecipientId id, std::string_view what, std::string stored, std::string ledger) {
    if (stored != ledger) {
      m_different = true;
      if (m_found.size() < m_most) {
        m_found.push_back({id, {"", std::string(what), std::move(stored), std::move(ledger)}});
      }
    }
  }
  bool take_different() { return std::exchange(m_different, false); }
  std::vector<std::pair<RecipientId, AuditDifference>>& found() { return m_found; }

private:
  std::size_t m_most;
  bool m_different = false;
  std::vector<std::pair<RecipientId, AuditDifference>> m_found;
};

} // namespace

Result<Audit> audit(Store& store, const Workspace& workspace, std::size_t most) {
  const auto runs = current_runs(store, workspace);
  if (runs.empty()) {
    return Error{ErrorCode::conflict,
                 "there is no scoring run of now: `mailfunnel score` makes one, then audit it"};
  }
  const auto& run = runs.front();
  const auto& rules = workspace.config.rules;
  const auto world = build_world(store, workspace, rules, run.as_of);
  prepare_crowds(world, rules.robots, workspace.threads);
  const Scorer scorer(rules, world, run.as_of);
  const ManualSuppressions manual(store.database(), run.as_of);
  Audit out;
  out.as_of = run.as_of;
  std::mutex mutex;
  std::map<RecipientId, std::vector<AuditDifference>> found;
  const auto take = [&](std::uint32_t chunk, StoreChunk& source, ChunkScores& stored, unsigned) {
    ChunkScores fresh;
    Ledger ledger;
    ledger.only_sums = true;
    scorer.score(source, manual.of_chunk(chunk), fresh, &ledger);
    // The status by what the ledgers add up to.
    fresh.score = ledger.sums;
    fresh.fit = ledger.fit_sums;
    scorer.derive(fresh);
    scorer.judge_status(source, fresh);
    Comparison comparison(most);
    std::uint64_t different = 0;
    for (std::size_t r = 0; r < stored.size(); ++r) {
      const bool same = stored.score[r] == fresh.score[r] && stored.fit[r] == fresh.fit[r] &&
                        stored.status[r] == fresh.status[r] &&
                        stored.suppressed[r] == fresh.suppressed[r];
      if (same) {
        continue;
      }
      const auto id = chunk << k_chunk_bits | static_cast<RecipientId>(r);
      comparison.compare(id, "engagement", format_points(stored.score[r]),
                         format_points(fresh.score[r]));
      comparison.compare(id, "fit", format_points(stored.fit[r]), format_points(fresh.fit[r]));
      comparison.compare(id, "status", scorer.statuses()[stored.status[r]],
                         scorer.statuses()[fresh.status[r]]);
      comparison.compare(id, "suppressed", suppression_words(stored.suppressed[r]),
                         suppression_words(fresh.suppressed[r]));
      different += comparison.take_different() ? 1 : 0;
    }
    const std::lock_guard lock(mutex);
    out.recipients += stored.size();
    out.different += different;
    for (auto& [id, difference] : comparison.found()) {
      found[id].push_back(std::move(difference));
    }
  };
  if (!recall_scores(store, workspace, run, scorer, take)) {
    return Error{ErrorCode::locked, "somebody wrote meanwhile, and the run is no longer of now: "
                                    "`mailfunnel score`, then audit again"};
  }
  Recipients recipients(store.database());
  for (auto& [id, differences] : found) {
    for (auto& difference : differences) {
      if (out.first.size() < most) {
        difference.address = recipients.address(id);
        out.first.push_back(std::move(difference));
      }
    }
  }
  return out;
}

} // namespace mailfunnel
