#include "store/letters.hpp"

#include "base/bytes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace mailfunnel {
namespace {

TEST_CASE("letters of every width, put together in every way that there is") {
  std::mt19937 engine(20261130); // NOLINT: the same every time
  const auto random = [&engine] { return static_cast<std::uint32_t>(engine()); };
  for (unsigned bits = 1; bits <= 8; ++bits) {
    CAPTURE(bits);
    std::array<char, 256> alphabet{};
    for (auto& letter : alphabet) {
      letter = static_cast<char>(random());
    }
    constexpr std::uint32_t k_letters = 500;
    std::vector<std::uint32_t> numbers(k_letters);
    for (auto& number : numbers) {
      number = random() & ((1U << bits) - 1);
    }
    std::string packed;
    pack_bits(packed, k_letters, bits, [&](std::size_t i) { return numbers[i]; });
    const std::string beyond(k_beyond_letters, '\xFF');    // nobody's
    std::vector<char> bytes(packed.begin(), packed.end()); // just as many: what else is read shows
    bytes.insert(bytes.end(), beyond.begin(), beyond.end());
    const PackedLetters letters{bytes.data(), bits, &alphabet};
    for (int round = 0; round < 300; ++round) {
      const auto end = round == 0 ? k_letters : random() % (k_letters + 1);
      const auto begin = end - random() % (std::min<std::uint32_t>(end, 70) + 1);
      std::string wanted;
      for (auto i = begin; i < end; ++i) {
        wanted += alphabet[numbers[i]];
      }
      for (const auto put : letter_ways()) {
        std::vector<char> text(wanted.size() + k_beyond_letters);
        put(letters, begin, end, text.data());
        CHECK(std::string_view(text.data(), wanted.size()) == wanted);
      }
    }
  }
}

} // namespace
} // namespace mailfunnel
