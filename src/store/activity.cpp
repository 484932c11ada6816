#include "store/activity.hpp"

#include "base/bytes.hpp"
#include "base/parallel.hpp"
#include "store/block.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <numeric>
#include <set>
#include <tuple>

namespace mailfunnel {

namespace {

// ---- sorting: rows come nearly by time, so a stable radix sort by recipient leaves little to do
// -----------------------

/// Stable, by 8 bits of recipient.
void radix_pass(std::span<const EventRow> from, EventRow* to, unsigned shift) {
  std::array<std::uint32_t, 257> starts{};
  for (const auto& row : from) {
    ++starts[(row.recipient >> shift & 0xFF) + 1];
  }
  std::partial_sum(starts.begin(), starts.end(), starts.begin());
  for (const auto& row : from) {
    to[starts[row.recipient >> shift & 0xFF]++] = row;
  }
}

bool row_before(const EventRow& a, const EventRow& b) {
  return a.recipient != b.recipient ? a.recipient < b.recipient
         : a.time != b.time         ? a.time < b.time
                                    : a.link < b.link;
}

/// Sorts by (recipient, time, link) where recipients are sorted already.
void sort_within_recipients(std::span<EventRow> rows) {
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (!row_before(rows[i], rows[i - 1])) {
      continue;
    }
    auto first = i - 1;
    while (first > 0 && rows[first - 1].recipient == rows[i].recipient) {
      --first;
    }
    auto end = i + 1;
    while (end < rows.size() && rows[end].recipient == rows[i].recipient) {
      ++end;
    }
    std::sort(rows.begin() + static_cast<std::ptrdiff_t>(first),
              rows.begin() + static_cast<std::ptrdiff_t>(end), row_before);
    i = end - 1;
  }
}

/// All rows of a set, sorted, in `rows`; `spare` is scratch.
void gather_sorted(const RowPages& set, std::vector<EventRow>& rows, std::vector<EventRow>& spare) {
  std::size_t n = 0;
  for (const auto page : set.pages) {
    n += page.size();
  }
  rows.clear();
  rows.reserve(n);
  std::uint32_t top = 0;
  for (const auto page : set.pages) {
    rows.insert(rows.end(), page.begin(), page.end());
  }
  for (const auto& row : rows) {
    top = std::max(top, row.recipient);
  }
  if (n < 256) {
    std::sort(rows.begin(), rows.end(), row_before);
    return;
  }
  spare.resize(n);
  for (unsigned shift = 0; shift < 32 && (top >> shift) != 0; shift += 8) {
    radix_pass(rows, spare.data(), shift);
    rows.swap(spare);
  }
  sort_within_recipients(rows);
}

std::size_t unite_neighbours(std::span<EventRow> rows, EventKind kind) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (kept != 0 && !row_before(rows[kept - 1], rows[i])) {
      unite(rows[kept - 1], rows[i], kind);
    } else {
      rows[kept++] = rows[i];
    }
  }
  return kept;
}

struct Encoded {
  std::uint64_t key;
  std::string blob;
};

std::vector<EventRow> rows_of(const EventColumns& columns) {
  std::vector<EventRow> rows;
  rows.reserve(columns.size());
  for (std::size_t k = 0; k < columns.size(); ++k) {
    rows.push_back(columns.row(k));
  }
  return rows;
}

/// In place of a block: what is left of it.
void replace_block(Database& database, std::uint64_t key, const std::vector<EventRow>& rows) {
  if (rows.empty()) {
    database.use("DELETE FROM activity WHERE key = ?1").bind(static_cast<std::int64_t>(key)).run();
  } else {
    database.use("UPDATE activity SET data = ?2 WHERE key = ?1")
        .bind(static_cast<std::int64_t>(key), Blob{encode_block(rows)})
        .run();
  }
}

} // namespace

// ---- reading
// -------------------------------------------------------------------------------------------------------

namespace {

/// Adds the rows of a part to those of the whole.
void add_part(const MergedCampaigns& merged, CampaignId part, const EventColumns& columns,
              std::vector<EventRow>& rows) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    rows.push_back(columns.row(i));
    rows.back().link = merged.link(part, rows.back().link);
  }
}

