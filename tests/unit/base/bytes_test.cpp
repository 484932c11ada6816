// Numbers packed in few bits.

#include "base/bytes.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

namespace mailfunnel {
namespace {

/// A bit after the other, as the format says.
std::string packed_slowly(const std::vector<std::uint32_t>& values, unsigned bits) {
  std::string out(packed_size(values.size(), bits), '\0');
  for (std::size_t i = 0, at = 0; i < values.size(); ++i) {
    for (unsigned bit = 0; bit < bits; ++bit, ++at) {
      out[at / 8] = static_cast<char>(out[at / 8] | (values[i] >> bit & 1) << at % 8);
    }
  }
  return out;
}

TEST_CASE("packed bits: every width and count, behind whatever stands there") {
  std::mt19937 random(7); // NOLINT(cert-msc51-cpp): the same each time
  for (unsigned bits = 0; bits <= 32; ++bits) {
    for (const std::size_t count : {0U, 1U, 7U, 8U, 9U, 63U, 64U, 65U, 511U, 512U}) {
      std::vector<std::uint32_t> values(count);
      const auto most = bits == 0 ? 0U : ~0U >> (32 - bits);
      for (std::size_t i = 0; i < count; ++i) {
        values[i] = i % 5 == 0 ? most : static_cast<std::uint32_t>(random()) & most;
      }
      std::string packed = "abc";
      pack_bits(packed, count, bits, [&](std::size_t i) { return values[i]; });
      CAPTURE(bits);
      CAPTURE(count);
      REQUIRE(packed == "abc" + packed_slowly(values, bits));
      packed.append(8, '\x7F'); // may be read, and says nothing
      std::vector<std::uint32_t> back(count, 1);
      unpack_bits(packed.data() + 3, count, bits,
                  [&](std::size_t i, std::uint32_t value) { back.at(i) = value; });
      REQUIRE(back == values);
    }
  }
}

} // namespace
} // namespace mailfunnel
