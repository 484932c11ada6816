#pragma once
// Everything behind one `mailfunnel sql`: a store at one moment, its tables, and a connection that
// can only read them.

#include "app/sql_snapshot.hpp"
#include "store/sql_connection.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace mailfunnel {

/// The workspace's store for reading; what lies in its inbox is folded first, as for scores.
Store open_for_sql(const Workspace& workspace);

class SqlSession {
public:
  /// `stopped` is asked all the time: true ends the query. The workspace must live longer.
  SqlSession(Store store, const Workspace& workspace, Seconds as_of, std::function<bool()> stopped);

  SqlConnection& connection() { return m_connection; }

private:
  Store m_store;
  SqlSnapshot m_snapshot;
  std::vector<std::unique_ptr<SqlTable>> m_tables;
  SqlConnection m_connection;
};

} // namespace mailfunnel
