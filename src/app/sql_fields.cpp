#include "app/sql_fields.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <cmath>

namespace mailfunnel {

std::size_t column_of(const SqlTableInfo& info, std::string_view name) {
  const auto place = std::find_if(info.columns.begin(), info.columns.end(),
                                  [&](const SqlColumn& column) { return column.name == name; });
  return static_cast<std::size_t>(place - info.columns.begin());
}

bool reads_any(const SqlScan& scan, const SqlTableInfo& info,
               std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view name) { return scan.reads(column_of(info, name)); });
}

std::optional<std::size_t> person_condition(std::span<const SqlCondition> offered) {
  for (const auto column : {k_recipient_column, k_email_column}) {
    for (std::size_t i = 0; i < offered.size(); ++i) {
      if (offered[i].column == column && offered[i].compare == SqlCompare::equal) {
        return i;
      }
    }
  }
  return std::nullopt;
}

SqlPeopleRange people_of(SqlSnapshot& snapshot, const SqlScan& scan) {
  SqlPeopleRange range{0, snapshot.recipients()};
  for (const auto& [asked, value] : scan.conditions) {
    if (asked.compare != SqlCompare::equal ||
        (asked.column != k_email_column && asked.column != k_recipient_column)) {
      continue;
    }
    std::optional<RecipientId> id;
    if (asked.column == k_email_column) {
      id = snapshot.addresses().find(text_of(value));
    } else if (const auto number = whole_number(value);
               number && *number >= 0 && *number < snapshot.recipients()) {
      id = static_cast<RecipientId>(*number);
    }
    range = id ? SqlPeopleRange{*id, *id + 1} : SqlPeopleRange{};
  }
  return range;
}

std::optional<std::int64_t> whole_number(const SqlValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return *number;
  }
  auto real = std::get_if<double>(&value) != nullptr ? std::optional(std::get<double>(value))
                                                     : parse_double(text_of(value));
  constexpr double k_exact = 9'007'199'254'740'992; // 2^53
  return real && std::trunc(*real) == *real && std::abs(*real) <= k_exact
             ? std::optional(static_cast<std::int64_t>(*real))
             : std::nullopt;
}

std::optional<std::string> compared_text(const SqlValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return std::to_string(*number);
  }
  return std::holds_alternative<double>(value) ? std::nullopt
                                               : std::optional(std::string(text_of(value)));
}

std::string_view text_of(const SqlValue& value) {
  const auto* text = std::get_if<std::string_view>(&value);
  return text == nullptr ? std::string_view() : *text;
}

} // namespace mailfunnel
