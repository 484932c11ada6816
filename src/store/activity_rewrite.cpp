// What changes events that are there: people who turn out to be one, erasure, and what was kept
// long enough. Rare, so simple: a block is read, changed and written whole.

#include "store/activity.hpp"
#include "store/block.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace mailfunnel {

namespace {

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

void Activity::move_recipients(const std::unordered_map<RecipientId, RecipientId>& into,
                               unsigned threads) {
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
  for (auto& [key, rows] : moved) {
    const auto of_key = sets_of(campaign_of(key), kind_of(key), rows);
    sets.insert(sets.end(), of_key.begin(), of_key.end());
  }
  merge(std::move(sets), threads);
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
