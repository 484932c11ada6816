#include "ingest/row_bucket.hpp"

namespace mailfunnel {

/// From few, as a mailing may have few, to so many that each chunk gets some at once.
template<typename Row> [[gnu::noinline]] void ChunkedRows<Row>::make_room(RowMemory& memory) {
  constexpr std::size_t k_fewest = 8, k_most = 512;
  if (m_waiting.size() == k_most) {
    place(waiting(), memory);
    m_next = 0;
  } else {
    const auto before = m_waiting.size();
    m_waiting.resize(std::max(k_fewest, 4 * before));
    memory.beside += (m_waiting.size() - before) * sizeof(Row);
  }
}

template<typename Row> void ChunkedRows<Row>::deal_out(RowMemory& memory) {
  if (dealt()) {
    place(waiting(), memory);
    m_next = 0;
  } else {
    sort_waiting();
  }
}

template<typename Row> void ChunkedRows<Row>::sort_waiting() {
  std::stable_sort(waiting().begin(), waiting().end(), [](const Row& a, const Row& b) {
    return chunk_of(a.recipient) < chunk_of(b.recipient);
  });
}

template<typename Row> std::uint32_t ChunkedRows<Row>::chunks() const {
  if (dealt()) {
    return static_cast<std::uint32_t>(m_rooms.size());
  }
  return m_next == 0 ? 0 : chunk_of(m_waiting[m_next - 1].recipient) + 1;
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

template<typename Row>
std::uint32_t ChunkedRows<Row>::add_to(RowSets& sets, std::uint32_t chunk, std::uint32_t& begin) {
  if (!dealt()) {
    const auto all = std::span<const Row>(waiting());
    auto end = begin;
    while (end < all.size() && chunk_of(all[end].recipient) == chunk) {
      ++end;
    }
    if (end != begin) {
      sets.add(all.subspan(begin, end - begin));
    }
    begin = end;
    return end < all.size() ? chunk_of(all[end].recipient) : RowBucket::k_no_chunk;
  }
  each_page(chunk, [&sets](std::span<Row> page) {
    if (!page.empty()) {
      sets.add(std::span<const Row>(page));
    }
  });
  return chunk + 1 < m_rooms.size() ? chunk + 1 : RowBucket::k_no_chunk;
}

template class ChunkedRows<EventRow>;
template class ChunkedRows<PlainRow>;

} // namespace mailfunnel
