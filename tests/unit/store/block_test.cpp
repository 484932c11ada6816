#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/result.hpp"
#include "store/block.hpp"
#include "store/damage.hpp"
#include "store/recipient_block.hpp"
#include "store/zstd.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

namespace mailfunnel {
namespace {

TEST_CASE("blocks give back what went in, whole and for one recipient") {
  std::mt19937 random(1);
  for (int round = 0; round < 60; ++round) {
    std::vector<EventRow> rows(random() % 9000 + 1);
    const auto people = random() % 3 == 0 ? 3U : 65'536U;
    for (auto& row : rows) {
      row = {static_cast<std::uint32_t>(random() % people),
             static_cast<std::uint32_t>(random()),
             static_cast<LinkNumber>(round % 2 == 0 ? 0 : random() % 70),
             static_cast<std::uint16_t>(round % 3 == 0 ? 0 : random() % 5),
             static_cast<std::uint16_t>(round % 4 == 0 ? random() : 0),
             static_cast<std::uint8_t>(round % 5 == 0 ? random() % 16 : 0)};
    }
    normalise_rows(rows, EventKind::click);
    const auto blob = encode_block(rows);
    const BlockReader reader(blob, 0);
    EventColumns columns;
    reader.read_all(columns);
    REQUIRE(columns.size() == rows.size());
    std::vector<std::uint16_t> recipients;
    reader.read_recipients(recipients);
    REQUIRE(recipients == columns.recipient);
    const auto same = [](const EventRow& a, const EventRow& b) {
      return a.recipient == b.recipient && a.time == b.time && a.link == b.link &&
             a.evidence == b.evidence && a.extra == b.extra && a.system == b.system;
    };
    for (std::size_t i = 0; i < rows.size(); ++i) {
      REQUIRE(same(columns.row(i), rows[i]));
    }
    const auto wanted = rows[random() % rows.size()].recipient;
    columns.clear();
    reader.read_recipient(static_cast<std::uint16_t>(wanted), columns);
    std::size_t found = 0;
    for (const auto& row : rows) {
      if (row.recipient == wanted) {
        REQUIRE(same(columns.row(found++), row));
      }
    }
    CHECK(columns.size() == found);
    const auto last = static_cast<std::uint16_t>(std::min(wanted + random() % 300, 65'535UL));
    columns.clear();
    reader.read_recipients(static_cast<std::uint16_t>(wanted), last, columns);
    found = 0;
    for (const auto& row : rows) {
      if (row.recipient >= wanted && row.recipient <= last) {
        REQUIRE(same(columns.row(found++), row));
      }
    }
    CHECK(columns.size() == found);
  }
}

TEST_CASE("a block that was changed anywhere is refused, its header too") {
  std::vector<EventRow> rows;
  for (std::uint32_t i = 0; i < 3 * k_sub_block; ++i) {
    rows.push_back({i, 1'700'000'000 + i % 7, 0, 0, 0, 0});
  }
  const auto blob = encode_block(rows);
  for (std::size_t at = 0; at < blob.size(); at += at < 100 ? 1 : 13) {
    if (at >= 1 && at < 4) {
      continue; // says nothing
    }
    auto other = blob;
    other[at] = static_cast<char>(other[at] ^ 1);
    CAPTURE(at);
    CHECK_THROWS_AS(BlockReader(other, 0), Failure);
  }
}

TEST_CASE("a key gives back what it is made of, and says so where its kind is none") {
  const auto last = static_cast<EventKind>(k_event_kinds - 1);
  const auto key = key_of(5, 70'000, last);
  CHECK(kind_of(key) == last);
  CHECK(campaign_of(key) == 70'000);
  CHECK(kind_of(key_of(0, 0, EventKind::unknown)) == EventKind::unknown);
  for (const std::uint64_t bad : {std::uint64_t{k_event_kinds}, std::uint64_t{0xFF}}) {
    CHECK_THROWS_WITH_AS(static_cast<void>(kind_of((key & ~std::uint64_t{0xFF}) | bad)),
                         "the table activity is damaged: restore the store from a backup", Failure);
  }
}

TEST_CASE("a number that stands for no value of an enumeration is damage") {
  CHECK(enumerated(18, EventKind::address_change, "t") == EventKind::address_change);
  for (const std::int64_t bad : {-1, 19, 256}) {
    CHECK_THROWS_WITH_AS(static_cast<void>(enumerated(bad, EventKind::address_change, "t")),
                         "the table t is damaged: restore the store from a backup", Failure);
  }
}

TEST_CASE("the union of two records of one event") {
  EventRow a{1, 5, 0, 1, 30, 2}, b{1, 5, 0, 4, 20, 0};
  unite(a, b, EventKind::click);
  CHECK(a.evidence == 5);
  CHECK(a.extra == 20);
  CHECK(a.system == 2);
  EventRow soft{
      1, 5, 0, pack_bounce(BounceClass::soft, BounceReason::mailbox_full), pack_status("4.2.2"), 0};
  const EventRow hard{
      1, 5, 0, pack_bounce(BounceClass::hard, BounceReason::user_unknown), pack_status("5.1.1"), 0};
  unite(soft, hard, EventKind::bounce);
  CHECK(bounce_class_of(soft.evidence) == BounceClass::hard);
  CHECK(unpack_status(soft.extra) == "5.1.1");
}

TEST_CASE("status codes that do not fit are none") {
  CHECK(unpack_status(pack_status("5.7.26")) == "5.7.26");
  for (const char* odd : {"", "5", "5.1", "2.0.0", "5.99.1", "5.1.1000", "a.b.c", "5.1.1.1"}) {
    CAPTURE(odd);
    CHECK(pack_status(odd) == 0);
  }
}

TEST_CASE("key blocks and attribute blocks") {
  const KeyBlock keys{{"ann@example.com", "\x1f"
                                          "1"
                                          "\x1f"
                                          "77"},
                      {"bo@example.com"},
                      {}};
  const auto blob = encode_keys(keys);
  CHECK(decode_keys(blob, "test") == keys);
  const PackedKeys packed_keys(blob, "test");
  std::string space(packed_keys.room(), '\0');
  auto* at = space.data();
  CHECK(packed_keys.address(0, at) == "ann@example.com");
  CHECK(packed_keys.address(1, at) == "bo@example.com");
  CHECK(packed_keys.address(2, at).empty());
  std::vector<AttributeEntry> entries;
  for (std::uint16_t attribute : {std::uint16_t{1}, std::uint16_t{4}}) {
    for (std::uint16_t recipient = 0; recipient < 512; ++recipient) {
      entries.push_back(
          {attribute, recipient, 100U + recipient % 3, recipient % 2 == 0 ? "even" : "odd"});
    }
  }
  const auto packed = encode_attributes(entries);
  const AttributeBlock block(packed, "test");
  AttributeColumn column;
  REQUIRE(block.read(4, column));
  CHECK_FALSE(block.read(2, column));
  REQUIRE(block.read(4, column));
  REQUIRE(column.recipient.size() == 512);
  for (std::size_t i = 0; i < 512; ++i) {
    CHECK(column.recipient[i] == i);
    CHECK(column.valid_from[i] == 100 + i % 3);
    CHECK(column.values[column.value[i]] == (i % 2 == 0 ? "even" : "odd"));
  }
}

/// Keys as a block may have them: few or many domains, any bytes, none, several, contact ids.
KeyBlock random_keys(std::mt19937& random) {
  const auto domains = random() % 3 == 0 ? 1'000U : 4U;
  const auto letters = random() % 3 == 0 ? 255U : random() % 40 + 1; // 64 need six bits, more eight
  KeyBlock block(random() % 512 + 1);
  for (auto& keys : block) {
    for (auto left = random() % 8 == 0 ? random() % 4 : 1U; left != 0; --left) {
      std::string key;
      for (auto size = random() % 30 + 1; size != 0; --size) {
        const auto letter = static_cast<char>('a' + random() % letters);
        key += letter == '\n' || letter == '\x1f' || letter == '@' ? 'a' : letter;
      }
      const auto kind = random() % 16;
      keys.push_back(kind == 0   ? contact_key(3, key)
                     : kind == 1 ? key // no address, and yet a key
                                 : key + "@d" + std::to_string(random() % domains) + ".example");
    }
  }
  return block;
}

TEST_CASE("key blocks give back what went in, whole and for one person") {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    CAPTURE(round);
    const auto keys = random_keys(random);
    const auto blob = encode_keys(keys);
    REQUIRE(decode_keys(blob, "test") == keys);
    const PackedKeys packed(blob, "test");
    REQUIRE(packed.size() == keys.size());
    std::string space(packed.room(), '\0'), of_one;
    auto* at = space.data();
    for (std::uint32_t i = 0; i < packed.size(); ++i) {
      const auto first = std::find_if(keys[i].begin(), keys[i].end(),
                                      [](const auto& key) { return !is_contact_key(key); });
      CHECK(packed.address(i, at) == (first == keys[i].end() ? "" : *first));
      REQUIRE_LE(at, space.data() + space.size()); // room() was enough
      auto expected = keys[i].begin();
      packed.each_key(i, of_one, [&](std::string_view key) { CHECK_EQ(key, *expected++); });
      CHECK(expected == keys[i].end());
    }
    std::vector<std::string_view> single;
    for (const auto& one : keys) {
      single.push_back(one.empty() ? "" : std::string_view(one.front()));
    }
    const auto firsts = decode_keys(encode_single_keys(single), "test");
    for (std::size_t i = 0; i < keys.size(); ++i) {
      CHECK((keys[i].empty() ? firsts[i].empty() : firsts[i].front() == keys[i].front()));
    }
  }
}

/// A blob with a checksum that is right.
std::string sealed(char version, std::string_view body) {
  std::string out(1, version);
  const auto checksum = static_cast<std::uint32_t>(hash64(body));
  out.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  return out.append(body);
}

TEST_CASE("key blocks of stores of format 4 and older are read") {
  std::string plain, packed;
  ByteWriter write(plain);
  for (const std::string_view text : {"ann@example.com\n\x1f"
                                      "1\x1f"
                                      "77",
                                      "", "bo@example.com"}) {
    write.text(text);
  }
  append_compressed(packed, plain);
  const KeyBlock keys{{"ann@example.com", "\x1f"
                                          "1\x1f"
                                          "77"},
                      {},
                      {"bo@example.com"}};
  CHECK(decode_keys(sealed(1, packed), "test") == keys);
  CHECK_THROWS_AS(decode_keys(sealed(3, packed), "test"), Failure);
}

TEST_CASE("key blocks with bytes changed are damaged, or other keys, and nothing else") {
  std::mt19937 random(11);
  std::size_t damaged = 0, read = 0;
  for (int round = 0; round < 20'000; ++round) {
    static const auto s_keys = random_keys(random);
    auto body = encode_keys(s_keys).substr(5);
    for (auto changes = random() % 4 + 1; changes != 0; --changes) {
      // The head more often than the rest.
      const auto at =
          random() % (random() % 2 == 0 ? std::min<std::size_t>(body.size(), 16) : body.size());
      body[at] = static_cast<char>(random());
    }
    if (random() % 8 == 0) {
      body.resize(random() % body.size());
    }
    try {
      decode_keys(sealed(2, body), "test");
      ++read;
    } catch (const Failure&) {
      ++damaged;
    }
  }
  CHECK(damaged > 1'000);
  CHECK(read > 1'000);
}

} // namespace
} // namespace mailfunnel
