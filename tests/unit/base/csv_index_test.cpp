#include "base/csv_index.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace mailfunnel {
namespace {

struct Found {
  std::vector<std::uint32_t> ends, lines, quotes;
  bool open = false;
  std::uint64_t line_ends = 0;
  bool operator==(const Found&) const = default;
};

/// What RFC 4180 says of it, a character at a time.
Found by_rule(std::string_view text, std::uint32_t base, bool open) {
  Found found;
  found.open = open;
  for (std::uint32_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto block = base + i / 64 * 64;
    found.line_ends += c == '\n' ? 1 : 0;
    if (c == '"') {
      found.open = !found.open;
      if (found.quotes.empty() || found.quotes.back() != block) {
        found.quotes.push_back(block);
      }
    } else if (!found.open && (c == '\n' || c == ';')) {
      if (c == '\n') {
        found.lines.push_back(static_cast<std::uint32_t>(found.ends.size()));
      }
      found.ends.push_back(base + i);
    }
  }
  return found;
}

/// `before`: ends that are there already.
Found by_index(CsvIndex index, std::string_view text, std::uint32_t base, bool open,
               std::uint32_t before) {
  // Of exactly these sizes, on the heap: a checked build sees what is read or written behind them.
  const auto exact = std::make_unique<char[]>(text.size());
  std::copy(text.begin(), text.end(), exact.get());
  std::vector<std::uint32_t> ends(before + text.size() + CsvMarks::k_ahead),
      lines = ends, quotes(text.size() / 64 + 1);
  CsvMarks marks{ends.data(), ends.data() + before, lines.data(), quotes.data(), open};
  index({exact.get(), text.size()}, base, ';', '"', marks);
  Found found{{ends.data() + before, marks.ends},
              {lines.data(), marks.lines},
              {quotes.data(), marks.quotes},
              marks.open,
              marks.line_ends};
  for (auto& line : found.lines) {
    line -= before;
  }
  return found;
}

TEST_CASE("every way to index a text finds the same, from few separators to nothing else") {
  std::mt19937 random(20261130);
  REQUIRE_FALSE(csv_indexes().empty());
  MESSAGE("ways that this processor has: ", csv_indexes().size());
  for (const unsigned rare : {1U, 2U, 5U, 20U, 300U}) { // one of so many means something
    for (std::uint32_t round = 0; round < 400; ++round) {
      std::string text(random() % 400, 'x');
      const bool quoted = round % 3 != 0;
      for (auto& c : text) {
        if (random() % rare == 0) {
          constexpr std::string_view k_meaning = ";;;;\n\"";
          c = k_meaning[random() % (quoted ? 6 : 5)];
        }
      }
      const bool open = random() % 4 == 0;
      const auto base = static_cast<std::uint32_t>(random() % 1'000'000);
      const auto wanted = by_rule(text, base, open);
      for (const auto index : csv_indexes()) {
        CAPTURE(text);
        CHECK(by_index(index, text, base, open, round % 9) == wanted);
      }
    }
  }
}

TEST_CASE("signs are counted, whatever the length") {
  for (std::size_t size = 0; size < 200; ++size) {
    std::string text(size, ',');
    CHECK(count_char(text, ',') == size);
    CHECK(count_char(text, ';') == 0);
    CHECK(odd_count(text, ',') == (size % 2 == 1));
  }
}

} // namespace
} // namespace mailfunnel
