#pragma once
// What all fuzz targets do: hand hostile bytes to an adapter, as `decode`, `import` and `serve`
// would, and see that nothing breaks. A target is a family of formats and a file of its own; new
// adapters are in it by themselves.
//
// An input of them names its adapter in its first line, as one adapter alone is many times faster
// than all: "sendgrid\n", then the text. A name that is none stands for any of them.
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

/// Reads the text with its adapter if that takes it and the reader is of the family: whole, and in
/// small chunks with a reader's clone each, which must give as many records. Was it of use? Ends
/// the program (abort) where a reader breaks its contract.
bool read(Family family, std::string_view input);

/// Gives the text as a webhook request to its adapter: as the body of one that brings the secret
/// which those that sign nothing ask for; as headers, an empty line and a body; and as a body whose
/// signature is not asked for. Was one of them taken?
bool post(std::string_view input);

/// A target: one of the two above, or another. Was the input of use?
bool run(std::string_view input);

} // namespace mailfunnel::fuzz
