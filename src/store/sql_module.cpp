#include "store/sql_module.hpp"

#include "base/result.hpp"

#include <sqlite3.h>

#include <string>

namespace mailfunnel {

std::string_view name_of(SqlType type) {
  constexpr std::string_view k_names[] = {"INTEGER", "REAL", "TEXT", "TEXT", "JSON TEXT"};
  return k_names[static_cast<std::size_t>(type)];
}

namespace {

struct Module {
  SqlTable* table;
  SqlModuleState* state;
};

struct Vtab : sqlite3_vtab {
  Module* module = nullptr;
};

struct Cursor : sqlite3_vtab_cursor {
  std::unique_ptr<SqlCursor> rows;
  bool end = true;
};

/// Runs `body`; what it throws is kept, and SQLite is told that there was an error.
template<typename Body> int guarded(SqlModuleState& state, Body body) {
  try {
    body();
    return SQLITE_OK;
  } catch (const SqlStopped&) {
    return SQLITE_INTERRUPT;
  } catch (...) {
    state.thrown = std::current_exception();
    return SQLITE_ERROR;
  }
}

Module& module_of(sqlite3_vtab* vtab) {
  return *static_cast<Vtab*>(vtab)->module;
}

std::string declaration(const SqlTableInfo& info) {
  std::string out = "CREATE TABLE x(";
  for (const auto& column : info.columns) {
    out += (&column == &info.columns.front() ? "\"" : ", \"") + std::string(column.name) + "\" " +
           std::string(name_of(column.type)) + (column.hidden ? " HIDDEN" : "") +
           (column.type == SqlType::word ? " COLLATE NOCASE" : "");
  }
  return out + ")";
}

int connect(sqlite3* database, void* data, int, const char* const*, sqlite3_vtab** out, char**) {
  auto& module = *static_cast<Module*>(data);
  const int code = sqlite3_declare_vtab(database, declaration(module.table->info()).c_str());
  if (code == SQLITE_OK) {
    sqlite3_vtab_config(database, SQLITE_VTAB_INNOCUOUS);
    auto vtab = std::make_unique<Vtab>();
    vtab->module = &module;
    *out = vtab.release();
  }
  return code;
}

int disconnect(sqlite3_vtab* vtab) {
  const std::unique_ptr<Vtab> owned(static_cast<Vtab*>(vtab));
  return SQLITE_OK;
}

constexpr std::pair<int, SqlCompare> k_compares[] = {
    {SQLITE_INDEX_CONSTRAINT_EQ, SqlCompare::equal},
    {SQLITE_INDEX_CONSTRAINT_LT, SqlCompare::less},
    {SQLITE_INDEX_CONSTRAINT_LE, SqlCompare::less_equal},
    {SQLITE_INDEX_CONSTRAINT_GT, SqlCompare::greater},
    {SQLITE_INDEX_CONSTRAINT_GE, SqlCompare::greater_equal}};

constexpr std::string_view k_signs[] = {"=", "<", "<=", ">", ">="}; // by SqlCompare

/// "email= time>=": what the conditions of a plan are, in the order of their values; EXPLAIN QUERY
/// PLAN shows it.
std::string plan_text(const SqlTableInfo& info, std::span<const SqlCondition> conditions) {
  std::string out;
  for (const auto& condition : conditions) {
    out += out.empty() ? "" : " ";
    out += info.columns[condition.column].name;
    out += k_signs[static_cast<std::size_t>(condition.compare)];
  }
  return out;
}

std::vector<SqlCondition> read_plan(const SqlTableInfo& info, std::string_view text) {
  std::vector<SqlCondition> out;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    const auto sign = text.find_first_of("=<>");
    SqlCondition condition{0, SqlCompare::equal};
    while (info.columns[condition.column].name != text.substr(0, sign)) {
      ++condition.column;
    }
    for (std::size_t i = 0; i < std::size(k_signs); ++i) {
      if (k_signs[i] == text.substr(sign, end - sign)) {
        condition.compare = static_cast<SqlCompare>(i);
      }
    }
    out.push_back(condition);
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return out;
}

int best_index(sqlite3_vtab* vtab, sqlite3_index_info* info) {
  auto& module = module_of(vtab);
  return guarded(*module.state, [&] {
    std::vector<SqlCondition> offered;
    std::vector<int> places; // of each in SQLite's list
    for (int i = 0; i < info->nConstraint; ++i) {
      const auto& constraint = info->aConstraint[i];
      for (const auto& [op, compare] : k_compares) {
        if (constraint.usable != 0 && constraint.iColumn >= 0 && constraint.op == op) {
          offered.push_back({static_cast<std::size_t>(constraint.iColumn), compare});
          places.push_back(i);
        }
      }
    }
    const auto plan = module.table->plan(offered);
    std::vector<SqlCondition> used;
    for (const auto index : plan.used) {
      used.push_back(offered[index]);
      info->aConstraintUsage[places[index]].argvIndex = static_cast<int>(used.size());
    }
    info->idxNum = static_cast<int>(info->colUsed & ((1U << k_most_columns) - 1));
    info->idxStr = sqlite3_mprintf("%s", plan_text(module.table->info(), used).c_str());
    info->needToFreeIdxStr = 1;
    info->estimatedCost = plan.cost;
    info->estimatedRows = static_cast<sqlite3_int64>(plan.rows);
    info->idxFlags = plan.unique ? SQLITE_INDEX_SCAN_UNIQUE : 0;
  });
}

int open_cursor(sqlite3_vtab*, sqlite3_vtab_cursor** out) {
  *out = std::make_unique<Cursor>().release();
  return SQLITE_OK;
}

int close_cursor(sqlite3_vtab_cursor* cursor) {
  const std::unique_ptr<Cursor> owned(static_cast<Cursor*>(cursor));
  return SQLITE_OK;
}

SqlValue value_of(sqlite3_value* value) {
  switch (sqlite3_value_type(value)) {
  case SQLITE_INTEGER:
    return sqlite3_value_int64(value);
  case SQLITE_FLOAT:
    return sqlite3_value_double(value);
  case SQLITE_TEXT: {
    const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
    return std::string_view(text, static_cast<std::size_t>(sqlite3_value_bytes(value)));
  }
  default:
    return {};
  }
}

int next(sqlite3_vtab_cursor* base) {
  auto& cursor = *static_cast<Cursor*>(base);
  auto& state = *module_of(base->pVtab).state;
  return guarded(state, [&] {
    cursor.end = !cursor.rows->next();
    state.rows_visited += cursor.end ? 0 : 1;
  });
}

int filter(sqlite3_vtab_cursor* base, int columns, const char* text, int count,
           sqlite3_value** values) {
  auto& cursor = *static_cast<Cursor*>(base);
  auto& module = module_of(base->pVtab);
  const int code = guarded(*module.state, [&] {
    SqlScan scan;
    scan.columns = static_cast<std::uint32_t>(columns);
    const auto conditions = read_plan(module.table->info(), text == nullptr ? "" : text);
    for (int i = 0; i < count; ++i) {
      scan.conditions.push_back({conditions.at(static_cast<std::size_t>(i)), value_of(values[i])});
    }
    cursor.rows = module.table->scan(scan);
  });
  return code == SQLITE_OK ? next(base) : code;
}

int at_end(sqlite3_vtab_cursor* base) {
  return static_cast<int>(static_cast<Cursor*>(base)->end);
}

struct SetResult {
  sqlite3_context* context;
  void operator()(std::monostate) const { sqlite3_result_null(context); }
  void operator()(std::int64_t value) const { sqlite3_result_int64(context, value); }
  void operator()(double value) const { sqlite3_result_double(context, value); }
  void operator()(std::string_view text) const {
    sqlite3_result_text64(context, text.data() == nullptr ? "" : text.data(), text.size(),
                          SQLITE_TRANSIENT, SQLITE_UTF8);
  }
};

int column(sqlite3_vtab_cursor* base, sqlite3_context* context, int column) {
  return guarded(*module_of(base->pVtab).state, [&] {
    auto& rows = *static_cast<Cursor*>(base)->rows;
    std::visit(SetResult{context}, rows.value(static_cast<std::size_t>(column)));
  });
}

int row_id(sqlite3_vtab_cursor* base, sqlite3_int64* out) {
  *out = static_cast<Cursor*>(base)->rows->row_id();
  return SQLITE_OK;
}

// Without xCreate a table can only be used by its name; without xUpdate it can't be written.
constexpr sqlite3_module k_module = {.iVersion = 2,
                                     .xCreate = nullptr,
                                     .xConnect = connect,
                                     .xBestIndex = best_index,
                                     .xDisconnect = disconnect,
                                     .xDestroy = nullptr,
                                     .xOpen = open_cursor,
                                     .xClose = close_cursor,
                                     .xFilter = filter,
                                     .xNext = next,
                                     .xEof = at_end,
                                     .xColumn = column,
                                     .xRowid = row_id,
                                     .xUpdate = nullptr,
                                     .xBegin = nullptr,
                                     .xSync = nullptr,
                                     .xCommit = nullptr,
                                     .xRollback = nullptr,
                                     .xFindFunction = nullptr,
                                     .xRename = nullptr,
                                     .xSavepoint = nullptr,
                                     .xRelease = nullptr,
                                     .xRollbackTo = nullptr,
                                     .xShadowName = nullptr};

} // namespace

void add_module(sqlite3* database, SqlTable& table, SqlModuleState& state) {
  const auto drop = [](void* module) {
    const std::unique_ptr<Module> owned(static_cast<Module*>(module));
  };
  const std::string name(table.info().name);
  if (sqlite3_create_module_v2(database, name.c_str(), &k_module,
                               std::make_unique<Module>(Module{&table, &state}).release(),
                               drop) != SQLITE_OK) {
    throw Failure({ErrorCode::io, "the table " + name + " can't be added"});
  }
}

} // namespace mailfunnel
