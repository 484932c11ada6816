// Addresses to numbers, in batches fetched ahead as an import does.

#include "sample_log.hpp"

#include "ingest/address_book.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <optional>
#include <random>

namespace mailfunnel::bench {
namespace {

constexpr std::size_t k_batch = 32;

std::vector<std::string> shuffled_addresses(std::size_t count) {
  std::vector<std::string> keys;
  for (std::uint32_t i = 0; i < count; ++i) {
    keys.push_back(sample_address(i));
  }
  std::mt19937 random(1); // NOLINT: the same order every time
  for (auto left = count; left > 1; --left) {
    std::swap(keys[left - 1], keys[random() % left]);
  }
  return keys;
}

void intern_all(AddressBook& book, const std::vector<std::string>& keys) {
  AddressBook::Pass pass(book);
  std::array<AddressBook::KeyHash, k_batch> hashes{};
  for (std::size_t at = 0; at < keys.size(); at += k_batch) {
    const auto count = std::min(k_batch, keys.size() - at);
    for (std::size_t i = 0; i < count; ++i) {
      hashes[i] = book.hash(keys[at + i]);
      book.prefetch(hashes[i]);
    }
    for (std::size_t i = 0; i < count; ++i) {
      benchmark::DoNotOptimize(book.intern(keys[at + i], hashes[i], AddressBook::k_none, &pass));
    }
  }
}

void intern_known(benchmark::State& state) {
  const auto keys = shuffled_addresses(static_cast<std::size_t>(state.range(0)));
  AddressBook book(0, 1);
  book.reserve(keys.size());
  intern_all(book, keys);
  for (auto _ : state) {
    intern_all(book, keys);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(intern_known)->Arg(10'000)->Arg(1'000'000);

void intern_new(benchmark::State& state) {
  const auto keys = shuffled_addresses(static_cast<std::size_t>(state.range(0)));
  std::optional<AddressBook> book;
  for (auto _ : state) {
    state.PauseTiming(); // an empty book with room
    book.emplace(0, 1);
    book->reserve(keys.size());
    state.ResumeTiming();
    intern_all(*book, keys);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(intern_new)->Arg(10'000)->Arg(1'000'000);

} // namespace
} // namespace mailfunnel::bench
