#include "base/hash.hpp"

#include <doctest/doctest.h>

#include <array>
#include <set>
#include <string>
#include <utility>

namespace mailfunnel {
namespace {

TEST_CASE("a short word is the same read with and without what stands behind it") {
  for (std::size_t size = 0; size <= ShortWord::k_longest; ++size) {
    CAPTURE(size);
    std::string room(size + ShortWord::k_longest, '#');
    for (std::size_t i = 0; i < size; ++i) {
      room[i] = static_cast<char>('a' + i);
    }
    const auto text = std::string_view(room).substr(0, size);
    const auto word = ShortWord::read(text);
    CHECK(word == ShortWord::read_ahead(text));
    CHECK(word == ShortWord::read(std::string(text)));
    if (size != 0) {
      auto other = room;
      other[size - 1] = '?';
      CHECK_FALSE(word == ShortWord::read_ahead(std::string_view(other).substr(0, size)));
      CHECK_FALSE(word == ShortWord::read_ahead(text.substr(0, size - 1)));
    }
  }
  using namespace std::string_view_literals;
  CHECK_FALSE(ShortWord::read("sent"sv) == ShortWord::read("sent\0"sv));
  CHECK_FALSE(ShortWord::fits("seventeen letters"));
}

TEST_CASE("two halves of a keyed hash tell all texts from each other, and keys too") {
  const KeyedHash128 hash(20261130), other(20261201);
  std::set<std::uint64_t> low, high, of_other;
  std::size_t texts = 0;
  const auto see = [&](std::string_view text) {
    ++texts;
    const auto both = hash(text);
    low.insert(both.low);
    high.insert(both.high);
    of_other.insert(other(text).low);
    if (ShortWord::fits(text)) {
      const auto short_one = hash(ShortWord::read(text));
      CHECK(short_one.low == both.low);
      CHECK(short_one.high == both.high);
    }
  };
  for (std::size_t size = 0; size <= 70; ++size) { // over several steps of 16
    const std::string zeros(size, '\0');
    see(zeros);
    for (std::size_t at = 0; at < size; ++at) { // each byte counts, wherever it stands
      for (const char c : {'a', 'b', '\x80'}) {
        auto text = zeros;
        text[at] = c;
        see(text);
      }
    }
  }
  CHECK(low.size() == texts);
  CHECK(high.size() == texts);
  CHECK(of_other.size() == texts);
  for (const auto one : of_other) {
    CHECK_FALSE(low.contains(one));
  }
}

} // namespace
} // namespace mailfunnel
