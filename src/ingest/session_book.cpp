// Everybody whom the store knows, into the address book of a session.

#include "base/parallel.hpp"
#include "ingest/session.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <numeric>
#include <unordered_set>

namespace mailfunnel {

namespace {

struct LoadedKey {
  AddressBook::KeyHash hash;
  std::uint32_t id; // or the number of a contact
};

/// Roughly in the order of their places in the book: by the upper bits of the hash.
void sort_by_place(const LargeVector<LoadedKey>& keys, LargeVector<LoadedKey>& sorted) {
  constexpr unsigned k_bits = 12;
  std::array<std::uint32_t, (std::size_t{1} << k_bits) + 1> begins{};
  const auto part = [](const LoadedKey& key) { return key.hash.tag >> (64 - k_bits); };
  for (const auto& key : keys) {
    ++begins[part(key) + 1];
  }
  std::partial_sum(begins.begin(), begins.end(), begins.begin());
  sorted.resize(keys.size());
  for (const auto& key : keys) {
    sorted[begins[part(key)]++] = key;
  }
}

} // namespace

void Session::load_book() {
  const auto count = m_known;
  if (count == 0) {
    return;
  }
  m_book->reserve(count + count / 8);
  const auto merged = m_recipients.merged();
  std::unordered_set<RecipientId> of_several; // who has other numbers, and their addresses
  for (const auto& [from, into] : merged) {
    of_several.insert(into);
  }
  const auto blocks = (count + k_recipient_block - 1) >> k_recipient_block_bits;
  const auto threads = m_options.threads;
  std::mutex mutex;
  std::atomic<std::size_t> most_keys{0}; // of a round so far: people may have many
  on_threads(threads, [&](unsigned thread) {
    auto database = m_store.reader();
    Recipients reader(database);
    std::string space;
    // Of some blocks at a time: the book's table, which is too large for any cache, is gone through
    // from its front to its end.
    constexpr std::uint32_t k_round = 128;
    LargeVector<LoadedKey> keys, sorted;
    keys.reserve(k_round * k_recipient_block); // as many as there mostly are
    const auto first = static_cast<std::uint32_t>(std::uint64_t{blocks} * thread / threads);
    const auto end = static_cast<std::uint32_t>(std::uint64_t{blocks} * (thread + 1) / threads);
    for (auto begin = first; begin < end; begin += k_round) {
      keys.clear();
      struct WithoutAddress {
        RecipientId id;
        std::size_t first, end; // in keys
      };
      std::vector<WithoutAddress> without_address;
      for (auto block = begin; block < std::min(end, begin + k_round); ++block) {
        const auto packed = reader.packed_keys(block);
        for (std::uint32_t index = 0; packed && index < packed->size(); ++index) {
          auto id = block << k_recipient_block_bits | index;
          if (!merged.empty()) {
            const auto target = merged.find(id);
            id = target == merged.end() ? id : target->second;
          }
          bool addressed = of_several.contains(id);
          const auto first_key = keys.size();
          packed->each_key(index, space, [&](std::string_view key) {
            if (id >= count) {
              return; // came in since: this session gives that number to somebody, until it sees it
            }
            keys.push_back({m_book->hash(key), id});
            addressed = addressed || !is_contact_key(key);
          });
          if (first_key != keys.size() && !addressed) {
            without_address.push_back({id, first_key, keys.size()});
          }
        }
      }
      if (!without_address.empty()) {
        const std::lock_guard lock(mutex);
        for (const auto& person : without_address) {
          const auto number = m_contacts->add(person.id);
          for (auto i = person.first; i < person.end; ++i) {
            keys[i].id = number;
          }
        }
      }
      sort_by_place(keys, sorted);
      for (auto most = most_keys.load(); most < keys.size();) {
        most_keys.compare_exchange_weak(most, keys.size());
      }
      m_book->reserve(threads * most_keys.load());
      AddressBook::Pass pass(*m_book);
      constexpr std::size_t k_ahead = 16;
      for (std::size_t i = 0; i < sorted.size(); ++i) {
        m_book->prefetch(sorted[std::min(i + k_ahead, sorted.size() - 1)].hash);
        m_book->load(sorted[i].hash, sorted[i].id, pass);
      }
    }
  });
  m_book->go_on_from(count); // what was loaded is not told
}

} // namespace mailfunnel
