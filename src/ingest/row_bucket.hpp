#pragma once
// Events of one campaign and kind while an import gathers them: dealt out to the chunks of their
// recipients as they come, so that each is at hand when its block is written.

#include "base/large_memory.hpp"
#include "store/activity.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

namespace mailfunnel {

/// Of all buckets of a thread.
struct RowMemory {
  LargeArena arena;       // of their pages
  std::size_t beside = 0; // bytes of their tables

  std::size_t bytes() const { return arena.taken() + beside; }
  void clear() {
    arena.clear();
    beside = 0;
  }
};

/// Each chunk's in pages of an arena. They are dealt out some hundred at a time: one by one, amid
/// all that an import does with a record, each would wait for the memory of its chunk by itself.
/// Where there are no more than that (of a thousand small mailings) none is: they are put in order.
template<typename Row> class ChunkedRows {
public:
  /// Room for one more, not set.
  Row& next(RowMemory& memory) {
    if (m_next == m_waiting.size()) {
      make_room(memory);
    }
    return m_waiting[m_next++];
  }
  /// Before what follows, and after the last next().
  void deal_out(RowMemory& memory);

  std::uint32_t chunks() const;
  /// Calls see(page) with those of a chunk below chunks(), in the order in which they came.
  template<typename See> void each_page(std::uint32_t chunk, See see);
  /// As RowBucket::add_to.
  std::uint32_t add_to(RowSets& sets, std::uint32_t chunk, std::uint32_t& begin);
  /// Gives each row the recipient change(recipient), who may be of another chunk.
  template<typename Change> void renumber(Change change, RowMemory& memory);

private:
  bool dealt() const { return !m_rooms.empty(); }
  std::span<Row> waiting() { return std::span(m_waiting).first(m_next); }
  void sort_waiting();
  void make_room(RowMemory& memory);
  void place(std::span<const Row> rows, RowMemory& memory);
  void add_page(std::uint32_t chunk, RowMemory& memory);
  struct Room {
    Row *next = nullptr, *end = nullptr; // in the last page
  };
  std::vector<Row> m_waiting;
  std::size_t m_next = 0;                           // in m_waiting
  std::vector<Room> m_rooms;                        // by chunk
  std::vector<std::vector<std::span<Row>>> m_pages; // likewise; the last one with its room
};

class RowBucket {
public:
  explicit RowBucket(EventKind kind) {
    if (is_plain(kind)) {
      m_rows.emplace<ChunkedRows<PlainRow>>();
    }
  }
  void push(const EventRow& row, std::uint32_t recipient, RowMemory& memory) {
    m_first = std::min(m_first, row.time);
    m_last = std::max(m_last, row.time);
    if (auto* const plain = std::get_if<ChunkedRows<PlainRow>>(&m_rows)) {
      plain->next(memory) = {recipient, row.time};
      return;
    }
    auto& placed = std::get_if<ChunkedRows<EventRow>>(&m_rows)->next(memory);
    placed = row;
    placed.recipient = recipient; // last: a copy of what was just written in part would wait for it
  }
  /// Before what follows, and after the last push().
  void deal_out(RowMemory& memory) {
    std::visit([&](auto& rows) { rows.deal_out(memory); }, m_rows);
  }
  bool empty() const { return m_first > m_last; }
  std::uint32_t first() const { return m_first; } // times of the earliest and latest row
  std::uint32_t last() const { return m_last; }
  std::uint32_t chunks() const {
    return std::visit([](const auto& rows) { return rows.chunks(); }, m_rows);
  }
  /// Adds those of the chunk to the set that was begun. For who goes through the chunks in order,
  /// each time with the same `begin`, which is 0 at first: returns which is the next to have any,
  /// k_no_chunk: none.
  std::uint32_t add_to(RowSets& sets, std::uint32_t chunk, std::uint32_t& begin) {
    return std::visit([&](auto& rows) { return rows.add_to(sets, chunk, begin); }, m_rows);
  }
  static constexpr std::uint32_t k_no_chunk = ~0U;
  template<typename Change> void renumber(Change change, RowMemory& memory) {
    std::visit([&](auto& rows) { rows.renumber(change, memory); }, m_rows);
  }
  /// Gives each row that has one the link change(link).
  template<typename Change> void renumber_links(Change change);

private:
  std::variant<ChunkedRows<EventRow>, ChunkedRows<PlainRow>> m_rows;
  std::uint32_t m_first = ~0U, m_last = 0;
};

template<typename Row>
template<typename Change>
void ChunkedRows<Row>::renumber(Change change, RowMemory& memory) {
  if (!dealt()) {
    for (auto& row : waiting()) {
      row.recipient = change(row.recipient);
    }
    sort_waiting();
    return;
  }
  std::vector<Row> moved;
  for (std::uint32_t chunk = 0; chunk < chunks(); ++chunk) {
    std::vector<std::span<Row>> pages;
    each_page(chunk, [&](std::span<Row> page) {
      for (auto& row : page) {
        row.recipient = change(row.recipient);
        if (chunk_of(row.recipient) != chunk) {
          moved.push_back(row);
        }
      }
      const auto kept = std::remove_if(page.begin(), page.end(), [chunk](const Row& row) {
        return chunk_of(row.recipient) != chunk;
      });
      pages.push_back(page.first(static_cast<std::size_t>(kept - page.begin())));
    });
    m_rooms[chunk] = {}; // what comes next begins a page
    m_pages[chunk] = std::move(pages);
  }
  place(moved, memory);
}

template<typename Row>
template<typename See>
void ChunkedRows<Row>::each_page(std::uint32_t chunk, See see) {
  if (!dealt()) {
    const auto all = waiting();
    const auto at = [](const Row& row, std::uint32_t place) {
      return chunk_of(row.recipient) < place;
    };
    const auto first = std::lower_bound(all.begin(), all.end(), chunk, at);
    see(std::span<Row>(first, std::lower_bound(first, all.end(), chunk + 1, at)));
    return;
  }
  const auto& pages = m_pages[chunk];
  for (std::size_t i = 0; i < pages.size(); ++i) {
    const bool has_room = i + 1 == pages.size() && m_rooms[chunk].next != nullptr;
    see(has_room ? std::span<Row>(pages[i].data(), m_rooms[chunk].next) : pages[i]);
  }
}

template<typename Change> void RowBucket::renumber_links(Change change) {
  auto* const rows = std::get_if<ChunkedRows<EventRow>>(&m_rows);
  for (std::uint32_t chunk = 0; rows != nullptr && chunk < rows->chunks(); ++chunk) {
    rows->each_page(chunk, [&change](std::span<EventRow> page) {
      for (auto& row : page) {
        row.link = row.link == 0 ? row.link : change(row.link);
      }
    });
  }
}

} // namespace mailfunnel
