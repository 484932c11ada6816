#include "store/activity.hpp"

#include "base/bytes.hpp"
#include "base/large_memory.hpp"
#include "base/parallel.hpp"
#include "store/blob_writer.hpp"
#include "store/block.hpp"
#include "store/sorted_rows.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <set>
#include <tuple>

namespace mailfunnel {

namespace {

/// Sorted rows, with what tells of the same event as one; recipients as their offsets.
template<typename Row>
void unite_sorted(std::span<const Row> rows, EventKind kind, LargeVector<EventRow>& out) {
  out.resize(rows.size());
  std::size_t kept = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i != 0 && same_event(rows[i - 1], rows[i])) {
      unite(out[kept - 1], RowPages::event_row(rows[i]), kind);
    } else {
      auto& row = out[kept++]; // put together in its place: a copy of it would wait for its parts
      row = RowPages::event_row(rows[i]);
      row.recipient = offset_of(row.recipient);
    }
  }
  out.resize(kept);
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

} // namespace

std::size_t RowPages::size() const {
  return std::visit(
      [](const auto& some) {
        std::size_t count = 0;
        for (const auto page : some) {
          count += page.size();
        }
        return count;
      },
      pages);
}

std::vector<RowPages> sets_of(CampaignId campaign, EventKind kind, std::span<EventRow> rows) {
  std::sort(rows.begin(), rows.end(),
            [](const EventRow& a, const EventRow& b) { return a.recipient < b.recipient; });
  std::vector<RowPages> sets;
  for (std::size_t i = 0; i < rows.size();) {
    const auto chunk = chunk_of(rows[i].recipient);
    auto end = i;
    while (end < rows.size() && chunk_of(rows[end].recipient) == chunk) {
      ++end;
    }
    sets.push_back({chunk, campaign, kind, Pages<EventRow>{rows.subspan(i, end - i)}});
    i = end;
  }
  return sets;
}

// ---- reading
// ----

const std::shared_ptr<const MergedCampaigns>& Activity::merged() {
  if (m_merged == nullptr) {
    m_merged = std::make_shared<const MergedCampaigns>(*m_database);
  }
  return m_merged;
}

std::vector<StoredSet> Activity::sets() {
  std::vector<StoredSet> out;
  auto query = m_database->use("SELECT key, length(data) FROM activity ORDER BY key");
  while (query.step()) {
    const auto key = static_cast<std::uint64_t>(query.integer(0));
    out.push_back({static_cast<std::uint32_t>(key >> 40), merged()->whole(campaign_of(key)),
                   kind_of(key), static_cast<std::uint64_t>(query.integer(1))});
  }
  if (merged()->empty()) {
    return out;
  }
  const auto place = [](const StoredSet& set) {
    return std::tie(set.chunk, set.campaign, set.kind);
  };
  std::stable_sort(out.begin(), out.end(),
                   [&](const StoredSet& a, const StoredSet& b) { return place(a) < place(b); });
  std::vector<StoredSet> united;
  for (const auto& set : out) {
    if (!united.empty() && place(united.back()) == place(set)) {
      united.back().bytes += set.bytes;
    } else {
      united.push_back(set);
    }
  }
  return united;
}

std::optional<std::string> Activity::blob(std::uint32_t chunk, CampaignId campaign,
                                          EventKind kind) {
  auto query = m_database->use("SELECT data FROM activity WHERE key = ?1");
  query.bind(static_cast<std::int64_t>(key_of(chunk, campaign, kind)));
  return query.step() ? std::optional(std::string(query.blob(0))) : std::nullopt;
}

bool Activity::load_set(std::uint32_t chunk, CampaignId campaign, EventKind kind,
                        EventColumns& columns) {
  const auto parts = merged()->parts(campaign);
  if (parts.empty()) {
    return load_own_set(chunk, campaign, kind, columns);
  }
  std::vector<EventRow> rows;
  EventColumns some;
  bool any = load_own_set(chunk, campaign, kind, some);
  m_merged->add_part(campaign, some, rows);
  for (const auto part : parts) {
    some.clear();
    any = load_own_set(chunk, part, kind, some) || any;
    m_merged->add_part(part, some, rows);
  }
  append_united(rows, kind, columns);
  return any;
}

bool Activity::load_own_set(std::uint32_t chunk, CampaignId campaign, EventKind kind,
                            EventColumns& columns) {
  const auto key = key_of(chunk, campaign, kind);
  auto query = m_database->use("SELECT data FROM activity WHERE key = ?1");
  query.bind(static_cast<std::int64_t>(key));
  if (!query.step()) {
    return false;
  }
  BlockReader(query.blob(0), key).read_all(columns);
  return true;
}

std::optional<EventRow> find_event(const EventColumns& columns, std::uint16_t recipient,
                                   std::uint32_t time, LinkNumber link) {
  const auto range =
      std::equal_range(columns.recipient.begin(), columns.recipient.end(), recipient);
  for (auto place = range.first; place != range.second; ++place) {
    const auto row = columns.row(static_cast<std::size_t>(place - columns.recipient.begin()));
    if (row.time == time && row.link == link) {
      return row;
    }
  }
  return std::nullopt;
}

