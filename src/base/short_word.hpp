#pragma once
// A text of at most 16 bytes as two numbers: compared and hashed without a look at how long it is,
// which among the words of a log nobody can foresee.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace mailfunnel {

struct ShortWord {
  static constexpr std::size_t k_longest = 16;
  std::array<std::uint64_t, 2> halves{}; // as in memory, zeros behind its end
  std::size_t size = 0;

  static bool fits(std::string_view text) { return text.size() <= k_longest; }
  static ShortWord read(std::string_view text) {
    ShortWord out;
    out.size = text.size();
    if (!text.empty()) {
      std::memcpy(out.halves.data(), text.data(), text.size());
    }
    return out;
  }
  /// The same where k_longest bytes may be read, whatever its size, as within a chunk.
  static ShortWord read_ahead(std::string_view text) {
    static constexpr auto k_mask = [] {
      std::array<unsigned char, 2 * k_longest> bytes{};
      std::fill_n(bytes.begin(), k_longest, static_cast<unsigned char>(0xFF));
      return bytes;
    }();
    ShortWord out;
    out.size = text.size();
    decltype(halves) mask;
    std::memcpy(mask.data(), k_mask.data() + (k_longest - text.size()), sizeof mask);
    std::memcpy(out.halves.data(), text.data(), sizeof mask);
    out.halves[0] &= mask[0];
    out.halves[1] &= mask[1];
    return out;
  }
  bool operator==(const ShortWord& other) const {
    return ((halves[0] ^ other.halves[0]) | (halves[1] ^ other.halves[1]) | (size ^ other.size)) ==
           0;
  }
};

} // namespace mailfunnel
