#pragma once
// What a sync remembers of an account between its requests: marks, tasks, and the ESP's figures.
// Plain rows; the callers hold the transaction.

#include "store/database.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailfunnel {

/// The ESP's figures for one mailing, by name ("sent", "unique_opens").
using EspTotals = std::map<std::string, std::int64_t, std::less<>>;
/// Among them, a figure of ours: clicks that are one here and several there
/// (src/app/folded_clicks.hpp).
constexpr std::string_view k_folded_clicks = "folded_clicks";

class SyncState {
public:
  SyncState(Database& database, std::uint32_t account)
      : m_database(&database), m_account(account) {}

  std::map<std::string, std::string, std::less<>> marks();
  void set_mark(std::string_view stream, std::string_view value); // "": forgotten
  void forget_marks();

  std::vector<std::pair<std::int64_t, std::string>> tasks(); // in the order they came
  std::int64_t add_task(std::string_view json);
  void drop_task(std::int64_t id);
  void drop_tasks();

  void set_total(std::string_view campaign, std::string_view name, std::int64_t value,
                 std::int64_t at);
  std::map<std::string, EspTotals> totals();         // by campaign
  std::int64_t totals_at(std::string_view campaign); // when they were told; 0: never

  /// The account's activity is complete between these moments, as far as syncs tell. Returns
  /// whether that is new.
  bool set_coverage(std::int64_t from, std::int64_t to);

private:
  Database* m_database;
  std::uint32_t m_account;
};

} // namespace mailfunnel
