#pragma once
// What all fuzz targets do: hand hostile bytes to every adapter that takes them, as `decode` and
// `import` would, and see that nothing breaks. A target is a family of formats and a file of its
// own; new adapters are in it by themselves.
//
// Built with the option MAILFUNNEL_FUZZ (clang), a target is a libFuzzer program. In every other
// build replay.cpp runs it over files, so that tests keep it working.

#include <cstddef>
#include <string_view>

namespace mailfunnel::fuzz {

/// By what a text looks like, as adapters and seeds are not listed anywhere.
enum class Family {
  csv,    // tables: CSV and its like
  json,   // values, lists, NDJSON: a brace or bracket stands first
  xml,    // a tag stands first
  mime,   // mails and mailboxes
  syslog, // any other lines: syslog, access logs, words between bars
};

/// Reads the text with each adapter that takes it and whose reader is of the family: whole, and in
/// small chunks with a reader's clone each, which must give as many records. Returns how many
/// adapters took it. Ends the program (abort) where a reader breaks its contract.
std::size_t read_all(Family family, std::string_view text);

/// Gives the text as a webhook request to each adapter that has webhooks: as the body of one that
/// brings the secret which those that sign nothing ask for, and as headers, an empty line and a
/// body. What is signed is refused here; its body is what targets json and csv read. Returns how
/// many requests were taken.
std::size_t post_all(std::string_view text);

/// A target: one of the two above. Returns how many adapters had use for the text.
std::size_t run(std::string_view text);

} // namespace mailfunnel::fuzz
