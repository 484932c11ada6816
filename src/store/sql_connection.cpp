#include "store/sql_connection.hpp"

#include "base/result.hpp"
#include "store/sql_module.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <deque>

namespace mailfunnel {

namespace {

/// What a query may be; beyond, SQLite refuses it.
constexpr std::pair<int, int> k_limits[] = {
    {SQLITE_LIMIT_LENGTH, 64 << 20}, // bytes of a text, and of a row
    {SQLITE_LIMIT_SQL_LENGTH, 1 << 20},
    {SQLITE_LIMIT_COLUMN, 500},
    {SQLITE_LIMIT_EXPR_DEPTH, 200},
    {SQLITE_LIMIT_COMPOUND_SELECT, 100},
    {SQLITE_LIMIT_VDBE_OP, 1'000'000},
    {SQLITE_LIMIT_FUNCTION_ARG, 100},
    {SQLITE_LIMIT_ATTACHED, 0},
    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 10'000},
    {SQLITE_LIMIT_VARIABLE_NUMBER, 1'000},
    {SQLITE_LIMIT_TRIGGER_DEPTH, 0},
    {SQLITE_LIMIT_WORKER_THREADS, 0}};

/// Steps of SQLite's machine between two looks at SqlOptions::stopped.
constexpr int k_steps_between = 10'000;

/// PRAGMAs that only say what there is.
constexpr std::string_view k_harmless[] = {"table_info", "table_xinfo", "table_list",
                                           "function_list"};

/// What a forbidden action is called in a message; of all others it is "this statement".
constexpr std::pair<int, std::string_view> k_forbidden[] = {
    {SQLITE_ATTACH, "ATTACH"},           {SQLITE_DETACH, "DETACH"},
    {SQLITE_PRAGMA, "this PRAGMA"},      {SQLITE_TRANSACTION, "a transaction"},
    {SQLITE_SAVEPOINT, "a transaction"}, {SQLITE_FUNCTION, "this function"}};

struct Denied {
  std::string_view what; // empty: nothing
  std::string name;      // of the PRAGMA or function
};

int authorize(void* data, int action, const char* first, const char* second, const char*,
              const char*) {
  const std::string_view a = first == nullptr ? "" : first, b = second == nullptr ? "" : second;
  switch (action) {
  case SQLITE_SELECT:
  case SQLITE_READ:
  case SQLITE_RECURSIVE:
    return SQLITE_OK;
  case SQLITE_FUNCTION:
    if (b != "load_extension") {
      return SQLITE_OK;
    }
    break;
  case SQLITE_PRAGMA:
    if (std::find(std::begin(k_harmless), std::end(k_harmless), a) != std::end(k_harmless)) {
      return SQLITE_OK;
    }
    break;
  default:
    break;
  }
  auto& denied = *static_cast<Denied*>(data);
  if (denied.what.empty()) {
    denied.what = "this statement";
    for (const auto& [forbidden, name] : k_forbidden) {
      denied.what = forbidden == action ? name : denied.what;
    }
    denied.name = action == SQLITE_PRAGMA ? a : action == SQLITE_FUNCTION ? b : "";
  }
  return SQLITE_DENY;
}

struct Close {
  void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
};
struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

} // namespace

struct SqlConnection::State {
  SqlOptions options;
  SqlModuleState modules;
  Denied denied;
  std::deque<Function> functions; // SQLite points at them
  std::unique_ptr<sqlite3, Close> handle;
  std::int64_t heap_limit_before = 0;

