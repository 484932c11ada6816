#include "store/recipients.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/large_memory.hpp"
#include "base/parallel.hpp"
#include "base/text.hpp"
#include "store/blob_writer.hpp"
#include "store/damage.hpp"
#include "store/recipient_place.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

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

/// Some partitions at a time, so that of very many keys only some are in memory twice. `fresh`: the
/// index is empty.
template<typename Keys>
void Recipients::add_to_index(const Keys& keys, std::span<const std::uint64_t> hashes, bool fresh,
                              unsigned threads) {
  constexpr std::size_t k_at_once = std::size_t{1} << 22, k_most_groups = 8; // each walks over all
  // What is there is read by one thread, as is the database.
  const std::size_t able = fresh ? std::max(threads, 1U) : 1;
  const auto groups = std::max(able, std::min(hashes.size() / k_at_once, k_most_groups));
  BlobWriter writer(m_database->use("INSERT INTO key_index VALUES (?1, ?2) ON CONFLICT (partition) "
                                    "DO UPDATE SET data = excluded.data"));
  auto old = m_database->use("SELECT data FROM key_index WHERE partition = ?1");
  parallel_for(groups, static_cast<unsigned>(able), [&](std::size_t group, unsigned) {
    const auto base = static_cast<std::uint32_t>(k_partitions * group / groups);
    const auto count = static_cast<std::uint32_t>(k_partitions * (group + 1) / groups) - base;
    // Who is of no partition of the group goes to one behind them: nobody can foresee who is.
    const auto part_of = [base, count](std::uint64_t hash) {
      return std::min(partition_of(hash) - base, count);
    };
    std::vector<std::uint32_t> next(count + 2);
    for (const auto hash : hashes) {
      ++next[part_of(hash) + 1];
    }
    std::partial_sum(next.begin(), next.end(), next.begin());
    const auto all = next[count]; // those behind are written in one place, one upon the other
    LargeVector<IndexEntry> entries(all + 1);
    for (std::size_t i = 0; i < hashes.size(); ++i) {
      const auto part = part_of(hashes[i]);
      entries[next[part]] = {tag_of(hashes[i]), keys.id(i)};
      next[part] += part != count ? 1 : 0;
    }
    std::uint32_t begin = 0;
    for (std::uint32_t part = 0; part < count; ++part) {
      const auto mine = std::span(entries).subspan(begin, next[part] - begin);
      begin = next[part];
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

// ---- who is one person
// ----------------------------------------------------------------------------------------------------

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

} // namespace mailfunnel
