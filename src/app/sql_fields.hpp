#pragma once
// How a table says its columns: a row each, with the member of its cursor that gives the value. And
// what the tables of people have in common.

#include "app/sql_snapshot.hpp"
#include "store/sql_table.hpp"

#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace mailfunnel {

template<typename Cursor> class SqlFields {
public:
  struct Field {
    SqlColumn column;
    SqlValue (Cursor::*get)();
  };
  SqlFields(std::string_view name, std::string_view about, std::initializer_list<Field> fields) {
    m_info.name = name;
    m_info.about = about;
    for (const auto& field : fields) {
      m_info.columns.push_back(field.column);
      m_getters.push_back(field.get);
    }
  }
  const SqlTableInfo& info() const { return m_info; }
  SqlValue value(Cursor& cursor, std::size_t column) const { return (cursor.*m_getters[column])(); }

private:
  SqlTableInfo m_info;
  std::vector<SqlValue (Cursor::*)()> m_getters;
};

/// The column of that name, which is there.
std::size_t column_of(const SqlTableInfo& info, std::string_view name);
bool reads_any(const SqlScan& scan, const SqlTableInfo& info,
               std::initializer_list<std::string_view> names);

// The first two columns of every table of people.
constexpr std::size_t k_email_column = 0, k_recipient_column = 1;
constexpr SqlColumn k_email = {"email", SqlType::word,
                               "the address; NULL for who is known by a contact id only"};
constexpr SqlColumn k_recipient = {"recipient_number", SqlType::integer,
                                   "who it is, in this store only: for joins", true};

/// The condition that says which person, of those offered.
std::optional<std::size_t> person_condition(std::span<const SqlCondition> offered);

/// Numbers of recipients, `end` not with them.
struct SqlPeopleRange {
  RecipientId first = 0, end = 0;
  bool empty() const { return first >= end; }
};
/// One person where the scan says which, else everybody.
SqlPeopleRange people_of(SqlSnapshot& snapshot, const SqlScan& scan);

/// Text, or NULL where there is none.
inline SqlValue text_or_null(std::string_view text) {
  return text.empty() ? SqlValue() : SqlValue(text);
}
inline SqlValue integer(std::int64_t number) {
  return number;
}
/// Thousandths as points.
inline SqlValue points_value(Points points) {
  return static_cast<double>(points) / static_cast<double>(k_point);
}

/// A whole number in a value, also one written as a text; nullopt: none.
std::optional<std::int64_t> whole_number(const SqlValue& value);
/// The text in a value; "" for all else.
std::string_view text_of(const SqlValue& value);
/// What a column of texts is compared with: a whole number is its digits. nullopt: it can't be
/// said.
std::optional<std::string> compared_text(const SqlValue& value);

} // namespace mailfunnel
