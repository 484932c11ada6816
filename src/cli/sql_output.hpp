#pragma once
// The rows of a query on standard output, as they come: a table, CSV or NDJSON.

#include "store/sql_connection.hpp"
#include "table.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mailfunnel::cli {

enum class SqlFormat : std::uint8_t { table, csv, ndjson };

class SqlOutput {
public:
  /// The statement is the one whose rows come, and lives longer.
  SqlOutput(const SqlStatement& statement, SqlFormat format, bool color);
  void row();
  void end();  // all rows were given: where there was none, the names of the columns alone
  void stop(); // not all

private:
  void table_row();
  void csv_row();
  void json_row();
  void show_page();

  const SqlStatement& m_statement;
  SqlFormat m_format;
  bool m_color;
  std::vector<std::string> m_names; // as they stand before the values
  std::vector<bool> m_json;         // by column: its texts are JSON
  // A table is shown in pages, so that it need not be held.
  std::optional<Table> m_table;
  std::vector<std::vector<std::string>> m_page;
  std::vector<bool> m_text; // by column: something in it is no number
  std::string m_line;
};

} // namespace mailfunnel::cli
