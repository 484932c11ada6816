#pragma once
// Events of one campaign and kind while an import gathers them: dealt out to the chunks of their
// recipients as they come, so that each is at hand when its block is written. Those of a small
// mailing stay together, as they came (GatheredRows deals them out).

#include "base/large_memory.hpp"
#include "ingest/address_book.hpp"
#include "store/activity.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <variant>
#include <vector>

namespace mailfunnel {

/// Of all buckets of a thread.
struct RowMemory {
  LargeArena arena;       // of their rows
  std::size_t beside = 0; // bytes of their tables

  /// Room for rows of a bucket that grows: what one outgrew is the next one's.
  template<typename Row> Row* take(std::size_t rows) {
    auto& spare = m_spare[size_class(rows * sizeof(Row))];
    if (spare.empty()) {
      return arena.take<Row>(rows);
    }
    auto* const room = static_cast<Row*>(spare.back());
    spare.pop_back();
    return room;
  }
  template<typename Row> void give(Row* room, std::size_t rows) {
    m_spare[size_class(rows * sizeof(Row))].push_back(room);
  }
  std::size_t bytes() const { return arena.taken() + beside; }
  void clear() {
    arena.clear();
    beside = 0;
    m_spare = {};
  }

private:
  /// Of 64 bytes, 128 and on; no more than a bucket's largest.
  static std::size_t size_class(std::size_t bytes) {
    return static_cast<std::size_t>(std::bit_width(bytes / 64)) - 1;
  }
  std::array<std::vector<void*>, 8> m_spare;
};

/// Whose rows are not kept.
constexpr RecipientId k_not_kept = AddressBook::k_refused;

/// Each chunk's in pages of an arena. They are dealt out some hundred at a time: one by one, amid
/// all that an import does with a record, each would wait for the memory of its chunk by itself.
template<typename Row> class ChunkedRows {
public:
  /// Room for one more, not set.
  Row& next(RowMemory& memory) {
    if (m_next == m_waiting.size()) {
      make_room(memory);
    }
    return m_waiting[m_next++];
  }
  /// Before what follows, and after the last next(): if some were dealt out, the rest is.
  void deal_out(RowMemory& memory);

  /// Those that were not, in the order in which they came.
  std::span<Row> waiting() { return m_waiting.first(m_next); }
  /// Below which the others are.
  std::uint32_t chunks() const { return static_cast<std::uint32_t>(m_rooms.size()); }
  /// Calls see(page) with the others of a chunk, in the order in which they came.
  template<typename See> void each_page(std::uint32_t chunk, See see);
  /// Calls see(rows) with all, piece by piece.
  template<typename See> void each_piece(See see);
  /// Gives each row the recipient change(recipient), who may be of another chunk. Rows of
  /// k_not_kept are taken away; returns how many.
  template<typename Change> std::uint64_t renumber(Change change, RowMemory& memory);

private:
  void make_room(RowMemory& memory);
  void place(std::span<const Row> rows, RowMemory& memory);
  void add_page(std::uint32_t chunk, RowMemory& memory);
  struct Room {
    Row *next = nullptr, *end = nullptr; // in the last page
  };
  std::span<Row> m_waiting;                         // with room
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
  /// The times of those that are left; false: there are none.
  bool measure();
  std::uint32_t first() const { return m_first; } // times of the earliest and latest row
  std::uint32_t last() const { return m_last; }
  /// Calls see(rows) with its ChunkedRows.
  template<typename See> auto visit(See see) { return std::visit(see, m_rows); }

private:
  std::variant<ChunkedRows<EventRow>, ChunkedRows<PlainRow>> m_rows;
  std::uint32_t m_first = ~0U, m_last = 0;
};

/// All buckets of a thread, by campaign * k_event_kinds + kind. One that has no rows does not
/// exist.
class RowBuckets {
public:
  void push(std::size_t place, const EventRow& row, std::uint32_t recipient) {
    if (place >= m_buckets.size() || !m_buckets[place]) {
      make(place);
    }
    m_buckets[place]->push(row, recipient, m_memory);
  }
  /// Before what follows, and after the last push().
  void deal_out();
  RowBucket* find(std::size_t place) {
    return place < m_buckets.size() ? m_buckets[place].get() : nullptr;
  }
  /// Gives each row the recipient change(recipient). Rows of k_not_kept are taken away; returns how
  /// many.
  template<typename Change> std::uint64_t renumber(Change change);
  /// Takes all rows of others over, likewise with the recipient change(recipient).
  template<typename Change> std::uint64_t take(RowBuckets& others, Change change);
  /// Gives each row of a bucket that has a link the link change(link).
  template<typename Change> void renumber_links(std::size_t place, Change change);

