#pragma once
// SQLite's files in memory, for targets that open a store thousands of times a second: a VFS for
// one process and one thread, with all that a write-ahead log asks for. Its clock stands still and
// its random numbers are always the same, so that an input does the same every time.

#include "base/time.hpp"

#include <string>
#include <string_view>

namespace mailfunnel::fuzz {

/// From now on SQLite opens its files here and nowhere else; `now` is what its clock shows.
void use_memory_files(Seconds now);

/// Puts a database in the place of another, or of none, with an empty log. No connection to it has
/// a transaction open; the one that reads it next sees that somebody wrote. Others that were open
/// before may not: let them rest until the next database stands there.
void put_database(const std::string& path, std::string_view bytes);

/// With what stands beside it; nobody has it open.
void remove_database(const std::string& path);

} // namespace mailfunnel::fuzz
