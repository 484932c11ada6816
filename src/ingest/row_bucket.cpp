#include "ingest/row_bucket.hpp"

namespace mailfunnel {

/// From few, as a mailing may have few, to so many that each chunk gets some at once.
template<typename Row> [[gnu::noinline]] void ChunkedRows<Row>::make_room(RowMemory& memory) {
  constexpr std::size_t k_fewest = 8, k_most = 512;
  if (m_waiting.size() == k_most) {
    place(waiting(), memory);
    m_next = 0;
    return;
  }
  const auto rows = std::max(k_fewest, 4 * m_waiting.size());
  const std::span room(memory.take<Row>(rows), rows);
  if (!m_waiting.empty()) {
    std::copy(m_waiting.begin(), m_waiting.end(), room.begin());
    memory.give(m_waiting.data(), m_waiting.size());
  }
  m_waiting = room;
}

template<typename Row> void ChunkedRows<Row>::deal_out(RowMemory& memory) {
  if (chunks() != 0) {
    place(waiting(), memory);
    m_next = 0;
  }
}

template<typename Row> void ChunkedRows<Row>::place(std::span<const Row> rows, RowMemory& memory) {
  for (const auto& row : rows) {
    const auto chunk = chunk_of(row.recipient);
    if (chunk >= m_rooms.size() || m_rooms[chunk].next == m_rooms[chunk].end) {
      add_page(chunk, memory);
    }
    *m_rooms[chunk].next++ = row;
  }
}

template<typename Row> void ChunkedRows<Row>::add_page(std::uint32_t chunk, RowMemory& memory) {
  if (chunk >= m_rooms.size()) {
    memory.beside += (chunk + 1 - m_rooms.size()) * (sizeof(Room) + sizeof(m_pages[0]));
    m_rooms.resize(std::size_t{chunk} + 1);
    m_pages.resize(std::size_t{chunk} + 1);
  }
  auto& room = m_rooms[chunk];
  auto& pages = m_pages[chunk];
  if (room.next != nullptr) { // else it is the first, or the rows before it were renumbered
    pages.back() = {pages.back().data(), room.next};
  }
  constexpr std::size_t k_first = 8, k_largest = 256; // rows
  const auto rows =
      pages.empty() ? k_first : std::clamp(pages.back().size() * 4, k_first, k_largest);
  room.next = memory.arena.take<Row>(rows);
  room.end = room.next + rows;
  pages.emplace_back(room.next, rows);
  memory.beside += 2 * sizeof(pages[0]); // with what a vector keeps ahead
}

template class ChunkedRows<EventRow>;
template class ChunkedRows<PlainRow>;

[[gnu::noinline]] void RowBuckets::make(std::size_t place) {
  if (place >= m_buckets.size()) {
    const auto before = m_buckets.capacity();
    m_buckets.resize(place + 1);
    m_memory.beside += (m_buckets.capacity() - before) * sizeof(m_buckets[0]);
  }
  m_buckets[place] = std::make_unique<RowBucket>(static_cast<EventKind>(place % k_event_kinds));
  m_memory.beside += sizeof(RowBucket);
}

void RowBuckets::deal_out() {
  for (auto& bucket : m_buckets) {
    if (bucket) {
      bucket->visit([this](auto& rows) { rows.deal_out(m_memory); });
    }
  }
}

void RowBuckets::clear() {
  m_buckets.clear();
  m_buckets.shrink_to_fit();
  m_memory.clear();
}

} // namespace mailfunnel