  std::size_t bytes() const { return m_memory.bytes(); }
  void clear();

private:
  void make(std::size_t place);
  RowMemory m_memory;
  std::vector<std::unique_ptr<RowBucket>> m_buckets;
};

template<typename Row>
template<typename See>
void ChunkedRows<Row>::each_page(std::uint32_t chunk, See see) {
  const auto& pages = m_pages[chunk];
  for (std::size_t i = 0; i < pages.size(); ++i) {
    const bool has_room = i + 1 == pages.size() && m_rooms[chunk].next != nullptr;
    see(has_room ? std::span<Row>(pages[i].data(), m_rooms[chunk].next) : pages[i]);
  }
}

template<typename Row> template<typename See> void ChunkedRows<Row>::each_piece(See see) {
  for (std::uint32_t chunk = 0; chunk < chunks(); ++chunk) {
    each_page(chunk, see);
  }
  see(waiting());
}

template<typename Row>
template<typename Change>
std::uint64_t ChunkedRows<Row>::renumber(Change change, RowMemory& memory) {
  std::vector<Row> moved;
  std::uint64_t taken_away = 0;
  /// Puts those that stay to the front; returns how many.
  const auto keep = [&](std::span<Row> rows, auto stays) {
    std::size_t kept = 0;
    for (auto row : rows) {
      row.recipient = change(row.recipient);
      if (row.recipient == k_not_kept) {
        ++taken_away;
      } else if (stays(row)) {
        rows[kept++] = row;
      } else {
        moved.push_back(row);
      }
    }
    return kept;
  };
  for (std::uint32_t chunk = 0; chunk < chunks(); ++chunk) {
    std::vector<std::span<Row>> pages;
    each_page(chunk, [&](std::span<Row> page) {
      pages.push_back(page.first(
          keep(page, [chunk](const Row& row) { return chunk_of(row.recipient) == chunk; })));
    });
    m_rooms[chunk] = {}; // what comes next begins a page
    m_pages[chunk] = std::move(pages);
  }
  m_next = keep(waiting(), [](const Row&) { return true; });
  place(moved, memory);
  return taken_away;
}

inline bool RowBucket::measure() {
  m_first = ~0U;
  m_last = 0;
  visit([this](auto& rows) {
    rows.each_piece([this](auto piece) {
      for (const auto& row : piece) {
        m_first = std::min(m_first, row.time);
        m_last = std::max(m_last, row.time);
      }
    });
  });
  return m_first <= m_last;
}

template<typename Change> std::uint64_t RowBuckets::renumber(Change change) {
  std::uint64_t taken_away = 0;
  for (auto& bucket : m_buckets) {
    if (bucket) {
      const auto nobodys =
          bucket->visit([&](auto& rows) { return rows.renumber(change, m_memory); });
      taken_away += nobodys;
      if (nobodys != 0 && !bucket->measure()) {
        bucket.reset();
      }
    }
  }
  return taken_away;
}

template<typename Change> std::uint64_t RowBuckets::take(RowBuckets& others, Change change) {
  std::uint64_t taken_away = 0;
  for (std::size_t place = 0; place < others.m_buckets.size(); ++place) {
    if (!others.m_buckets[place]) {
      continue;
    }
    others.m_buckets[place]->visit([&]<typename Row>(ChunkedRows<Row>& rows) {
      rows.each_piece([&](std::span<const Row> piece) {
        for (const auto& row : piece) {
          const auto recipient = change(row.recipient);
          if (recipient == k_not_kept) {
            ++taken_away;
            continue;
          }
          EventRow taken{};
          if constexpr (std::is_same_v<Row, EventRow>) {
            taken = row;
          } else {
            taken.time = row.time;
          }
          push(place, taken, recipient);
        }
      });
    });
  }
  others.clear();
  return taken_away;
}

template<typename Change> void RowBuckets::renumber_links(std::size_t place, Change change) {
  if (auto* const bucket = find(place)) {
    bucket->visit([&change]<typename Row>(ChunkedRows<Row>& rows) {
      if constexpr (std::is_same_v<Row, EventRow>) {
        rows.each_piece([&change](std::span<EventRow> piece) {
          for (auto& row : piece) {
            row.link = row.link == 0 ? row.link : change(row.link);
          }
        });
      }
    });
  }
}

} // namespace mailfunnel
