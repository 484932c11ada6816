#include "app/sql_tables.hpp"

namespace mailfunnel {

std::vector<std::unique_ptr<SqlTable>> sql_tables(SqlSnapshot& snapshot) {
  std::vector<std::unique_ptr<SqlTable>> tables;
  tables.push_back(recipient_table(snapshot));
  tables.push_back(event_table(snapshot));
  return tables;
}

std::vector<const SqlTableInfo*> sql_table_infos() {
  return {&recipient_info(), &event_info()};
}

} // namespace mailfunnel
