#pragma once
// Codecs of what is kept of recipients, 512 of them a blob.

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "model/activity.hpp"
#include "store/letters.hpp"

#include <algorithm>
#include <array>
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

/// Calls put(key) for each of somebody's keys ('\n' between), in order; views into `keys`.
template<typename Put> void each_of(std::string_view keys, Put put) {
  while (!keys.empty()) {
    const auto end = std::min(keys.find('\n'), keys.size());
    put(keys.substr(0, end));
    keys.remove_prefix(std::min(keys.size(), end + 1));
  }
}

/// A block of keys of which somebody's are put together when they are asked for.
class PackedKeys {
public:
  /// Failure, naming the block as `name`: it is damaged.
  PackedKeys(std::string_view blob, std::string_view name);
  PackedKeys(const PackedKeys&) = delete;
  PackedKeys& operator=(const PackedKeys&) = delete;

  std::uint32_t size() const { return static_cast<std::uint32_t>(m_people.size() - 1); }
  /// Bytes that all keys need, put one after the other.
  std::size_t room() const { return m_room; }
  /// Bytes that put() may write for somebody.
  std::size_t room(std::uint32_t index) const {
    return m_people[index + 1].end - m_people[index].end + k_beyond_letters +
           m_domains[m_people[index + 1].domain].size();
  }
  /// All keys of somebody, '\n' between, at `to`; returns their end.
  char* put(char* to, std::uint32_t index) const;
  /// Calls put(key) for each of somebody's keys, in order; views into `space`, which is written
  /// anew.
  template<typename Put> void each_key(std::uint32_t index, std::string& space, Put put) const {
    if (space.size() < room(index)) {
      space.resize(room(index));
    }
    const std::string_view keys(
        space.data(), static_cast<std::size_t>(this->put(space.data(), index) - space.data()));
    if (is_address(index)) {
      put(keys);
    } else {
      each_of(keys, put);
    }
  }
  /// Does the test hold for texts in which every character of any key stands?
  template<typename Test> bool all_characters(Test test) const {
    return test(std::string_view(m_alphabet.data(), m_letters)) &&
           std::all_of(m_domains.begin(), m_domains.end(), test);
  }
  /// Is an address all that somebody is known by? (Some are told only by looking at the keys.)
  bool is_address(std::uint32_t index) const { return m_people[index + 1].domain != 0; }
  /// The address of somebody that is shown, or "": put together at `at`, which moves behind it. For
  /// all that are asked for, each once, room() suffices.
  std::string_view address(std::uint32_t index, char*& at) const;

private:
  struct Person {
    std::uint32_t end = 0; // of the text, in letters
    std::uint16_t domain = 0;
  };
  std::string m_body;
  PutLetters m_put_letters;
  const char* m_texts = nullptr;           // of everybody, one after the other, in letters
  unsigned m_letter_bits = 0;              // of a letter
  std::size_t m_letters = 0;               // that there are
  std::array<char, 256> m_alphabet{};      // by letter
  std::vector<Person> m_people;            // behind one who is nobody
  std::vector<std::string_view> m_domains; // the first is ""
  std::size_t m_room = 0;
};

/// Calls put(index in the block, key) for each key, in order; views into `plain`.
template<typename Put> void each_key(std::string_view plain, Put put) {
  ByteReader read(plain);
  for (std::uint32_t index = 0; read.left() != 0 && read.good(); ++index) {
    each_of(read.text(), [&](std::string_view key) { put(index, key); });
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

/// The same column by column, by attribute; none is empty, and none has a value twice.
class AttributeWriter {
public:
  void add(std::uint16_t attribute, const AttributeColumn& column);
  std::string finish() const;

private:
  struct Column {
    std::uint16_t attribute;
    std::size_t end;
  };
  std::vector<Column> m_columns;
  std::string m_bytes;
};

class AttributeBlock {
public:
  /// Failure, here and of read(), naming the block as `name`: it is damaged.
  AttributeBlock(std::string_view blob, std::string_view name);
  std::vector<std::uint16_t> attributes() const;
  /// False when the block has nothing of this attribute.
  bool read(std::uint16_t attribute, AttributeColumn& column) const;

private:
  void need(bool good) const;
  std::string_view m_blob;
  std::string m_name;
};

} // namespace mailfunnel
