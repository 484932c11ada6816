#pragma once
// One person after the other as the funnel sees a person. The chunk that was last looked into stays
// loaded, and who asks for neighbours gets a whole block of them decoded together.

#include "store/chunk_source.hpp"

#include <optional>
#include <vector>

namespace mailfunnel {

class SqlPeople {
public:
  explicit SqlPeople(Database& database) : m_database(database) {}

  /// Without the inbox.
  PersonSource person(RecipientId id);

private:
  static constexpr std::uint32_t k_none = ~0U;
  PersonSource::Events events_of(RecipientId id);
  void load_block(std::uint32_t block);

  Database& m_database;
  std::uint32_t m_chunk = k_none, m_block = k_none, m_asked_block = k_none;
  std::optional<ChunkActivity> m_activity;    // of m_chunk
  std::vector<PersonSource::Events> m_events; // of m_block, by recipient
};

} // namespace mailfunnel
