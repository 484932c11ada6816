#include "store/key_index.hpp"

#include "base/hash.hpp"
#include "base/large_memory.hpp"
#include "base/parallel.hpp"
#include "base/text.hpp"
#include "store/blob_writer.hpp"
#include "store/damage.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>
#include <tuple>

namespace mailfunnel {

namespace {

// A partition is the 12 low bits of the hash, a tag the next 32.
constexpr std::uint32_t k_partitions = 4096;
constexpr std::uint32_t k_recent = k_partitions; // the row of those that stand together
// So many of them: a row of 48 KiB, which each look-up reads, where all partitions of a million
// people have 8 MB.
constexpr std::size_t k_most_recent = std::size_t{1} << 12;

std::uint32_t partition_of(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash & (k_partitions - 1));
}
std::uint32_t tag_of(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash >> 12);
}

} // namespace

struct KeyIndex::Entry {
  std::uint32_t tag;
  RecipientId id;
};

struct KeyIndex::Recent { // by partition, tag, id
  std::uint32_t partition, tag;
  RecipientId id;
  auto place() const { return std::tie(partition, tag); }
  bool operator<(const Recent& other) const {
    return std::tie(partition, tag, id) < std::tie(other.partition, other.tag, other.id);
  }
};

std::uint64_t KeyIndex::hash(std::string_view key) {
  if (!m_seed) {
    auto query = m_database->use("SELECT value FROM meta WHERE key = 'index_seed'");
    m_seed = query.step() ? static_cast<std::uint64_t>(parse_int(query.text(0)).value_or(0)) : 0;
  }
  return *m_seed == 0 ? hash64(key) : keyed_hash64(key, *m_seed);
}

std::vector<KeyIndex::Recent> KeyIndex::recent() {
  auto query = m_database->use("SELECT data FROM key_index WHERE partition = ?1");
  if (!query.bind(k_recent).step()) {
    return {};
  }
  const auto data = query.blob(0);
  std::vector<Recent> entries(data.size() / sizeof(Recent));
  std::copy_n(data.data(), entries.size() * sizeof(Recent),
              reinterpret_cast<char*>(entries.data()));
  if (data.size() % sizeof(Recent) != 0 || !std::is_sorted(entries.begin(), entries.end()) ||
      (!entries.empty() && entries.back().partition >= k_partitions)) {
    damaged("the index of keys");
  }
  return entries;
}

void KeyIndex::put_recent(std::span<const Recent> entries) {
  if (entries.empty()) {
    m_database->use("DELETE FROM key_index WHERE partition = ?1").bind(k_recent).run();
    return;
  }
  m_database
      ->use("INSERT INTO key_index VALUES (?1, ?2) ON CONFLICT (partition) DO UPDATE SET data = "
            "excluded.data")
      .bind(k_recent, Blob{{reinterpret_cast<const char*>(entries.data()), entries.size_bytes()}})
      .run();
}

std::vector<KeyIndex::Candidate> KeyIndex::find(std::span<const std::uint64_t> hashes) {
  std::vector<Candidate> found;
  const auto recent_ones = recent();
  for (std::uint32_t i = 0; !recent_ones.empty() && i < hashes.size(); ++i) {
    const Recent wanted{partition_of(hashes[i]), tag_of(hashes[i]), 0};
    for (auto at = std::lower_bound(recent_ones.begin(), recent_ones.end(), wanted);
         at != recent_ones.end() && at->place() == wanted.place(); ++at) {
      found.push_back({i, at->id});
    }
  }
  std::vector<std::uint32_t> order(hashes.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(),
            [&](auto a, auto b) { return partition_of(hashes[a]) < partition_of(hashes[b]); });
  std::string entries;
  std::uint32_t loaded = k_partitions;
  auto query = m_database->use("SELECT data FROM key_index WHERE partition = ?1");
  for (const auto i : order) {
    if (const auto partition = partition_of(hashes[i]); partition != loaded) {
      query.reset();
      entries = query.bind(partition).step() ? std::string(query.blob(0)) : std::string();
      loaded = partition;
    }
    for (std::size_t at = 0; at + sizeof(Entry) <= entries.size(); at += sizeof(Entry)) {
      Entry entry;
      std::memcpy(&entry, entries.data() + at, sizeof entry);
      if (entry.tag == tag_of(hashes[i])) {
        found.push_back({i, entry.id});
      }
    }
  }
  return found;
}

void KeyIndex::add(std::span<const std::uint64_t> hashes, const KeyNumbers& numbers, bool fresh,
                   unsigned threads) {
  if (fresh || hashes.size() > k_most_recent) { // the recent ones stay where they are
    distribute(hashes, numbers, fresh, threads);
    return;
  }
  auto entries = recent();
  const auto before = static_cast<std::ptrdiff_t>(entries.size());
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    entries.push_back({partition_of(hashes[i]), tag_of(hashes[i]), numbers[i]});
  }
  if (entries.size() <= k_most_recent) {
    std::sort(entries.begin() + before, entries.end());
    std::inplace_merge(entries.begin(), entries.begin() + before, entries.end());
    put_recent(entries);
    return;
  }
  std::vector<std::uint64_t> all;
  std::vector<RecipientId> ids;
  for (const auto& entry : entries) {
    all.push_back(std::uint64_t{entry.tag} << 12 | entry.partition);
    ids.push_back(entry.id);
  }
  distribute(all, {0, ids}, false, threads);
  put_recent({});
}

/// Into the partitions; some of them at a time, so that of very many keys only some are in memory
/// twice.
void KeyIndex::distribute(std::span<const std::uint64_t> hashes, const KeyNumbers& numbers,
                          bool fresh, unsigned threads) {
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
    LargeVector<Entry> entries(all + 1);
    for (std::size_t i = 0; i < hashes.size(); ++i) {
      const auto part = part_of(hashes[i]);
      entries[next[part]] = {tag_of(hashes[i]), numbers[i]};
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

void KeyIndex::remove(std::uint64_t hash, RecipientId id) {
  auto recent_ones = recent();
  const auto gone = std::erase_if(recent_ones, [&](const Recent& entry) {
    return entry.partition == partition_of(hash) && entry.tag == tag_of(hash) && entry.id == id;
  });
  if (gone != 0) {
    put_recent(recent_ones);
  }
  std::string entries, kept;
  {
    auto query = m_database->use("SELECT data FROM key_index WHERE partition = ?1");
    entries = query.bind(partition_of(hash)).step() ? std::string(query.blob(0)) : std::string();
  }
  for (std::size_t at = 0; at + sizeof(Entry) <= entries.size(); at += sizeof(Entry)) {
    Entry entry;
    std::memcpy(&entry, entries.data() + at, sizeof entry);
    if (entry.tag != tag_of(hash) || entry.id != id) {
      kept.append(entries, at, sizeof entry);
    }
  }
  if (kept.size() != entries.size()) {
    m_database->use("UPDATE key_index SET data = ?2 WHERE partition = ?1")
        .bind(partition_of(hash), Blob{kept})
        .run();
  }
}

} // namespace mailfunnel
