#include "store/activity.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include <unistd.h>

namespace mailfunnel {
namespace {

namespace fs = std::filesystem;

struct TestStore {
  TestStore() {
    static int s_number = 0; // NOLINT
    path =
        fs::temp_directory_path() / fmt::format("mailfunnel-activity-{}-{}", getpid(), ++s_number);
    fs::create_directories(path);
    const auto file = (path / "a.db").string();
    Store::create(file);
    store.emplace(Store::open_writing(file));
  }
  ~TestStore() {
    store.reset();
    fs::remove_all(path);
  }
  TestStore(const TestStore&) = delete;
  TestStore& operator=(const TestStore&) = delete;

  MergeCounts merge(std::vector<RowPages> sets, unsigned threads,
                    const std::function<void()>& write_first = {}) {
    Transaction transaction(store->database());
    const auto counts = Activity(store->database()).merge(std::move(sets), threads, write_first);
    transaction.commit();
    return counts;
  }
  std::string blocks() {
    std::string out;
    auto query = store->database().use("SELECT key, hex(data) FROM activity ORDER BY key");
    while (query.step()) {
      out += fmt::format("{} {}\n", query.integer(0), query.text(1));
    }
    return out;
  }
  fs::path path;
  std::optional<Store> store;
};

/// Of some chunks, as a log tells them: nearly by time, some twice, in pages of any size.
std::vector<PlainRow> deliveries(unsigned seed, std::uint32_t chunk, std::size_t count) {
  std::mt19937 random(seed);
  std::vector<PlainRow> rows;
  for (std::size_t i = 0; i < count; ++i) {
    rows.push_back(
        rows.empty() || random() % 10 != 0
            ? PlainRow{chunk * k_chunk_size + static_cast<std::uint32_t>(random() % 3000),
                       static_cast<std::uint32_t>(1'700'000'000 + i / 3)}
            : rows[random() % rows.size()]);
  }
  return rows;
}

std::vector<EventRow> wide(const std::vector<PlainRow>& rows) {
  std::vector<EventRow> out;
  for (const auto& row : rows) {
    out.push_back(RowPages::event_row(row));
  }
  return out;
}

TEST_CASE("rows in 8 bytes and in 16 give the same blocks, by any number of threads") {
  constexpr std::size_t k_sizes[] = {1, 200, 300, 5000}; // sorted by comparing, and by digits
  std::vector<std::vector<PlainRow>> plain;
  std::vector<std::vector<EventRow>> rows;
  for (std::uint32_t chunk = 0; chunk < 4; ++chunk) {
    for (unsigned part = 0; part < 2; ++part) { // of two threads
      plain.push_back(deliveries(chunk * 2 + part, chunk * 5, k_sizes[chunk]));
      rows.push_back(wide(plain.back()));
    }
  }
  std::vector<RowPages> of_plain, of_rows;
  for (std::uint32_t chunk = 4; chunk-- > 0;) { // in no order of their own
    const auto i = chunk * 2;
    of_plain.push_back(
        {chunk * 5, 3, EventKind::delivered,
         Pages<PlainRow>{std::span(plain[i]).first(plain[i].size() / 2),
                         std::span(plain[i]).subspan(plain[i].size() / 2), plain[i + 1]}});
    of_rows.push_back({chunk * 5, 3, EventKind::delivered, Pages<EventRow>{rows[i + 1], rows[i]}});
  }
  TestStore by_plain, by_rows;
  int first = 0;
  const auto counts = by_plain.merge(of_plain, 3, [&first] { ++first; });
  CHECK_EQ(first, 1);
  const auto same = by_rows.merge(of_rows, 1);
  CHECK_EQ(counts.fresh, same.fresh);
  CHECK_EQ(counts.duplicate, same.duplicate);
  CHECK_EQ(counts.fresh + counts.duplicate,
           of_plain[0].size() + of_plain[1].size() + of_plain[2].size() + of_plain[3].size());
  CHECK_GT(counts.duplicate, 0);
  CHECK_EQ(by_plain.blocks(), by_rows.blocks());

  const auto before = by_plain.blocks();
  const auto again = by_plain.merge(of_plain, 2);
  CHECK_EQ(again.fresh, 0);
  CHECK_EQ(again.duplicate, counts.fresh + counts.duplicate);
  CHECK_EQ(by_plain.blocks(), before);
}

TEST_CASE("what is to be written first is, also where there are no events") {
  TestStore test;
  int first = 0;
  CHECK_EQ(test.merge({}, 2, [&first] { ++first; }).fresh, 0);
  CHECK_EQ(first, 1);
}

TEST_CASE("the sets of rows of any recipients") {
  std::vector<EventRow> rows;
  for (const std::uint32_t recipient : {40'000U, 3U, 16'384U, 16'383U, 4U}) {
    rows.push_back({recipient, 7, 0, 0, 0, 0});
  }
  const auto sets = sets_of(9, EventKind::open, rows);
  REQUIRE_EQ(sets.size(), 3);
  for (std::uint32_t chunk = 0; chunk < 3; ++chunk) {
    CHECK_EQ(sets[chunk].chunk, chunk);
    CHECK_EQ(sets[chunk].size(), chunk == 0 ? 3 : 1);
    sets[chunk].each([chunk](const EventRow& row) { CHECK_EQ(chunk_of(row.recipient), chunk); });
  }
  CHECK(sets_of(9, EventKind::open, {}).empty());
}

} // namespace
} // namespace mailfunnel
