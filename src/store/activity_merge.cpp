// Fresh rows into the sets of the store, by all threads: some chunks at a time, pack by pack.

#include "base/large_memory.hpp"
#include "base/parallel.hpp"
#include "store/activity.hpp"
#include "store/blob_writer.hpp"
#include "store/block.hpp"
#include "store/set_pack.hpp"
#include "store/sorted_rows.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace mailfunnel {

namespace {

/// Sorted rows, with what tells of the same event as one; recipients as their offsets. Returns the
/// newest time.
std::uint32_t unite_sorted(std::span<const EventRow> rows, EventKind kind,
                           LargeVector<EventRow>& out) {
  out.resize(rows.size());
  std::size_t kept = 0;
  std::uint32_t newest = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    newest = std::max(newest, rows[i].time);
    if (i != 0 && same_event(rows[i - 1], rows[i])) {
      unite(out[kept - 1], rows[i], kind);
    } else {
      auto& row = out[kept++]; // put together in its place: a copy of it would wait for its parts
      row = rows[i];
      row.recipient = offset_of(row.recipient);
    }
  }
  out.resize(kept);
  return newest;
}

/// The same in the place of the rows; `out`: those that are left.
std::uint32_t unite_sorted(std::span<PlainRow> rows, std::span<const PlainRow>& out) {
  std::size_t kept = 0;
  std::uint32_t newest = 0;
  for (auto row : rows) {
    row.recipient = offset_of(row.recipient);
    newest = std::max(newest, row.time);
    kept -= kept != 0 && same_event(rows[kept - 1], row) ? 1 : 0;
    rows[kept++] = row;
  }
  out = rows.first(kept);
  return newest;
}

/// What is stored and what is fresh, each in order and without repetition, as one.
void merge_rows(const EventColumns& stored, std::span<const EventRow> fresh, EventKind kind,
                LargeVector<EventRow>& out) {
  out.clear();
  out.reserve(stored.size() + fresh.size());
  auto next = fresh.begin();
  for (std::size_t i = 0; i < stored.size(); ++i) {
    auto row = stored.row(i);
    while (next != fresh.end() && row_before(*next, row)) {
      out.push_back(*next++);
    }
    if (next != fresh.end() && same_event(row, *next)) {
      unite(row, *next++, kind);
    }
    out.push_back(row);
  }
  out.insert(out.end(), next, fresh.end());
}

/// Sets of one pack, in a row.
struct Part {
  std::size_t first, end; // sets
  std::size_t pack;       // of the round
  std::string small;      // those that are small now, as a pack; empty: none
};

/// A row of small sets, and the sets beside it that stood in it, or may come into it.
struct Pack {
  std::uint64_t key;
  std::size_t first, end;            // sets
  std::optional<std::string> stored; // as it was
  SetPack old;                       // in it
  std::size_t first_part = 0, parts = 0;
  std::atomic<std::size_t> left{0}; // parts that are not merged yet

  Pack(std::uint64_t row, std::size_t set) : key(row), first(set), end(set) {}
};

/// Some sets, all of each pack, with what is stored of them.
struct Round {
  std::deque<Pack> packs;
  std::size_t first, end;                      // sets
  std::vector<std::optional<std::string>> own; // rows of their own; none at all in an empty store

  const std::optional<std::string>& own_row(std::size_t set) const {
    static const std::optional<std::string> s_none;
    return own.empty() ? s_none : own[set - first];
  }
};

class Merger {
public:
  Merger(Database& database, unsigned threads)
      : m_database(database), m_threads(threads), m_scratch(std::max(threads, 1U)),
        m_row(database.use("SELECT data FROM activity WHERE key = ?1")),
        m_writer(database.use("INSERT INTO activity VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE "
                              "SET data = excluded.data")),
        m_empty(!database.use("SELECT 1 FROM activity LIMIT 1").step()) {}

  void merge(RowSets& sets, const std::function<void()>& write_first) {
    sets.sort();
    for (std::size_t first = 0; first < sets.size();) {
      auto round = begin_round(sets, first);
      merge_round(sets, round, first == 0 ? write_first : nullptr);
      first = round.end;
    }
  }
  /// Was anything written?
  bool any() { return m_writer.finish() || m_any_gone; }
  MergeCounts counts() const {
    MergeCounts counts;
    for (const auto& mine : m_scratch) {
      counts.fresh += mine.counts.fresh;
      counts.duplicate += mine.counts.duplicate;
    }
    return counts;
  }
  std::uint32_t newest() const {
    std::uint32_t newest = 0;
    for (const auto& mine : m_scratch) {
      newest = std::max(newest, mine.newest);
    }
    return newest;
  }

private:
  /// A thread's.
  struct Scratch {
    std::tuple<SortedRows<EventRow>, SortedRows<PlainRow>> sorted;
    // The rows of a set: either kind, and with what is stored.
    std::span<const PlainRow> plain;
    LargeVector<EventRow> fresh, both;
    EventColumns columns;
    SetPacker packer;
    std::vector<std::uint64_t> gone; // rows
    MergeCounts counts;
    std::uint32_t newest = 0;
  };

