#pragma once
// An SqlTable as a virtual table of SQLite: eponymous, read only. The inside of SqlConnection.

#include "store/sql_table.hpp"

#include <cstdint>
#include <exception>

struct sqlite3;

namespace mailfunnel {

/// What the tables of a connection share. It lives as long as the connection.
struct SqlModuleState {
  std::uint64_t rows_visited = 0;
  std::exception_ptr thrown; // by a table: C code must not see it
};

void add_module(sqlite3* database, SqlTable& table, SqlModuleState& state);

} // namespace mailfunnel
