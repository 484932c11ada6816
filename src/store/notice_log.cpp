#include "store/notice_log.hpp"

#include <set>

namespace mailfunnel {

bool NoticeLog::add(std::string_view kind, std::string_view key, std::string_view text,
                    Seconds now) {
  m_database.use("INSERT OR IGNORE INTO notice (kind, key, at, text) VALUES (?1, ?2, ?3, ?4)")
      .bind(kind, key, now, text)
      .run();
  return m_database.changes() != 0;
}

bool NoticeLog::knows(std::string_view kind, std::string_view key) {
  auto query = m_database.use("SELECT 1 FROM notice WHERE kind = ?1 AND key = ?2");
  query.bind(kind, key);
  return query.step();
}

bool NoticeLog::any(std::string_view kind) {
  auto query = m_database.use("SELECT 1 FROM notice WHERE kind = ?1 LIMIT 1");
  query.bind(kind);
  return query.step();
}

void NoticeLog::forget_others(std::string_view kind, const std::vector<std::string>& keys) {
  const std::set<std::string_view> kept(keys.begin(), keys.end());
  std::vector<std::int64_t> gone;
  {
    auto query = m_database.use("SELECT id, key FROM notice WHERE kind = ?1");
    query.bind(kind);
    while (query.step()) {
      if (!kept.contains(query.text(1))) {
        gone.push_back(query.integer(0));
      }
    }
  }
  for (const auto id : gone) {
    m_database.use("DELETE FROM notice_told WHERE notice = ?1").bind(id).run();
    m_database.use("DELETE FROM notice WHERE id = ?1").bind(id).run();
  }
}

std::vector<KeptNotice> NoticeLog::untold(std::string_view route, Seconds since) {
  std::vector<KeptNotice> out;
  auto query =
      m_database.use("SELECT id, kind, text, at FROM notice WHERE at >= ?2 AND text <> '' AND NOT "
                     "EXISTS (SELECT 1 "
                     "FROM notice_told WHERE route = ?1 AND notice = notice.id) ORDER BY id");
  query.bind(route, since);
  while (query.step()) {
    out.push_back({query.integer(0), std::string(query.text(1)), std::string(query.text(2)),
                   query.integer(3)});
  }
  return out;
}

void NoticeLog::told(std::string_view route, std::int64_t id) {
  m_database.use("INSERT OR IGNORE INTO notice_told VALUES (?1, ?2)").bind(route, id).run();
}

void NoticeLog::drop_before(Seconds moment) {
  m_database.use("UPDATE notice SET text = '' WHERE at < ?1 AND text <> ''").bind(moment).run();
}

} // namespace mailfunnel
