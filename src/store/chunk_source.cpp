#include "store/chunk_source.hpp"

#include "store/block.hpp"
#include "store/set_pack.hpp"

#include <algorithm>

namespace mailfunnel {

namespace {

std::map<std::string, std::uint16_t, std::less<>> attribute_ids(Recipients& recipients) {
  std::map<std::string, std::uint16_t, std::less<>> ids;
  for (auto& [id, name] : recipients.attributes()) {
    ids.emplace(std::move(name), id);
  }
  return ids;
}

std::vector<std::string> names_of(const std::map<std::string, std::uint16_t, std::less<>>& ids) {
  std::vector<std::string> names;
  for (const auto& [name, id] : ids) {
    names.push_back(name);
  }
  return names;
}

} // namespace

StoreChunk::StoreChunk(Database& database, std::uint32_t chunk, std::uint32_t recipients_in_store)
    : m_database(database), m_recipients(database), m_chunk(chunk),
      m_size(std::min(k_chunk_size, recipients_in_store - (chunk << k_chunk_bits))),
      m_activity(database), m_attributes(attribute_ids(m_recipients)) {}

bool StoreChunk::events(CampaignId campaign, EventKind kind, EventColumns& columns) {
  columns.clear();
  const bool any = m_sets ? m_sets->read(campaign, kind, columns)
                          : m_activity.load_set(m_chunk, campaign, kind, columns);
  columns.keep_below(m_size);
  return any;
}

ChunkActivity& StoreChunk::sets() {
  if (!m_sets) {
    m_sets.emplace(m_database, m_chunk);
  }
  return *m_sets;
}

bool StoreChunk::recipients(CampaignId campaign, EventKind kind, std::vector<std::uint16_t>& out) {
  const bool any = sets().read_recipients(campaign, kind, out);
  out.erase(std::lower_bound(out.begin(), out.end(), m_size,
                             [](std::uint32_t r, std::uint32_t size) { return r < size; }),
            out.end());
  return any;
}

EventKinds StoreChunk::kinds(CampaignId campaign) {
  return sets().kinds(campaign);
}

std::vector<CampaignId> StoreChunk::campaigns(EventKind kind) {
  return sets().campaigns(kind);
}

bool StoreChunk::attribute(std::uint32_t block, std::string_view name, AttributeColumn& column) {
  const auto id = m_attributes.find(name);
  if (id == m_attributes.end()) {
    return false;
  }
  if (block != m_block) {
    m_block = block;
    m_block_data =
        m_recipients.attribute_block((m_chunk << (k_chunk_bits - k_recipient_block_bits)) + block);
    m_attribute_block.reset();
    if (!m_block_data.empty()) {
      m_attribute_block.emplace(m_block_data, "attribute block");
    }
  }
  if (!m_attribute_block || !m_attribute_block->read(id->second, column)) {
    return false;
  }
  const auto first = block << k_recipient_block_bits;
  while (!column.recipient.empty() && first + column.recipient.back() >= m_size) {
    column.recipient.pop_back();
    column.valid_from.pop_back();
    column.value.pop_back();
  }
  return true;
}

std::vector<std::string> StoreChunk::attribute_names() {
  return names_of(m_attributes);
}

StoreChunk::Addresses& StoreChunk::read_block(std::uint32_t block) {
  if (m_blocks.empty()) {
    m_blocks.resize((m_size + k_recipient_block - 1) >> k_recipient_block_bits);
  }
  auto& out = m_blocks[block];
  if (!out.read) {
    out.read = true;
    out.keys =
        m_recipients.packed_keys((m_chunk << (k_chunk_bits - k_recipient_block_bits)) + block);
  }
  return out;
}

const PackedKeys* StoreChunk::keys(std::uint32_t block) {
  return read_block(block).keys.get();
}

std::string_view StoreChunk::address(std::uint32_t recipient) {
  if (m_addresses.empty()) {
    m_addresses.resize(m_size);
  }
  auto& address = m_addresses[recipient];
  if (address.data() != nullptr) {
    return address;
  }
  auto& block = read_block(recipient >> k_recipient_block_bits);
  if (block.keys && !block.texts) {
    block.texts = std::make_unique_for_overwrite<char[]>(block.keys->room());
    block.end = block.texts.get();
  }
  const auto index = recipient & (k_recipient_block - 1);
  address = block.keys && index < block.keys->size() ? block.keys->address(index, block.end) : "";
  return address;
}

namespace {

/// Adds what the blocks hold of one person. Of each set only the part in which he or she stands is
/// decoded, out of the database's own memory: a chunk has a megabyte of them.
void add_stored(Database& database, RecipientId id, PersonSource::Events& events) {
  const auto merged = Activity(database).merged();
  const std::uint64_t chunk = chunk_of(id);
  auto query = database.use("SELECT key, data FROM activity WHERE key >= ?1 AND key < ?2");
  query.bind(static_cast<std::int64_t>(chunk << 40), static_cast<std::int64_t>((chunk + 1) << 40));
  EventColumns columns;
  while (query.step()) {
    const auto row = static_cast<std::uint64_t>(query.integer(0));
    each_set(row, query.blob(1), [&](std::uint64_t key, const BlockReader& block) {
      columns.clear();
      block.read_recipient(offset_of(id), columns);
      if (columns.size() != 0) {
        const auto part = campaign_of(key);
        merged->add_part(part, columns, events[{merged->whole(part), kind_of(key)}]);
      }
    });
  }
}

} // namespace

PersonSource::PersonSource(Database& database, std::optional<RecipientId> id,
                           const std::string& key)
    : m_recipients(database), m_id(id), m_attributes(attribute_ids(m_recipients)) {
  const ReadTransaction moment(database); // what is folded meanwhile stands in one of the two
  Activity activity(database);
  std::vector<std::string> keys{key};
  if (id) {
    for (auto& one : m_recipients.keys_of(*id)) {
      if (m_address.empty() && !is_contact_key(one)) {
        m_address = one;
      }
      keys.push_back(std::move(one));
    }
    m_block_data = m_recipients.attribute_block(*id >> k_recipient_block_bits);
    add_stored(database, *id, m_events);
  }
  m_address = m_address.empty() && !is_contact_key(key) ? key : m_address;
  for (auto& event : activity.waiting()) {
    if (std::find(keys.begin(), keys.end(), event.key) != keys.end()) {
      m_events[{event.campaign, event.kind}].push_back(event.row);
    }
  }
  for (auto& [set, rows] : m_events) {
    for (auto& row : rows) {
      row.recipient = 0;
    }
    normalise_rows(rows, set.second);
  }
}

PersonSource::PersonSource(Database& database, RecipientId id, Events events)
    : m_recipients(database), m_id(id), m_address(m_recipients.address(id)),
      m_events(std::move(events)), m_attributes(attribute_ids(m_recipients)),
      m_block_data(m_recipients.attribute_block(id >> k_recipient_block_bits)) {}

bool PersonSource::events(CampaignId campaign, EventKind kind, EventColumns& columns) {
  columns.clear();
  const auto found = m_events.find({campaign, kind});
  if (found == m_events.end()) {
    return false;
  }
  for (const auto& row : found->second) {
    columns.append(row);
  }
  return true;
}

EventKinds PersonSource::kinds(CampaignId campaign) {
  EventKinds kinds = 0;
  for (auto set = m_events.lower_bound({campaign, EventKind{}});
       set != m_events.end() && set->first.first == campaign; ++set) {
    kinds |= only(set->first.second);
  }
  return kinds;
}

std::vector<CampaignId> PersonSource::campaigns(EventKind kind) {
  std::vector<CampaignId> out;
  for (const auto& [set, rows] : m_events) {
    if (set.second == kind) {
      out.push_back(set.first);
    }
  }
  return out;
}

bool PersonSource::attribute(std::uint32_t, std::string_view name, AttributeColumn& column) {
  const auto id = m_attributes.find(name);
  AttributeColumn all;
  if (!m_id || id == m_attributes.end() || m_block_data.empty() ||
      !AttributeBlock(m_block_data, "attribute block").read(id->second, all)) {
    return false;
  }
  column = {};
  column.storage.reserve(all.storage.size() + 1);
  for (std::size_t i = 0; i < all.recipient.size(); ++i) {
    if (all.recipient[i] == (*m_id & (k_recipient_block - 1))) {
      const auto value = all.values[all.value[i]];
      const auto at = column.storage.size();
      column.storage += value; // never more than all of it
      column.values.push_back(std::string_view(column.storage).substr(at));
      column.recipient.push_back(0);
      column.valid_from.push_back(all.valid_from[i]);
      column.value.push_back(static_cast<std::uint32_t>(column.values.size() - 1));
    }
  }
  return !column.recipient.empty();
}

std::vector<std::string> PersonSource::attribute_names() {
  return names_of(m_attributes);
}

} // namespace mailfunnel
