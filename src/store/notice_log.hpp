#pragma once
// Notices that were found, and over which routes each was told. The callers hold the transaction.

#include "base/time.hpp"
#include "store/database.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

struct KeptNotice {
  std::int64_t id = 0;
  std::string kind, text;
  Seconds at = 0;
};

class NoticeLog {
public:
  explicit NoticeLog(Database& database) : m_database(database) {}

  /// False: it is known. An empty text is never told.
  bool add(std::string_view kind, std::string_view key, std::string_view text, Seconds now);
  bool knows(std::string_view kind, std::string_view key);
  bool any(std::string_view kind);
  /// What no longer holds may be told again one day.
  void forget_others(std::string_view kind, const std::vector<std::string>& keys);

  std::vector<KeptNotice> untold(std::string_view route, Seconds since);
  void told(std::string_view route, std::int64_t id);
  void drop_before(Seconds moment); // texts of old ones

private:
  Database& m_database;
};

} // namespace mailfunnel
