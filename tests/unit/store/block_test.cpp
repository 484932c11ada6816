#include "store/block.hpp"
#include "store/recipient_block.hpp"

#include <doctest/doctest.h>

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

} // namespace
} // namespace mailfunnel