void add_rows(std::vector<EventRow>& rows, EventKind kind, EventColumns& columns) {
  normalise_rows(rows, kind);
  for (const auto& row : rows) {
    columns.append(row);
  }
}

} // namespace

ChunkActivity::ChunkActivity(Database& database, std::uint32_t chunk)
    : m_database(&database), m_chunk(chunk), m_merged(Activity(database).merged()) {
  auto query = m_database->use("SELECT key, CASE key & 255 WHEN ?3 THEN NULL ELSE data END FROM "
                               "activity WHERE key >= ?1 AND key < ?2 ORDER BY key");
  query.bind(static_cast<std::int64_t>(std::uint64_t{chunk} << 40),
             static_cast<std::int64_t>((std::uint64_t{chunk} + 1) << 40),
             static_cast<std::int64_t>(EventKind::sent));
  while (query.step()) {
    const auto key = static_cast<std::uint64_t>(query.integer(0));
    auto& set = m_sets.emplace_back();
    set.part = campaign_of(key);
    set.key = key_of(chunk, m_merged->whole(set.part), kind_of(key));
    if (kind_of(key) != EventKind::sent) {
      set.blob = query.blob(1);
    }
  }
  if (!m_merged->empty()) {
    std::stable_sort(m_sets.begin(), m_sets.end(),
                     [](const Set& a, const Set& b) { return a.key < b.key; });
  }
}

std::span<ChunkActivity::Set> ChunkActivity::find(CampaignId campaign, EventKind kind) {
  const auto key = key_of(m_chunk, campaign, kind);
  const auto place =
      std::lower_bound(m_sets.begin(), m_sets.end(), key,
                       [](const Set& set, std::uint64_t wanted) { return set.key < wanted; });
  const auto end =
      std::find_if(place, m_sets.end(), [key](const Set& set) { return set.key != key; });
  for (auto set = place; set != end; ++set) {
    if (!set->blob) { // empty: gone meanwhile, where no transaction holds it
      set->blob = Activity(*m_database).blob(m_chunk, set->part, kind).value_or("");
    }
  }
  return {place, end};
}

/// One set as it is, several united.
template<typename Read>
bool ChunkActivity::read_parts(std::span<Set> parts, EventColumns& columns, Read read) const {
  const auto block = [this](const Set& set) {
    return BlockReader(*set.blob, key_of(m_chunk, set.part, kind_of(set.key)));
  };
  if (parts.size() == 1 && parts[0].part == campaign_of(parts[0].key)) {
    if (parts[0].blob->empty()) {
      return false;
    }
    read(block(parts[0]), columns);
    return true;
  }
  std::vector<EventRow> rows;
  EventColumns some;
  bool any = false;
  for (const auto& part : parts) {
    if (!part.blob->empty()) {
      any = true;
      some.clear();
      read(block(part), some);
      add_part(*m_merged, part.part, some, rows);
    }
  }
  if (any) {
    add_rows(rows, kind_of(parts[0].key), columns);
  }
  return any;
}

bool ChunkActivity::read(CampaignId campaign, EventKind kind, EventColumns& columns) {
  columns.clear();
  return read_parts(find(campaign, kind), columns,
                    [](const BlockReader& block, EventColumns& into) { block.read_all(into); });
}

bool ChunkActivity::read_recipients(CampaignId campaign, EventKind kind,
                                    std::vector<std::uint16_t>& out) {
  out.clear();
  const auto parts = find(campaign, kind);
  if (parts.size() == 1 && parts[0].part == campaign_of(parts[0].key) && !parts[0].blob->empty()) {
    BlockReader(*parts[0].blob, parts[0].key).read_recipients(out);
    return true;
  }
  EventColumns united;
  const bool any = read_parts(
      parts, united, [](const BlockReader& block, EventColumns& into) { block.read_all(into); });
  out = united.recipient;
  return any;
}

