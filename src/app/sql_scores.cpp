#include "app/sql_scores.hpp"

#include "app/sql_snapshot.hpp"

namespace mailfunnel {

namespace {
constexpr std::uint32_t k_worth_a_chunk = 16; // people scored alone
}

SqlScores::Row SqlScores::of(RecipientId id, bool times) {
  const auto chunk = chunk_of(id);
  const bool there = chunk == m_chunk && (m_times || !times);
  if (!there && (times || !m_snapshot.run())) {
    m_alone = chunk == m_alone_chunk ? m_alone + 1 : 1;
    m_alone_chunk = chunk;
    if (m_alone < k_worth_a_chunk) {
      return score_alone(id);
    }
  }
  return {of_chunk(chunk, times), offset_of(id)};
}

std::shared_ptr<const ChunkScores> SqlScores::of_chunk(std::uint32_t chunk, bool times) {
  if (chunk == m_chunk && (m_times || !times)) {
    return m_columns;
  }
  m_snapshot.check_stopped();
  auto scores = std::make_shared<ChunkScores>();
  const auto& scorer = m_snapshot.scorer();
  StoreChunk source(m_snapshot.database(), chunk, m_snapshot.recipients());
  if (!times && m_snapshot.run()) {
    recall_chunk(m_snapshot.database(), *m_snapshot.run(), chunk, source.size(), scorer, *scores);
  } else {
    times = true;
    m_snapshot.world_of_everybody();
    scorer.score(source, m_snapshot.manual().of_chunk(chunk), *scores);
    scorer.judge_status(source, *scores);
  }
  m_chunk = chunk;
  m_times = times;
  m_columns = scores;
  return scores;
}

SqlScores::Row SqlScores::score_alone(RecipientId id) {
  auto scores = std::make_shared<ChunkScores>();
  auto person = m_snapshot.people().person(id);
  const ManualSuppression manual{{0, m_snapshot.manual().of(id)}};
  m_snapshot.scorer().score(person, &manual, *scores);
  m_snapshot.scorer().judge_status(person, *scores);
  return {std::move(scores), 0};
}

} // namespace mailfunnel
