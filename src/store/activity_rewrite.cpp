// What changes events that are there: people who turn out to be one, erasure, and what was kept
// long enough. Rare, so simple: a set is read, changed and written whole.

#include "store/activity.hpp"
#include "store/block.hpp"
#include "store/set_pack.hpp"

#include <algorithm>
#include <map>
#include <optional>
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

constexpr std::uint32_t k_no_chunk = 1U << 22; // beyond all

/// The rows of the table that some chunks have.
std::vector<std::uint64_t> stored_rows(Database& database, std::uint32_t first, std::uint32_t end) {
  std::vector<std::uint64_t> out;
  auto query = database.use("SELECT key FROM activity WHERE key >= ?1 AND key < ?2 ORDER BY key");
  query.bind(static_cast<std::int64_t>(std::uint64_t{first} << 40),
             static_cast<std::int64_t>(std::uint64_t{end} << 40));
  while (query.step()) {
    out.push_back(static_cast<std::uint64_t>(query.integer(0)));
  }
  return out;
}

std::string stored_row(Database& database, std::uint64_t key) {
  auto query = database.use("SELECT data FROM activity WHERE key = ?1");
  return query.bind(static_cast<std::int64_t>(key)).step() ? std::string(query.blob(0)) : "";
}

void put_row(Database& database, std::uint64_t key, const std::string& data) {
  if (data.empty()) {
    database.use("DELETE FROM activity WHERE key = ?1").bind(static_cast<std::int64_t>(key)).run();
  } else {
    database
        .use("INSERT INTO activity VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET data = "
             "excluded.data")
        .bind(static_cast<std::int64_t>(key), Blob{data})
        .run();
  }
}

/// What is left of sets of one pack, where that is small; of a large one nothing: it has a row of
/// its own again.
using Left = std::map<std::uint64_t, std::vector<EventRow>>;

/// In place of what the pack has of them.
void replace_sets(Database& database, std::uint64_t pack_key, const Left& left) {
  const auto stored = stored_row(database, pack_key);
  const auto old = stored.empty() ? SetPack() : SetPack(stored, pack_key);
  SetPacker packer;
  std::size_t next = 0;
  const auto keep_before = [&](std::uint64_t key) {
    for (; next < old.size() && old.key(next) < key; ++next) {
      packer.add(old, next);
    }
  };
  for (const auto& [key, rows] : left) {
    keep_before(key);
    next += next < old.size() && old.key(next) == key ? 1 : 0;
    if (!rows.empty()) {
      packer.add(key, rows);
    }
  }
  keep_before(~std::uint64_t{0});
  put_row(database, pack_key, packer.empty() ? std::string() : packer.finish());
}

/// Asks change(key, block) for each set of some chunks, as they stand, whatever was merged: what is
/// left of it, or nothing where it stays as it is.
template<typename Change>
void rewrite_sets(Database& database, std::uint32_t first, std::uint32_t end, Change change) {
  Left left;
  std::uint64_t pack = 0;
  const auto finish = [&] {
    if (!left.empty()) {
      replace_sets(database, pack, std::exchange(left, {}));
    }
  };
  for (const auto row : stored_rows(database, first, end)) {
    if (pack_of(row) != pack) { // all rows of one stand together
      finish();
      pack = pack_of(row);
    }
    const auto data = stored_row(database, row);
    each_set(row, data, [&](std::uint64_t key, const BlockReader& block) {
      if (std::optional<std::vector<EventRow>> rows = change(key, block)) {
        const bool small = rows->size() <= k_small_set;
        put_row(database, key, small ? std::string() : encode_block(*rows));
        left.emplace(key, small ? std::move(*rows) : std::vector<EventRow>());
      }
    });
  }
  finish();
}

} // namespace

void Activity::move_recipients(const std::unordered_map<RecipientId, RecipientId>& into,
                               unsigned threads) {
  std::map<std::uint64_t, std::vector<EventRow>> moved; // (campaign, kind) -> with their new ids
  EventColumns columns;
  rewrite_sets(*m_database, 0, k_no_chunk, [&](std::uint64_t key, const BlockReader& block) {
    const auto chunk = static_cast<std::uint32_t>(key >> 40);
    columns.clear();
    block.read_all(columns);
    auto rows = rows_of(columns);
    const auto gone = std::erase_if(rows, [&](EventRow row) {
      const auto target = into.find(chunk << k_chunk_bits | row.recipient);
      if (target == into.end()) {
        return false;
      }
      row.recipient = target->second;
      moved[key & 0xFF'FFFF'FFFF].push_back(row);
      return true;
    });
    return gone != 0 ? std::optional(std::move(rows)) : std::nullopt;
  });
  RowSets sets;
  for (auto& [key, rows] : moved) {
    sets.add(campaign_of(key), kind_of(key), rows);
  }
  merge(std::move(sets), threads);
}

// ---- what is erased, or kept long enough
// ------------------------------------------------------------------------------------

std::map<std::pair<CampaignId, EventKind>, Activity::Removed>
Activity::remove_recipients(std::span<const RecipientId> numbers) {
  std::map<std::pair<CampaignId, EventKind>, Removed> removed;
  std::map<std::uint32_t, std::vector<std::uint16_t>> by_chunk;
  for (const auto id : numbers) {
    by_chunk[chunk_of(id)].push_back(static_cast<std::uint16_t>(offset_of(id)));
  }
  EventColumns columns;
  for (const auto& entry : by_chunk) {
    const auto& offsets = entry.second;
    const auto rest = [&](std::uint64_t key,
                          const BlockReader& block) -> std::optional<std::vector<EventRow>> {
      columns.clear();
      auto& counts = removed[std::pair(campaign_of(key), kind_of(key))];
      for (const auto offset : offsets) { // decodes only where they may stand
        const auto before = columns.size();
        block.read_recipients(offset, offset, columns);
        counts.people += columns.size() != before ? 1 : 0;
      }
      counts.events += columns.size();
      if (columns.size() == 0) {
        return std::nullopt;
      }
      columns.clear();
      block.read_all(columns);
      auto rows = rows_of(columns);
      std::erase_if(rows, [&offsets](const EventRow& row) {
        return std::find(offsets.begin(), offsets.end(), row.recipient) != offsets.end();
      });
      return rows;
    };
    rewrite_sets(*m_database, entry.first, entry.first + 1, rest);
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

std::map<EventKind, std::uint64_t> Activity::remove_before(std::uint32_t time, EventKinds kinds,
                                                           bool dry_run) {
  std::map<EventKind, std::uint64_t> removed;
  EventColumns columns;
  const auto rest = [&](std::uint64_t key,
                        const BlockReader& block) -> std::optional<std::vector<EventRow>> {
    if ((kinds & only(kind_of(key))) == 0) {
      return std::nullopt;
    }
    columns.clear();
    block.read_all(columns);
    auto rows = rows_of(columns);
    const auto gone = std::erase_if(rows, [time](const EventRow& row) { return row.time < time; });
    if (gone == 0) {
      return std::nullopt;
    }
    removed[kind_of(key)] += gone;
    return dry_run ? std::nullopt : std::optional(std::move(rows));
  };
  rewrite_sets(*m_database, 0, k_no_chunk, rest);
  return removed;
}

} // namespace mailfunnel
