// One chunk's sets, loaded; mailings that were merged are united as they are read.

#include "store/activity.hpp"
#include "store/block.hpp"
#include "store/damage.hpp"
#include "store/set_pack.hpp"

#include <algorithm>

namespace mailfunnel {

ChunkActivity::ChunkActivity(Database& database, std::uint32_t chunk)
    : m_database(&database), m_chunk(chunk), m_merged(Activity(database).merged()) {
  auto query = m_database->use("SELECT key, CASE key & 255 WHEN ?3 THEN NULL ELSE data END FROM "
                               "activity WHERE key >= ?1 AND key < ?2");
  query.bind(static_cast<std::int64_t>(std::uint64_t{chunk} << 40),
             static_cast<std::int64_t>((std::uint64_t{chunk} + 1) << 40),
             static_cast<std::int64_t>(EventKind::sent));
  const auto add = [&](std::uint64_t key, const std::string* data, const SetPack* pack,
                       std::size_t place) {
    const auto part = campaign_of(key);
    m_sets.push_back({key_of(chunk, m_merged->whole(part), kind_of(key)), part, data, pack, place});
  };
  while (query.step()) {
    const auto key = static_cast<std::uint64_t>(query.integer(0));
    if (!is_pack(key) && static_cast<std::size_t>(kind_of(key)) >= k_event_kinds) {
      damaged("the table activity");
    }
    if (!is_pack(key) && kind_of(key) == EventKind::sent) {
      add(key, nullptr, nullptr, 0);
      continue;
    }
    const auto& data = m_data.emplace_back(query.blob(1));
    if (!is_pack(key)) {
      add(key, &data, nullptr, 0);
      continue;
    }
    const auto& pack = m_packs.emplace_back(data, key);
    for (std::size_t i = 0; i < pack.size(); ++i) {
      add(pack.key(i), nullptr, &pack, i);
    }
  }
  std::stable_sort(m_sets.begin(), m_sets.end(),
                   [](const Set& a, const Set& b) { return a.key < b.key; });
  index();
}

ChunkActivity::~ChunkActivity() = default;

void ChunkActivity::index() {
  for (std::uint32_t i = 0; i < m_sets.size();) {
    const auto campaign = campaign_of(m_sets[i].key);
    Mailing mailing{i, 0};
    for (; i < m_sets.size() && campaign_of(m_sets[i].key) == campaign; ++i) {
      mailing.kinds |= only(kind_of(m_sets[i].key));
    }
    m_kinds |= mailing.kinds;
    m_mailings.emplace(campaign, mailing);
  }
}

const ChunkActivity::Mailing& ChunkActivity::mailing(CampaignId campaign) {
  if (campaign != m_last_campaign) {
    const auto found = m_mailings.find(campaign);
    m_last_campaign = campaign;
    m_last_mailing = found == m_mailings.end() ? Mailing{} : found->second;
  }
  return m_last_mailing;
}

EventKinds ChunkActivity::kinds(CampaignId campaign) {
  return mailing(campaign).kinds;
}

std::span<ChunkActivity::Set> ChunkActivity::find(CampaignId campaign, EventKind kind) {
  const auto& of_campaign = mailing(campaign);
  if ((of_campaign.kinds & only(kind)) == 0) {
    return {};
  }
  const auto key = key_of(m_chunk, campaign, kind);
  auto first = m_sets.begin() + of_campaign.first;
  while (first->key < key) { // a mailing has few
    ++first;
  }
  auto end = first;
  for (; end != m_sets.end() && end->key == key; ++end) {
    if (end->data == nullptr && end->pack == nullptr) {
      fetch(*end);
    }
  }
  return {first, end};
}

/// Where no transaction holds it, it may have come into a pack meanwhile, or be gone: then its data
/// is empty.
void ChunkActivity::fetch(Set& set) {
  const ReadTransaction moment(*m_database);
  const auto key = key_of(m_chunk, set.part, kind_of(set.key));
  auto query = m_database->use("SELECT data FROM activity WHERE key = ?1");
  set.data = &m_data.emplace_back();
  if (query.bind(static_cast<std::int64_t>(key)).step()) {
    m_data.back() = query.blob(0);
    return;
  }
  query.reset();
  if (query.bind(static_cast<std::int64_t>(pack_of(key))).step()) {
    const auto& pack = m_packs.emplace_back(m_data.emplace_back(query.blob(0)), pack_of(key));
    if (const auto place = pack.find(key)) {
      set.pack = &pack;
      set.place = *place;
    }
  }
}

std::optional<BlockReader> ChunkActivity::block(const Set& set) const {
  if (set.pack != nullptr) {
    return set.pack->set(set.place);
  }
  return set.data->empty()
             ? std::nullopt
             : std::optional(BlockReader(*set.data, key_of(m_chunk, set.part, kind_of(set.key))));
}

/// One set as it is, several united.
template<typename Read>
bool ChunkActivity::read_parts(std::span<Set> parts, EventColumns& columns, Read read) const {
  if (parts.size() == 1 && parts[0].part == campaign_of(parts[0].key)) {
    const auto whole = block(parts[0]);
    if (whole) {
      read(*whole, columns);
    }
    return whole.has_value();
  }
  std::vector<EventRow> rows;
  EventColumns some;
  bool any = false;
  for (const auto& part : parts) {
    if (const auto of_part = block(part)) {
      any = true;
      some.clear();
      read(*of_part, some);
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
  if (parts.size() == 1 && parts[0].part == campaign_of(parts[0].key)) {
    const auto whole = block(parts[0]);
    if (whole) {
      whole->read_recipients(out);
    }
    return whole.has_value();
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

std::vector<CampaignId> ChunkActivity::campaigns(EventKind kind) const {
  std::vector<CampaignId> out;
  if ((m_kinds & only(kind)) == 0) {
    return out;
  }
  for (const auto& set : m_sets) {
    const auto campaign = campaign_of(set.key);
    if (kind_of(set.key) == kind && (out.empty() || out.back() != campaign)) {
      out.push_back(campaign);
    }
  }
  return out;
}

} // namespace mailfunnel
