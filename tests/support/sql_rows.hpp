#pragma once
// The rows of a query as text: "1|2" and a line end between rows, NULL as it is.

#include "store/sql_connection.hpp"

#include <fmt/format.h>

#include <string>

namespace mailfunnel {

inline std::string rows_of(SqlStatement statement) {
  struct Cell {
    std::string operator()(std::monostate) const { return "NULL"; }
    std::string operator()(std::int64_t number) const { return fmt::format("{}", number); }
    std::string operator()(double number) const { return fmt::format("{}", number); }
    std::string operator()(std::string_view text) const { return std::string(text); }
  };
  std::string out;
  while (statement.step() == SqlStep::row) {
    out += out.empty() ? "" : "\n";
    for (std::size_t c = 0; c < statement.columns(); ++c) {
      out += (c == 0 ? "" : "|") + std::visit(Cell(), statement.value(c));
    }
  }
  return out;
}

} // namespace mailfunnel