std::map<std::pair<CampaignId, EventKind>, std::uint64_t> Activity::counts() {
  std::map<std::pair<CampaignId, EventKind>, std::uint64_t> out;
  std::set<std::uint64_t> united; // sets of which there may be several parts
  auto query = m_database->use("SELECT key, data FROM activity");
  while (query.step()) {
    const auto key = static_cast<std::uint64_t>(query.integer(0));
    const auto whole = merged()->whole(campaign_of(key));
    if (m_merged->parts(whole).empty()) {
      out[{whole, kind_of(key)}] += BlockReader(query.blob(1), key).size();
    } else {
      united.insert(key_of(static_cast<std::uint32_t>(key >> 40), whole, kind_of(key)));
    }
  }
  query.reset();
  EventColumns columns;
  for (const auto key : united) {
    columns.clear();
    load_set(static_cast<std::uint32_t>(key >> 40), campaign_of(key), kind_of(key), columns);
    out[{campaign_of(key), kind_of(key)}] += columns.size();
  }
  return out;
}

bool Activity::any(CampaignId campaign, EventKind kind) {
  auto last = m_database->use("SELECT max(key) FROM activity");
  if (!last.step() || last.is_null(0)) {
    return false;
  }
  // A look a chunk and part: a scan would read a page of every set.
  const auto newest = static_cast<std::uint64_t>(last.integer(0)) >> 40;
  if (newest > std::numeric_limits<RecipientId>::max() >> k_chunk_bits) {
    damaged("the table activity");
  }
  const auto chunks = static_cast<std::uint32_t>(newest) + 1;
  const auto others = merged()->parts(campaign);
  std::vector<CampaignId> parts(others.begin(), others.end());
  parts.push_back(campaign);
  auto query = m_database->use("SELECT 1 FROM activity WHERE key = ?1");
  bool found = false;
  for (std::uint32_t chunk = 0; chunk < chunks && !found; ++chunk) {
    for (const auto part : parts) {
      found = found || query.bind(static_cast<std::int64_t>(key_of(chunk, part, kind))).step();
      query.reset();
    }
  }
  return found;
}

std::uint32_t Activity::newest() {
  auto query = m_database->use("SELECT value FROM meta WHERE key = 'newest'");
  return query.step() ? static_cast<std::uint32_t>(std::stoul(std::string(query.text(0)))) : 0;
}

// ---- merging
// -------------------------------------------------------------------------------------------------------

namespace {

constexpr std::size_t k_merged_at_once = std::size_t{4} << 20; // bytes of stored sets
constexpr std::size_t k_rows_at_once = std::size_t{1} << 16;   // of a thread

std::uint64_t key_of(const RowPages& set) {
  return key_of(set.chunk, set.campaign, set.kind);
}

/// Neighbours, so many that they are worth a thread's while: where each begins, and the end.
std::vector<std::size_t> pieces_of(std::span<const RowPages> sets,
                                   std::span<const std::optional<std::string>> stored) {
  constexpr std::size_t k_stored_row = 4; // bytes, mostly
  std::vector<std::size_t> begins;
  std::size_t rows = k_rows_at_once;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    if (rows >= k_rows_at_once) {
      begins.push_back(i);
      rows = 0;
    }
    rows += sets[i].size() + (stored[i] ? stored[i]->size() / k_stored_row : 0);
  }
  begins.push_back(sets.size());
  return begins;
}

} // namespace

MergeCounts Activity::merge(std::vector<RowPages> sets, unsigned threads,
                            const std::function<void()>& write_first) {
  // In the order of the table, which then is gone through once.
  std::sort(sets.begin(), sets.end(),
            [](const RowPages& a, const RowPages& b) { return key_of(a) < key_of(b); });
  // Some sets at a time, so that not all that is stored of them is in memory at once.
  MergeCounts counts;
  std::vector<std::optional<std::string>> stored;
  std::size_t first = 0, bytes = 0;
  auto any = m_database->use("SELECT 1 FROM activity LIMIT 1");
  const bool empty = !any.step();
  any.reset();
  const auto merge_to = [&](std::size_t end) {
    const auto part = merge_some(std::span(sets).subspan(first, end - first), stored, threads,
                                 first == 0 ? write_first : nullptr);
    counts.fresh += part.fresh;
    counts.duplicate += part.duplicate;
    stored.clear();
    first = end;
    bytes = 0;
  };
  for (std::size_t i = 0; i < sets.size(); ++i) {
    stored.push_back(empty ? std::nullopt : blob(sets[i].chunk, sets[i].campaign, sets[i].kind));
    bytes += stored.back() ? stored.back()->size() : 0;
    if (bytes >= k_merged_at_once) {
      merge_to(i + 1);
    }
  }
  merge_to(sets.size());
  return counts;
}

