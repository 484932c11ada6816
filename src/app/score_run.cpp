#include "app/score_run.hpp"

#include "app/run_block.hpp"
#include "base/parallel.hpp"
#include "ingest/session.hpp"

#include <fmt/format.h>

#include <atomic>
#include <mutex>

namespace mailfunnel {

namespace {

struct Tally {
  std::uint64_t suppressed = 0, disagreeing = 0, unknown_fit = 0, recipients = 0;
  std::vector<std::uint64_t> by_status;
  std::vector<std::vector<std::uint64_t>> matrix;
  std::map<std::int64_t, std::uint64_t> histogram;

  void add(const ChunkScores& scores, const Scorer& scorer) {
    by_status.resize(scorer.statuses().size());
    matrix.resize(scorer.rules().levels.levels(),
                  std::vector<std::uint64_t>(scorer.rules().levels.grades()));
    const bool scale_is_status = scorer.rules().status.model == StatusModel::scale;
    std::vector<std::uint64_t> near(512); // counts of -256 to 255 points; the rest goes to the map
    for (std::size_t r = 0; r < scores.size(); ++r) {
      ++by_status[scores.status[r]];
      ++matrix[scores.level[r] - 1U][scores.grade[r]];
      suppressed += scores.suppressed[r] != 0;
      disagreeing += !scale_is_status && scores.status[r] != scores.scale_status[r];
      unknown_fit += scores.fit_known[r] == 0;
      const auto points = scores.score[r] >= 0 ? scores.score[r] / k_point
                                               : -((-scores.score[r] + k_point - 1) / k_point);
      if (points >= -256 && points < 256) {
        ++near[static_cast<std::size_t>(points + 256)];
      } else {
        ++histogram[points];
      }
    }
    for (std::size_t i = 0; i < near.size(); ++i) {
      if (near[i] != 0) {
        histogram[static_cast<std::int64_t>(i) - 256] += near[i];
      }
    }
    recipients += scores.size();
  }
};

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

std::vector<std::string> warnings_of(const ScoreSummary& summary) {
  std::vector<std::string> out;
  for (std::size_t s = 0; s < summary.statuses.size(); ++s) {
    const auto share = summary.recipients == 0 ? 0.0
                                               : 100.0 * static_cast<double>(summary.by_status[s]) /
                                                     static_cast<double>(summary.recipients);
    if (summary.by_status[s] == 0) {
      out.push_back(fmt::format("nobody is {}: are the cuts in [levels] too high for this list?",
                                summary.statuses[s]));
    } else if (share > 30 && s > 0) {
      out.push_back(fmt::format("{:.0f} % are {}: are the cuts in [levels] too low for this list?",
                                share, summary.statuses[s]));
    }
  }
  return out;
}

} // namespace

ScoreSummary run_scores(Store& store, const Workspace& workspace, const Rules& rules, Seconds as_of,
                        bool keep) {
  if (Activity(store.database()).inbox_size() != 0) {
    fold_inbox(store, workspace.threads);
  }
  const auto world =
      build_world(store.database(), workspace.config, rules.tagging, workspace.registry, as_of);
  const Scorer scorer(rules, world, as_of);
  std::vector<Tally> tallies(std::max(workspace.threads, 1U));
  std::map<std::uint32_t, std::string> blocks;
  std::mutex mutex;
  const auto changes = store.changes();
  score_store(store, workspace, rules, world, as_of,
              [&](std::uint32_t chunk, StoreChunk&, ChunkScores& scores, unsigned thread) {
                tallies[thread].add(scores, scorer);
                if (keep) {
                  auto packed = pack_scores(scores);
                  const std::lock_guard lock(mutex);
                  blocks.emplace(chunk, std::move(packed));
                }
              });
  ScoreSummary summary;
  summary.as_of = as_of;
  summary.statuses = scorer.statuses();
  summary.by_status.resize(summary.statuses.size());
  summary.matrix.resize(rules.levels.levels(), std::vector<std::uint64_t>(rules.levels.grades()));
  for (const auto& tally : tallies) {
    summary.recipients += tally.recipients;
    summary.suppressed += tally.suppressed;
    summary.disagreeing += tally.disagreeing;
    summary.unknown_fit += tally.unknown_fit;
    for (std::size_t i = 0; i < tally.by_status.size(); ++i) {
      summary.by_status[i] += tally.by_status[i];
    }
    for (std::size_t level = 0; level < tally.matrix.size(); ++level) {
      for (std::size_t grade = 0; grade < tally.matrix[level].size(); ++grade) {
        summary.matrix[level][grade] += tally.matrix[level][grade];
      }
    }
    for (const auto& [points, count] : tally.histogram) {
      summary.histogram[points] += count;
    }
  }
  summary.warnings = warnings_of(summary);
  if (!keep) {
    return summary;
  }
  const WriterLock lock(store.path());
  auto& database = store.database();
  Transaction transaction(database);
  database.execute("DELETE FROM run_block WHERE run IN (SELECT id FROM run WHERE kept = 0); DELETE "
                   "FROM run WHERE kept = 0");
  database
      .use("INSERT INTO run(created, as_of, changes, rules_hash, rules, recipients) VALUES "
           "(unixepoch(), ?1, ?2, ?3, '', ?4)")
      .bind(as_of, changes, run_key(workspace, rules),
            static_cast<std::int64_t>(summary.recipients))
      .run();
  const auto run = database.last_row();
  for (const auto& [chunk, data] : blocks) {
    database.use("INSERT INTO run_block VALUES (?1, ?2, ?3)").bind(run, chunk, Blob{data}).run();
  }
  transaction.commit();
  store.checkpoint();
  return summary;
}

std::optional<StoredRun> current_run(Store& store, const Workspace& workspace) {
  auto query = store.database().use(
      "SELECT as_of, changes, rules_hash, id FROM run ORDER BY id DESC LIMIT 1");
  if (!query.step() || query.integer(1) != store.changes() ||
      query.text(2) != run_key(workspace, workspace.config.rules)) {
    return std::nullopt;
  }
  return StoredRun{query.integer(3), query.integer(0)};
}

void recall_scores(
    Store& store, const Workspace& workspace, const StoredRun& run, const Scorer& scorer,
    const std::function<void(std::uint32_t, StoreChunk&, ChunkScores&, unsigned)>& take) {
  const auto recipients = Recipients(store.database()).count();
  const auto chunks = (std::uint64_t{recipients} + k_chunk_size - 1) >> k_chunk_bits;
  std::atomic<std::uint32_t> next{0};
  on_threads(std::max(workspace.threads, 1U), [&](unsigned thread) {
    auto database = store.reader();
    ChunkScores scores;
    for (std::uint32_t chunk; (chunk = next.fetch_add(1)) < chunks;) {
      StoreChunk source(database, chunk, recipients);
      auto query = database.use("SELECT data FROM run_block WHERE run = ?1 AND chunk = ?2");
      if (!query.bind(run.id, chunk).step()) {
        throw Failure({ErrorCode::io,
                       "a part of the scoring run is missing: run `mailfunnel "
                       "score` again",
                       store.path()});
      }
      unpack_scores(query.blob(0), scorer, scores);
      if (scores.size() != source.size()) {
        throw Failure({ErrorCode::io,
                       "the scoring run is of other recipients: run `mailfunnel "
                       "score` again",
                       store.path()});
      }
      take(chunk, source, scores, thread);
    }
  });
}

} // namespace mailfunnel
