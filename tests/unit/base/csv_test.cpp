#include "base/csv.hpp"
#include "support/padded.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <random>
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

TEST_CASE("quotes of a row that goes on in the next piece of the index are known there") {
  constexpr std::size_t k_piece = 1 << 20;
  const std::string quoted = "\"a,bcdefg\"";
  for (const std::size_t behind : {0UL, 1UL, 5UL, 64UL}) { // bytes of the row's piece after them
    const auto text = std::string(k_piece - quoted.size() - behind - 1, 'x') + "\n" + quoted +
                      ",z" + std::string(99, 'y') + "\n";
    const Padded padded(text);
    CsvReader rows;
    CsvRow row;
    rows.start(padded.text());
    REQUIRE(rows.next(row));
    REQUIRE(rows.next(row));
    CHECK_FALSE(row.plain());
    CHECK(row[0] == "a,bcdefg");
    CHECK(row.size() == 2);
    CHECK_FALSE(rows.next(row));
  }
}

TEST_CASE("a hundred megabytes of quoted fields, given at once") {
  std::string record = "a";
  while (record.size() < 980) {
    record += ",\"spring-mailing\"";
  }
  const auto fields = static_cast<std::size_t>(std::count(record.begin(), record.end(), ',')) + 1;
  record += '\n';
  constexpr std::size_t k_rows = 100'000;
  std::string text;
  text.reserve(record.size() * k_rows + 64);
  for (std::size_t i = 0; i < k_rows; ++i) {
    text += record;
  }
  const auto size = text.size();
  text.append(64, '\0'); // may be read
  CsvReader rows;
  CsvRow row;
  rows.start(std::string_view(text).substr(0, size));
  std::size_t count = 0;
  for (; rows.next(row); ++count) {
    if (row.size() != fields || row.plain() || row[1] != "spring-mailing") {
      break;
    }
  }
  CHECK(count == k_rows);
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

using Rows = std::vector<std::vector<std::string>>;

/// What a field says that stands in the text like this.
std::string unwrapped(std::string field, char quote, bool last) {
  if (last && !field.empty() && field.back() == '\r') {
    field.pop_back();
  }
  if (quote == '\0' || field.size() < 2 || field.front() != quote) {
    return field;
  }
  field.erase(0, 1);
  if (field.back() == quote) {
    field.pop_back();
  }
  for (auto at = field.find(quote); at != std::string::npos; at = field.find(quote, at + 1)) {
    if (at + 1 < field.size() && field[at + 1] == quote) {
      field.erase(at, 1);
    }
  }
  return field;
}

/// The same as the reader, a character at a time.
Rows plainly(std::string_view text, CsvDialect dialect) {
  Rows rows;
  std::vector<std::string> row(1);
  std::string raw;
  bool inside = false;
  const auto end_row = [&] {
    if (!raw.empty() && raw != "\r") {
      for (std::size_t i = 0; i < row.size(); ++i) {
        row[i] = unwrapped(row[i], dialect.quote, i + 1 == row.size());
      }
      rows.push_back(row);
    }
    row.assign(1, {});
    raw.clear();
  };
  for (const char c : text) {
    inside ^= dialect.quote != '\0' && c == dialect.quote;
    if (!inside && c == '\n') {
      end_row();
      continue;
    }
    raw += c;
    if (!inside && c == dialect.separator) {
      row.emplace_back();
    } else {
      row.back() += c;
    }
  }
  end_row();
  return rows;
}

TEST_CASE("whatever is written, it is read as it would be a character at a time") {
  std::mt19937 random(20261129); // NOLINT: the same every time
  constexpr std::size_t k_piece = 1 << 20;
  for (int round = 0; round < 20'000; ++round) {
    const CsvDialect dialect{round % 3 == 0 ? ';' : ',', round % 7 == 0 ? '\0' : '"'};
    // Some have no quotes, some many; some begin shortly before a piece of the index ends.
    const std::string_view letters = std::array<std::string_view, 4>{
        "abcdefghijkl,;\n", "ab,;\n\"", "abcdefghijklmnop,;;,\n\r\"", ",\n\r\""}[round % 4];
    std::string text = round % 500 == 0 ? std::string(k_piece - random() % 200, 'x') : "";
    for (auto left = random() % 400; left != 0; --left) {
      text += letters[random() % letters.size()];
    }
    const Padded padded(text);
    CsvReader reader(dialect);
    CsvRow row;
    Rows read;
    reader.start(padded.text());
    while (reader.next(row)) {
      auto& fields = read.emplace_back();
      for (std::size_t i = 0; i < row.size(); ++i) {
        fields.emplace_back(row[i]);
        if (row.plain() && i + 1 < row.size()) {
          REQUIRE_EQ(row.bare(i), row[i]);
        }
      }
    }
    REQUIRE_MESSAGE(read == plainly(text, dialect), text);
    REQUIRE_EQ(reader.line_ends(), count_lines(padded.text()));
  }
}

TEST_CASE("a field wants quotes where a character says so, wherever it stands") {
  for (std::size_t size = 0; size <= 40; ++size) {
    const std::string plain(size, 'x');
    CHECK_FALSE(csv_wants_quotes(plain, ';'));
    for (std::size_t at = 0; at < size; ++at) {
      for (const char c : std::string_view("\"\r\n; ,y\xff")) {
        CAPTURE(at);
        CAPTURE(c);
        auto field = plain;
        field[at] = c;
        const bool at_border = c == ' ' && (at == 0 || at + 1 == size);
        const bool special = c == '"' || c == '\r' || c == '\n' || c == ';';
        CHECK_EQ(csv_wants_quotes(field, ';'), special || at_border);
      }
    }
  }
}

TEST_CASE("a header that does not end in what is seen of a file is none") {
  std::string header = "email";
  while (header.size() < std::size_t{64} << 10) {
    header += ",column";
  }
  CHECK_FALSE(read_csv_head(header)); // the columns behind would be lost
  const auto whole = read_csv_head(header + "\nann@example.com,x\n");
  REQUIRE(whole);
  CHECK_EQ(whole->size, header.size() + 1);
  const auto alone = read_csv_head("email,name"); // a file that is no more than that
  REQUIRE(alone);
  CHECK_EQ(alone->header.names().size(), 2);
}

} // namespace
} // namespace mailfunnel
