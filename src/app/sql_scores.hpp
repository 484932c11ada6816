#pragma once
// Scores for the tables of SQL: of the stored run where it is right, else made when they are asked
// for. One person is scored alone; who asks for many of a chunk gets the chunk scored.

#include "funnel/scorer.hpp"

#include <memory>

namespace mailfunnel {

class SqlSnapshot;

class SqlScores {
public:
  explicit SqlScores(SqlSnapshot& snapshot) : m_snapshot(snapshot) {}

  /// One person's place in columns that stay as long as they are held.
  struct Row {
    std::shared_ptr<const ChunkScores> columns;
    std::size_t place = 0;
  };
  /// `times`: with last_open and last_click, which the run does not keep.
  Row of(RecipientId id, bool times);
  std::shared_ptr<const ChunkScores> of_chunk(std::uint32_t chunk, bool times);

private:
  static constexpr std::uint32_t k_none = ~0U;
  Row score_alone(RecipientId id);

  SqlSnapshot& m_snapshot;
  std::uint32_t m_chunk = k_none, m_alone_chunk = k_none, m_alone = 0;
  bool m_times = false;
  std::shared_ptr<const ChunkScores> m_columns; // of m_chunk
};

} // namespace mailfunnel
