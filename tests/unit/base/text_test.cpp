#include "base/text.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

namespace mailfunnel {
namespace {

TEST_CASE(
    "same: texts of any size are equal to themselves, and to nothing that differs in a byte") {
  for (std::size_t size = 0; size <= 40; ++size) {
    CAPTURE(size);
    std::string text;
    for (std::size_t i = 0; i < size; ++i) {
      text += static_cast<char>('a' + i % 26);
    }
    CHECK(same(text, std::string(text)));
    CHECK_FALSE(same(text, text + "x"));
    for (std::size_t i = 0; i < size; ++i) {
      auto other = text;
      other[i] = '!';
      CHECK_FALSE(same(text, other));
      CHECK_FALSE(same(other, text));
    }
  }
}

TEST_CASE("eight digits are read at once, and nothing else is taken for them") {
  std::mt19937 random(3);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    std::uint32_t number = 0;
    for (int i = 0; i < 8; ++i) {
      text += static_cast<char>('0' + random() % 10);
      number = number * 10 + static_cast<std::uint32_t>(text.back() - '0');
    }
    CAPTURE(text);
    REQUIRE(eight_digits(text.data()));
    REQUIRE_EQ(number_of_eight(text.data()), number);
    const auto at = random() % text.size();
    text[at] = static_cast<char>(random() % 256);
    REQUIRE_EQ(eight_digits(text.data()), is_digit(text[at]));
  }
}

/// As a glob is defined: a star is nothing, or a letter and a star.
bool matches(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) {
    return text.empty();
  }
  if (pattern.front() == '*') {
    return matches(pattern.substr(1), text) || (!text.empty() && matches(pattern, text.substr(1)));
  }
  return !text.empty() &&
         (pattern.front() == '?' || ascii_lower(pattern.front()) == ascii_lower(text.front())) &&
         matches(pattern.substr(1), text.substr(1));
}

TEST_CASE("globs match what their definition says") {
  std::mt19937 random(5);
  const auto random_text = [&random](std::string_view letters, std::size_t most) {
    std::string out(random() % (most + 1), ' ');
    for (auto& c : out) {
      c = letters[random() % letters.size()];
    }
    return out;
  };
  int matched = 0;
  for (int round = 0; round < 100'000; ++round) {
    const auto pattern = random_text("aB*?b*", 7), text = random_text("aAbB", 10);
    CAPTURE(pattern);
    CAPTURE(text);
    const bool expected = matches(pattern, text);
    REQUIRE_EQ(glob_match(pattern, text), expected);
    matched += expected ? 1 : 0;
  }
  CHECK_GT(matched, 10'000);
}

} // namespace
} // namespace mailfunnel
