#include "store/recipients.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/large_memory.hpp"
#include "base/parallel.hpp"
#include "base/text.hpp"
#include "store/blob_writer.hpp"
#include "store/damage.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <numeric>
#include <tuple>

namespace mailfunnel {

namespace {

// The index: partition = 12 low bits of the hash; an entry is the next 32 bits and the id. What
// matches is compared with the key itself.
constexpr std::uint32_t k_partitions = 4096;
struct IndexEntry {
  std::uint32_t tag;
  RecipientId id;
};
std::uint32_t partition_of(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash & (k_partitions - 1));
}
std::uint32_t tag_of(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash >> 12);
}
std::string block_name(std::string_view what, std::uint32_t block) {
  return std::string(what) + " block " + std::to_string(block);
}
std::uint32_t block_of(RecipientId id) {
  return id >> k_recipient_block_bits;
}
std::uint32_t index_of(RecipientId id) {
  return id & (k_recipient_block - 1);
}

/// Calls put(key) for each key of one person of a block.
template<typename Put> void each_key_of(const PackedKeys& block, std::uint32_t index, Put put) {
  if (index >= block.size()) {
    return;
  }
  std::string space;
  block.each_key(index, space, put);
}

bool has_key(const PackedKeys& block, std::uint32_t index, std::string_view wanted) {
  bool found = false;
  each_key_of(block, index, [&](std::string_view key) { found = found || key == wanted; });
  return found;
}

} // namespace

std::uint64_t Recipients::index_hash(std::string_view key) {
  if (!m_seed) {
    auto query = m_database->use("SELECT value FROM meta WHERE key = 'index_seed'");
    m_seed = query.step() ? static_cast<std::uint64_t>(parse_int(query.text(0)).value_or(0)) : 0;
  }
  return *m_seed == 0 ? hash64(key) : keyed_hash64(key, *m_seed);
}

RecipientId Recipients::count() {
  auto query = m_database->use("SELECT value, (SELECT max(block) FROM key_block) FROM meta WHERE "
                               "key = 'recipients'");
  if (!query.step()) {
    return 0;
  }
  const auto last_block = query.is_null(1) ? -1 : query.integer(1);
  const auto count = parse_int(query.text(0)).value_or(-1);
  constexpr std::int64_t k_most = std::numeric_limits<RecipientId>::max();
  const bool has_key =
      count <= 0 || (count - 1) >> k_recipient_block_bits <= last_block; // the last
  if (count < 0 || count > k_most || !has_key) {
    damaged("the number of recipients");
  }
  return static_cast<RecipientId>(count);
}

std::string Recipients::keys_of_block(std::uint32_t block) {
  auto query = m_database->use("SELECT data FROM key_block WHERE block = ?1");
  query.bind(block);
  return query.step() ? unpack_keys(query.blob(0), block_name("key", block)) : std::string();
}

std::unique_ptr<const PackedKeys> Recipients::packed_keys(std::uint32_t block) {
  auto query = m_database->use("SELECT data FROM key_block WHERE block = ?1");
  query.bind(block);
  return query.step() ? std::make_unique<const PackedKeys>(query.blob(0), block_name("key", block))
                      : nullptr;
}