bool ChunkActivity::read_recipients(std::uint16_t first, std::uint16_t last, CampaignId campaign,
                                    EventKind kind, EventColumns& columns) {
  return read_parts(find(campaign, kind), columns,
                    [first, last](const BlockReader& block, EventColumns& into) {
                      block.read_recipients(first, last, into);
                    });
}

std::vector<std::pair<CampaignId, EventKind>> ChunkActivity::sets() const {
  std::vector<std::pair<CampaignId, EventKind>> out;
  for (const auto& set : m_sets) {
    out.emplace_back(campaign_of(set.key), kind_of(set.key));
  }
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

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
  add_part(*m_merged, campaign, some, rows);
  for (const auto part : parts) {
    some.clear();
    any = load_own_set(chunk, part, kind, some) || any;
    add_part(*m_merged, part, some, rows);
  }
  add_rows(rows, kind, columns);
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
  const auto chunks = static_cast<std::uint32_t>(last.integer(0) >> 40) + 1;
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

constexpr std::size_t k_merged_at_once = std::size_t{16} << 20; // bytes of stored sets

std::vector<std::uint32_t> chunks_of(const RowPages& set) {
  std::vector<bool> seen;
  for (const auto page : set.pages) {
    for (const auto& row : page) {
      const auto chunk = chunk_of(row.recipient);
      seen.resize(std::max<std::size_t>(seen.size(), chunk + 1));
      seen[chunk] = true;
    }
  }
  std::vector<std::uint32_t> out;
  for (std::uint32_t chunk = 0; chunk < seen.size(); ++chunk) {
    if (seen[chunk]) {
      out.push_back(chunk);
    }
  }
  return out;
}

} // namespace

MergeCounts Activity::merge(std::span<const RowPages> sets, unsigned threads) {
  // Some sets at a time, so that not all that is stored of them is in memory at once.
  MergeCounts counts;
  StoredBlobs stored;
  std::size_t first = 0, bytes = 0;
  auto any = m_database->use("SELECT 1 FROM activity LIMIT 1");
  const bool empty = !any.step();
  any.reset();
  const auto merge_to = [&](std::size_t end) {
    const auto part = merge_some(sets.subspan(first, end - first), stored, threads);
    counts.fresh += part.fresh;
    counts.duplicate += part.duplicate;
    stored.clear();
    first = end;
    bytes = 0;
  };
  for (std::size_t i = 0; i < sets.size(); ++i) {
    auto& of_set = stored.emplace_back();
    for (const auto chunk : empty ? std::vector<std::uint32_t>() : chunks_of(sets[i])) {
      if (auto old = blob(chunk, sets[i].campaign, sets[i].kind)) {
        bytes += old->size();
        of_set.emplace(chunk, std::move(*old));
      }
    }
    if (bytes >= k_merged_at_once) {
      merge_to(i + 1);
    }
  }
  merge_to(sets.size());
  return counts;
}

