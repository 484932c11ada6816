// Rows of an import into the store: of one large mailing, and as many in 20,000 small ones. Each
// time into an empty store: what was written is rolled back.

#include "ingest/gathered_rows.hpp"
#include "store/activity.hpp"
#include "store/store.hpp"

#include <benchmark/benchmark.h>

#include <filesystem>
#include <random>
#include <string>

#include <unistd.h>

namespace mailfunnel::bench {
namespace {

constexpr std::uint32_t k_events = 1'000'000, k_people = 500'000;

void merge_into_empty(benchmark::State& state) {
  const auto mailings = static_cast<CampaignId>(state.range(0));
  RowBuckets buckets;
  std::mt19937 random(1); // NOLINT: the same rows every time
  for (std::uint32_t i = 0; i < k_events; ++i) {
    const auto campaign = static_cast<CampaignId>(1 + std::uint64_t{i} * mailings / k_events);
    const auto kind = random() % 4 == 0 ? EventKind::open : EventKind::delivered;
    buckets.push(campaign * k_event_kinds + static_cast<std::size_t>(kind),
                 {0, 1'767'225'600 + i / 4, 0, 0, 0, 0},
                 static_cast<std::uint32_t>(random() % k_people));
  }
  buckets.deal_out();
  const auto folder =
      std::filesystem::temp_directory_path() / ("mailfunnel-bench-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const auto path = (folder / "store.db").string();
  Store::create(path);
  {
    auto store = Store::open_writing(path);
    for (auto _ : state) {
      const Transaction transaction(store.database());
      GatheredRows rows(2);
      for (CampaignId campaign = 1; campaign <= mailings; ++campaign) {
        for (const auto kind : {EventKind::delivered, EventKind::open}) {
          if (auto* const bucket =
                  buckets.find(campaign * k_event_kinds + static_cast<std::size_t>(kind))) {
            rows.add(campaign, kind, *bucket);
          }
        }
      }
      rows.sort();
      const auto counts =
          Activity(store.database()).merge([&rows](RowSets& sets) { return rows.next(sets); }, 2);
      benchmark::DoNotOptimize(counts.fresh);
    }
  }
  std::filesystem::remove_all(folder);
  state.SetItemsProcessed(state.iterations() * k_events);
}
BENCHMARK(merge_into_empty)->Arg(1)->Arg(20'000)->Unit(benchmark::kMillisecond)->UseRealTime();

} // namespace
} // namespace mailfunnel::bench