std::vector<std::optional<RecipientId>> Recipients::find(std::span<const std::string_view> keys) {
  std::vector<std::optional<RecipientId>> ids(keys.size());
  LargeVector<std::uint64_t> hashes(keys.size());
  std::vector<std::uint32_t> order(keys.size());
  std::iota(order.begin(), order.end(), 0U);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    hashes[i] = index_hash(keys[i]);
  }
  std::sort(order.begin(), order.end(),
            [&](auto a, auto b) { return partition_of(hashes[a]) < partition_of(hashes[b]); });

  // Candidates first, so that each key block is unpacked once.
  struct Candidate {
    std::uint32_t key;
    RecipientId id;
  };
  std::vector<Candidate> candidates;
  std::string entries;
  std::uint32_t loaded = k_partitions;
  auto query = m_database->use("SELECT data FROM key_index WHERE partition = ?1");
  for (const auto i : order) {
    if (const auto partition = partition_of(hashes[i]); partition != loaded) {
      query.reset();
      entries = query.bind(partition).step() ? std::string(query.blob(0)) : std::string();
      loaded = partition;
    }
    for (std::size_t at = 0; at + sizeof(IndexEntry) <= entries.size(); at += sizeof(IndexEntry)) {
      IndexEntry entry;
      std::memcpy(&entry, entries.data() + at, sizeof entry);
      if (entry.tag == tag_of(hashes[i])) {
        candidates.push_back({i, entry.id});
      }
    }
  }
  std::sort(candidates.begin(), candidates.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  std::unique_ptr<const PackedKeys> block;
  std::uint32_t unpacked = ~0U;
  for (const auto& [key, id] : candidates) {
    if (block_of(id) != unpacked) {
      unpacked = block_of(id);
      block = packed_keys(unpacked);
    }
    if (block && has_key(*block, index_of(id), keys[key])) {
      ids[key] = id;
    }
  }
  if (const auto moved = merged(); !moved.empty()) {
    for (auto& id : ids) {
      if (const auto target = id ? moved.find(*id) : moved.end(); target != moved.end()) {
        id = target->second;
      }
    }
  }
  return ids;
}

std::optional<RecipientId> Recipients::find(std::string_view key) {
  const std::string_view one[] = {key};
  return find(one)[0];
}

void Recipients::add(std::span<const NewKey> keys, unsigned threads) {
  add_keys(NewKeys(keys), threads);
}

void Recipients::add(const AddedKeys& keys, unsigned threads) {
  add_keys(keys, threads);
}

template<typename Keys> void Recipients::add_keys(const Keys& keys, unsigned threads) {
  if (keys.empty()) {
    return;
  }
  const auto known = count();
  const auto total = std::max(known, keys.id(keys.size() - 1) + 1);

  // Key blocks: a block that is wholly new and has one key each is packed straight from the views.
  struct Piece {
    std::uint32_t block;
    std::size_t first, end; // in keys
    std::string data;
  };
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < keys.size();) {
    auto end = i;
    const auto block = block_of(keys.id(i));
    while (end < keys.size() && block_of(keys.id(end)) == block) {
      ++end;
    }
    pieces.push_back({block, i, end, {}});
    if (const auto base = block << k_recipient_block_bits; base < known) {
      pieces.back().data = keys_of_block(block);
    }
    i = end;
  }
  LargeVector<std::uint64_t> hashes(keys.size());
  index_hash({}); // the seed is read by one thread
  BlobWriter key_blocks(m_database->use("INSERT INTO key_block VALUES (?1, ?2) ON CONFLICT (block) "
                                        "DO UPDATE SET data = excluded.data"));
  parallel_for(pieces.size(), threads, [&](std::size_t p, unsigned) {
    const auto& piece = pieces[p];
    for (auto i = piece.first; i < piece.end; ++i) {
      hashes[i] = index_hash(keys.key(i));
    }
    const auto base = piece.block << k_recipient_block_bits;
    const auto count_in_block = std::min(total - base, k_recipient_block);
    std::vector<std::string_view> single;
    if (piece.data.empty() && piece.end - piece.first == count_in_block) {
      for (auto i = piece.first; i < piece.end && keys.id(i) == base + single.size(); ++i) {
        single.push_back(keys.key(i));
      }
    }
    if (single.size() == count_in_block) {
      key_blocks.put(piece.block, encode_single_keys(single));
      return;
    }
    KeyBlock block(count_in_block);
    each_key(piece.data, [&](std::uint32_t index, std::string_view key) {
      if (index >= block.size()) {
        damaged("the number of recipients");
      }
      block[index].emplace_back(key);
    });
    for (auto i = piece.first; i < piece.end; ++i) {
      auto& mine = block.at(keys.id(i) - base);
      // An address goes before the contact ids, behind older addresses.
      const auto place = is_contact_key(keys.key(i))
                             ? mine.end()
                             : std::find_if(mine.begin(), mine.end(),
                                            [](const auto& k) { return is_contact_key(k); });
      mine.insert(place, std::string(keys.key(i)));
    }
    key_blocks.put(piece.block, encode_keys(block));
  });
  key_blocks.finish();

  add_to_index(keys, hashes, known == 0, threads);
  m_database
      ->use("INSERT INTO meta VALUES ('recipients', ?1) ON CONFLICT (key) DO UPDATE SET value = "
            "excluded.value")
      .bind(std::to_string(total))
      .run();
}

