// Records out of CSV, every field looked at.

#include "sample_log.hpp"

#include "base/csv.hpp"

#include <benchmark/benchmark.h>

namespace mailfunnel::bench {
namespace {

constexpr std::size_t k_events = 20'000;

void read_csv(benchmark::State& state, bool quoted) {
  const auto text = csv_of(sample_events(k_events), quoted);
  CsvReader reader;
  std::int64_t rows = 0;
  for (auto _ : state) {
    reader.start(text);
    CsvRow row;
    std::size_t bytes = 0;
    while (reader.next(row)) {
      for (std::size_t i = 0; i < row.size(); ++i) {
        bytes += row[i].size();
      }
      ++rows;
    }
    benchmark::DoNotOptimize(bytes);
  }
  state.SetItemsProcessed(rows);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK_CAPTURE(read_csv, plain, false);
BENCHMARK_CAPTURE(read_csv, quoted, true);

/// The cut of a chunk at its last whole record.
void cut_csv(benchmark::State& state) {
  const auto text = csv_of(sample_events(k_events));
  for (auto _ : state) {
    benchmark::DoNotOptimize(whole_csv_records(text, '"'));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(k_events));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(cut_csv);

} // namespace
} // namespace mailfunnel::bench
