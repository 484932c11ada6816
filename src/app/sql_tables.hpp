#pragma once
// The tables of `mailfunnel sql` (docs/sql.md), a file each: sql_recipient.cpp and so on.

#include "app/sql_snapshot.hpp"
#include "store/sql_table.hpp"

#include <memory>
#include <vector>

namespace mailfunnel {

/// All of them. The snapshot must live longer.
std::vector<std::unique_ptr<SqlTable>> sql_tables(SqlSnapshot& snapshot);
/// What they are, without a store.
std::vector<const SqlTableInfo*> sql_table_infos();

std::unique_ptr<SqlTable> recipient_table(SqlSnapshot& snapshot);
std::unique_ptr<SqlTable> event_table(SqlSnapshot& snapshot);
std::unique_ptr<SqlTable> link_table(SqlSnapshot& snapshot);
std::unique_ptr<SqlTable> campaign_table(SqlSnapshot& snapshot);
std::unique_ptr<SqlTable> score_table(SqlSnapshot& snapshot);
std::unique_ptr<SqlTable> ledger_table(SqlSnapshot& snapshot);

const SqlTableInfo& recipient_info();
const SqlTableInfo& event_info();
const SqlTableInfo& link_info();
const SqlTableInfo& campaign_info();
const SqlTableInfo& score_info();
const SqlTableInfo& ledger_info();

} // namespace mailfunnel
