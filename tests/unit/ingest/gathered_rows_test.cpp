#include "ingest/gathered_rows.hpp"

#include "store/block.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

namespace mailfunnel {
namespace {

using Times = std::map<std::uint64_t, std::vector<std::uint32_t>>; // by key

/// Of some threads, as an import has them; what they were given.
struct Threads {
  explicit Threads(unsigned count) : buckets(count) {}

  void push(std::size_t thread, CampaignId campaign, EventKind kind, std::uint32_t recipient,
            std::uint32_t time) {
    const auto place = campaign * k_event_kinds + static_cast<std::size_t>(kind);
    buckets[thread].push(place, {0, time, 0, 0, 0, 0}, recipient);
    given[key_of(chunk_of(recipient), campaign, kind)].push_back(time);
    campaigns = std::max(campaigns, campaign);
  }
  GatheredRows gathered() {
    GatheredRows rows(static_cast<unsigned>(buckets.size()));
    for (auto& of_thread : buckets) {
      of_thread.deal_out();
      for (CampaignId campaign = campaigns; campaign > 0; --campaign) { // in no order of their own
        for (std::size_t kind = 0; kind < k_event_kinds; ++kind) {
          if (auto* const bucket = of_thread.find(campaign * k_event_kinds + kind)) {
            rows.add(campaign, static_cast<EventKind>(kind), *bucket);
          }
        }
      }
    }
    rows.sort();
    return rows;
  }

  std::vector<RowBuckets> buckets;
  Times given;
  CampaignId campaigns = 0;
};

/// What comes, each set once and in order; and how many sets at a time.
Times taken(GatheredRows rows, std::vector<std::size_t>& sizes) {
  Times out;
  std::uint64_t last = 0;
  std::uint32_t chunks = 0; // those that may not come any more
  for (RowSets sets; rows.next(sets); sets.clear()) {
    sizes.push_back(sets.size());
    for (std::size_t i = 0; i < sets.size(); ++i) {
      const auto set = sets[i];
      CHECK_LT(last, sets.key(i));
      last = sets.key(i);
      CHECK_GE(set.chunk, chunks);
      auto& times = out[sets.key(i)];
      set.each([&](const EventRow& row) {
        CHECK_EQ(chunk_of(row.recipient), set.chunk);
        times.push_back(row.time);
      });
    }
    chunks = sets.empty() ? chunks : static_cast<std::uint32_t>(last >> 40) + 1;
  }
  return out;
}

void check_same(Times found, Times wanted) {
  for (auto* const times : {&found, &wanted}) {
    for (auto& set : *times) {
      std::sort(set.second.begin(), set.second.end());
    }
  }
  CHECK(found == wanted);
}

TEST_CASE("what several threads gathered comes chunk by chunk, each set once") {
  std::mt19937 random(2);
  for (const unsigned count : {1U, 2U, 5U}) {
    for (const std::size_t rows : {300U, 400'000U}) { // of small mailings half, or all
      Threads threads(count);
      for (std::size_t i = 0; i < rows; ++i) {
        const bool large = random() % 2 == 0;
        threads.push(random() % count,
                     large ? 1 : static_cast<CampaignId>(2 + random() % (rows / 30)),
                     random() % 2 == 0 ? EventKind::sent : EventKind::open,
                     static_cast<std::uint32_t>(random() % (20 * k_chunk_size)),
                     static_cast<std::uint32_t>(random()));
      }
      threads.push(0, 777, EventKind::open, 30 * k_chunk_size + 3, 5); // far behind the others
      std::vector<std::size_t> sizes;
      check_same(taken(threads.gathered(), sizes), threads.given);
      CHECK_EQ(sizes.size() == 1, rows == 300);
      CHECK_LE(sizes.size(), 8);
      check_same(taken(threads.gathered(), sizes), threads.given); // nothing is taken away
    }
  }
}

TEST_CASE("of very many sets no more than some chunks' come at a time") {
  constexpr CampaignId k_mailings = 5'000;
  constexpr std::uint32_t k_chunks = 32;
  for (const std::uint32_t rows : {1U, 30U}) { // put together here; dealt out as they came
    Threads threads(1);
    for (std::uint32_t i = 0; i < rows; ++i) {
      for (CampaignId campaign = 1; campaign <= k_mailings; ++campaign) {
        for (std::uint32_t chunk = 0; chunk < k_chunks; ++chunk) {
          threads.push(0, campaign, EventKind::open, chunk * k_chunk_size + i, i);
        }
      }
    }
    std::vector<std::size_t> sizes;
    const auto found = taken(threads.gathered(), sizes);
    CHECK_EQ(found.size(), k_mailings * k_chunks);
    CHECK_GE(sizes.size(), 2);
    CHECK_LE(*std::max_element(sizes.begin(), sizes.end()), 2 * 65'536 + 2 * k_mailings);
  }
}

TEST_CASE("where nothing was gathered nothing comes") {
  GatheredRows rows(2);
  rows.sort();
  RowSets sets;
  CHECK_FALSE(rows.next(sets));
  CHECK(sets.empty());
}

} // namespace
} // namespace mailfunnel