  std::optional<std::string> row(std::uint64_t key) {
    std::optional<std::string> out;
    if (m_row.bind(static_cast<std::int64_t>(key)).step()) {
      out = m_row.blob(0);
    }
    m_row.reset();
    return out;
  }
  Round begin_round(const RowSets& sets, std::size_t first);
  void merge_round(const RowSets& sets, Round& round, const std::function<void()>& write_first);
  void merge_part(const RowSets& sets, const Round& round, Part& part, Scratch& mine);
  static std::size_t put_in_order(const RowPages& set, Scratch& mine);
  static std::span<const EventRow> merged(EventKind kind, const std::optional<BlockReader>& stored,
                                          Scratch& mine);
  void write_pack(const RowSets& sets, const Pack& pack, std::span<Part> parts, Scratch& mine);

  Database& m_database;
  unsigned m_threads;
  std::vector<Scratch> m_scratch;
  Statement m_row;
  BlobWriter m_writer;
  bool m_empty; // when it began; later rounds are of other chunks
  bool m_any_gone = false;
};

/// So many that not all that is stored is in memory at once.
Round Merger::begin_round(const RowSets& sets, std::size_t first) {
  constexpr std::size_t k_stored_at_once = std::size_t{4} << 20; // bytes
  constexpr std::size_t k_sets_at_once = std::size_t{1} << 16;   // where any may be stored
  Round round;
  round.first = round.end = first;
  for (std::size_t bytes = 0;
       round.end < sets.size() && bytes < k_stored_at_once && round.own.size() < k_sets_at_once;) {
    auto& pack = round.packs.emplace_back(pack_of(sets.key(round.end)), round.end);
    if (!m_empty) {
      pack.stored = row(pack.key);
      if (pack.stored) {
        pack.old = SetPack(*pack.stored, pack.key);
        bytes += pack.stored->size();
      }
    }
    for (; pack.end < sets.size() && pack_of(sets.key(pack.end)) == pack.key; ++pack.end) {
      if (!m_empty) {
        const auto key = sets.key(pack.end);
        const auto& own = round.own.emplace_back(pack.old.find(key) ? std::nullopt : row(key));
        bytes += own ? own->size() : 0;
      }
    }
    round.end = pack.end;
  }
  return round;
}

void Merger::merge_round(const RowSets& sets, Round& round,
                         const std::function<void()>& write_first) {
  constexpr std::size_t k_rows_at_once = std::size_t{1} << 16; // worth a thread's while
  constexpr std::size_t k_stored_row = 4;                      // bytes, mostly
  std::vector<Part> parts;
  std::vector<std::size_t> pieces; // parts with which they begin
  std::size_t of_piece = k_rows_at_once;
  for (std::size_t number = 0; number < round.packs.size(); ++number) {
    auto& pack = round.packs[number];
    pack.first_part = parts.size();
    std::size_t of_part = k_rows_at_once;
    of_piece += pack.stored ? pack.stored->size() / k_stored_row : 0;
    for (auto set = pack.first; set < pack.end; ++set) {
      if (of_part >= k_rows_at_once) {
        if (of_piece >= k_rows_at_once) {
          pieces.push_back(parts.size());
          of_piece = 0;
        }
        parts.push_back({set, set, number, {}});
        of_part = 0;
      }
      const auto& own = round.own_row(set);
      const auto rows = sets[set].size() + (own ? own->size() / k_stored_row : 0);
      parts.back().end = set + 1;
      of_part += rows;
      of_piece += rows;
    }
    pack.parts = parts.size() - pack.first_part;
    pack.left = pack.parts;
  }
  pieces.push_back(parts.size());

  const std::size_t before = write_first ? 1 : 0;
  parallel_for(before + pieces.size() - 1, m_threads, [&](std::size_t item, unsigned thread) {
    if (item < before) {
      m_writer.write_beside(write_first);
      return;
    }
    const auto piece = item - before;
    for (auto i = pieces[piece]; i < pieces[piece + 1]; ++i) {
      merge_part(sets, round, parts[i], m_scratch[thread]);
      auto& pack = round.packs[parts[i].pack];
      if (pack.left.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        write_pack(sets, pack, std::span(parts).subspan(pack.first_part, pack.parts),
                   m_scratch[thread]);
      }
    }
  });
  m_writer.finish();
  for (auto& mine : m_scratch) {
    for (const auto key : std::exchange(mine.gone, {})) {
      m_database.use("DELETE FROM activity WHERE key = ?1")
          .bind(static_cast<std::int64_t>(key))
          .run();
      m_any_gone = true;
    }
  }
}

