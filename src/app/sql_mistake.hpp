#pragma once
// A mistake in a query, for people.

#include "store/sql_connection.hpp"

#include <string>
#include <string_view>

namespace mailfunnel {

/// The message, what was perhaps meant, and the line of the query with a caret.
std::string sql_mistake_text(const SqlMistake& mistake, std::string_view sql);

} // namespace mailfunnel
