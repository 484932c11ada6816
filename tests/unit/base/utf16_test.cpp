#include "base/utf16.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

using namespace mailfunnel;
using namespace std::string_literals;

namespace {

/// Gives a byte a read, as a slow pipe does.
class Drip : public ByteSource {
public:
  explicit Drip(std::string bytes) : m_bytes(std::move(bytes)) {}
  std::size_t read(char* into, std::size_t most) override {
    const auto part = m_bytes.copy(into, most == 0 ? 0 : 1, m_at);
    m_at += part;
    return part;
  }
  std::uint64_t taken() const override { return m_at; }
  std::uint64_t total() const override { return m_bytes.size(); }

private:
  std::string m_bytes;
  std::size_t m_at = 0;
};

std::string read_all(ByteSource& bytes, std::size_t step) {
  Utf16Source source(bytes);
  std::array<char, 64> part;
  std::string text;
  for (std::size_t got; (got = source.read(part.data(), step)) != 0;) {
    text.append(part.data(), got);
  }
  CHECK(source.read(part.data(), step) == 0); // the end stays the end
  return text;
}

} // namespace

TEST_CASE("utf16: texts with a mark are recoded, others are left alone") {
  struct Row {
    const char* name;
    std::string bytes, want;
  };
  for (const auto& row : {
           Row{"little end first",
               "\xFF\xFE"
               "a\0\xE9\0\n\0"s,
               "a\xC3\xA9\n"},
           Row{"big end first", "\xFE\xFF\0a\x20\xAC"s, "a\xE2\x82\xAC"},
           Row{"a pair of surrogates", "\xFF\xFE\x3D\xD8\x00\xDE"s, "\xF0\x9F\x98\x80"},
           Row{"half a pair",
               "\xFF\xFE\x3D\xD8"
               "a\0"s,
               "\xEF\xBF\xBD"
               "a"},
           Row{"the other half",
               "\xFF\xFE\x00\xDE"
               "a\0"s,
               "\xEF\xBF\xBD"
               "a"},
           Row{"two first halves", "\xFF\xFE\x3D\xD8\x3D\xD8\x00\xDE"s,
               "\xEF\xBF\xBD\xF0\x9F\x98\x80"},
           Row{"cut off in a unit",
               "\xFF\xFE"
               "a\0b"s,
               "a\xEF\xBF\xBD"},
           Row{"cut off in a pair",
               "\xFF\xFE"
               "a\0\x3D\xD8"s,
               "a\xEF\xBF\xBD"},
           Row{"nothing but the mark", "\xFF\xFE"s, ""},
           Row{"UTF-8", "a\xC3\xA9\n", "a\xC3\xA9\n"},
           Row{"UTF-8 with its mark",
               "\xEF\xBB\xBF"
               "a",
               "\xEF\xBB\xBF"
               "a"},
           Row{"one byte", "\xFF", "\xFF"},
           Row{"nothing", "", ""},
       }) {
    CAPTURE(row.name);
    for (const std::size_t step : {1, 3, 64}) {
      const auto whole = memory_source(row.bytes);
      CHECK(read_all(*whole, step) == row.want);
      Drip drip(row.bytes);
      CHECK(read_all(drip, step) == row.want);
    }
  }
}
