#pragma once
// SQL that can only read: an SQLite connection of its own in memory, in which there is nothing but
// the tables it is given. No statement but SELECT gets through, no file is opened but those in
// which SQLite sorts what does not fit into memory.

#include "store/sql_table.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

struct SqlOptions {
  std::uint64_t memory = std::uint64_t{1} << 30; // all of SQLite's in the process; then Failure
  std::function<bool()> stopped = {};            // asked all the time; true: the query ends
};

/// Why a statement can't be run, in SQLite's words or ours; `offset` in bytes, where it is known.
struct SqlMistake {
  std::string message;
  std::optional<std::size_t> offset;
};

enum class SqlStep : std::uint8_t { row, done, stopped };

class SqlConnection;

/// A SELECT. The connection must live longer.
class SqlStatement {
public:
  std::size_t columns() const;
  std::string_view name(std::size_t column) const;
  bool is_json(std::size_t column) const; // it is a column of a table of that type

  std::vector<std::string> parameters() const; // names, without the sign before them
  void bind(std::string_view parameter, const SqlValue& value); // copied

  /// Throws Failure: usage where the query is at fault ("integer overflow"), else what a table
  /// threw.
  SqlStep step();
  SqlValue value(std::size_t column) const; // its text is valid until the next step

private:
  friend class SqlConnection;
  struct State;
  explicit SqlStatement(std::shared_ptr<State> state) : m_state(std::move(state)) {}
  std::shared_ptr<State> m_state;
};

class SqlConnection {
public:
  explicit SqlConnection(SqlOptions options);
  ~SqlConnection();
  SqlConnection(const SqlConnection&) = delete;
  SqlConnection& operator=(const SqlConnection&) = delete;

  /// The table must live longer than the connection.
  void add(SqlTable& table);
  /// A function of one text; it answers the same all the time. nullopt: NULL.
  using Function = std::function<std::optional<std::string>(std::string_view)>;
  void add_function(const std::string& name, Function function);

  struct Prepared {
    std::optional<SqlStatement> statement; // absent: see mistake
    SqlMistake mistake;
  };
  /// Of a text with one statement in it.
  Prepared prepare(std::string_view sql);

  /// Rows that all tables together have given so far: tells whether conditions reach them.
  std::uint64_t rows_visited() const;

private:
  friend class SqlStatement;
  struct State;
  std::unique_ptr<State> m_state;
};

} // namespace mailfunnel
