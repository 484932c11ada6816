#pragma once
// Reading and writing of binary blobs: little-endian numbers, varints, packed bits. Reading is
// checked: a blob that ends early makes ByteReader::good() false and every later value 0.

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace mailfunnel {

static_assert(std::endian::native == std::endian::little,
              "blobs are little-endian and read in place");

class ByteWriter {
public:
  explicit ByteWriter(std::string& out) : m_out(out) {}

  template<typename Number> void number(Number value) {
    m_out.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) {
      m_out += static_cast<char>(value | 0x80);
    }
    m_out += static_cast<char>(value);
  }
  void text(std::string_view value) { // length, then bytes
    varint(value.size());
    m_out += value;
  }

private:
  std::string& m_out;
};

class ByteReader {
public:
  explicit ByteReader(std::string_view bytes) : m_bytes(bytes) {}

  template<typename Number> Number number() {
    Number value{};
    if (const auto part = take(sizeof value); part.size() == sizeof value) {
      std::memcpy(&value, part.data(), sizeof value);
    }
    return value;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = number<std::uint8_t>();
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) {
        return value;
      }
    }
    m_good = false;
    return 0;
  }
  std::string_view text() { return take(varint()); }
  std::string_view take(std::size_t size) {
    if (size > m_bytes.size()) {
      m_good = false;
      m_bytes = {};
      return {};
    }
    const auto part = m_bytes.substr(0, size);
    m_bytes.remove_prefix(size);
    return part;
  }
  std::size_t left() const { return m_bytes.size(); }
  bool good() const { return m_good; }

private:
  std::string_view m_bytes;
  bool m_good = true;
};

/// Bits that a value needs; 0 for 0.
constexpr unsigned bits_of(std::uint64_t value) {
  return static_cast<unsigned>(std::bit_width(value));
}
constexpr std::size_t packed_size(std::size_t count, unsigned bits) {
  return (count * bits + 7) / 8;
}

/// Appends `count` values of `bits` bits (at most 32), get(i) each.
template<typename Get> void pack_bits(std::string& out, std::size_t count, unsigned bits, Get get) {
  const auto before = out.size(), size = packed_size(count, bits);
  out.resize(before + size + 8); // written a word at a time
  auto* at = out.data() + before;
  std::size_t i = 0;
  if (bits <= 8) { // eight fill whole bytes
    for (; i + 8 <= count; i += 8, at += bits) {
      std::uint64_t word = 0;
      for (unsigned k = 0; k < 8; ++k) {
        word |= std::uint64_t{get(i + k)} << (k * bits);
      }
      std::memcpy(at, &word, 8);
    }
  }
  std::uint64_t pending = 0;
  unsigned used = 0;
  for (; bits != 0 && i < count; ++i) {
    const std::uint64_t value = get(i);
    pending |= value << used;
    used += bits;
    if (used >= 64) {
      std::memcpy(at, &pending, 8);
      at += 8;
      used -= 64;
      pending = value >> (bits - used);
    }
  }
  std::memcpy(at, &pending, 8);
  out.resize(before + size);
}

/// The value of `bits` bits (at most 32) that begins `at` bits behind `bytes`; 8 bytes behind the
/// packed ones must be readable.
inline std::uint32_t packed_value(const char* bytes, std::size_t at, unsigned bits) {
  std::uint64_t word;
  std::memcpy(&word, bytes + (at >> 3), 8);
  return static_cast<std::uint32_t>(word >> (at & 7) & ((std::uint64_t{1} << bits) - 1));
}

/// Reads `count` of them: put(i, value) each.
template<typename Put>
void unpack_bits(const char* bytes, std::size_t count, unsigned bits, Put put) {
  if (bits == 0) {
    for (std::size_t i = 0; i < count; ++i) {
      put(i, std::uint32_t{0});
    }
    return;
  }
  const auto mask = (std::uint64_t{1} << bits) - 1;
  // `together`: so many are whole in the word that begins with the byte of the first.
  const auto unpack = [&](auto together) {
    std::size_t i = 0, at = 0;
    for (; i + together <= count; i += together, at += together * bits) {
      std::uint64_t word;
      std::memcpy(&word, bytes + (at >> 3), 8);
      word >>= at & 7;
      for (std::size_t k = 0; k < together; ++k, word >>= bits) {
        put(i + k, static_cast<std::uint32_t>(word & mask));
      }
    }
    for (; i < count; ++i, at += bits) {
      put(i, packed_value(bytes, at, bits));
    }
  };
  if (bits <= 8) {
    unpack(std::integral_constant<std::size_t, 8>{});
  } else if (bits <= 16) {
    unpack(std::integral_constant<std::size_t, 4>{});
  } else if (bits <= 29) {
    unpack(std::integral_constant<std::size_t, 2>{});
  } else {
    unpack(std::integral_constant<std::size_t, 1>{});
  }
}

} // namespace mailfunnel
