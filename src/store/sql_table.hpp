#pragma once
// A table for SQL whose rows are made while they are read. SqlConnection (sql_connection.hpp) gives
// it to SQLite as a virtual table; who writes one sees nothing of that.

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

namespace mailfunnel {

/// A `word` is a text of which capitals do not matter; `json` is a text that holds JSON.
enum class SqlType : std::uint8_t { integer, real, text, word, json };
std::string_view name_of(SqlType type); // as SQLite says it: "INTEGER", "TEXT"

struct SqlColumn {
  std::string_view name;
  SqlType type;
  std::string_view about;
  bool hidden = false; // not in SELECT *, but there by its name
};

struct SqlTableInfo {
  std::string_view name, about;
  std::vector<SqlColumn> columns; // at most k_most_columns
};
constexpr std::size_t k_most_columns = 31;

/// NULL, a number or a text. Texts are borrowed.
using SqlValue = std::variant<std::monostate, std::int64_t, double, std::string_view>;

enum class SqlCompare : std::uint8_t { equal, less, less_equal, greater, greater_equal };

/// What a query asks of rows: the column, compared with a value that is known when a scan begins.
struct SqlCondition {
  std::size_t column;
  SqlCompare compare;
};

/// What a table makes of the conditions that it is offered. SQLite tests every row again, so a scan
/// may give rows that do not fulfil them, but must give all that do.
struct SqlPlan {
  std::vector<std::size_t> used; // indexes of conditions: scan() gets their values
  double rows = 0;               // that the scan gives, about
  double cost = 0;               // of the scan; one row of a plain scan costs 1
  bool unique = false;           // one row at most
};

struct SqlScan {
  struct Condition {
    SqlCondition asked;
    SqlValue value; // valid during scan()
  };
  std::uint32_t columns = 0; // those that will be read, a bit each
  std::vector<Condition> conditions;

  bool reads(std::size_t column) const { return (columns >> column & 1) != 0; }
};

/// Thrown by a table or cursor when SqlOptions::stopped said so during long work.
struct SqlStopped {};

class SqlCursor {
public:
  virtual ~SqlCursor() = default;
  virtual bool next() = 0;                        // to the first row, then on; false: there is none
  virtual SqlValue value(std::size_t column) = 0; // its text is valid until the next call
  virtual std::int64_t row_id() const = 0;        // another one for every row of the table
};

class SqlTable {
public:
  virtual ~SqlTable() = default;
  virtual const SqlTableInfo& info() const = 0;
  virtual SqlPlan plan(std::span<const SqlCondition> offered) = 0;
  virtual std::unique_ptr<SqlCursor> scan(const SqlScan& scan) = 0;
};

} // namespace mailfunnel