  void declare(const std::string& table) {
    sqlite3_set_authorizer(handle.get(), nullptr, nullptr);
    sqlite3_exec(handle.get(), ("PRAGMA table_info(" + table + ")").c_str(), nullptr, nullptr,
                 nullptr);
    sqlite3_set_authorizer(handle.get(), authorize, &denied);
  }
};

struct SqlStatement::State {
  SqlConnection::State* connection;
  std::unique_ptr<sqlite3_stmt, Finalize> handle;
};

// ---- connection
// ----------------------------------------------------------------------------------------------------

SqlConnection::SqlConnection(SqlOptions options) : m_state(std::make_unique<State>()) {
  auto& state = *m_state;
  state.options = std::move(options);
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(
      "", &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX, nullptr);
  state.handle.reset(handle);
  // What does not fit into the cache is sorted in files without a name, which go with the process.
  if (code != SQLITE_OK || sqlite3_exec(handle, "PRAGMA temp_store=FILE; PRAGMA cache_size=-65536",
                                        nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw Failure({ErrorCode::io, "SQLite does not open a connection in memory"});
  }
  sqlite3_extended_result_codes(handle, 1);
  for (const auto& [option, on] :
       {std::pair(SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0),
        std::pair(SQLITE_DBCONFIG_DEFENSIVE, 1), std::pair(SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
        // "x" is a column, never a text: else a typing error is a text
        std::pair(SQLITE_DBCONFIG_DQS_DML, 0), std::pair(SQLITE_DBCONFIG_DQS_DDL, 0)}) {
    sqlite3_db_config(handle, option, on, nullptr);
  }
  for (const auto& [limit, value] : k_limits) {
    sqlite3_limit(handle, limit, value);
  }
  if (sqlite3_memory_used() == 0) {
    throw Failure({ErrorCode::io, "SQLite does not count its memory, so that queries would have no "
                                  "bound: please report it"});
  }
  state.heap_limit_before =
      sqlite3_hard_heap_limit64(static_cast<sqlite3_int64>(state.options.memory));
  if (state.options.stopped) {
    sqlite3_progress_handler(
        handle, k_steps_between,
        [](void* data) { return static_cast<int>(static_cast<State*>(data)->options.stopped()); },
        &state);
  }
  // SQLite declares a table as if it were created, when it first hears of it: so before anything is
  // forbidden.
  for (const auto* table : {"json_each", "json_tree", "pragma_table_info", "pragma_table_xinfo",
                            "pragma_table_list", "pragma_function_list"}) {
    state.declare(table);
  }
}

SqlConnection::~SqlConnection() {
  m_state->handle.reset();
  sqlite3_hard_heap_limit64(m_state->heap_limit_before);
}

void SqlConnection::add(SqlTable& table) {
  add_module(m_state->handle.get(), table, m_state->modules);
  m_state->declare(std::string(table.info().name));
}

void SqlConnection::add_function(const std::string& name, Function function) {
  const auto call = [](sqlite3_context* context, int, sqlite3_value** values) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(values[0]));
    const auto size = static_cast<std::size_t>(sqlite3_value_bytes(values[0]));
    const auto& body = *static_cast<Function*>(sqlite3_user_data(context));
    try {
      if (const auto result = text == nullptr ? std::nullopt : body({text, size})) {
        sqlite3_result_text64(context, result->data(), result->size(), SQLITE_TRANSIENT,
                              SQLITE_UTF8);
      }
    } catch (const std::exception& error) {
      sqlite3_result_error(context, error.what(), -1);
    }
  };
  m_state->functions.push_back(std::move(function));
  sqlite3_create_function_v2(m_state->handle.get(), name.c_str(), 1,
                             SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY,
                             &m_state->functions.back(), call, nullptr, nullptr, nullptr);
}

std::uint64_t SqlConnection::rows_visited() const {
  return m_state->modules.rows_visited;
}

SqlConnection::Prepared SqlConnection::prepare(std::string_view sql) {
  auto& state = *m_state;
  auto* database = state.handle.get();
  const auto mistake = [](std::string message, std::optional<std::size_t> offset = {}) {
    return Prepared{std::nullopt, {std::move(message), offset}};
  };
  // One after the other, as a second statement may be nothing but a remark.
  std::unique_ptr<sqlite3_stmt, Finalize> first;
  for (std::size_t at = 0; at < sql.size();) {
    state.denied = {};
    state.modules.thrown = nullptr;
    const auto rest = sql.substr(at);
    sqlite3_stmt* handle = nullptr;
    const char* tail = nullptr;
    const int code = sqlite3_prepare_v2(
        database, rest.data(), static_cast<int>(std::min<std::size_t>(rest.size(), 1U << 30)),
        &handle, &tail);
    std::unique_ptr<sqlite3_stmt, Finalize> statement(handle);
    if (state.modules.thrown) {
      std::rethrow_exception(state.modules.thrown);
    }
    if (!state.denied.what.empty()) {
      return mistake(std::string(state.denied.what) +
                     (state.denied.name.empty() ? "" : " (" + state.denied.name + ")") +
                     " is not allowed here: only SELECT");
    }
    if (code != SQLITE_OK) {
      const auto offset = sqlite3_error_offset(database);
      return mistake(sqlite3_errmsg(database),
                     offset < 0 ? std::nullopt
                                : std::optional(at + static_cast<std::size_t>(offset)));
    }
    if (handle != nullptr && first) {
      return mistake("only one statement at a time", at);
    }
    if (handle != nullptr &&
        (sqlite3_stmt_readonly(handle) == 0 || sqlite3_column_count(handle) == 0)) {
      return mistake("this statement is not allowed here: only SELECT", at);
    }
    first = first ? std::move(first) : std::move(statement);
    const auto end = static_cast<std::size_t>(tail - sql.data());
    if (end <= at) {
      break;
    }
    at = end;
  }
  if (!first) {
    return mistake("there is no query");
  }
  return {SqlStatement(
              std::make_shared<SqlStatement::State>(SqlStatement::State{&state, std::move(first)})),
          {}};
}

// ---- statement
// -----------------------------------------------------------------------------------------------------

std::size_t SqlStatement::columns() const {
  return static_cast<std::size_t>(sqlite3_column_count(m_state->handle.get()));
}

std::string_view SqlStatement::name(std::size_t column) const {
  return sqlite3_column_name(m_state->handle.get(), static_cast<int>(column));
}

bool SqlStatement::is_json(std::size_t column) const {
  const auto* type = sqlite3_column_decltype(m_state->handle.get(), static_cast<int>(column));
  return type != nullptr && type == name_of(SqlType::json);
}

std::vector<std::string> SqlStatement::parameters() const {
  std::vector<std::string> names;
  for (int i = 1; i <= sqlite3_bind_parameter_count(m_state->handle.get()); ++i) {
    const auto* name = sqlite3_bind_parameter_name(m_state->handle.get(), i);
    names.emplace_back(name == nullptr ? "" : name + 1);
  }
  return names;
}

void SqlStatement::bind(std::string_view parameter, const SqlValue& value) {
  struct Bind {
    sqlite3_stmt* statement;
    int index;
    void operator()(std::monostate) const { sqlite3_bind_null(statement, index); }
    void operator()(std::int64_t number) const { sqlite3_bind_int64(statement, index, number); }
    void operator()(double number) const { sqlite3_bind_double(statement, index, number); }
    void operator()(std::string_view text) const {
      sqlite3_bind_text64(statement, index, text.data() == nullptr ? "" : text.data(), text.size(),
                          SQLITE_TRANSIENT, SQLITE_UTF8);
    }
  };
  // The same name may stand there as :name, @name and $name.
  const auto names = parameters();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == parameter) {
      std::visit(Bind{m_state->handle.get(), static_cast<int>(i + 1)}, value);
    }
  }
}

