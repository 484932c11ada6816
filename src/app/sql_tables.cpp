#include "app/sql_tables.hpp"

namespace mailfunnel {

namespace {

struct TableRow {
  const SqlTableInfo& (*info)();
  std::unique_ptr<SqlTable> (*make)(SqlSnapshot&);
};
constexpr TableRow k_tables[] = {{recipient_info, recipient_table}, {event_info, event_table},
                                 {link_info, link_table},           {campaign_info, campaign_table},
                                 {score_info, score_table},         {ledger_info, ledger_table}};

} // namespace

std::vector<std::unique_ptr<SqlTable>> sql_tables(SqlSnapshot& snapshot) {
  std::vector<std::unique_ptr<SqlTable>> tables;
  for (const auto& row : k_tables) {
    tables.push_back(row.make(snapshot));
  }
  return tables;
}

std::vector<const SqlTableInfo*> sql_table_infos() {
  std::vector<const SqlTableInfo*> infos;
  for (const auto& row : k_tables) {
    infos.push_back(&row.info());
  }
  return infos;
}

} // namespace mailfunnel
