#include "base/csv.hpp"
#include "support/padded.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace mailfunnel {
namespace {

/// First fields; "!" behind that of a row that ended inside quotes.
std::vector<std::string> first_fields(std::string_view text) {
  const Padded padded(text);
  CsvReader rows;
  CsvRow row;
  std::vector<std::string> fields;
  rows.start(padded.text());
  while (rows.next(row)) {
    fields.push_back(std::string(row[0]) + (rows.broken() ? "!" : ""));
  }
  return fields;
}

TEST_CASE("a quote that is never closed breaks its own row and no other") {
  using Fields = std::vector<std::string>;
  CHECK(first_fields("a,1\nb,2\nc,\"3\nd,4\n") == Fields{"a", "b", "c!"});
  CHECK(first_fields("a,1\nb,\"2\n3\"\nc,4") == Fields{"a", "b", "c"});
  CHECK(first_fields("a,\"1") == Fields{"a!"});
  CHECK(first_fields("").empty());
}

TEST_CASE("rows that are longer than a piece of the index are read like short ones") {
  constexpr std::size_t k_mib = 1 << 20;
  for (const char quote : {'"', '\0'}) {
    std::vector<std::string> fields;
    std::string text;
    for (const std::size_t size :
         {3UL, k_mib - 9, k_mib, 5 * k_mib / 2, 0UL, 64UL, 3 * k_mib, 1UL}) {
      std::string field(size, 'x');
      for (std::size_t at = 7; quote != '\0' && at < size; at += 70'001) {
        field[at] = at % 2 == 0 ? '\n' : ',';
      }
      text += "a," + (quote == '\0' ? field : quote + field + quote) + ",z\r\n";
      fields.push_back(std::move(field));
    }
    const Padded padded(text);
    CsvReader rows({',', quote});
    CsvRow row;
    rows.start(padded.text());
    for (const auto& field : fields) {
      REQUIRE(rows.next(row));
      CHECK(row.size() == 3);
      CHECK(row[0] == "a");
      CHECK(row[1] == field);
      CHECK(row[2] == "z");
      CHECK_FALSE(rows.broken());
    }
    CHECK_FALSE(rows.next(row));
  }
}

TEST_CASE("a row of separators has its rest in its last field") {
  constexpr std::size_t k_commas = 5'000'000;
  const Padded text("a" + std::string(k_commas, ',') + "\nb,1\n");
  CsvReader rows;
  CsvRow row;
  rows.start(text.text());
  REQUIRE(rows.next(row));
  CHECK(row.size() == 1 << 20);
  CHECK(row.raw().size() == k_commas + 1);
  CHECK(row[row.size() - 1].size() > k_commas / 2);
  REQUIRE(rows.next(row));
  CHECK(row[0] == "b");
  CHECK(row.size() == 2);
  CHECK_FALSE(rows.next(row));
}

} // namespace
} // namespace mailfunnel
