#include "app/score_run.hpp"

#include "app/run_block.hpp"
#include "ingest/session.hpp"
#include "store/writing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace mailfunnel {

namespace {

/// All that the scores of a run hang on besides activity: the rules, how they are carried out, and
/// what the config says of sources.
std::string run_key(const Workspace& workspace, const Rules& rules) {
  auto key = fmt::format("{}:{}", rules.fingerprint, k_scoring_version);
  for (const auto& account : workspace.config.accounts) {
    key += fmt::format(":{}={}{}", account.name, account.esp,
                       !account.delivery_events   ? ""
                       : *account.delivery_events ? "+"
                                                  : "-");
  }
  return key;
}

/// Where the system has no thread left: when it is waited for.
template<typename Work> std::future<void> beside(Work work) {
  return std::async(std::launch::async | std::launch::deferred, std::move(work));
}

} // namespace

RunRecorder::RunRecorder(Store& store, const Workspace& workspace, const Rules& rules,
                         Seconds as_of, std::size_t worth_writing)
    : m_store(store), m_key(run_key(workspace, rules)), m_as_of(as_of), m_changes(store.changes()),
      m_worth_writing(worth_writing) {}

void RunRecorder::add(std::uint32_t chunk, const ChunkScores& scores) {
  auto packed = pack_scores(scores);
  const std::lock_guard lock(m_mutex);
  m_recipients += scores.size();
  m_waiting_bytes += packed.size();
  m_waiting.emplace_back(chunk, std::move(packed));
  if (!m_writing.valid()) {
    m_writing = beside([this] { fold_log(); });
  }
  const bool idle = m_writing.wait_for(std::chrono::seconds(0)) != std::future_status::timeout;
  if (m_waiting_bytes >= m_worth_writing && idle) {
    m_writing.get();
    m_writing = beside([this, blocks = std::exchange(m_waiting, {})] {
      if (!m_beside) {
        m_beside.emplace(Store::open_writing(m_store.path()));
      }
      write(*m_beside, blocks, 0, false);
    });
    m_waiting_bytes = 0;
  }
}

StoredRun RunRecorder::save() {
  if (m_writing.valid()) {
    m_writing.get();
  }
  m_beside.reset();
  write(m_store, m_waiting, m_waiting_bytes, true);
  m_store.checkpoint();
  return {*m_run, m_as_of, m_changes};
}

/// Where it can't be, the log stays: save() sees to it.
void RunRecorder::fold_log() {
  try {
    m_beside.emplace(Store::open_writing(m_store.path()));
    const WriterLock lock(m_store.path(), 0);
    m_beside->fold_at_once();
  } catch (const Failure&) { // NOLINT(bugprone-empty-catch): others write, or the disk is broken
  }
}

void RunRecorder::write(Store& store, const Blocks& blocks, std::size_t bytes, bool last) {
  Writing writing(store, bytes);
  auto& database = store.database();
  if (!m_run) {
    database
        .use("INSERT INTO run(created, as_of, changes, rules_hash, version, recipients, kept) "
             "VALUES (unixepoch(), ?1, ?2, ?3, ?4, 0, 2)")
        .bind(m_as_of, m_changes, m_key, k_scoring_version)
        .run();
    m_run = database.last_row();
  }
  for (const auto& [chunk, data] : blocks) {
    database.use("INSERT INTO run_block VALUES (?1, ?2, ?3)").bind(*m_run, chunk, Blob{data}).run();
  }
  if (last) {
    // The runs before, and those that somebody began to write and never ended. After the new one is
    // written: that goes to pages which were free before, and of such no journal keeps the content.
    for (const auto* table : {"run_block WHERE run", "run WHERE id"}) {
      database
          .use(fmt::format("DELETE FROM {} IN (SELECT id FROM run WHERE id <> ?2 AND (kept = 0 OR "
                           "(kept = 2 AND created < unixepoch() - ?1)))",
                           table))
          .bind(k_day, *m_run)
          .run();
    }
    database.use("UPDATE run SET kept = 0, recipients = ?2 WHERE id = ?1")
        .bind(*m_run, static_cast<std::int64_t>(m_recipients))
        .run();
  }
  writing.commit();
}

