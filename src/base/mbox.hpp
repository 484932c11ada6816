#pragma once
// Where the messages of an mbox begin: at a From_ line, "From ", the envelope's sender and a date
// as of asctime, which follows an empty line (RFC 4155) or, from careless writers, the end of a
// multipart. A line "From " of a body that no writer quoted has no such date and is passed over;
// Content-Length is not believed.

#include <cstddef>
#include <string_view>

namespace mailfunnel {

/// Is `line` (with or without its end) a From_ line?
bool is_from_line(std::string_view line);

/// Where the next From_ line behind `from` begins, npos: none. The line must be whole: a text that
/// ends in it has none yet.
std::size_t next_from_line(std::string_view text, std::size_t from);

/// Where the last whole From_ line begins; 0: at the front or nowhere.
std::size_t last_from_line(std::string_view text);

} // namespace mailfunnel
