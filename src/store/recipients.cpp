#include "store/recipients.hpp"

#include "base/bytes.hpp"
#include "base/large_memory.hpp"
#include "base/parallel.hpp"
#include "base/text.hpp"
#include "store/blob_writer.hpp"
#include "store/damage.hpp"
#include "store/recipient_place.hpp"

#include <algorithm>
#include <limits>
#include <map>

namespace mailfunnel {

namespace {

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
  for (std::size_t i = 0; i < keys.size(); ++i) {
    hashes[i] = m_index.hash(keys[i]);
  }
  auto candidates = m_index.find(hashes);
  // By number, so that each key block is unpacked once.
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
  m_index.hash({}); // the seed is read by one thread
  BlobWriter key_blocks(m_database->use("INSERT INTO key_block VALUES (?1, ?2) ON CONFLICT (block) "
                                        "DO UPDATE SET data = excluded.data"));
  parallel_for(pieces.size(), threads, [&](std::size_t p, unsigned) {
    const auto& piece = pieces[p];
    for (auto i = piece.first; i < piece.end; ++i) {
      hashes[i] = m_index.hash(keys.key(i));
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

  m_index.add(hashes, keys.numbers(), known == 0, threads);
  m_database
      ->use("INSERT INTO meta VALUES ('recipients', ?1) ON CONFLICT (key) DO UPDATE SET value = "
            "excluded.value")
      .bind(std::to_string(total))
      .run();
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
      m_index.remove(m_index.hash(key), id);
    }
    mine.clear();
  }
  m_database->use("UPDATE key_block SET data = ?2 WHERE block = ?1")
      .bind(block, Blob{encode_keys(keys)})
      .run();
}

} // namespace mailfunnel
