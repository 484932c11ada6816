#pragma once
// A scoring run: everybody's score, level, grade and status at one moment, kept in the store.

#include "app/score_summary.hpp"
#include "app/workspace.hpp"

#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mailfunnel {

/// Folds the inbox, scores everybody and keeps the run as the newest. `keep`: false for a look with
/// other rules.
ScoreSummary run_scores(Store& store, const Workspace& workspace, const Rules& rules, Seconds as_of,
                        bool keep);

struct StoredRun {
  std::int64_t id = 0; // in run_block; of a run that went another may get it
  Seconds as_of = 0;
  std::int64_t changes = 0; // Store::changes() that it is of
};

/// Gathers the scores of all chunks and keeps them as the newest run. A very large one (some eight
/// million people) is written while it is still scored, so that it need not be held, and what
/// stands in the store's log goes into its file meanwhile; both by a connection of their own, as
/// others may read by the store's.
class RunRecorder {
public:
  /// Before scoring begins: what comes in meanwhile makes the run an old one. Written is whenever
  /// so many bytes wait, and in the end.
  RunRecorder(Store& store, const Workspace& workspace, const Rules& rules, Seconds as_of,
              std::size_t worth_writing = std::size_t{32} << 20);
  void add(std::uint32_t chunk, const ChunkScores& scores); // from any thread
  /// Runs that nothing left the program with are dropped then.
  StoredRun save();

private:
  using Blocks = std::vector<std::pair<std::uint32_t, std::string>>; // by chunk
  void fold_log();
  void write(Store& store, const Blocks& blocks, std::size_t bytes, bool last);

  Store& m_store;
  std::string m_key;
  Seconds m_as_of;
  std::int64_t m_changes;
  std::size_t m_worth_writing;
  std::optional<std::int64_t> m_run; // once it is begun
  std::mutex m_mutex;                // of what follows
  Blocks m_waiting;
  std::size_t m_waiting_bytes = 0;
  std::uint64_t m_recipients = 0;
  std::optional<Store> m_beside; // open while m_writing may be at work
  std::future<void> m_writing;
};

/// The runs since which neither activity nor rules nor the program changed, newest first.
std::vector<StoredRun> current_runs(Store& store, const Workspace& workspace);
/// The one of that moment, if there is one.
std::optional<StoredRun> run_of(Store& store, const Workspace& workspace, Seconds as_of);

/// The scores of the people of one chunk, from what the run kept, as unpack_scores() tells them.
void recall_chunk(Database& database, const StoredRun& run, std::uint32_t chunk, std::size_t people,
                  const Scorer& scorer, ChunkScores& scores,
                  ScoreColumns wanted = ScoreColumns::all());

/// As run_scores, from what the run kept; nothing where it is no longer right.
std::optional<ScoreSummary> recall_summary(Store& store, const Workspace& workspace,
                                           const StoredRun& run);

/// As score_store, from what the run kept. False, and nothing was taken: somebody wrote since it
/// was looked up, and it is no longer right.
bool recall_scores(Store& store, const Workspace& workspace, const StoredRun& run,
                   const Scorer& scorer,
                   const std::function<void(std::uint32_t chunk, StoreChunk&, ChunkScores&,
                                            unsigned thread)>& take,
                   ScoreColumns wanted = ScoreColumns::all());

} // namespace mailfunnel