void Merger::merge_part(const RowSets& sets, const Round& round, Part& part, Scratch& mine) {
  const auto& small = round.packs[part.pack].old;
  BlobWriter::Blobs blobs;
  for (auto i = part.first; i < part.end; ++i) {
    const auto key = sets.key(i);
    const auto& own = round.own_row(i);
    std::optional<BlockReader> stored;
    if (own) {
      stored.emplace(*own, key);
    } else if (const auto place = small.find(key)) {
      stored = small.set(*place);
    }
    const auto set = sets[i];
    const auto told = put_in_order(set, mine);
    const auto count = [&](std::size_t rows) {
      const auto added = rows - mine.columns.size();
      mine.counts.fresh += added;
      mine.counts.duplicate += told - added;
    };
    if (!stored && mine.plain.size() > k_small_set) {
      mine.columns.clear();
      count(mine.plain.size());
      blobs.emplace_back(static_cast<std::int64_t>(key), encode_block(mine.plain));
      continue;
    }
    const auto rows = merged(set.kind, stored, mine);
    count(rows.size());
    if (rows.size() <= k_small_set) {
      mine.packer.add(key, rows);
      if (own) {
        mine.gone.push_back(key);
      }
    } else if (auto block = encode_block(rows); block != own) {
      blobs.emplace_back(static_cast<std::int64_t>(key), std::move(block));
    }
  }
  if (!mine.packer.empty()) {
    part.small = mine.packer.finish();
  }
  if (!blobs.empty()) {
    m_writer.put(std::move(blobs));
  }
}

/// As `plain` or `fresh`, the other is empty. Returns how many there were.
std::size_t Merger::put_in_order(const RowPages& set, Scratch& mine) {
  mine.plain = {};
  mine.fresh.clear();
  const auto take = [&]<typename Row>(Pages<Row> pages) {
    const auto rows = std::get<SortedRows<Row>>(mine.sorted).of(pages);
    std::uint32_t newest;
    if constexpr (std::is_same_v<Row, PlainRow>) {
      newest = unite_sorted(rows, mine.plain);
    } else {
      newest = unite_sorted(rows, set.kind, mine.fresh);
    }
    mine.newest = std::max(mine.newest, newest);
    return rows.size();
  };
  return std::visit(take, set.pages);
}

/// What put_in_order() left, with what is stored of the set; good until the next.
std::span<const EventRow> Merger::merged(EventKind kind, const std::optional<BlockReader>& stored,
                                         Scratch& mine) {
  for (const auto& row : mine.plain) {
    mine.fresh.push_back(RowPages::event_row(row));
  }
  mine.columns.clear();
  if (!stored) {
    return mine.fresh;
  }
  stored->read_all(mine.columns);
  merge_rows(mine.columns, mine.fresh, kind, mine.both);
  return mine.both;
}

/// What stood in the pack and is not merged stays as it is.
void Merger::write_pack(const RowSets& sets, const Pack& pack, std::span<Part> parts,
                        Scratch& mine) {
  const auto& old = pack.old;
  if (parts.size() == 1 && old.size() == 0) {
    if (!parts[0].small.empty()) {
      m_writer.put(static_cast<std::int64_t>(pack.key), std::move(parts[0].small));
    }
    return;
  }
  std::vector<SetPack> packs;
  for (const auto& part : parts) {
    if (!part.small.empty()) {
      packs.emplace_back(part.small, pack.key);
    }
  }
  std::vector<std::pair<const SetPack*, std::size_t>> all;
  auto set = pack.first;
  for (std::size_t i = 0; i < old.size(); ++i) {
    while (set < pack.end && sets.key(set) < old.key(i)) {
      ++set;
    }
    if (set == pack.end || sets.key(set) != old.key(i)) {
      all.emplace_back(&old, i);
    }
  }
  for (const auto& fresh : packs) {
    for (std::size_t i = 0; i < fresh.size(); ++i) {
      all.emplace_back(&fresh, i);
    }
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.first->key(a.second) < b.first->key(b.second);
  });
  for (const auto& [from, i] : all) {
    mine.packer.add(*from, i);
  }
  if (all.empty()) {
    if (pack.stored) {
      mine.gone.push_back(pack.key);
    }
  } else if (auto blob = mine.packer.finish(); blob != pack.stored) {
    m_writer.put(static_cast<std::int64_t>(pack.key), std::move(blob));
  }
}

} // namespace

MergeCounts Activity::merge(const NextSets& next, unsigned threads,
                            const std::function<void()>& write_first) {
  Merger merger(*m_database, threads);
  bool first = true;
  for (RowSets sets; next(sets); sets.clear()) {
    merger.merge(sets, first ? write_first : nullptr);
    first = first && sets.empty();
  }
  if (first && write_first) {
    write_first();
  }
  const auto newest_time = std::max(newest(), merger.newest());
  if (merger.any()) {
    m_database
        ->use("INSERT INTO meta VALUES ('newest', ?1) ON CONFLICT (key) DO UPDATE SET value = "
              "excluded.value")
        .bind(std::to_string(newest_time))
        .run();
  }
  return merger.counts();
}

MergeCounts Activity::merge(RowSets sets, unsigned threads,
                            const std::function<void()>& write_first) {
  bool given = false;
  return merge(
      [&](RowSets& out) {
        out = std::move(sets);
        return !std::exchange(given, true);
      },
      threads, write_first);
}

} // namespace mailfunnel