/// `stored`: what there is of each set already, read up front, as one connection is one thread's.
MergeCounts Activity::merge_some(std::span<const RowPages> sets, const StoredBlobs& stored,
                                 unsigned threads) {
  struct Scratch {
    std::vector<EventRow> rows, spare, both;
    MergeCounts counts;
    std::uint32_t newest = 0;
    std::vector<Encoded> encoded;
  };
  std::vector<Scratch> scratch(std::max(threads, 1U));
  // Big sets first, so that no thread is left with one at the end.
  std::vector<std::pair<std::size_t, std::size_t>> order;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    std::size_t n = 0;
    for (const auto page : sets[i].pages) {
      n += page.size();
    }
    order.emplace_back(n, i);
  }
  std::sort(order.begin(), order.end(), std::greater<>());

  parallel_for(order.size(), threads, [&](std::size_t o, unsigned thread) {
    const auto i = order[o].second;
    const auto& set = sets[i];
    auto& mine = scratch[thread];
    gather_sorted(set, mine.rows, mine.spare);
    const auto total = mine.rows.size();
    const auto kept = unite_neighbours(mine.rows, set.kind);
    mine.counts.duplicate += total - kept;
    for (std::size_t first = 0; first < kept;) {
      const auto chunk = chunk_of(mine.rows[first].recipient);
      auto end = first;
      for (; end < kept && chunk_of(mine.rows[end].recipient) == chunk; ++end) {
        mine.rows[end].recipient = offset_of(mine.rows[end].recipient);
        mine.newest = std::max(mine.newest, mine.rows[end].time);
      }
      std::span<EventRow> fresh(mine.rows.data() + first, end - first);
      const auto key = key_of(chunk, set.campaign, set.kind);
      const auto old = stored[i].find(chunk);
      if (old == stored[i].end()) {
        mine.counts.fresh += fresh.size();
        mine.encoded.push_back({key, encode_block(fresh)});
      } else {
        EventColumns columns;
        BlockReader(old->second, key).read_all(columns);
        mine.both.clear();
        for (std::size_t k = 0; k < columns.size(); ++k) {
          mine.both.push_back(columns.row(k));
        }
        mine.both.insert(mine.both.end(), fresh.begin(), fresh.end());
        std::inplace_merge(mine.both.begin(),
                           mine.both.begin() + static_cast<std::ptrdiff_t>(columns.size()),
                           mine.both.end(), row_before);
        mine.both.resize(unite_neighbours(mine.both, set.kind));
        const auto added = mine.both.size() - columns.size();
        mine.counts.fresh += added;
        mine.counts.duplicate += fresh.size() - added;
        if (auto blob = encode_block(mine.both); blob != old->second) {
          mine.encoded.push_back({key, std::move(blob)});
        }
      }
      first = end;
    }
  });

  MergeCounts counts;
  std::vector<Encoded> encoded;
  std::uint32_t newest_time = newest();
  for (auto& mine : scratch) {
    counts.fresh += mine.counts.fresh;
    counts.duplicate += mine.counts.duplicate;
    newest_time = std::max(newest_time, mine.newest);
    std::move(mine.encoded.begin(), mine.encoded.end(), std::back_inserter(encoded));
  }
  std::sort(encoded.begin(), encoded.end(),
            [](const Encoded& a, const Encoded& b) { return a.key < b.key; });
  auto put = m_database->use(
      "INSERT INTO activity VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET data = excluded.data");
  for (const auto& block : encoded) {
    put.bind(static_cast<std::int64_t>(block.key), Blob{block.blob}).run();
  }
  if (!encoded.empty()) {
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
      if (!read.good()) {
        throw Failure({ErrorCode::io, "inbox batch " + std::to_string(query.integer(1)) +
                                          " is damaged: restore the store from a backup"});
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

void Activity::move_recipients(const std::unordered_map<RecipientId, RecipientId>& into,
                               unsigned threads) {
  // Rewrites every block that holds somebody who was merged; rare, so simple.
  std::unordered_map<std::uint64_t, std::vector<EventRow>>
      moved; // (campaign, kind) -> rows with their new ids
  std::vector<std::pair<std::uint64_t, std::vector<EventRow>>> rewritten;
  auto query = m_database->use("SELECT key, data FROM activity ORDER BY key");
  while (query.step()) {
    const auto key = static_cast<std::uint64_t>(query.integer(0));
    const auto chunk = static_cast<std::uint32_t>(key >> 40);
    EventColumns columns;
    BlockReader(query.blob(1), key).read_all(columns);
    std::vector<EventRow> rows;
    bool touched = false;
    for (std::size_t k = 0; k < columns.size(); ++k) {
      auto row = columns.row(k);
      if (const auto target = into.find(chunk << k_chunk_bits | row.recipient);
          target != into.end()) {
        row.recipient = target->second;
        moved[key & 0xFF'FFFF'FFFF].push_back(row);
        touched = true;
      } else {
        rows.push_back(row);
      }
    }
    if (touched) {
      rewritten.emplace_back(key, std::move(rows));
    }
  }
  query.reset();
  for (const auto& [key, rows] : rewritten) {
    replace_block(*m_database, key, rows);
  }
  std::vector<RowPages> sets;
  for (const auto& [key, rows] : moved) {
    sets.push_back({campaign_of(key), kind_of(key), {rows}});
  }
  merge(sets, threads);
}

// ---- what is erased, or kept long enough
// ------------------------------------------------------------------------------------

namespace {

constexpr std::uint32_t k_no_chunk = 1U << 22; // beyond all

/// Of the sets of some chunks as they stand, whatever was merged.
std::vector<std::uint64_t> stored_keys(Database& database, std::uint32_t first, std::uint32_t end) {
  std::vector<std::uint64_t> out;
  auto query = database.use("SELECT key FROM activity WHERE key >= ?1 AND key < ?2 ORDER BY key");
  query.bind(static_cast<std::int64_t>(std::uint64_t{first} << 40),
             static_cast<std::int64_t>(std::uint64_t{end} << 40));
  while (query.step()) {
    out.push_back(static_cast<std::uint64_t>(query.integer(0)));
  }
  return out;
}

} // namespace

std::map<std::pair<CampaignId, EventKind>, Activity::Removed>
Activity::remove_recipients(std::span<const RecipientId> numbers) {
  std::map<std::pair<CampaignId, EventKind>, Removed> removed;
  std::map<std::uint32_t, std::vector<std::uint16_t>> by_chunk;
  for (const auto id : numbers) {
    by_chunk[chunk_of(id)].push_back(static_cast<std::uint16_t>(offset_of(id)));
  }
  EventColumns columns;
  for (const auto& [chunk, offsets] : by_chunk) {
    for (const auto key : stored_keys(*m_database, chunk, chunk + 1)) {
      const auto bytes = blob(chunk, campaign_of(key), kind_of(key));
      const BlockReader block(*bytes, key);
      columns.clear();
      auto& counts = removed[std::pair(campaign_of(key), kind_of(key))];
      for (const auto offset : offsets) { // decodes only where they may stand
        const auto before = columns.size();
        block.read_recipients(offset, offset, columns);
        counts.people += columns.size() != before ? 1 : 0;
      }
      counts.events += columns.size();
      if (columns.size() == 0) {
        continue;
      }
      columns.clear();
      block.read_all(columns);
      auto rows = rows_of(columns);
      std::erase_if(rows, [&offsets = offsets](const EventRow& row) {
        return std::find(offsets.begin(), offsets.end(), row.recipient) != offsets.end();
      });
      replace_block(*m_database, key, rows);
    }
  }
  std::erase_if(removed, [](const auto& entry) { return entry.second.events == 0; });
  return removed;
}

void Activity::remove_from_inbox(std::span<const std::string> keys,
                                 std::map<std::pair<CampaignId, EventKind>, Removed>& removed) {
  auto events = inbox();
  std::set<std::pair<CampaignId, EventKind>> seen;
  const auto before = events.size();
  std::erase_if(events, [&](const InboxEvent& event) {
    if (!std::binary_search(keys.begin(), keys.end(), event.key)) {
      return false;
    }
    ++removed[{event.campaign, event.kind}].events;
    seen.insert({event.campaign, event.kind});
    return true;
  });
  for (const auto& set : seen) {
    auto& counts = removed[set];
    counts.people = std::max<std::uint64_t>(counts.people, 1);
  }
  if (events.size() != before) {
    clear_inbox();
    add_to_inbox(events);
  }
}

std::map<EventKind, std::uint64_t> Activity::remove_before(std::uint32_t time, std::uint32_t kinds,
                                                           bool dry_run) {
  std::map<EventKind, std::uint64_t> removed;
  EventColumns columns;
  for (const auto key : stored_keys(*m_database, 0, k_no_chunk)) {
    if ((kinds >> static_cast<unsigned>(kind_of(key)) & 1) == 0) {
      continue;
    }
    columns.clear();
    load_own_set(static_cast<std::uint32_t>(key >> 40), campaign_of(key), kind_of(key), columns);
    auto rows = rows_of(columns);
    const auto gone = std::erase_if(rows, [time](const EventRow& row) { return row.time < time; });
    if (gone != 0) {
      removed[kind_of(key)] += gone;
      if (!dry_run) {
        replace_block(*m_database, key, rows);
      }
    }
  }
  return removed;
}

} // namespace mailfunnel
