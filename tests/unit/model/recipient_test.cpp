#include "model/recipient.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace mailfunnel {
namespace {

TEST_CASE("an address is normalised the same way, wherever in it a letter stands") {
  const auto is_other = [](unsigned char c) { // what no address has, or what shows its bounds
    return c <= 0x20 || c >= 0x7f ||
           std::string_view("<>\"'(),;@").find(static_cast<char>(c)) != std::string_view::npos;
  };
  std::string scratch;
  for (const std::size_t size : {6, 14, 15, 16, 17, 31, 32, 33, 48, 70}) {
    const auto good = std::string(size - 5, 'n') + "@ex.y";
    CHECK(normalise_address(good, scratch) == good);
    for (std::size_t at = 0; at < size; ++at) {
      if (good[at] == '@') {
        continue;
      }
      for (int c = 0; c < 256; ++c) {
        auto text = good;
        text[at] = static_cast<char>(c);
        if (is_other(static_cast<unsigned char>(c))) {
          continue;
        }
        auto wanted = text;
        std::transform(wanted.begin(), wanted.end(), wanted.begin(), [](char letter) {
          return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
        });
        CAPTURE(text);
        CHECK(normalise_address(text, scratch) == wanted);
      }
      for (const char c : {'\0', '\x1f', ' ', '\x7f'}) {
        auto text = good;
        text[at] = c;
        const auto inside = at != 0 && at + 1 != size;
        CAPTURE(text);
        CHECK((!inside || normalise_address(text, scratch).empty()));
      }
    }
  }
  CHECK(normalise_address("mailto:ann@example.com", scratch) == "ann@example.com");
  CHECK(normalise_address("mailto:ann.with.a.longer.name@example.com", scratch) ==
        "ann.with.a.longer.name@example.com");
  CHECK(normalise_address("mary@example.com", scratch) == "mary@example.com");
  CHECK(normalise_address("an:n@example.com", scratch) == "an:n@example.com");
  CHECK(normalise_address("a<n:n@example.com", scratch) == "a<n:n@example.com"); // as without ':'
  CHECK(normalise_address("nobody.at.all.example.com", scratch).empty());
}

} // namespace
} // namespace mailfunnel