/// Some partitions at a time, so that no more than those are in memory twice. `fresh`: the index is
/// empty.
template<typename Keys>
void Recipients::add_to_index(const Keys& keys, std::span<const std::uint64_t> hashes, bool fresh,
                              unsigned threads) {
  static constexpr std::uint32_t k_group = 512;
  static_assert(k_partitions % k_group == 0);
  BlobWriter writer(m_database->use("INSERT INTO key_index VALUES (?1, ?2) ON CONFLICT (partition) "
                                    "DO UPDATE SET data = excluded.data"));
  auto old = m_database->use("SELECT data FROM key_index WHERE partition = ?1");
  // What is there is read by one thread, as is the database.
  parallel_for(k_partitions / k_group, fresh ? threads : 1, [&](std::size_t group, unsigned) {
    const auto base = static_cast<std::uint32_t>(group * k_group);
    const auto in_group = [base](std::uint64_t hash) {
      return partition_of(hash) - base < k_group;
    };
    std::array<std::uint32_t, k_group + 1> starts{};
    for (const auto hash : hashes) {
      starts[in_group(hash) ? partition_of(hash) - base + 1 : 0] += in_group(hash) ? 1 : 0;
    }
    std::partial_sum(starts.begin(), starts.end(), starts.begin());
    std::vector<IndexEntry> entries(starts.back());
    auto next = starts;
    for (std::size_t i = 0; i < hashes.size(); ++i) {
      if (in_group(hashes[i])) {
        entries[next[partition_of(hashes[i]) - base]++] = {tag_of(hashes[i]), keys.id(i)};
      }
    }
    for (std::uint32_t part = 0; part < k_group; ++part) {
      const std::span<const IndexEntry> mine(entries.data() + starts[part],
                                             entries.data() + starts[part + 1]);
      if (mine.empty()) {
        continue;
      }
      std::string data;
      if (!fresh) {
        old.reset();
        data = old.bind(base + part).step() ? std::string(old.blob(0)) : std::string();
        old.reset();
      }
      data.append(reinterpret_cast<const char*>(mine.data()), mine.size_bytes());
      writer.put(base + part, std::move(data));
    }
  });
  writer.finish();
}

AddressList Recipients::addresses(RecipientId first, RecipientId end) {
  AddressList out;
  out.addresses.resize(end - first);
  if (first == end) {
    return out;
  }
  out.blocks.reserve(block_of(end - 1) - block_of(first) + 1);
  for (auto block = block_of(first); block <= block_of(end - 1); ++block) {
    each_key(out.blocks.emplace_back(keys_of_block(block)), [&](std::uint32_t index,
                                                                std::string_view key) {
      const auto id = block << k_recipient_block_bits | index;
      if (id >= first && id < end && out.addresses[id - first].empty() && !is_contact_key(key)) {
        out.addresses[id - first] = key;
      }
    });
  }
  return out;
}

std::string Recipients::address(RecipientId id) {
  const auto block = packed_keys(block_of(id));
  if (!block || index_of(id) >= block->size()) {
    return {};
  }
  std::string space(block->room(index_of(id)), '\0');
  auto* at = space.data();
  return std::string(block->address(index_of(id), at));
}

