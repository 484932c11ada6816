#include "ingest/gathered_rows.hpp"

#include "store/block.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <tuple>
#include <utility>
#include <vector>

namespace mailfunnel {
namespace {

struct Buckets {
  RowBucket& of(unsigned thread, CampaignId campaign, EventKind kind) {
    return buckets.try_emplace({campaign, kind, thread}, kind).first->second;
  }
  std::map<std::tuple<CampaignId, EventKind, unsigned>, RowBucket> buckets;
  RowMemory memory;
};

TEST_CASE("what several threads gathered comes chunk by chunk, each set once") {
  std::mt19937 random(2);
  Buckets threads;
  std::map<std::uint64_t, std::vector<std::uint32_t>> wanted; // times, by key
  const auto push = [&](CampaignId campaign, EventKind kind, std::uint32_t recipient) {
    const auto time = static_cast<std::uint32_t>(random());
    threads.of(static_cast<unsigned>(random() % 3), campaign, kind)
        .push({0, time, 0, 0, 0, 0}, recipient, threads.memory);
    wanted[key_of(chunk_of(recipient), campaign, kind)].push_back(time);
  };
  for (std::size_t i = 0; i < 20'000; ++i) { // dealt out, and such as are put in order
    push(random() % 4 == 0 ? static_cast<CampaignId>(2 + random() % 50) : 1,
         random() % 2 == 0 ? EventKind::sent : EventKind::open,
         static_cast<std::uint32_t>(random() % (6 * k_chunk_size)));
  }
  push(77, EventKind::open, 20 * k_chunk_size + 3); // far behind the others

  GatheredRows rows;
  std::vector<std::pair<const std::tuple<CampaignId, EventKind, unsigned>, RowBucket>*> order;
  for (auto& bucket : threads.buckets) {
    bucket.second.deal_out(threads.memory);
    order.push_back(&bucket);
  }
  std::shuffle(order.begin(), order.end(), random);
  for (auto* bucket : order) {
    const auto& [campaign, kind, thread] = bucket->first;
    rows.add(campaign, bucket->second, kind);
  }
  rows.sort();
  RowSets sets;
  REQUIRE(rows.next(sets)); // few
  CHECK_FALSE(rows.next(sets));
  REQUIRE_EQ(sets.size(), wanted.size());
  std::size_t i = 0;
  for (auto& [key, times] : wanted) {
    CHECK_EQ(sets.key(i), key); // in order as they come
    std::vector<std::uint32_t> found;
    const auto set = sets[i++];
    set.each([&](const EventRow& row) {
      CHECK_EQ(chunk_of(row.recipient), set.chunk);
      found.push_back(row.time);
    });
    std::sort(found.begin(), found.end());
    std::sort(times.begin(), times.end());
    CHECK(found == times);
  }
}

TEST_CASE("of very many sets some chunks come at a time, each chunk whole") {
  constexpr CampaignId k_mailings = 40'000;
  constexpr std::uint32_t k_chunks = 4;
  RowMemory memory;
  std::deque<RowBucket> buckets;
  GatheredRows rows;
  for (CampaignId campaign = 1; campaign <= k_mailings; ++campaign) {
    auto& bucket = buckets.emplace_back(EventKind::open);
    for (std::uint32_t chunk = 0; chunk < k_chunks; ++chunk) {
      bucket.push({0, campaign, 0, 0, 0, 0}, chunk * k_chunk_size + campaign % 9, memory);
    }
    bucket.deal_out(memory);
    rows.add(campaign, bucket, EventKind::open);
  }
  rows.sort();
  std::vector<std::size_t> sizes;
  std::uint64_t last = 0;
  for (RowSets sets; rows.next(sets); sets.clear()) {
    sizes.push_back(sets.size());
    for (std::size_t i = 0; i < sets.size(); ++i) {
      CHECK_LT(last, sets.key(i));
      last = sets.key(i);
    }
  }
  CHECK(sizes == std::vector<std::size_t>{2 * k_mailings, 2 * k_mailings});
}

TEST_CASE("where nothing was gathered nothing comes") {
  GatheredRows rows;
  rows.sort();
  RowSets sets;
  CHECK_FALSE(rows.next(sets));
  CHECK(sets.empty());
}

} // namespace
} // namespace mailfunnel
