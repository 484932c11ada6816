#pragma once
// Codecs of what is kept of recipients, 512 of them a blob.

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "model/activity.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

/// A contact id as a key beside addresses. The separator can't occur in an address.
std::string contact_key(std::uint32_t account, std::string_view contact_id);
inline bool is_contact_key(std::string_view key) {
  return !key.empty() && key[0] == '\x1f';
}

/// Keys of each recipient of a block; the first address is the one shown.
using KeyBlock = std::vector<std::vector<std::string>>;
std::string encode_keys(const KeyBlock& block);
/// As encode_keys, from one view a recipient (a new block of addresses: the usual case).
std::string encode_single_keys(std::span<const std::string_view> keys);
KeyBlock decode_keys(std::string_view blob, std::string_view name);
std::string unpack_keys(std::string_view blob,
                        std::string_view name); // the bytes that each_key walks over
/// Calls put(index in the block, key) for each key, in order; views into `plain`.
template<typename Put> void each_key(std::string_view plain, Put put) {
  ByteReader read(plain);
  for (std::uint32_t index = 0; read.left() != 0 && read.good(); ++index) {
    auto all = read.text();
    while (!all.empty()) {
      const auto end = std::min(all.find('\n'), all.size());
      put(index, all.substr(0, end));
      all.remove_prefix(std::min(all.size(), end + 1));
    }
  }
}

/// One statement of an attribute: from `valid_from` on it has this value.
struct AttributeEntry {
  std::uint16_t attribute;
  std::uint16_t recipient; // offset in the block
  std::uint32_t valid_from;
  std::string_view value;
};

/// Entries are sorted by (attribute, recipient, valid_from).
std::string encode_attributes(std::span<const AttributeEntry> entries);

class AttributeBlock {
public:
  AttributeBlock(std::string_view blob, std::string_view name);
  std::vector<std::uint16_t> attributes() const;
  /// False when the block has nothing of this attribute.
  bool read(std::uint16_t attribute, AttributeColumn& column) const;

private:
  std::string_view m_blob;
  std::string m_name;
};

} // namespace mailfunnel