ScoreSummary run_scores(Store& store, const Workspace& workspace, const Rules& rules, Seconds as_of,
                        bool keep) {
  if (Activity(store.database()).inbox_size() != 0) {
    fold_inbox(store, workspace.threads);
  }
  const auto world = build_world(store, workspace, rules, as_of);
  const Scorer scorer(rules, world, as_of);
  std::vector<ScoreTally> tallies(std::max(workspace.threads, 1U), ScoreTally(scorer));
  RunRecorder recorder(store, workspace, rules, as_of);
  score_store(store, workspace, rules, world, as_of,
              [&](std::uint32_t chunk, StoreChunk&, ChunkScores& scores, unsigned thread) {
                tallies[thread].add(scores);
                if (keep) {
                  recorder.add(chunk, scores);
                }
              });
  if (keep) {
    recorder.save();
  }
  return summary_of(tallies);
}

std::vector<StoredRun> current_runs(Store& store, const Workspace& workspace) {
  const auto key = run_key(workspace, workspace.config.rules); // bound where it stands
  auto query = store.database().use(
      "SELECT id, as_of FROM run WHERE changes = ?1 AND rules_hash = ?2 AND kept <> 2 ORDER BY id "
      "DESC");
  const auto changes = store.changes();
  query.bind(changes, key);
  std::vector<StoredRun> runs;
  while (query.step()) {
    runs.push_back({query.integer(0), query.integer(1), changes});
  }
  return runs;
}

std::optional<StoredRun> run_of(Store& store, const Workspace& workspace, Seconds as_of) {
  const auto runs = current_runs(store, workspace);
  const auto place = std::find_if(runs.begin(), runs.end(),
                                  [as_of](const StoredRun& run) { return run.as_of == as_of; });
  return place == runs.end() ? std::nullopt : std::optional(*place);
}

void recall_chunk(Database& database, const StoredRun& run, std::uint32_t chunk, std::size_t people,
                  const Scorer& scorer, ChunkScores& scores, ScoreColumns wanted) {
  auto query = database.use("SELECT data FROM run_block WHERE run = ?1 AND chunk = ?2");
  const bool there = query.bind(run.id, chunk).step();
  if (there) {
    unpack_scores(query.blob(0), scorer, scores, wanted);
  }
  if (!there || scores.size() != people) {
    throw Failure({ErrorCode::io, "the scoring run is not of all recipients: run "
                                  "`mailfunnel score` again"});
  }
}

bool recall_scores(
    Store& store, const Workspace& workspace, const StoredRun& run, const Scorer& scorer,
    const std::function<void(std::uint32_t, StoreChunk&, ChunkScores&, unsigned)>& take,
    ScoreColumns wanted) {
  std::vector<ChunkScores> of_thread(std::max(workspace.threads, 1U));
  return each_chunk(
      store, workspace.threads,
      [&](std::uint32_t chunk, StoreChunk& source, Database& database, unsigned thread) {
        auto& scores = of_thread[thread];
        recall_chunk(database, run, chunk, source.size(), scorer, scores, wanted);
        take(chunk, source, scores, thread);
      },
      [&run](Database& database) {
        auto query =
            database.use("SELECT 1 FROM run, meta WHERE run.id = ?1 AND run.as_of = ?2 AND "
                         "run.changes = ?3 AND meta.key = 'changes' AND "
                         "CAST(meta.value AS INTEGER) = ?3");
        return query.bind(run.id, run.as_of, run.changes).step();
      });
}

std::optional<ScoreSummary> recall_summary(Store& store, const Workspace& workspace,
                                           const StoredRun& run) {
  const auto& rules = workspace.config.rules;
  const auto world = build_world(store, workspace, rules, run.as_of);
  const Scorer scorer(rules, world, run.as_of);
  std::vector<ScoreTally> tallies(std::max(workspace.threads, 1U), ScoreTally(scorer));
  const bool right = recall_scores(store, workspace, run, scorer,
                                   [&](std::uint32_t, StoreChunk&, ChunkScores& scores,
                                       unsigned thread) { tallies[thread].add(scores); });
  return right ? std::optional(summary_of(tallies)) : std::nullopt;
}

} // namespace mailfunnel
