#include "store/activity.hpp"

#include "base/bytes.hpp"
#include "store/block.hpp"
#include "store/set_pack.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <set>
#include <tuple>

namespace mailfunnel {

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

// ---- sets of rows
// ----

void RowSets::begin(std::uint32_t chunk, CampaignId campaign, EventKind kind) {
  m_key = key_of(chunk, campaign, kind);
}

template<typename Row>
void RowSets::add_to(LargeVector<std::span<const Row>>& pages, std::span<const Row> page,
                     bool plain) {
  if (m_sets.empty() || m_sets.back().key != m_key) {
    m_sets.push_back({m_key, static_cast<std::uint32_t>(pages.size()), 0, plain});
  }
  pages.push_back(page);
  ++m_sets.back().pages;
}
template void RowSets::add_to(LargeVector<std::span<const EventRow>>&, std::span<const EventRow>,
                              bool);
template void RowSets::add_to(LargeVector<std::span<const PlainRow>>&, std::span<const PlainRow>,
                              bool);

void RowSets::add(CampaignId campaign, EventKind kind, std::span<EventRow> rows) {
  std::sort(rows.begin(), rows.end(),
            [](const EventRow& a, const EventRow& b) { return a.recipient < b.recipient; });
  for (std::size_t i = 0; i < rows.size();) {
    const auto chunk = chunk_of(rows[i].recipient);
    auto end = i;
    while (end < rows.size() && chunk_of(rows[end].recipient) == chunk) {
      ++end;
    }
    begin(chunk, campaign, kind);
    add(std::span<const EventRow>(rows.subspan(i, end - i)));
    i = end;
  }
}

RowPages RowSets::operator[](std::size_t i) const {
  const auto& set = m_sets[i];
  RowPages out{
      static_cast<std::uint32_t>(set.key >> 40), campaign_of(set.key), kind_of(set.key), {}};
  if (set.plain != 0) {
    out.pages = Pages<PlainRow>(m_plain).subspan(set.first, set.pages);
  } else {
    out.pages = Pages<EventRow>(m_rows).subspan(set.first, set.pages);
  }
  return out;
}

void RowSets::sort() {
  const auto before = [](const Set& a, const Set& b) { return a.key < b.key; };
  if (!std::is_sorted(m_sets.begin(), m_sets.end(), before)) {
    std::sort(m_sets.begin(), m_sets.end(), before);
  }
}

void RowSets::clear() {
  m_sets.clear();
  m_rows.clear();
  m_plain.clear();
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
  const auto add = [&](std::uint64_t key, std::uint64_t bytes) {
    out.push_back({static_cast<std::uint32_t>(key >> 40), merged()->whole(campaign_of(key)),
                   kind_of(key), bytes});
  };
  auto query = m_database->use(
      "SELECT key, length(data), CASE key & 255 WHEN 255 THEN data END FROM activity");
  while (query.step()) {
    const auto key = static_cast<std::uint64_t>(query.integer(0));
    if (!is_pack(key)) {
      add(key, static_cast<std::uint64_t>(query.integer(1)));
      continue;
    }
    const SetPack pack(query.blob(2), key);
    for (std::size_t i = 0; i < pack.size(); ++i) {
      add(pack.key(i), pack.bytes(i));
    }
  }
  const auto place = [](const StoredSet& set) {
    return std::tie(set.chunk, set.campaign, set.kind);
  };
  std::sort(out.begin(), out.end(),
            [&](const StoredSet& a, const StoredSet& b) { return place(a) < place(b); });
  if (merged()->empty()) {
    return out;
  }
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

/// The one that was read last, with what it was read from.
struct Activity::LastPack {
  std::uint64_t key = 0;
  std::int64_t version = 0, changes = 0; // of the database, by others and by its own connection
  std::string data;
  SetPack pack;
};

/// The caller holds a moment.
const SetPack& Activity::pack(std::uint64_t key) {
  const auto version = m_database->version();
  const std::int64_t changes = sqlite3_total_changes64(m_database->handle());
  if (m_last == nullptr || m_last->key != key || m_last->version != version ||
      m_last->changes != changes) {
    const auto fresh = std::make_shared<LastPack>();
    fresh->key = key;
    fresh->version = version;
    fresh->changes = changes;
    auto query = m_database->use("SELECT data FROM activity WHERE key = ?1");
    if (query.bind(static_cast<std::int64_t>(key)).step()) {
      fresh->data = query.blob(0);
      fresh->pack = SetPack(fresh->data, key);
    }
    m_last = fresh;
  }
  return m_last->pack;
}

bool Activity::load_own_set(std::uint32_t chunk, CampaignId campaign, EventKind kind,
                            EventColumns& columns) {
  const ReadTransaction moment(*m_database); // a set may go from its own row into a pack, and back
  const auto key = key_of(chunk, campaign, kind);
  auto query = m_database->use("SELECT data FROM activity WHERE key = ?1");
  if (query.bind(static_cast<std::int64_t>(key)).step()) {
    BlockReader(query.blob(0), key).read_all(columns);
    return true;
  }
  query.reset();
  const auto& pack = this->pack(pack_of(key));
  const auto place = pack.find(key);
  if (place) {
    pack.set(*place).read_all(columns);
  }
  return place.has_value();
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
    const auto row = static_cast<std::uint64_t>(query.integer(0));
    each_set(row, query.blob(1), [&](std::uint64_t key, const BlockReader& block) {
      const auto whole = merged()->whole(campaign_of(key));
      if (m_merged->parts(whole).empty()) {
        out[{whole, kind_of(key)}] += block.size();
      } else {
        united.insert(key_of(static_cast<std::uint32_t>(key >> 40), whole, kind_of(key)));
      }
    });
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
  const ReadTransaction moment(*m_database);
  auto last = m_database->use("SELECT max(key) FROM activity");
  if (!last.step() || last.is_null(0)) {
    return false;
  }
  // A look a chunk and part: a walk would read every set.
  const auto newest = static_cast<std::uint64_t>(last.integer(0)) >> 40;
  if (newest > std::numeric_limits<RecipientId>::max() >> k_chunk_bits) {
    damaged("the table activity");
  }
  const auto chunks = static_cast<std::uint32_t>(newest) + 1;
  const auto others = merged()->parts(campaign);
  std::vector<CampaignId> parts(others.begin(), others.end());
  parts.push_back(campaign);
  auto own = m_database->use("SELECT 1 FROM activity WHERE key = ?1");
  bool found = false;
  for (std::uint32_t chunk = 0; chunk < chunks && !found; ++chunk) {
    for (const auto part : parts) {
      const auto key = key_of(chunk, part, kind);
      found = found || own.bind(static_cast<std::int64_t>(key)).step();
      own.reset();
      found = found || pack(pack_of(key)).find(key).has_value();
    }
  }
  return found;
}

std::set<CampaignId> Activity::campaigns_with(EventKind kind) {
  std::set<CampaignId> out;
  auto query = m_database->use("SELECT key, CASE key & 255 WHEN 255 THEN data END FROM activity "
                               "WHERE key & 255 IN (?1, 255)");
  query.bind(static_cast<std::int64_t>(kind));
  while (query.step()) {
    const auto row = static_cast<std::uint64_t>(query.integer(0));
    if (!is_pack(row)) {
      out.insert(merged()->whole(campaign_of(row)));
      continue;
    }
    const SetPack pack(query.blob(1), row);
    for (std::size_t i = 0; i < pack.size(); ++i) {
      if (kind_of(pack.key(i)) == kind) {
        out.insert(merged()->whole(campaign_of(pack.key(i))));
      }
    }
  }
  return out;
}

std::uint32_t Activity::newest() {
  auto query = m_database->use("SELECT value FROM meta WHERE key = 'newest'");
  return query.step() ? static_cast<std::uint32_t>(std::stoul(std::string(query.text(0)))) : 0;
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
