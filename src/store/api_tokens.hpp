#pragma once
// The table of tokens of the API: names, roles, and hashes of tokens. The callers hold the writer
// lock where they write.

#include "base/time.hpp"
#include "store/database.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

struct StoredToken {
  std::string name, hash, role;
  bool read_only = false;
  Seconds created = 0;
};

class ApiTokens {
public:
  explicit ApiTokens(Database& database) : m_database(database) {}

  std::vector<StoredToken> all();     // by name
  bool add(const StoredToken& token); // false: the name is taken
  bool remove(std::string_view name); // false: there is none

private:
  Database& m_database;
};

} // namespace mailfunnel