// ---- attributes
// ----------------------------------------------------------------------------------------------------

std::optional<std::uint16_t> Recipients::attribute_id(std::string_view name) {
  m_database
      ->use("INSERT OR IGNORE INTO attribute(name) SELECT ?1 WHERE (SELECT coalesce(max(id), 0) "
            "FROM attribute) < ?2")
      .bind(name, k_most_attributes)
      .run();
  auto query = m_database->use("SELECT id FROM attribute WHERE name = ?1 AND id <= ?2");
  return query.bind(name, k_most_attributes).step()
             ? std::optional(static_cast<std::uint16_t>(query.integer(0)))
             : std::nullopt;
}

std::vector<std::pair<std::uint16_t, std::string>> Recipients::attributes() {
  std::vector<std::pair<std::uint16_t, std::string>> rows;
  auto query = m_database->use("SELECT id, name FROM attribute ORDER BY id");
  while (query.step()) {
    rows.emplace_back(static_cast<std::uint16_t>(query.integer(0)), std::string(query.text(1)));
  }
  return rows;
}

std::string Recipients::attribute_block(std::uint32_t block) {
  auto query = m_database->use("SELECT data FROM attribute_block WHERE block = ?1");
  query.bind(block);
  return query.step() ? std::string(query.blob(0)) : std::string();
}

