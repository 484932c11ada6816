#include "store/recipient_block.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/result.hpp"
#include "store/damage.hpp"
#include "store/zstd.hpp"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <numeric>

namespace mailfunnel {

namespace {

// keys:       version u8, checksum u32, people, domains, letters (varints), the domains (such as
//             "@example.com", length first), the letters (a byte each), bits of a length u8,
//             lengths of texts, numbers of domains (0: none), numbers of letters, 8 bytes of
//             nothing. Numbers take as many bits as the largest needs. A text is all keys of a
//             person, '\n' between; of one address without its domain. Version 1 (in stores of
//             format 4 and older): version u8, checksum u32, zstd( text after text, length first ).
// attributes: version u8, checksum u32, columns u16, directory (attribute u16, offset u32, size
//             u32)*, columns
// column:     entries u32, values u16, flags u8, [valid_from u32 | bits], dictionary (packed size
//             u32, zstd or plain), packed columns
constexpr std::uint8_t k_version = 1, k_key_version = 2;
constexpr std::size_t k_head = 5, k_behind = 8, k_column = 10; // bytes; of a directory's row
constexpr std::size_t k_worth_packing =
    1024; // bytes of a dictionary: smaller ones are read faster plain

std::string sealed(std::string_view body, std::uint8_t version = k_version) {
  std::string out;
  out.reserve(k_head + body.size());
  ByteWriter write(out);
  write.number(version);
  write.number(static_cast<std::uint32_t>(hash64(body)));
  out += body;
  return out;
}

std::string_view unsealed(std::string_view blob, std::string_view name,
                          std::uint8_t version = k_version) {
  ByteReader read(blob);
  const auto found = read.number<std::uint8_t>();
  const auto checksum = read.number<std::uint32_t>();
  if (!read.good() || found != version ||
      static_cast<std::uint32_t>(hash64(blob.substr(k_head))) != checksum) {
    throw Failure({ErrorCode::io,
                   std::string(name) + " is damaged (checksum): restore the store from a backup"});
  }
  return blob.substr(k_head);
}

} // namespace

std::string contact_key(std::uint32_t account, std::string_view contact_id) {
  return "\x1f" + std::to_string(account) + "\x1f" + std::string(contact_id);
}

namespace {

struct TextHash {
  using is_avalanching = void;
  std::size_t operator()(std::string_view text) const { return hash64(text); }
};
/// Numbers of texts, in order of first sight.
using TextNumbers = boost::unordered_flat_map<std::string_view, std::uint32_t, TextHash>;

/// Where the domain of an address begins that is somebody's only key; its size: it is none.
/// `single`: it is known to be the only one.
std::size_t domain_of_key(std::string_view text, bool single) {
  if (is_contact_key(text) || (!single && text.find('\n') != std::string_view::npos)) {
    return text.size();
  }
  const auto* const at = static_cast<const char*>(memrchr(text.data(), '@', text.size()));
  return at == nullptr ? text.size() : static_cast<std::size_t>(at - text.data());
}

/// Bits of a letter, of an alphabet of so many; at least one, so that no text is longer than what
/// stands there.
unsigned letter_bits(std::size_t letters) {
  return std::max(1U, bits_of(letters - std::min<std::size_t>(letters, 1)));
}

/// Appends numbers below 2^bits (bits of 1 to 8), packed as pack_bits() does, but eight at a time:
/// they take as many bytes as one of them has bits. `numbers` is filled up to a multiple of eight.
void pack_letters(std::string& out, std::string& numbers, unsigned bits) {
  const auto size = packed_size(numbers.size(), bits), before = out.size();
  numbers.resize((numbers.size() + 7) & ~std::size_t{7});
  out.resize(before + numbers.size() / 8 * bits + 8); // written a word at a time
  auto* to = out.data() + before;
  for (std::size_t i = 0; i < numbers.size(); i += 8, to += bits) {
    std::uint64_t eight;
    std::memcpy(&eight, numbers.data() + i, sizeof eight);
    const auto pairs = (eight & 0x00FF00FF00FF00FF) | (eight >> 8 & 0x00FF00FF00FF00FF) << bits;
    const auto fours = (pairs & 0x0000FFFF0000FFFF) | (pairs >> 16 & 0x0000FFFF0000FFFF)
                                                          << 2 * bits;
    const auto all = (fours & 0xFFFFFFFF) | fours >> 32 << 4 * bits;
    std::memcpy(to, &all, sizeof all);
  }
  out.resize(before + size);
}

/// `text(i)`: all keys of a person. `single`: each has one.
template<typename Text> std::string key_body(std::size_t people, bool single, Text text) {
  thread_local TextNumbers numbers;
  numbers.clear();
  std::vector<std::string_view> domains;
  std::vector<std::uint32_t> length(people), domain_of(people);
  std::string letters; // of all, without their domains
  std::size_t longest = 0;
  for (std::size_t i = 0; i < people; ++i) {
    const std::string_view all = text(i);
    const auto at = domain_of_key(all, single);
    const auto local = all.substr(0, at);
    length[i] = static_cast<std::uint32_t>(at);
    longest = std::max(longest, at);
    letters += local;
    if (at != all.size()) {
      const auto domain = all.substr(at);
      const auto [place, fresh] =
          numbers.try_emplace(domain, static_cast<std::uint32_t>(domains.size() + 1));
      if (fresh) {
        domains.push_back(domain);
      }
      domain_of[i] = place->second;
    }
  }
  std::array<bool, 256> used{};
  for (const char c : letters) { // all in one: where a text ends can't be foreseen
    used[static_cast<unsigned char>(c)] = true;
  }
  std::string alphabet;
  std::array<char, 256> letter_of{};
  for (std::size_t c = 0; c < used.size(); ++c) {
    if (used[c]) {
      letter_of[c] = static_cast<char>(alphabet.size());
      alphabet += static_cast<char>(c);
    }
  }
  std::string out;
  ByteWriter write(out);
  write.varint(people);
  write.varint(domains.size());
  write.varint(alphabet.size());
  for (const auto domain : domains) {
    write.text(domain);
  }
  out += alphabet;
  const auto length_bits = bits_of(longest);
  write.number(static_cast<std::uint8_t>(length_bits));
  pack_bits(out, people, length_bits, [&](std::size_t i) { return length[i]; });
  pack_bits(out, people, bits_of(domains.size()), [&](std::size_t i) { return domain_of[i]; });
  for (auto& letter : letters) {
    letter = letter_of[static_cast<unsigned char>(letter)];
  }
  pack_letters(out, letters, letter_bits(alphabet.size()));
  return out.append(k_behind, '\0');
}

/// The body of a block of version 1 as it is today.
std::string converted(std::string_view old) {
  std::vector<std::string_view> texts;
  for (ByteReader read(old); read.left() != 0 && read.good();) {
    texts.push_back(read.text());
  }
  return key_body(texts.size(), false, [&](std::size_t i) { return texts[i]; });
}

} // namespace

std::string encode_keys(const KeyBlock& block) {
  std::vector<std::string> texts(block.size());
  for (std::size_t i = 0; i < block.size(); ++i) {
    for (const auto& key : block[i]) {
      texts[i].append(texts[i].empty() ? "" : "\n").append(key);
    }
  }
  return sealed(
      key_body(texts.size(), false, [&](std::size_t i) { return std::string_view(texts[i]); }),
      k_key_version);
}

std::string encode_single_keys(std::span<const std::string_view> keys) {
  return sealed(key_body(keys.size(), true, [&](std::size_t i) { return keys[i]; }), k_key_version);
}

namespace {

/// The body of a block, and behind it what letters need.
std::string body_of(std::string_view blob, std::string_view name) {
  std::string old;
  std::string_view body;
  if (!blob.empty() && blob.front() == k_version) {
    body = old = converted(decompressed(unsealed(blob, name), name));
  } else {
    body = unsealed(blob, name, k_key_version);
  }
  std::string out;
  out.reserve(body.size() + k_beyond_letters); // one copy: every block that is read passes here
  return out.append(body).append(k_beyond_letters, '\0');
}

} // namespace

PackedKeys::PackedKeys(std::string_view blob, std::string_view name)
    : m_body(body_of(blob, name)), m_put_letters(letter_ways().back()) {
  const auto need = [name](bool good) {
    if (!good) {
      damaged(name);
    }
  };
  ByteReader read(std::string_view(m_body).substr(0, m_body.size() - k_beyond_letters));
  const auto people = read.varint(), domains = read.varint(), letters = read.varint();
  need(people <= k_recipient_block && domains <= people && letters <= m_alphabet.size());
  m_domains.reserve(domains + 1);
  m_domains.emplace_back();
  std::size_t longest = 0; // of the domains
  for (std::uint64_t i = 0; i < domains; ++i) {
    m_domains.push_back(read.text());
    longest = std::max(longest, m_domains.back().size());
  }
  read.take(letters).copy(m_alphabet.data(), m_alphabet.size());
  m_letters = letters;
  m_letter_bits = letter_bits(letters);
  const auto length_bits = read.number<std::uint8_t>();
  need(length_bits <= 32);
  const auto lengths = read.take(packed_size(people, length_bits));
  const auto numbers = read.take(packed_size(people, bits_of(domains)));
  need(read.good() && read.left() >= k_behind);
  m_people.resize(people + 1);
  std::uint64_t end = 0;
  unpack_bits(lengths.data(), people, length_bits, [&](std::size_t i, std::uint32_t length) {
    end += length;
    m_people[i + 1].end = static_cast<std::uint32_t>(end);
  });
  need(end <= 8 * read.left() / m_letter_bits &&
       packed_size(end, m_letter_bits) + k_behind == read.left());
  m_texts = read.take(read.left()).data();
  std::uint32_t last_domain = 0;
  unpack_bits(numbers.data(), people, bits_of(domains), [&](std::size_t i, std::uint32_t number) {
    last_domain = std::max(last_domain, number);
    m_people[i + 1].domain = static_cast<std::uint16_t>(number);
  });
  need(last_domain <= domains);
  m_room = end + people * longest + k_beyond_letters;
}

char* PackedKeys::put(char* to, std::uint32_t index) const {
  const auto begin = m_people[index].end, end = m_people[index + 1].end;
  m_put_letters({m_texts, m_letter_bits, &m_alphabet}, begin, end, to);
  const auto domain = m_domains[m_people[index + 1].domain];
  return std::copy(domain.begin(), domain.end(), to + (end - begin));
}

std::string_view PackedKeys::address(std::uint32_t index, char*& at) const {
  auto* const begin = at;
  at = put(begin, index);
  const std::string_view keys(begin, static_cast<std::size_t>(at - begin));
  if (is_address(index)) {
    return keys;
  }
  std::string_view first = "";
  each_of(keys, [&first](std::string_view key) {
    first = first.empty() && !is_contact_key(key) ? key : first;
  });
  return first;
}

std::string unpack_keys(std::string_view blob, std::string_view name) {
  const PackedKeys keys(blob, name);
  std::string out, space(keys.room(), '\0');
  out.reserve(keys.room() + 3 * std::size_t{keys.size()});
  ByteWriter write(out);
  for (std::uint32_t i = 0; i < keys.size(); ++i) {
    auto* const begin = space.data();
    write.text({begin, static_cast<std::size_t>(keys.put(begin, i) - begin)});
  }
  return out;
}

KeyBlock decode_keys(std::string_view blob, std::string_view name) {
  const PackedKeys packed(blob, name);
  KeyBlock block(packed.size());
  each_key(unpack_keys(blob, name),
           [&](std::uint32_t index, std::string_view key) { block[index].emplace_back(key); });
  return block;
}

std::string encode_attributes(std::span<const AttributeEntry> entries) {
  AttributeWriter writer;
  TextNumbers numbers;
  for (std::size_t i = 0; i < entries.size();) {
    const auto attribute = entries[i].attribute;
    AttributeColumn column;
    numbers.clear();
    for (; i < entries.size() && entries[i].attribute == attribute; ++i) {
      const auto [number, fresh] =
          numbers.try_emplace(entries[i].value, static_cast<std::uint32_t>(column.values.size()));
      if (fresh) {
        column.values.push_back(entries[i].value);
      }
      column.recipient.push_back(entries[i].recipient);
      column.valid_from.push_back(entries[i].valid_from);
      column.value.push_back(number->second);
    }
    writer.add(attribute, column);
  }
  return writer.finish();
}

void AttributeWriter::add(std::uint16_t attribute, const AttributeColumn& column) {
  std::string texts, packed;
  ByteWriter write_texts(texts);
  for (const auto value : column.values) {
    write_texts.text(value);
  }
  if (texts.size() >= k_worth_packing) {
    append_compressed(packed, texts);
  }
  const bool compressed = !packed.empty() && packed.size() < texts.size();
  const auto [base, top] = std::minmax_element(column.valid_from.begin(), column.valid_from.end());
  const auto time_bits = bits_of(*top - *base);
  const auto value_bits = bits_of(column.values.size() - 1);
  const auto n = column.recipient.size();
  // Offsets of the recipients that have the attribute: nearly always all of them, one step apart.
  const bool dense =
      n == k_recipient_block &&
      std::adjacent_find(column.recipient.begin(), column.recipient.end(),
                         [](auto a, auto b) { return b != a + 1; }) == column.recipient.end();
  ByteWriter write(m_bytes);
  write.number(static_cast<std::uint32_t>(n));
  write.number(static_cast<std::uint32_t>(column.values.size()));
  write.number(*base);
  write.number(static_cast<std::uint8_t>(time_bits));
  write.number(static_cast<std::uint8_t>(value_bits));
  write.number(static_cast<std::uint8_t>(compressed));
  write.text(compressed ? packed : texts);
  write.number(static_cast<std::uint8_t>(dense));
  pack_bits(m_bytes, dense ? 0 : n, k_recipient_block_bits,
            [&](std::size_t i) { return std::uint32_t{column.recipient[i]}; });
  pack_bits(m_bytes, n, time_bits,
            [&, first = *base](std::size_t i) { return column.valid_from[i] - first; });
  pack_bits(m_bytes, n, value_bits, [&](std::size_t i) { return column.value[i]; });
  m_bytes.append(k_behind, '\0');
  m_columns.push_back({attribute, m_bytes.size()});
}

std::string AttributeWriter::finish() const {
  std::string body;
  body.reserve(2 + m_columns.size() * k_column + m_bytes.size());
  ByteWriter write(body);
  write.number(static_cast<std::uint16_t>(m_columns.size()));
  const auto first = 2 + m_columns.size() * k_column;
  std::size_t begin = 0;
  for (const auto& column : m_columns) {
    write.number(column.attribute);
    write.number(static_cast<std::uint32_t>(first + begin));
    write.number(static_cast<std::uint32_t>(column.end - begin));
    begin = column.end;
  }
  body += m_bytes;
  return sealed(body);
}

AttributeBlock::AttributeBlock(std::string_view blob, std::string_view name)
    : m_blob(unsealed(blob, name)), m_name(name) {
  ByteReader read(m_blob);
  const std::size_t columns = read.number<std::uint16_t>();
  need(read.good() && read.left() >= columns * k_column);
}

void AttributeBlock::need(bool good) const {
  if (!good) {
    damaged(m_name);
  }
}

std::vector<std::uint16_t> AttributeBlock::attributes() const {
  ByteReader read(m_blob);
  std::vector<std::uint16_t> found(read.number<std::uint16_t>());
  for (auto& attribute : found) {
    attribute = read.number<std::uint16_t>();
    read.take(k_column - sizeof attribute);
  }
  return found;
}

bool AttributeBlock::read(std::uint16_t attribute, AttributeColumn& column) const {
  ByteReader directory(m_blob);
  const auto count = directory.number<std::uint16_t>();
  for (std::uint16_t i = 0; i < count; ++i) {
    const auto id = directory.number<std::uint16_t>();
    const auto offset = directory.number<std::uint32_t>();
    const auto size = directory.number<std::uint32_t>();
    if (id != attribute) {
      continue;
    }
    need(std::uint64_t{offset} + size <= m_blob.size());
    ByteReader read(m_blob.substr(offset, size));
    const auto entries = read.number<std::uint32_t>();
    const auto values = read.number<std::uint32_t>();
    const auto base = read.number<std::uint32_t>();
    const auto time_bits = read.number<std::uint8_t>();
    const auto value_bits = read.number<std::uint8_t>();
    const bool compressed = read.number<std::uint8_t>() != 0;
    const auto texts = read.text();
    const bool dense = read.number<std::uint8_t>() != 0;
    column.storage = compressed ? decompressed(texts, m_name) : std::string(texts);
    const auto of_recipients = dense ? 0 : packed_size(entries, k_recipient_block_bits);
    need(read.good() && (!dense || entries == k_recipient_block) && time_bits <= 32 &&
         value_bits <= 32 &&
         of_recipients + packed_size(entries, time_bits) + packed_size(entries, value_bits) +
                 k_behind <=
             read.left());
    column.values.clear();
    ByteReader dictionary(column.storage);
    for (std::uint32_t v = 0; v < values && dictionary.good(); ++v) {
      column.values.push_back(dictionary.text());
    }
    need(dictionary.good());
    column.recipient.resize(entries);
    column.valid_from.resize(entries);
    column.value.resize(entries);
    column.one_each = dense && time_bits == 0;
    const auto* at = m_blob.data() + offset + size - read.left();
    if (dense) {
      std::iota(column.recipient.begin(), column.recipient.end(), std::uint16_t{0});
    } else {
      unpack_bits(at, entries, k_recipient_block_bits, [&](std::size_t k, std::uint32_t v) {
        column.recipient[k] = static_cast<std::uint16_t>(v);
      });
      at += of_recipients;
    }
    unpack_bits(at, entries, time_bits,
                [base, out = column.valid_from.data()](std::size_t k, std::uint32_t v) {
                  out[k] = base + v;
                });
    at += packed_size(entries, time_bits);
    std::uint32_t last = 0;
    unpack_bits(at, entries, value_bits,
                [&last, out = column.value.data()](std::size_t k, std::uint32_t v) {
                  out[k] = v;
                  last = std::max(last, v);
                });
    need(entries == 0 || last < values);
    return true;
  }
  return false;
}

} // namespace mailfunnel
