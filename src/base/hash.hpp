#pragma once
// A fast 64-bit hash (multiply and fold, 16 bytes a step) for tables and checksums. Not for
// secrets; a table that strangers can fill takes keyed_hash64().

#include "base/short_word.hpp"

#include <cstdint>
#include <cstring>
#include <string_view>

namespace mailfunnel {

namespace hash_detail {
inline std::uint64_t fold_multiply(std::uint64_t a, std::uint64_t b) {
  __extension__ using wide = unsigned __int128;
  const auto product = static_cast<wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}
inline std::uint64_t load64(const char* p) {
  std::uint64_t word;
  std::memcpy(&word, p, 8);
  return word;
}
inline std::uint64_t load32(const char* p) {
  std::uint32_t word;
  std::memcpy(&word, p, 4);
  return word;
}
constexpr std::uint64_t k_a = 0x9E3779B97F4A7C15, k_b = 0xD1B54A32D192ED03,
                        k_c = 0x8CB92BA72F3D8DD7;
} // namespace hash_detail

namespace hash_detail {
/// The last 16 bytes of a text or fewer, as two words that tell every text from every other of its
/// length.
struct Tail {
  std::uint64_t a = 0, b = 0;
};
inline Tail tail_of(const char* p, std::size_t left) {
  if (left >= 8) {
    return {load64(p), load64(p + left - 8)};
  }
  if (left >= 4) {
    return {load32(p), load32(p + left - 4)};
  }
  if (left != 0) {
    return {static_cast<std::uint64_t>(static_cast<unsigned char>(p[0])) << 16 |
                static_cast<std::uint64_t>(static_cast<unsigned char>(p[left / 2])) << 8 |
                static_cast<unsigned char>(p[left - 1]),
            0};
  }
  return {};
}

inline std::uint64_t hash(std::string_view text, std::uint64_t seed, std::uint64_t mask) {
  const char* p = text.data();
  std::size_t left = text.size();
  std::uint64_t state = seed ^ k_a;
  for (; left > 16; p += 16, left -= 16) {
    state = fold_multiply(load64(p) ^ mask, load64(p + 8) ^ state);
  }
  const auto tail = tail_of(p, left);
  return fold_multiply(k_c ^ text.size(), fold_multiply(tail.a ^ mask, tail.b ^ state));
}

/// Of a key that nobody else knows: what a piece that makes a product 0 would have to be.
inline std::uint64_t mask_of(std::uint64_t key) {
  return fold_multiply(key ^ k_c, k_a) | 1;
}
} // namespace hash_detail

inline std::uint64_t hash64(std::string_view text, std::uint64_t seed = 0) {
  return hash_detail::hash(text, seed, hash_detail::k_b);
}

/// Where strangers choose the keys: a piece that is the mask makes a product 0, whatever stands
/// beside it and whatever the seed, so here the mask is nobody's to know.
inline std::uint64_t keyed_hash64(std::string_view text, std::uint64_t key) {
  return hash_detail::hash(text, key, hash_detail::mask_of(key));
}

/// Two that have nothing to do with each other, in one walk. Where two keys, chosen by nobody who
/// knows `key`, are alike in all 128 bits they are one key: among a thousand million keys the odds
/// against are 10^20 to 1.
struct Hash128 {
  std::uint64_t low, high;
};
class KeyedHash128 {
public:
  explicit KeyedHash128(std::uint64_t key)
      : m_low(key ^ hash_detail::k_a), m_mask(hash_detail::mask_of(key)) {
    const auto other = hash_detail::fold_multiply(key ^ hash_detail::k_b, hash_detail::k_c);
    m_high = other ^ hash_detail::k_a;
    m_other_mask = hash_detail::mask_of(other);
  }
  Hash128 operator()(std::string_view text) const {
    if (ShortWord::fits(text)) {
      return (*this)(ShortWord::read(text));
    }
    constexpr std::size_t k_step = 16;
    const char* p = text.data();
    std::size_t left = text.size();
    const auto* const end = p + left;
    Hash128 state{m_low, m_high};
    for (; left > k_step; p += k_step, left -= k_step) {
      state = step(state, hash_detail::load64(p), hash_detail::load64(p + 8));
    }
    // The last 16 bytes, whatever of them was there already.
    state = step(state, hash_detail::load64(end - 16), hash_detail::load64(end - 8));
    return last(state, text.size());
  }
  /// The same of a short text.
  Hash128 operator()(const ShortWord& word) const {
    return last(step({m_low, m_high}, word.halves[0], word.halves[1]), word.size);
  }

private:
  Hash128 step(Hash128 state, std::uint64_t a, std::uint64_t b) const {
    return {hash_detail::fold_multiply(a ^ m_mask, b ^ state.low),
            hash_detail::fold_multiply(b ^ m_other_mask, a ^ state.high)};
  }
  static Hash128 last(Hash128 state, std::size_t size) {
    return {hash_detail::fold_multiply(hash_detail::k_c ^ size, state.low),
            hash_detail::fold_multiply(hash_detail::k_b ^ size, state.high)};
  }
  std::uint64_t m_low, m_high, m_mask, m_other_mask;
};

} // namespace mailfunnel
