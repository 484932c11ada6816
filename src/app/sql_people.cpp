#include "app/sql_people.hpp"

namespace mailfunnel {

PersonSource SqlPeople::person(RecipientId id) {
  if (chunk_of(id) != m_chunk) {
    m_chunk = k_none;
    m_activity.emplace(m_database, chunk_of(id));
    m_chunk = chunk_of(id);
  }
  const auto block = id >> k_recipient_block_bits;
  if (block != m_block && block == m_asked_block) { // the second one of it
    load_block(block);
  }
  m_asked_block = block;
  return {m_database, id, events_of(id)};
}

PersonSource::Events SqlPeople::events_of(RecipientId id) {
  if (id >> k_recipient_block_bits == m_block) {
    return m_events[id & (k_recipient_block - 1)];
  }
  PersonSource::Events events;
  EventColumns columns;
  for (const auto& [campaign, kind] : m_activity->sets()) {
    columns.clear();
    m_activity->read_recipients(offset_of(id), offset_of(id), campaign, kind, columns);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      auto row = columns.row(i);
      row.recipient = 0;
      events[{campaign, kind}].push_back(row);
    }
  }
  return events;
}

void SqlPeople::load_block(std::uint32_t block) {
  m_block = k_none;
  m_events.assign(k_recipient_block, {});
  const auto first = offset_of(block << k_recipient_block_bits);
  const auto last = static_cast<std::uint16_t>(first + (k_recipient_block - 1));
  EventColumns columns;
  for (const auto& [campaign, kind] : m_activity->sets()) {
    columns.clear();
    m_activity->read_recipients(first, last, campaign, kind, columns);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      auto row = columns.row(i);
      auto& events = m_events[row.recipient - first];
      row.recipient = 0;
      events[{campaign, kind}].push_back(row);
    }
  }
  m_block = block;
}

} // namespace mailfunnel
