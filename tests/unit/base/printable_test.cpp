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

} // namespace
} // namespace mailfunnel
