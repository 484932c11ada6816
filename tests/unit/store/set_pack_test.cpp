#include "store/set_pack.hpp"

#include "base/hash.hpp"
#include "base/result.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace mailfunnel {
namespace {

using Sets = std::map<std::uint64_t, std::vector<EventRow>>; // by key

/// Of the mailings 64 to 127 of a chunk, one of as many events as there may be.
Sets some_sets() {
  std::mt19937 random(11);
  Sets sets;
  for (std::size_t i = 0; i < 40; ++i) {
    const auto kind = static_cast<EventKind>(random() % k_event_kinds);
    auto& rows = sets[key_of(9, 64 + static_cast<CampaignId>(random() % 64), kind)];
    rows.resize(i == 7 ? k_small_set : 1 + random() % 9);
    for (auto& row : rows) {
      row = {static_cast<std::uint32_t>(random() % k_chunk_size),
             static_cast<std::uint32_t>(1'700'000'000 + random() % 1'000'000),
             static_cast<LinkNumber>(random() % 3),
             static_cast<std::uint16_t>(random() % 4),
             static_cast<std::uint16_t>(random() % 2),
             static_cast<std::uint8_t>(random() % 3)};
    }
    normalise_rows(rows, kind);
  }
  return sets;
}

constexpr auto k_row = pack_of(key_of(9, 64, EventKind::open));

std::string packed(const Sets& sets) {
  SetPacker packer;
  for (const auto& [key, rows] : sets) {
    packer.add(key, rows);
  }
  return packer.finish();
}

void check_rows(const BlockReader& block, const std::vector<EventRow>& wanted) {
  EventColumns columns;
  block.read_all(columns);
  REQUIRE_EQ(columns.size(), wanted.size());
  CHECK_EQ(block.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto row = columns.row(i);
    CHECK(std::memcmp(&row, &wanted[i], sizeof row) == 0);
  }
}

TEST_CASE("set pack: a row is that of 64 mailings of a chunk, beside theirs") {
  const auto row = pack_of(key_of(9, 64, EventKind::sent));
  CHECK(is_pack(row));
  CHECK_FALSE(is_pack(key_of(9, 64, EventKind::unknown)));
  CHECK_EQ(pack_of(row), row);
  CHECK_EQ(pack_of(key_of(9, 127, EventKind::unknown)), row);
  for (const auto other : {key_of(9, 63, EventKind::open), key_of(9, 128, EventKind::open),
                           key_of(8, 64, EventKind::open), key_of(10, 64, EventKind::open)}) {
    CHECK_NE(pack_of(other), row);
  }
  CHECK_LT(key_of(9, 63, EventKind::unknown), row);
  CHECK_GT(key_of(9, 128, EventKind::sent), row);
  CHECK_EQ(row >> 40, 9);
  CHECK_EQ(campaign_of(row), 64);
}

TEST_CASE("set pack: each set is read as it was put in") {
  const auto sets = some_sets();
  const auto blob = packed(sets);
  const SetPack pack(blob, k_row);
  REQUIRE_EQ(pack.size(), sets.size());
  std::size_t i = 0, bytes = 24; // of the header and the end
  for (const auto& [key, rows] : sets) {
    CHECK_EQ(pack.key(i), key);
    CHECK(pack.find(key) == i);
    check_rows(pack.set(i), rows);
    EventColumns one;
    pack.set(i).read_recipient(static_cast<std::uint16_t>(rows.back().recipient), one);
    CHECK_GE(one.size(), 1);
    CHECK_EQ(one.recipient.back(), rows.back().recipient);
    bytes += pack.bytes(i++);
  }
  CHECK_EQ(bytes, blob.size());
  for (std::uint64_t key = key_of(9, 60, EventKind::sent); key < key_of(9, 130, EventKind::sent);
       ++key) {
    CHECK_EQ(pack.find(key).has_value(), sets.contains(key));
  }

  std::size_t seen = 0;
  each_set(k_row, blob, [&](std::uint64_t key, const BlockReader& block) {
    check_rows(block, sets.at(key));
    ++seen;
  });
  CHECK_EQ(seen, sets.size());
  const auto& [key, rows] = *sets.begin();
  each_set(key, encode_block(rows), [&](std::uint64_t own, const BlockReader& block) {
    CHECK_EQ(own, key);
    check_rows(block, sets.at(own));
  });

  CHECK_EQ(SetPack().size(), 0);
  CHECK_FALSE(SetPack().find(key).has_value());
}

TEST_CASE("set pack: what is taken over from another is as if it were put in") {
  const auto sets = some_sets();
  const auto blob = packed(sets);
  const SetPack pack(blob, k_row);
  SetPacker packer;
  CHECK(packer.empty());
  std::size_t i = 0;
  for (const auto& [key, rows] : sets) {
    if (i % 2 == 0) {
      packer.add(pack, i);
    } else {
      packer.add(key, rows);
    }
    ++i;
  }
  CHECK_FALSE(packer.empty());
  CHECK(packer.finish() == blob);
  CHECK(packer.empty());
  packer.add(pack, 3);
  const auto one = packer.finish();
  REQUIRE_EQ(SetPack(one, k_row).size(), 1);
  CHECK_EQ(SetPack(one, k_row).key(0), pack.key(3));
}

TEST_CASE("set pack: damage is seen, also under a right checksum") {
  auto sets = some_sets();
  const auto blob = packed(sets);
  for (std::size_t size = 0; size < blob.size(); ++size) {
    CHECK_THROWS_AS(SetPack(std::string_view(blob).substr(0, size), k_row), Failure);
  }
  for (std::size_t at = 0; at < blob.size(); ++at) {
    if (at >= 1 && at < 4) {
      continue; // says nothing
    }
    auto other = blob;
    other[at] = static_cast<char>(other[at] ^ 0x20);
    CHECK_THROWS_AS(SetPack(other, k_row), Failure);
  }

  const auto changed = [&](std::size_t at, auto value) {
    auto other = blob;
    std::memcpy(other.data() + at, &value, sizeof value);
    const auto checksum = hash64(std::string_view(other).substr(12));
    std::memcpy(other.data() + 4, &checksum, sizeof checksum);
    return other;
  };
  constexpr std::size_t k_second = 16 + 10; // entry
  CHECK_EQ(SetPack(changed(12, static_cast<std::uint32_t>(sets.size())), k_row).size(),
           sets.size());
  const std::pair<const char*, std::string> cases[] = {
      {"more sets than there are", changed(12, std::uint32_t{1'000'000'000})},
      {"more events than a set may have", changed(k_second + 2, std::uint16_t{k_small_set + 1})},
      {"no events", changed(k_second + 2, std::uint16_t{0})},
      {"a set that begins behind the next", changed(k_second + 4, std::uint32_t{0x7FFF'FFFF})},
      {"a mailing of another pack", changed(k_second + 8, std::uint8_t{64})},
      {"a kind that there is not", changed(k_second + 9, std::uint8_t{k_event_kinds})},
      {"sets out of order", changed(k_second + 8, std::uint8_t{63})},
  };
  for (const auto& [what, damaged] : cases) {
    CAPTURE(what);
    CHECK_THROWS_AS(SetPack(damaged, k_row), Failure);
  }

  // Events that reach into the next set's are seen when they are read.
  const auto reaching = changed(k_second + 2, std::uint16_t{k_small_set});
  EventColumns columns;
  const SetPack pack(reaching, k_row);
  CHECK_THROWS_AS(pack.set(1).read_all(columns), Failure);

  auto newer = blob;
  newer[0] = 2;
  CHECK_THROWS_WITH_AS(SetPack(newer, k_row),
                       "the row of small sets of chunk 9, campaigns from 64, has format 2: it was "
                       "written by a newer mailfunnel, use that one",
                       Failure);
  newer = blob;
  newer.back() = 1;
  CHECK_THROWS_WITH_AS(SetPack(newer, k_row),
                       "the row of small sets of chunk 9, campaigns from 64, is damaged: restore "
                       "the store from a backup",
                       Failure);
}

} // namespace
} // namespace mailfunnel
