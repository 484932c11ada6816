#include "base/json.hpp"
#include "base/text.hpp"

#include <string>

#include <doctest/doctest.h>

namespace mailfunnel {
namespace {

TEST_CASE("printable: nothing that steers a terminal, or turns the text around") {
  struct Row {
    const char *name, *text, *shown;
  };
  for (const auto& row : {
           Row{"plain", "Zoë <ann@example.com>", "Zoë <ann@example.com>"},
           Row{"a line of a log of one's own", "x\r\nlevel=error", "x\\x0d\\x0alevel=error"},
           Row{"colours", "\x1b[31mred", "\\x1b[31mred"},
           Row{"CSI as one sign (C1)",
               "\xC2\x9b"
               "31mred",
               "\\u009b31mred"},
           Row{"delete", "a\x7f", "a\\x7f"},
           Row{"written backwards",
               "txt.\xE2\x80\xAE"
               "exe",
               "txt.\\u202eexe"},
           Row{"isolates",
               "\xE2\x81\xA6"
               "a"
               "\xE2\x81\xA9",
               "\\u2066a\\u2069"},
           Row{"marks", "\xE2\x80\x8F\xD8\x9C", "\\u200f\\u061c"},
           Row{"another line",
               "a\xE2\x80\xA8"
               "b",
               "a\\u2028b"},
           Row{"Arabic and Hebrew stay", "سلام שלום", "سلام שלום"},
       }) {
    CAPTURE(row.name);
    CHECK_EQ(printable(row.text), row.shown);
  }
}

TEST_CASE("json: the same signs are escaped, so that what is printed steers nothing") {
  std::string out;
  append_json_string(out,
                     "a\x1b\xC2\x9b\xE2\x80\xAE\xE2\x81\xA9\xD8\x9C\x7f Zo\xC3\xAB \xE2\x82\xAC");
  CHECK_EQ(out, "\"a\\u001b\\u009b\\u202e\\u2069\\u061c\\u007f Zo\xC3\xAB \xE2\x82\xAC\"");
}

TEST_CASE("columns of a terminal: wide characters take two, combining ones none") {
  CHECK_EQ(display_width(""), 0);
  CHECK_EQ(display_width("shop.example"), 12);
  CHECK_EQ(display_width("caf\xC3\xA9"), 4);
  CHECK_EQ(display_width("cafe\xCC\x81"), 4);
  CHECK_EQ(display_width("\xE6\x97\xA5\xE6\x9C\xAC"), 4); // two of Japanese
  CHECK_EQ(display_width("a\xFF"), 2);                    // no character: one
}

TEST_CASE("shortened to columns, in whole characters") {
  CHECK_EQ(shortened("twelve chars", 12), "twelve chars");
  CHECK_EQ(shortened("twelve chars", 11), "twelve cha\u2026");
  CHECK_EQ(shortened("\xE6\x97\xA5\xE6\x9C\xAC", 4), "\xE6\x97\xA5\xE6\x9C\xAC");
  CHECK_EQ(shortened("\xE6\x97\xA5\xE6\x9C\xAC", 3), "\xE6\x97\xA5\u2026");
  CHECK_EQ(shortened("\xE6\x97\xA5\xE6\x9C\xAC", 2), "\u2026");
  CHECK_EQ(shortened("cafe\xCC\x81 noir", 5), "cafe\xCC\x81\u2026"); // its accent stays
  const std::string many(3'000, 'x');
  CHECK_EQ(shortened(many, 100), std::string(99, 'x') + "\u2026");
}

} // namespace
} // namespace mailfunnel
