#include "app/sql_session.hpp"

#include "app/sql_tables.hpp"
#include "base/text.hpp"
#include "ingest/session.hpp"

#include <fmt/format.h>

namespace mailfunnel {

Store open_for_sql(const Workspace& workspace) {
  auto store = Store::open_reading(workspace.store_path());
  if (Activity(store.database()).inbox_size() != 0) {
    auto writing = Store::open_writing(workspace.store_path());
    fold_inbox(writing, workspace.threads);
  }
  return store;
}

SqlSession::SqlSession(Store store, const Workspace& workspace, Seconds as_of,
                       std::function<bool()> stopped)
    : m_store(std::move(store)), m_snapshot(m_store, workspace, as_of, stopped),
      m_tables(sql_tables(m_snapshot)), m_connection({workspace.memory, std::move(stopped)}) {
  for (const auto& table : m_tables) {
    m_connection.add(*table);
  }
  // ago('90d'): so long before the moment, as the tables write times.
  m_connection.add_function("ago", [as_of](std::string_view text) {
    const auto span = parse_duration(text);
    if (!span) {
      throw Failure(
          {ErrorCode::usage,
           fmt::format("ago('{}') wants a time such as 90d, 24h or 13mo", printable(text, 40))});
    }
    return std::optional(format_time(as_of - *span));
  });
}

} // namespace mailfunnel