MergeCounts Activity::merge_some(std::span<const RowPages> sets,
                                 std::span<const std::optional<std::string>> stored,
                                 unsigned threads, const std::function<void()>& write_first) {
  struct Scratch {
    std::tuple<SortedRows<EventRow>, SortedRows<PlainRow>> sorted;
    LargeVector<EventRow> fresh, both;
    EventColumns columns;
    MergeCounts counts;
    std::uint32_t newest = 0;
  };
  std::vector<Scratch> scratch(std::max(threads, 1U));
  BlobWriter writer(m_database->use("INSERT INTO activity VALUES (?1, ?2) ON CONFLICT (key) DO "
                                    "UPDATE SET data = excluded.data"));
  /// The block of a set, where it is another than before.
  const auto merged = [](const RowPages& set, const std::optional<std::string>& old,
                         Scratch& mine) -> std::optional<std::string> {
    std::size_t told = 0;
    std::visit(
        [&]<typename Row>(const Pages<Row>& pages) {
          const auto rows = std::get<SortedRows<Row>>(mine.sorted).of(pages);
          unite_sorted(rows, set.kind, mine.fresh);
          told = rows.size();
        },
        set.pages);
    for (const auto& row : mine.fresh) {
      mine.newest = std::max(mine.newest, row.time);
    }
    if (!old) {
      mine.counts.fresh += mine.fresh.size();
      mine.counts.duplicate += told - mine.fresh.size();
      return encode_block(mine.fresh);
    }
    mine.columns.clear();
    BlockReader(*old, key_of(set)).read_all(mine.columns);
    merge_rows(mine.columns, mine.fresh, set.kind, mine.both);
    const auto added = mine.both.size() - mine.columns.size();
    mine.counts.fresh += added;
    mine.counts.duplicate += told - added;
    auto block = encode_block(mine.both);
    return block == *old ? std::nullopt : std::optional(std::move(block));
  };
  const auto pieces = pieces_of(sets, stored);
  const std::size_t before = write_first ? 1 : 0;
  parallel_for(before + pieces.size() - 1, threads, [&](std::size_t item, unsigned thread) {
    if (item < before) {
      writer.write_beside(write_first);
      return;
    }
    const auto piece = item - before;
    BlobWriter::Blobs blobs;
    for (auto i = pieces[piece]; i < pieces[piece + 1]; ++i) {
      if (auto block = merged(sets[i], stored[i], scratch[thread])) {
        blobs.emplace_back(static_cast<std::int64_t>(key_of(sets[i])), std::move(*block));
      }
    }
    writer.put(std::move(blobs));
  });

  MergeCounts counts;
  std::uint32_t newest_time = newest();
  for (auto& mine : scratch) {
    counts.fresh += mine.counts.fresh;
    counts.duplicate += mine.counts.duplicate;
    newest_time = std::max(newest_time, mine.newest);
  }
  if (writer.finish()) {
    m_database
        ->use("INSERT INTO meta VALUES ('newest', ?1) ON CONFLICT (key) DO UPDATE SET value = "
              "excluded.value")
        .bind(std::to_string(newest_time))
        .run();
  }
  return counts;
}

// ---- inbox
// ---------------------------------------------------------------------------------------------------------

std::vector<InboxEvent> Activity::inbox() {
  std::vector<InboxEvent> events;
  auto query = m_database->use("SELECT data, id FROM inbox ORDER BY id");
  while (query.step()) {
    ByteReader read(query.blob(0));
    while (read.left() != 0) {
      InboxEvent event;
      event.campaign = read.number<CampaignId>();
      event.kind = static_cast<EventKind>(read.number<std::uint8_t>());
      event.row = read.number<EventRow>();
      event.key = read.text();
      if (!read.good() || static_cast<std::size_t>(event.kind) >= k_event_kinds) {
        damaged("inbox batch " + std::to_string(query.integer(1)));
      }
      events.push_back(std::move(event));
    }
  }
  return events;
}

std::vector<InboxEvent> Activity::waiting() {
  auto events = inbox();
  for (auto& event : events) {
    event.row.link = merged()->link(event.campaign, event.row.link);
    event.campaign = m_merged->whole(event.campaign);
  }
  return events;
}

std::uint64_t Activity::inbox_size() {
  auto query = m_database->use("SELECT coalesce(sum(events), 0) FROM inbox");
  query.step();
  return static_cast<std::uint64_t>(query.integer(0));
}

void Activity::add_to_inbox(std::span<const InboxEvent> events) {
  if (events.empty()) {
    return;
  }
  std::string data;
  ByteWriter write(data);
  for (const auto& event : events) {
    write.number(event.campaign);
    write.number(static_cast<std::uint8_t>(event.kind));
    write.number(event.row);
    write.text(event.key);
  }
  m_database->use("INSERT INTO inbox(events, data) VALUES (?1, ?2)")
      .bind(static_cast<std::int64_t>(events.size()), Blob{data})
      .run();
}

void Activity::clear_inbox() {
  m_database->execute("DELETE FROM inbox");
}

} // namespace mailfunnel
