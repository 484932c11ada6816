// Blocks as they stand in the store: of activity, of keys, of attributes. The checksum is made
// right first, so that what lies behind it is reached.

#include "fuzz/target.hpp"

#include "base/hash.hpp"
#include "base/result.hpp"
#include "store/block.hpp"
#include "store/recipient_block.hpp"
#include "store/set_pack.hpp"

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace mailfunnel::fuzz {

namespace {

/// `size` bytes of it stand at `place`, and what it is of behind them.
std::string with_checksum(std::string_view text, std::size_t place, std::size_t size) {
  std::string blob(text);
  if (blob.size() >= place + size) {
    const auto checksum = hash64(text.substr(place + size));
    std::memcpy(blob.data() + place, &checksum, size);
  }
  return blob;
}

void expect(bool holds) {
  if (!holds) {
    std::abort();
  }
}

bool same(const EventRow& a, const EventRow& b) {
  return a.recipient == b.recipient && a.time == b.time && a.link == b.link &&
         a.evidence == b.evidence && a.extra == b.extra && a.system == b.system;
}

/// Written anew, some of them must be read as they are: what is damaged under a right checksum need
/// not be in order.
void read_some(const EventColumns& columns) {
  constexpr std::size_t k_most = 100'000;
  if (columns.size() == 0 || columns.size() > k_most) {
    return;
  }
  std::vector<EventRow> rows;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    rows.push_back(columns.row(i));
  }
  normalise_rows(rows, EventKind::click);
  const auto fresh = encode_block(rows);
  const auto first = static_cast<std::uint16_t>(rows[rows.size() / 3].recipient);
  const auto last = static_cast<std::uint16_t>(rows[rows.size() * 2 / 3].recipient);
  EventColumns some;
  BlockReader(fresh, key_of(1, 2, EventKind::click)).read_recipients(first, last, some);
  std::size_t found = 0;
  for (const auto& row : rows) {
    if (row.recipient >= first && row.recipient <= last) {
      expect(found < some.size() && same(some.row(found), row));
      ++found;
    }
  }
  expect(found == some.size());
}

void read_activity(std::string_view blob) {
  const BlockReader reader(blob, key_of(1, 2, EventKind::click));
  EventColumns columns;
  reader.read_all(columns);
  std::vector<std::uint16_t> recipients;
  reader.read_recipients(recipients);
  read_some(columns);
  reader.read_recipients(3, 9'000, columns);
}

void read_pack(std::string_view blob) {
  const SetPack pack(blob, pack_of(key_of(1, 64, EventKind::click)));
  SetPacker packer;
  EventColumns columns;
  for (std::size_t i = 0; i < pack.size(); ++i) {
    expect(pack.find(pack.key(i)) == i);
    columns.clear();
    pack.set(i).read_all(columns);
    expect(columns.size() == pack.set(i).size());
    read_some(columns);
    packer.add(pack, i);
  }
  const auto copy = packer.finish();
  expect(SetPack(copy, pack_of(key_of(1, 64, EventKind::click))).size() == pack.size());
}

void read_keys(std::string_view blob) {
  const PackedKeys keys(blob, "keys");
  std::string space(keys.room(), '\0');
  auto* at = space.data();
  for (std::uint32_t i = 0; i < keys.size(); ++i) {
    keys.address(i, at);
  }
  decode_keys(blob, "keys");
}

void read_attributes(std::string_view blob) {
  const AttributeBlock block(blob, "attributes");
  AttributeColumn column;
  for (const auto attribute : block.attributes()) {
    block.read(attribute, column);
    for (const auto value : column.value) {
      static_cast<void>(column.values.at(value));
    }
  }
}

bool whole(void (*read)(std::string_view), std::string_view blob) {
  try {
    read(blob);
    return true;
  } catch (const Failure&) {
    return false;
  }
}

} // namespace

bool run(std::string_view text) {
  const bool activity = whole(read_activity, with_checksum(text, 12, 8));
  const bool pack = whole(read_pack, with_checksum(text, 4, 8));
  const auto of_people = with_checksum(text, 1, 4);
  const bool keys = whole(read_keys, of_people);
  return whole(read_attributes, of_people) || keys || pack || activity;
}

} // namespace mailfunnel::fuzz
