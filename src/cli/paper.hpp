#pragma once
// --html FILE and --lang: a report as a file for a browser or printer.

#include "command.hpp"
#include "web/pages/words.hpp"

#include <string>

namespace mailfunnel::cli {

/// Wrong usage: --html beside --json, --lang without --html, or a language that is none of ours.
void check_paper(const Invocation& call);
/// The language that is asked for, else the config's, else English; times in the report's zone.
Words words_of(const Invocation& call, const Config& config);
/// To the file, or to standard output where it is "-". Failure (io): it can't be written.
void write_paper(const Invocation& call, const std::string& html);

} // namespace mailfunnel::cli
