#include "base/text.hpp"

#include <doctest/doctest.h>

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

} // namespace
} // namespace mailfunnel