SqlStep SqlStatement::step() {
  auto& connection = *m_state->connection;
  connection.modules.thrown = nullptr;
  connection.denied = {};
  const int code = sqlite3_step(m_state->handle.get());
  switch (code & 0xFF) {
  case SQLITE_ROW:
    return SqlStep::row;
  case SQLITE_DONE:
    return SqlStep::done;
  case SQLITE_INTERRUPT:
    return SqlStep::stopped;
  default:
    break;
  }
  if (connection.modules.thrown) {
    std::rethrow_exception(connection.modules.thrown);
  }
  const std::string message = sqlite3_errmsg(connection.handle.get());
  switch (code & 0xFF) {
  case SQLITE_NOMEM:
    throw Failure({ErrorCode::io, "the query needs more memory than it may have: give it more with "
                                  "--memory, or ask for less"});
  case SQLITE_FULL:
  case SQLITE_IOERR:
    throw Failure({ErrorCode::io, message + ": is the disk full on which it sorts (TMPDIR)?"});
  default:
    throw Failure({ErrorCode::usage, message});
  }
}

SqlValue SqlStatement::value(std::size_t column) const {
  auto* statement = m_state->handle.get();
  const auto i = static_cast<int>(column);
  switch (sqlite3_column_type(statement, i)) {
  case SQLITE_INTEGER:
    return sqlite3_column_int64(statement, i);
  case SQLITE_FLOAT:
    return sqlite3_column_double(statement, i);
  case SQLITE_NULL:
    return {};
  default: { // a blob is shown as its bytes
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_blob(statement, i));
    return std::string_view(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, i)));
  }
  }
}

} // namespace mailfunnel
