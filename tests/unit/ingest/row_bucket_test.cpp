#include "ingest/gathered_rows.hpp"
#include "ingest/row_bucket.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace mailfunnel {
namespace {

/// What there is of each chunk.
std::vector<std::vector<EventRow>> rows_of(RowBuckets& buckets, std::size_t place) {
  std::vector<std::vector<EventRow>> chunks;
  GatheredRows gathered(1);
  if (auto* const bucket = buckets.find(place)) {
    gathered.add(1, static_cast<EventKind>(place % k_event_kinds), *bucket);
  }
  gathered.sort();
  for (RowSets sets; gathered.next(sets); sets.clear()) {
    for (std::size_t i = 0; i < sets.size(); ++i) {
      const auto set = sets[i];
      CHECK_GE(set.chunk, chunks.size());
      chunks.resize(set.chunk + 1);
      auto& rows = chunks.back();
      set.each([&rows](const EventRow& row) { rows.push_back(row); });
      CHECK_EQ(rows.size(), set.size());
    }
  }
  return chunks;
}

/// The same, by simple means.
std::vector<std::vector<EventRow>> expected(const std::vector<EventRow>& rows) {
  std::vector<std::vector<EventRow>> chunks;
  for (const auto& row : rows) {
    chunks.resize(std::max<std::size_t>(chunks.size(), chunk_of(row.recipient) + 1));
    chunks[chunk_of(row.recipient)].push_back(row);
  }
  return chunks;
}

bool same(const EventRow& a, const EventRow& b) {
  return a.recipient == b.recipient && a.time == b.time && a.link == b.link &&
         a.evidence == b.evidence;
}

void check_same(std::vector<std::vector<EventRow>> found, std::vector<std::vector<EventRow>> wanted,
                bool in_order) {
  found.resize(std::max(found.size(), wanted.size()));
  wanted.resize(found.size());
  for (std::size_t chunk = 0; chunk < found.size(); ++chunk) {
    if (!in_order) {
      const auto by_time = [](const EventRow& a, const EventRow& b) { return a.time < b.time; };
      std::sort(found[chunk].begin(), found[chunk].end(), by_time);
      std::sort(wanted[chunk].begin(), wanted[chunk].end(), by_time);
    }
    REQUIRE_EQ(found[chunk].size(), wanted[chunk].size());
    CHECK(std::equal(found[chunk].begin(), found[chunk].end(), wanted[chunk].begin(), same));
  }
}

TEST_CASE("rows are dealt out to the chunks of their recipients, in the order in which they came") {
  std::mt19937 random(7);
  for (const auto kind : {EventKind::sent, EventKind::click}) { // in 8 bytes, and in 16
    for (const std::size_t count : {0U, 1U, 9U, 512U, 513U, 20'000U}) {
      RowBuckets buckets;
      const auto place = 3 * k_event_kinds + static_cast<std::size_t>(kind);
      std::vector<EventRow> rows;
      for (std::uint32_t i = 0; i < count; ++i) {
        EventRow row{
            static_cast<std::uint32_t>(random() % (5 * k_chunk_size)), 1000 + i, 0, 0, 0, 0};
        if (kind == EventKind::click) {
          row.link = static_cast<LinkNumber>(random() % 3);
          row.evidence = static_cast<std::uint16_t>(random() % 100);
        }
        rows.push_back(row);
        auto nobodys = row; // the number is known only when it is pushed
        nobodys.recipient = 0;
        buckets.push(place, nobodys, row.recipient);
      }
      buckets.deal_out();
      const auto bytes = count * (kind == EventKind::sent ? 8 : 16);
      CHECK_GE(buckets.bytes(), bytes);
      CHECK_LE(buckets.bytes(), count <= 512 ? 4 * bytes + 1000 : 2 * bytes + 21'000);
      auto* const bucket = buckets.find(place);
      CHECK_EQ(bucket == nullptr, count == 0);
      CHECK_EQ(buckets.find(place + 1), nullptr);
      if (bucket != nullptr) {
        CHECK_EQ(bucket->first(), 1000);
        CHECK_EQ(bucket->last(), 1000 + count - 1);
      }
      check_same(rows_of(buckets, place), expected(rows), true);

      // Others are known by another number now, some of them of another chunk; then more comes in.
      const auto changed = [](std::uint32_t recipient) {
        return recipient % 3 == 0 ? recipient * 7 % (8 * k_chunk_size) : recipient;
      };
      buckets.renumber(changed);
      for (auto& row : rows) {
        row.recipient = changed(row.recipient);
      }
      check_same(rows_of(buckets, place), expected(rows), false);
      for (std::uint32_t i = 0; i < count; ++i) {
        rows.push_back({i % (6 * k_chunk_size), 900'000 + i, 0, 0, 0, 0});
        buckets.push(place, rows.back(), rows.back().recipient);
      }
      buckets.deal_out();
      check_same(rows_of(buckets, place), expected(rows), false);

      buckets.renumber_links(place,
                             [](LinkNumber link) { return static_cast<LinkNumber>(link + 10); });
      for (auto& row : rows) {
        row.link = row.link == 0 ? row.link : static_cast<LinkNumber>(row.link + 10);
      }
      check_same(rows_of(buckets, place), expected(rows), false);

      // Those of one bucket become another's, by other numbers, without those of nobody.
      RowBuckets all;
      all.push(place, {5, 7, 0, 0, 0, 0}, 5);
      std::vector<EventRow> taken{{5, 7, 0, 0, 0, 0}};
      const auto kept = [](std::uint32_t recipient) {
        return recipient % 4 == 0 ? k_not_kept : recipient / 2;
      };
      std::size_t nobodys = 0;
      for (auto row : rows) {
        row.recipient = kept(row.recipient);
        if (row.recipient == k_not_kept) {
          ++nobodys;
        } else {
          taken.push_back(row);
        }
      }
      CHECK_EQ(all.take(buckets, kept), nobodys);
      all.deal_out();
      check_same(rows_of(all, place), expected(taken), false);
      CHECK_EQ(buckets.find(place), nullptr);
      CHECK_EQ(buckets.bytes(), 0);
      const auto before = taken.size();
      std::erase_if(taken, [](const EventRow& row) { return row.recipient % 3 == 0; });
      CHECK_EQ(all.renumber([](std::uint32_t recipient) {
        return recipient % 3 == 0 ? k_not_kept : recipient;
      }),
               before - taken.size());
      check_same(rows_of(all, place), expected(taken), false);
    }
  }
}

} // namespace
} // namespace mailfunnel
