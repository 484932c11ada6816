#include "store/recipient_block.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/result.hpp"
#include "store/zstd.hpp"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>

namespace mailfunnel {

namespace {

// keys:       version u8, checksum u32, zstd( recipient after recipient: keys in one text, '\n'
// between, length first ) attributes: version u8, checksum u32, columns u16, directory (attribute
// u16, offset u32, size u32)*, columns column:     entries u32, values u16, flags u8, [valid_from
// u32 | bits], dictionary (packed size u32, zstd or plain), packed columns
constexpr std::uint8_t k_version = 1;
constexpr std::size_t k_head = 5;
// Of keys: a tenth more bytes than level 1, read in two thirds of the time. Every list needs them.
constexpr int k_key_level = -2;
constexpr std::size_t k_worth_packing =
    1024; // bytes of a dictionary: smaller ones are read faster plain

std::string sealed(std::string_view body) {
  std::string out;
  ByteWriter write(out);
  write.number(k_version);
  write.number(static_cast<std::uint32_t>(hash64(body)));
  out += body;
  return out;
}

std::string_view unsealed(std::string_view blob, std::string_view name) {
  ByteReader read(blob);
  const auto version = read.number<std::uint8_t>();
  const auto checksum = read.number<std::uint32_t>();
  if (!read.good() || version != k_version ||
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

std::string encode_keys(const KeyBlock& block) {
  std::string plain, packed;
  ByteWriter write(plain);
  for (const auto& keys : block) {
    std::string all;
    for (const auto& key : keys) {
      all += (all.empty() ? "" : "\n") + key;
    }
    write.text(all);
  }
  append_compressed(packed, plain, k_key_level);
  return sealed(packed);
}

std::string encode_single_keys(std::span<const std::string_view> keys) {
  std::string plain, packed;
  ByteWriter write(plain);
  for (const auto key : keys) {
    write.text(key);
  }
  append_compressed(packed, plain, k_key_level);
  return sealed(packed);
}

std::string unpack_keys(std::string_view blob, std::string_view name) {
  return decompressed(unsealed(blob, name), name);
}

KeyBlock decode_keys(std::string_view blob, std::string_view name) {
  KeyBlock block;
  const auto plain = unpack_keys(blob, name);
  ByteReader read(plain);
  while (read.left() != 0 && read.good()) {
    auto all = read.text();
    auto& keys = block.emplace_back();
    while (!all.empty()) {
      const auto end = std::min(all.find('\n'), all.size());
      keys.emplace_back(all.substr(0, end));
      all.remove_prefix(std::min(all.size(), end + 1));
    }
  }
  return block;
}

namespace {

std::string encode_column(std::span<const AttributeEntry> entries) {
  struct TextHash {
    using is_avalanching = void;
    std::size_t operator()(std::string_view text) const { return hash64(text); }
  };
  thread_local boost::unordered_flat_map<std::string_view, std::uint32_t, TextHash> numbers;
  numbers.clear();
  std::vector<std::string_view> values;
  std::vector<std::uint32_t> index;
  index.reserve(entries.size());
  std::uint32_t base = ~0U, top = 0;
  for (const auto& entry : entries) {
    const auto [place, fresh] =
        numbers.try_emplace(entry.value, static_cast<std::uint32_t>(values.size()));
    if (fresh) {
      values.push_back(entry.value);
    }
    index.push_back(place->second);
    base = std::min(base, entry.valid_from);
    top = std::max(top, entry.valid_from);
  }
  std::string texts;
  ByteWriter write_texts(texts);
  for (const auto value : values) {
    write_texts.text(value);
  }
  std::string out, packed;
  ByteWriter write(out);
  if (texts.size() >= k_worth_packing) {
    append_compressed(packed, texts);
  }
  const bool compressed = !packed.empty() && packed.size() < texts.size();
  const auto time_bits = static_cast<std::uint8_t>(bits_of(top - base));
  const auto value_bits = static_cast<std::uint8_t>(bits_of(values.size() - 1));
  write.number(static_cast<std::uint32_t>(entries.size()));
  write.number(static_cast<std::uint32_t>(values.size()));
  write.number(base);
  write.number(time_bits);
  write.number(value_bits);
  write.number(static_cast<std::uint8_t>(compressed));
  write.text(compressed ? packed : texts);
  const auto n = entries.size();
  // Offsets of the recipients that have the attribute: nearly always all of them, one step apart.
  const bool dense =
      n == k_recipient_block &&
      std::adjacent_find(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
        return b.recipient != a.recipient + 1;
      }) == entries.end();
  write.number(static_cast<std::uint8_t>(dense));
  pack_bits(out, dense ? 0 : n, k_recipient_block_bits,
            [&](std::size_t i) { return std::uint32_t{entries[i].recipient}; });
  pack_bits(out, n, time_bits, [&](std::size_t i) { return entries[i].valid_from - base; });
  pack_bits(out, n, value_bits, [&](std::size_t i) { return index[i]; });
  out.append(8, '\0');
  return out;
}

} // namespace

std::string encode_attributes(std::span<const AttributeEntry> entries) {
  struct Column {
    std::uint16_t attribute;
    std::string bytes;
  };
  std::vector<Column> columns;
  for (std::size_t i = 0; i < entries.size();) {
    std::size_t end = i;
    while (end < entries.size() && entries[end].attribute == entries[i].attribute) {
      ++end;
    }
    columns.push_back({entries[i].attribute, encode_column(entries.subspan(i, end - i))});
    i = end;
  }
  std::string body;
  ByteWriter write(body);
  write.number(static_cast<std::uint16_t>(columns.size()));
  auto offset = static_cast<std::uint32_t>(2 + columns.size() * 10);
  for (const auto& column : columns) {
    write.number(column.attribute);
    write.number(offset);
    write.number(static_cast<std::uint32_t>(column.bytes.size()));
    offset += static_cast<std::uint32_t>(column.bytes.size());
  }
  for (const auto& column : columns) {
    body += column.bytes;
  }
  return sealed(body);
}

AttributeBlock::AttributeBlock(std::string_view blob, std::string_view name)
    : m_blob(unsealed(blob, name)), m_name(name) {}

std::vector<std::uint16_t> AttributeBlock::attributes() const {
  ByteReader read(m_blob);
  std::vector<std::uint16_t> found(read.number<std::uint16_t>());
  for (auto& attribute : found) {
    attribute = read.number<std::uint16_t>();
    read.take(8);
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
    if (id != attribute || offset + size > m_blob.size()) {
      continue;
    }
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
    column.values.clear();
    ByteReader dictionary(column.storage);
    for (std::uint32_t v = 0; v < values && dictionary.good(); ++v) {
      column.values.push_back(dictionary.text());
    }
    column.recipient.resize(entries);
    column.valid_from.resize(entries);
    column.value.resize(entries);
    column.one_each = dense && time_bits == 0;
    const auto* at = m_blob.data() + offset + size - read.left();
    if (dense) {
      for (std::uint32_t k = 0; k < entries; ++k) {
        column.recipient[k] = static_cast<std::uint16_t>(k);
      }
    } else {
      unpack_bits(at, entries, k_recipient_block_bits, [&](std::size_t k, std::uint32_t v) {
        column.recipient[k] = static_cast<std::uint16_t>(v);
      });
      at += packed_size(entries, k_recipient_block_bits);
    }
    unpack_bits(at, entries, time_bits,
                [&](std::size_t k, std::uint32_t v) { column.valid_from[k] = base + v; });
    at += packed_size(entries, time_bits);
    unpack_bits(at, entries, value_bits,
                [&](std::size_t k, std::uint32_t v) { column.value[k] = v; });
    return true;
  }
  return false;
}

} // namespace mailfunnel
