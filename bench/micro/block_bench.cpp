// Blobs of the store: activity of one (chunk, campaign, kind), small sets of it together, and
// attributes of 512 recipients.

#include "store/block.hpp"
#include "store/recipient_block.hpp"
#include "store/set_pack.hpp"

#include <benchmark/benchmark.h>

#include <array>
#include <random>

namespace mailfunnel::bench {
namespace {

/// Clicks of a third of a chunk.
std::vector<EventRow> sample_rows() {
  std::mt19937 random(1); // NOLINT: the same rows every time
  std::vector<EventRow> rows(20'000);
  for (auto& row : rows) {
    row = {static_cast<std::uint32_t>(random() % k_chunk_size),
           static_cast<std::uint32_t>(1'767'225'600 + random() % (5 * 86'400)),
           static_cast<LinkNumber>(random() % 12 + 1),
           evidence::agent_seen,
           static_cast<std::uint16_t>(random() % 65'535 + 1),
           static_cast<std::uint8_t>(random() % 6)};
  }
  normalise_rows(rows, EventKind::click);
  return rows;
}

void count_rows(benchmark::State& state, std::size_t rows, std::size_t bytes) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

void activity_encode(benchmark::State& state) {
  const auto rows = sample_rows();
  std::string blob;
  for (auto _ : state) {
    blob = encode_block(rows);
    benchmark::DoNotOptimize(blob.data());
  }
  count_rows(state, rows.size(), blob.size());
}
BENCHMARK(activity_encode);

void activity_decode(benchmark::State& state) {
  const auto rows = sample_rows();
  const auto blob = encode_block(rows);
  EventColumns columns;
  for (auto _ : state) {
    columns.clear();
    BlockReader(blob, 0).read_all(columns);
    benchmark::DoNotOptimize(columns.time.data());
  }
  count_rows(state, rows.size(), blob.size());
}
BENCHMARK(activity_decode);

void activity_one_recipient(benchmark::State& state) {
  const auto rows = sample_rows();
  const auto blob = encode_block(rows);
  EventColumns columns;
  std::size_t i = 0;
  for (auto _ : state) {
    columns.clear();
    i = (i + 7919) % rows.size();
    BlockReader(blob, 0).read_recipient(static_cast<std::uint16_t>(rows[i].recipient), columns);
    benchmark::DoNotOptimize(columns.time.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(activity_one_recipient);

/// Clicks of a chunk, of three people a mailing.
std::vector<std::vector<EventRow>> sample_small_sets() {
  const auto rows = sample_rows();
  std::vector<std::vector<EventRow>> sets(1U << k_pack_bits);
  for (std::size_t i = 0; i < sets.size(); ++i) {
    sets[i].assign(&rows[3 * i], &rows[3 * i + 3]);
  }
  return sets;
}

std::string packed(const std::vector<std::vector<EventRow>>& sets) {
  SetPacker packer;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    packer.add(key_of(0, static_cast<CampaignId>(i), EventKind::click), sets[i]);
  }
  return packer.finish();
}

void small_sets_encode(benchmark::State& state) {
  const auto sets = sample_small_sets();
  std::string blob;
  for (auto _ : state) {
    blob = packed(sets);
    benchmark::DoNotOptimize(blob.data());
  }
  count_rows(state, 3 * sets.size(), blob.size());
}
BENCHMARK(small_sets_encode);

void small_sets_decode(benchmark::State& state) {
  const auto sets = sample_small_sets();
  const auto blob = packed(sets);
  EventColumns columns;
  for (auto _ : state) {
    columns.clear();
    each_set(pack_of(0), blob,
             [&columns](std::uint64_t, const BlockReader& block) { block.read_all(columns); });
    benchmark::DoNotOptimize(columns.time.data());
  }
  count_rows(state, 3 * sets.size(), blob.size());
}
BENCHMARK(small_sets_decode);

/// Four attributes of everybody in a block.
std::vector<AttributeEntry> sample_attributes() {
  constexpr std::array<std::array<std::string_view, 4>, 4> k_values{{
      {"Marketing Manager", "Software Engineer", "Student", "CEO"},
      {"Software", "Finance", "Retail", "Logistics"},
      {"12", "140", "2500", "7"},
      {"BE", "NL", "DE", "FR"},
  }};
  std::mt19937 random(1); // NOLINT: the same values every time
  std::vector<AttributeEntry> entries;
  std::uint16_t attribute = 0;
  for (const auto& values : k_values) {
    for (std::uint16_t recipient = 0; recipient < k_recipient_block; ++recipient) {
      entries.push_back({attribute, recipient, 1'767'225'600, values[random() % 4]});
    }
    ++attribute;
  }
  return entries;
}

void attributes_encode(benchmark::State& state) {
  const auto entries = sample_attributes();
  std::string blob;
  for (auto _ : state) {
    blob = encode_attributes(entries);
    benchmark::DoNotOptimize(blob.data());
  }
  count_rows(state, entries.size(), blob.size());
}
BENCHMARK(attributes_encode);

void attributes_decode(benchmark::State& state) {
  const auto entries = sample_attributes();
  const auto blob = encode_attributes(entries);
  AttributeColumn column;
  for (auto _ : state) {
    const AttributeBlock block(blob, "bench");
    for (const auto attribute : block.attributes()) {
      block.read(attribute, column);
      benchmark::DoNotOptimize(column.value.data());
    }
  }
  count_rows(state, entries.size(), blob.size());
}
BENCHMARK(attributes_decode);

} // namespace
} // namespace mailfunnel::bench
