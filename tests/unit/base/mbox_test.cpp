#include "base/mbox.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace mailfunnel;

TEST_CASE("mbox: what is a From_ line") {
  struct Row {
    const char* name;
    const char* line;
    bool is;
  };
  for (const auto& row : {
           Row{"asctime", "From ann@example.com Thu Apr 30 09:12:44 2026", true},
           Row{"two spaces, a day of one digit", "From MAILER-DAEMON  Fri May  1 09:12:44 2026",
               true},
           Row{"nobody", "From <> Fri May  1 09:12:44 2026\r", true},
           Row{"without seconds", "From ann Fri May  1 9:12 2026", true},
           Row{"a zone before the year", "From ann@example.com Fri May  1 09:12:44 CEST 2026",
               true},
           Row{"a zone behind it", "From ann@example.com Fri May  1 09:12:44 2026 +0200", true},
           Row{"prose", "From here on it is easy", false},
           Row{"prose with a year", "From 2025 to 2026", false},
           Row{"prose with a clock", "From 09:12 on", false},
           Row{"the field", "From: ann@example.com", false},
           Row{"quoted", ">From ann@example.com Thu Apr 30 09:12:44 2026", false},
           Row{"nothing", "From ", false},
       }) {
    CAPTURE(row.name);
    CHECK(is_from_line(row.line) == row.is);
  }
  CHECK_FALSE(is_from_line("From " + std::string(1000, 'a') + " Thu Apr 30 09:12:44 2026"));
}

TEST_CASE("mbox: where messages begin") {
  const std::string from = "From a Thu Apr 30 09:12:44 2026\n";
  struct Row {
    const char* name;
    std::string text;
    std::vector<std::size_t> begins;
  };
  for (const auto& row : {
           Row{"behind an empty line", from + "A: b\n\nx\n\n" + from + "A: c\n", {41}},
           Row{"CRLF", "A: b\r\n\r\nx\r\n\r\n" + from, {13}},
           Row{"behind the end of a multipart", "--b--\n" + from, {6}},
           Row{"not behind a line of text", "x\n" + from, {}},
           Row{"prose behind an empty line", "x\n\nFrom here on\n", {}},
           Row{"a line that is not whole yet", "x\n\nFrom a Thu Apr 30 09:12:44 2026", {}},
           Row{"several", "\n\n" + from + "\n" + from, {2, 35}},
           Row{"nothing", "", {}},
       }) {
    CAPTURE(row.name);
    std::vector<std::size_t> begins;
    for (auto at = next_from_line(row.text, 0); at != std::string::npos;
         at = next_from_line(row.text, at)) {
      begins.push_back(at);
    }
    CHECK(begins == row.begins);
    CHECK(last_from_line(row.text) == (row.begins.empty() ? 0 : row.begins.back()));
  }
}