namespace {

bool before(const AttributeEntry& a, const AttributeEntry& b) {
  const auto key = [](const AttributeEntry& e) {
    return std::uint64_t{e.attribute} << 48 | std::uint64_t{e.recipient} << 32 | e.valid_from;
  };
  return key(a) != key(b) ? key(a) < key(b) : a.value < b.value;
}

/// Old and new entries of a block as one, without those that only repeat the value before them. Of
/// two values at one moment the greater text wins, so that the order of imports does not matter.
std::vector<AttributeEntry> united(std::vector<AttributeEntry> entries) {
  if (!std::is_sorted(entries.begin(), entries.end(), before)) {
    std::sort(entries.begin(), entries.end(), before);
  }
  std::vector<AttributeEntry> out;
  out.reserve(entries.size());
  for (const auto& entry : entries) {
    const bool same_person = !out.empty() && out.back().attribute == entry.attribute &&
                             out.back().recipient == entry.recipient;
    if (same_person && out.back().valid_from == entry.valid_from) {
      out.back().value = entry.value;
      if (out.size() > 1 && out[out.size() - 2].attribute == entry.attribute &&
          out[out.size() - 2].recipient == entry.recipient &&
          out[out.size() - 2].value == entry.value) {
        out.pop_back();
      }
    } else if (!same_person || out.back().value != entry.value) {
      out.push_back(entry);
    }
  }
  return out;
}

/// All entries of a block; their values point into `columns`.
std::vector<AttributeEntry> entries_of(const std::string& blob, std::uint32_t block,
                                       std::vector<AttributeColumn>& columns) {
  std::vector<AttributeEntry> entries;
  if (blob.empty()) {
    return entries;
  }
  const AttributeBlock old(blob, block_name("attribute", block));
  const auto ids = old.attributes();
  columns.resize(ids.size());
  for (std::size_t a = 0; a < ids.size(); ++a) {
    old.read(ids[a], columns[a]);
    for (std::size_t k = 0; k < columns[a].recipient.size(); ++k) {
      entries.push_back({ids[a], columns[a].recipient[k], columns[a].valid_from[k],
                         columns[a].values[columns[a].value[k]]});
    }
  }
  return entries;
}

/// Stable counting sort by a small number.
template<typename Key> void counting_sort(std::vector<AttributeEntry>& entries, Key key) {
  std::vector<std::uint32_t> starts;
  for (const auto& entry : entries) {
    starts.resize(std::max<std::size_t>(starts.size(), key(entry) + 2U));
    ++starts[key(entry) + 1U];
  }
  std::partial_sum(starts.begin(), starts.end(), starts.begin());
  std::vector<AttributeEntry> sorted(entries.size());
  for (const auto& entry : entries) {
    sorted[starts[key(entry)]++] = entry;
  }
  entries.swap(sorted);
}

/// By (attribute, recipient), stable: what an import gives is then sorted but for times.
void by_attribute(std::vector<AttributeEntry>& entries) {
  counting_sort(entries, [](const AttributeEntry& entry) { return entry.recipient; });
  counting_sort(entries, [](const AttributeEntry& entry) { return entry.attribute; });
}

/// Who is told of, in the order of their numbers.
struct ToldPerson {
  RecipientId recipient;
  std::uint32_t place; // in all that is told, part for part
};

/// What several threads gathered, as one.
class AllTold {
public:
  explicit AllTold(std::span<const AttributeChanges* const> parts) : m_parts(parts) {}
  /// Calls see(person, place) for everybody.
  template<typename See> void each(See see) const {
    std::uint32_t place = 0;
    for (const auto* part : m_parts) {
      for (const auto& person : part->people()) {
        see(person, place++);
      }
    }
  }
  /// Calls see(entry) with all that is told of him; he stands at `index` in his block.
  template<typename See> void each_entry(std::uint32_t place, std::uint16_t index, See see) const {
    const auto* part = m_parts.data();
    while (place >= (*part)->people().size()) {
      place -= static_cast<std::uint32_t>((*part++)->people().size());
    }
    const auto& person = (*part)->people()[place];
    for (std::uint64_t i = 0; i < person.count; ++i) {
      const auto& value = (*part)->value(person, i);
      see(AttributeEntry{value.attribute, index, person.valid_from, value.view()});
    }
  }

private:
  std::span<const AttributeChanges* const> m_parts;
};

/// What is told of people of a block of whom nothing is known, where it tells of each attribute of
/// each of them once; "": it does not.
std::string encode_fresh(const AllTold& all, std::span<const ToldPerson> told, std::size_t& count) {
  thread_local std::vector<std::vector<AttributeEntry>> t_columns; // by attribute
  for (auto& column : t_columns) {
    column.clear();
  }
  count = 0;
  bool once = true;
  for (const auto& person : told) {
    const auto index = static_cast<std::uint16_t>(index_of(person.recipient));
    all.each_entry(person.place, index, [&](const AttributeEntry& entry) {
      if (entry.attribute >= t_columns.size()) {
        t_columns.resize(entry.attribute + 1U);
      }
      auto& column = t_columns[entry.attribute];
      once = once && (column.empty() || column.back().recipient < index);
      column.push_back(entry);
      ++count;
    });
    if (!once) {
      return {};
    }
  }
  std::vector<std::span<const AttributeEntry>> columns;
  for (const auto& column : t_columns) {
    if (!column.empty()) {
      columns.emplace_back(column);
    }
  }
  return encode_attributes(columns);
}

} // namespace

