#include "store/api_tokens.hpp"

namespace mailfunnel {

std::vector<StoredToken> ApiTokens::all() {
  std::vector<StoredToken> out;
  auto rows =
      m_database.use("SELECT name, hash, role, read_only, created FROM api_token ORDER BY name");
  while (rows.step()) {
    StoredToken one;
    one.name = rows.text(0);
    one.hash = rows.text(1);
    one.role = rows.text(2);
    one.read_only = rows.integer(3) != 0;
    one.created = rows.integer(4);
    out.push_back(std::move(one));
  }
  return out;
}

bool ApiTokens::add(const StoredToken& token) {
  m_database
      .use("INSERT INTO api_token (name, hash, role, read_only, created) VALUES (?1, ?2, ?3, ?4, "
           "?5) ON CONFLICT (name) DO NOTHING")
      .bind(token.name, token.hash, token.role, token.read_only ? 1 : 0, token.created)
      .run();
  return m_database.changes() == 1;
}

bool ApiTokens::remove(std::string_view name) {
  m_database.use("DELETE FROM api_token WHERE name = ?1").bind(name).run();
  return m_database.changes() == 1;
}

} // namespace mailfunnel
