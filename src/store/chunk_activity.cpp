// One chunk's sets, loaded; mailings that were merged are united as they are read.

#include "store/activity.hpp"
#include "store/block.hpp"

#include <algorithm>

namespace mailfunnel {

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
      m_merged->add_part(part.part, some, rows);
    }
  }
  if (any) {
    append_united(rows, kind_of(parts[0].key), columns);
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

} // namespace mailfunnel