std::size_t Recipients::change_attributes(std::span<const AttributeChanges* const> changes,
                                          unsigned threads) {
  const AllTold all(changes);
  // By block: counting sort.
  std::vector<std::size_t> starts(1);
  all.each([&starts](const AttributeChanges::Person& person, std::uint32_t) {
    const auto block = block_of(person.recipient);
    starts.resize(std::max<std::size_t>(starts.size(), block + 2U));
    starts[block + 1U] += person.count == 0 ? 0 : 1;
  });
  if (starts.size() == 1) {
    return 0;
  }
  const auto top = static_cast<std::uint32_t>(starts.size() - 2);
  std::partial_sum(starts.begin(), starts.end(), starts.begin());
  LargeVector<ToldPerson> order(starts.back());
  auto next = starts;
  all.each([&](const AttributeChanges::Person& person, std::uint32_t place) {
    if (person.count != 0) {
      order[next[block_of(person.recipient)]++] = {person.recipient, place};
    }
  });
  struct Piece {
    std::uint32_t block;
    std::string old;
    std::size_t added = 0;
  };
  std::vector<Piece> pieces;
  for (std::uint32_t block = 0; block <= top; ++block) {
    if (starts[block] != starts[block + 1]) {
      pieces.push_back({block, attribute_block(block)});
    }
  }
  BlobWriter writer(m_database->use("INSERT INTO attribute_block VALUES (?1, ?2) ON CONFLICT "
                                    "(block) DO UPDATE SET data = excluded.data"));
  parallel_for(pieces.size(), threads, [&](std::size_t p, unsigned) {
    auto& piece = pieces[p];
    const std::span mine(order.data() + starts[piece.block],
                         starts[piece.block + 1] - starts[piece.block]);
    std::sort(mine.begin(), mine.end(), [](const ToldPerson& a, const ToldPerson& b) {
      return std::tie(a.recipient, a.place) < std::tie(b.recipient, b.place);
    });
    if (piece.old.empty()) {
      if (auto fresh = encode_fresh(all, mine, piece.added); !fresh.empty()) {
        writer.put(piece.block, std::move(fresh));
        return;
      }
    }
    std::vector<AttributeColumn> columns;
    auto entries = entries_of(piece.old, piece.block, columns);
    const auto had = entries.size();
    for (const auto& person : mine) {
      all.each_entry(person.place, static_cast<std::uint16_t>(index_of(person.recipient)),
                     [&entries](const AttributeEntry& entry) { entries.push_back(entry); });
    }
    by_attribute(entries);
    entries = united(std::move(entries));
    auto packed = encode_attributes(entries);
    piece.added = entries.size() > had ? entries.size() - had : packed != piece.old ? 1 : 0;
    if (packed != piece.old) {
      writer.put(piece.block, std::move(packed));
    }
  });
  writer.finish();
  std::size_t added = 0;
  for (const auto& piece : pieces) {
    added += piece.added;
  }
  return added;
}

std::vector<std::pair<std::string, std::string>> Recipients::attributes_of(RecipientId id,
                                                                           Seconds as_of) {
  std::vector<std::pair<std::string, std::string>> out;
  const auto blob = attribute_block(block_of(id));
  if (blob.empty()) {
    return out;
  }
  const AttributeBlock block(blob, block_name("attribute", block_of(id)));
  AttributeColumn column;
  for (const auto& [attribute, name] : attributes()) {
    if (!block.read(attribute, column)) {
      continue;
    }
    std::optional<std::string> value;
    for (std::size_t k = 0; k < column.recipient.size(); ++k) {
      if (column.recipient[k] == (id & (k_recipient_block - 1)) && column.valid_from[k] <= as_of) {
        value = column.values[column.value[k]];
      }
    }
    if (value) {
      out.emplace_back(name, *value);
    }
  }
  return out;
}

std::vector<Recipients::Statement> Recipients::statements_of(RecipientId id) {
  std::vector<Statement> out;
  std::vector<AttributeColumn> columns;
  const auto blob = attribute_block(block_of(id));
  const auto entries = entries_of(blob, block_of(id), columns);
  std::map<std::uint16_t, std::string> names;
  for (auto& [attribute, name] : attributes()) {
    names.emplace(attribute, std::move(name));
  }
  for (const auto& entry : entries) {
    if (entry.recipient == (id & (k_recipient_block - 1))) {
      out.push_back({names[entry.attribute], std::string(entry.value), entry.valid_from});
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const Statement& a, const Statement& b) {
    return std::tie(a.name, a.valid_from) < std::tie(b.name, b.valid_from);
  });
  return out;
}

std::unordered_map<RecipientId, RecipientId> Recipients::merged() {
  std::unordered_map<RecipientId, RecipientId> out;
  auto query = m_database->use("SELECT recipient, into_recipient FROM merged_recipient");
  while (query.step()) {
    out.emplace(static_cast<RecipientId>(query.integer(0)),
                static_cast<RecipientId>(query.integer(1)));
  }
  return out;
}

