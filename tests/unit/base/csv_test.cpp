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

} // namespace
} // namespace mailfunnel
