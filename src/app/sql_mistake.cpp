#include "app/sql_mistake.hpp"

#include "app/sql_tables.hpp"
#include "base/text.hpp"
#include "funnel/expression.hpp"

#include <algorithm>

namespace mailfunnel {

namespace {

// What SQLite says before a name that it does not know.
constexpr std::string_view k_no_column = "no such column: ", k_no_table = "no such table: ";

std::vector<std::string> names_of_tables() {
  std::vector<std::string> names;
  for (const auto* table : sql_table_infos()) {
    names.emplace_back(table->name);
  }
  return names;
}

std::vector<std::string> names_of_columns() {
  std::vector<std::string> names;
  for (const auto* table : sql_table_infos()) {
    for (const auto& column : table->columns) {
      names.emplace_back(column.name);
    }
  }
  return names;
}

/// Where a name stands in a text as a word of its own.
std::optional<std::size_t> find_word(std::string_view text, std::string_view word) {
  const auto in_word = [](char c) { return is_alnum(c) || c == '_'; };
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const auto end = at + word.size();
    if ((at == 0 || !in_word(text[at - 1])) && (end == text.size() || !in_word(text[end]))) {
      return at;
    }
  }
  return std::nullopt;
}

std::string suggestion(std::string_view name, const std::vector<std::string>& known) {
  const auto near = nearest(name.substr(name.rfind('.') + 1), known);
  return near ? "did you mean `" + *near + "`?" : "`mailfunnel sql --tables` lists what there is";
}

} // namespace

std::string sql_mistake_text(const SqlMistake& mistake, std::string_view sql) {
  ExpressionError error{mistake.message, 0, {}};
  const std::string_view message = mistake.message;
  auto offset = mistake.offset;
  if (message.starts_with(k_no_table)) {
    const auto name = message.substr(k_no_table.size());
    error.suggestion = suggestion(name, names_of_tables());
    offset = offset ? offset : find_word(sql, name);
  } else if (message.starts_with(k_no_column)) {
    const auto name = message.substr(k_no_column.size());
    const bool quoted = offset && *offset < sql.size() && sql[*offset] == '"';
    error.suggestion = quoted ? "a text stands in single quotes: '" + std::string(name) + "'"
                              : suggestion(name, names_of_columns());
  }
  if (!offset || *offset > sql.size()) {
    return error.message + (error.suggestion.empty() ? "" : "; " + error.suggestion);
  }
  const auto begin = sql.substr(0, *offset).rfind('\n') + 1; // of its line
  std::string line(sql.substr(begin, sql.find('\n', *offset) - begin));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  error.column = *offset - begin;
  return error.text(line);
}

} // namespace mailfunnel