void Recipients::merge(RecipientId from, RecipientId into) {
  if (from != into) {
    m_database->use("INSERT OR REPLACE INTO merged_recipient VALUES (?1, ?2)")
        .bind(from, into)
        .run();
    m_database->use("UPDATE merged_recipient SET into_recipient = ?2 WHERE into_recipient = ?1")
        .bind(from, into)
        .run();
  }
}

// ---- who is erased
// ----------------------------------------------------------------------------------------------------

std::vector<RecipientId> Recipients::numbers_of(RecipientId id) {
  std::vector<RecipientId> out{id};
  auto query = m_database->use(
      "SELECT recipient FROM merged_recipient WHERE into_recipient = ?1 ORDER BY 1");
  query.bind(id);
  while (query.step()) {
    out.push_back(static_cast<RecipientId>(query.integer(0)));
  }
  return out;
}

std::vector<std::string> Recipients::keys_of(RecipientId id) {
  std::vector<std::string> out;
  if (const auto block = packed_keys(block_of(id))) {
    each_key_of(*block, index_of(id), [&](std::string_view key) { out.emplace_back(key); });
  }
  return out;
}

void Recipients::remove(std::span<const RecipientId> numbers) {
  std::map<std::uint32_t, std::vector<RecipientId>> by_block;
  for (const auto id : numbers) {
    by_block[block_of(id)].push_back(id);
  }
  for (const auto& [block, mine] : by_block) {
    remove_keys(block, mine);
    remove_attributes(block, mine);
  }
}

void Recipients::remove_keys(std::uint32_t block, std::span<const RecipientId> numbers) {
  std::string blob;
  {
    auto query = m_database->use("SELECT data FROM key_block WHERE block = ?1");
    blob = query.bind(block).step() ? std::string(query.blob(0)) : std::string();
  }
  if (blob.empty()) {
    return;
  }
  auto keys = decode_keys(blob, block_name("key", block));
  for (const auto id : numbers) {
    auto& mine = keys.at(index_of(id));
    for (const auto& key : mine) {
      const auto hash = index_hash(key);
      std::string entries, kept;
      {
        auto query = m_database->use("SELECT data FROM key_index WHERE partition = ?1");
        entries =
            query.bind(partition_of(hash)).step() ? std::string(query.blob(0)) : std::string();
      }
      for (std::size_t at = 0; at + sizeof(IndexEntry) <= entries.size();
           at += sizeof(IndexEntry)) {
        IndexEntry entry;
        std::memcpy(&entry, entries.data() + at, sizeof entry);
        if (entry.tag != tag_of(hash) || entry.id != id) {
          kept.append(entries, at, sizeof entry);
        }
      }
      m_database->use("UPDATE key_index SET data = ?2 WHERE partition = ?1")
          .bind(partition_of(hash), Blob{kept})
          .run();
    }
    mine.clear();
  }
  m_database->use("UPDATE key_block SET data = ?2 WHERE block = ?1")
      .bind(block, Blob{encode_keys(keys)})
      .run();
}

void Recipients::remove_attributes(std::uint32_t block, std::span<const RecipientId> numbers) {
  std::vector<AttributeColumn> columns;
  const auto blob = attribute_block(block);
  auto entries = entries_of(blob, block, columns);
  const auto removed = std::erase_if(entries, [&](const AttributeEntry& entry) {
    return std::find(numbers.begin(), numbers.end(),
                     block << k_recipient_block_bits | entry.recipient) != numbers.end();
  });
  if (removed == 0) {
    return;
  }
  if (entries.empty()) {
    m_database->use("DELETE FROM attribute_block WHERE block = ?1").bind(block).run();
  } else {
    m_database->use("UPDATE attribute_block SET data = ?2 WHERE block = ?1")
        .bind(block, Blob{encode_attributes(entries)})
        .run();
  }
}

} // namespace mailfunnel
