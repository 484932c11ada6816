#include "store/text_cells.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <vector>

namespace mailfunnel {

namespace {

struct Shape {
  std::string table;
  std::vector<std::string> texts; // columns
  std::vector<std::string> key;   // columns; "rowid" where there is none
};

std::vector<Shape> shapes_of(Database& database) {
  std::vector<Shape> out;
  auto columns = database.use(
      "SELECT t.name, c.name, c.type, c.pk FROM sqlite_schema t, pragma_table_info(t.name) c WHERE "
      "t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY t.name, c.cid");
  while (columns.step()) {
    if (out.empty() || out.back().table != columns.text(0)) {
      out.push_back({std::string(columns.text(0)), {}, {}});
    }
    if (columns.text(2) == "TEXT") {
      out.back().texts.emplace_back(columns.text(1));
    }
    if (columns.integer(3) != 0) {
      out.back().key.emplace_back(columns.text(1));
    }
  }
  for (auto& shape : out) {
    if (shape.key.empty()) {
      shape.key.emplace_back("rowid");
    }
  }
  return out;
}

/// A text as SQL, whatever it holds.
std::string literal(std::string_view text) {
  std::string out = "CAST(x'";
  for (const auto c : text) {
    out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  }
  return out + "' AS TEXT)";
}

struct Change {
  std::string set, where;
};

std::vector<Change>
changes_in(Database& database, const Shape& shape,
           const std::function<std::optional<std::string>(std::string_view, std::string_view,
                                                          std::string_view)>& visit) {
  std::string key;
  for (const auto& column : shape.key) {
    key += fmt::format(", quote({})", column); // as SQL
  }
  std::vector<Change> changes;
  auto rows =
      database.use(fmt::format("SELECT {}{} FROM {}", join(shape.texts, ", "), key, shape.table));
  while (rows.step()) {
    std::string where;
    for (std::size_t i = 0; i < shape.texts.size(); ++i) {
      const auto column = static_cast<int>(i);
      if (rows.is_null(column)) {
        continue;
      }
      const auto changed = visit(shape.table, shape.texts[i], rows.text(column));
      if (!changed) {
        continue;
      }
      if (where.empty()) {
        for (std::size_t k = 0; k < shape.key.size(); ++k) {
          where += fmt::format("{}{} = {}", k == 0 ? "" : " AND ", shape.key[k],
                               rows.text(static_cast<int>(shape.texts.size() + k)));
        }
        changes.push_back({"", where});
      }
      auto& set = changes.back().set;
      set += fmt::format("{}{} = {}", set.empty() ? "" : ", ", shape.texts[i], literal(*changed));
    }
  }
  return changes;
}

} // namespace

std::uint64_t
rewrite_texts(Database& database,
              const std::function<std::optional<std::string>(std::string_view, std::string_view,
                                                             std::string_view)>& visit) {
  std::uint64_t count = 0;
  for (const auto& shape : shapes_of(database)) {
    if (shape.texts.empty()) {
      continue;
    }
    for (const auto& change : changes_in(database, shape, visit)) {
      database.execute(fmt::format("UPDATE OR IGNORE {} SET {} WHERE {}", shape.table, change.set,
                                   change.where));
      if (database.changes() == 0) {
        database.execute(fmt::format("DELETE FROM {} WHERE {}", shape.table, change.where));
      }
      ++count;
    }
  }
  return count;
}

} // namespace mailfunnel
