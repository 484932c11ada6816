#include "store/sync_state.hpp"

namespace mailfunnel {

std::map<std::string, std::string, std::less<>> SyncState::marks() {
  std::map<std::string, std::string, std::less<>> out;
  auto rows = m_database->use("SELECT stream, value FROM cursor WHERE account = ?1");
  rows.bind(m_account);
  while (rows.step()) {
    out.emplace(rows.text(0), rows.text(1));
  }
  return out;
}

void SyncState::set_mark(std::string_view stream, std::string_view value) {
  if (value.empty()) {
    m_database->use("DELETE FROM cursor WHERE account = ?1 AND stream = ?2")
        .bind(m_account, stream)
        .run();
    return;
  }
  m_database->use("INSERT OR REPLACE INTO cursor VALUES (?1, ?2, ?3)")
      .bind(m_account, stream, value)
      .run();
}

void SyncState::forget_marks() {
  m_database->use("DELETE FROM cursor WHERE account = ?1").bind(m_account).run();
}

std::vector<std::pair<std::int64_t, std::string>> SyncState::tasks() {
  std::vector<std::pair<std::int64_t, std::string>> out;
  auto rows = m_database->use("SELECT id, task FROM sync_task WHERE account = ?1 ORDER BY id");
  rows.bind(m_account);
  while (rows.step()) {
    out.emplace_back(rows.integer(0), rows.text(1));
  }
  return out;
}

std::int64_t SyncState::add_task(std::string_view json) {
  m_database->use("INSERT INTO sync_task (account, task) VALUES (?1, ?2)")
      .bind(m_account, json)
      .run();
  return m_database->last_row();
}

void SyncState::drop_task(std::int64_t id) {
  m_database->use("DELETE FROM sync_task WHERE id = ?1").bind(id).run();
}

void SyncState::drop_tasks() {
  m_database->use("DELETE FROM sync_task WHERE account = ?1").bind(m_account).run();
}

void SyncState::set_total(std::string_view campaign, std::string_view name, std::int64_t value,
                          std::int64_t at) {
  m_database->use("INSERT OR REPLACE INTO esp_total VALUES (?1, ?2, ?3, ?4, ?5)")
      .bind(m_account, campaign, name, value, at)
      .run();
}

std::map<std::string, EspTotals> SyncState::totals() {
  std::map<std::string, EspTotals> out;
  auto rows = m_database->use("SELECT campaign, name, value FROM esp_total WHERE account = ?1");
  rows.bind(m_account);
  while (rows.step()) {
    out[std::string(rows.text(0))].emplace(rows.text(1), rows.integer(2));
  }
  return out;
}

std::int64_t SyncState::totals_at(std::string_view campaign) {
  auto row = m_database->use("SELECT max(at) FROM esp_total WHERE account = ?1 AND campaign = ?2");
  row.bind(m_account, campaign).step();
  return row.integer(0);
}

bool SyncState::set_coverage(std::int64_t from, std::int64_t to) {
  m_database->use("INSERT OR IGNORE INTO coverage VALUES (?1, ?2, ?3, 'sync')")
      .bind(m_account, from, to)
      .run();
  if (m_database->changes() == 0) {
    return false;
  }
  m_database
      ->use("DELETE FROM coverage WHERE account = ?1 AND source = 'sync' AND starts >= ?2 AND "
            "ends <= ?3 AND NOT (starts = ?2 AND ends = ?3)")
      .bind(m_account, from, to)
      .run();
  return true;
}

} // namespace mailfunnel
