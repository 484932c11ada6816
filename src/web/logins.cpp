#include "web/logins.hpp"

#include "adapter/signature.hpp"

#include <algorithm>

namespace mailfunnel {

namespace {

std::string key_of(std::string_view cookie) { // so that a lookup tells nothing by its time
  return digest_of(Digest::sha256, cookie);
}

} // namespace

std::string Logins::start(std::string token, Seconds now) {
  const std::lock_guard lock(m_mutex);
  std::erase_if(m_logins, [now](const auto& one) { return now - one.second.used > k_idle; });
  if (m_logins.size() >= k_most) {
    m_logins.erase(
        std::min_element(m_logins.begin(), m_logins.end(), [](const auto& a, const auto& b) {
          return a.second.used < b.second.used;
        }));
  }
  auto cookie = random_secret();
  m_logins[key_of(cookie)] = {std::move(token), random_secret(), now};
  return cookie;
}

std::optional<Login> Logins::find(std::string_view cookie, Seconds now) {
  const std::lock_guard lock(m_mutex);
  const auto found = cookie.empty() ? m_logins.end() : m_logins.find(key_of(cookie));
  if (found == m_logins.end() || now - found->second.used > k_idle) {
    return std::nullopt;
  }
  found->second.used = now;
  return found->second;
}

void Logins::end(std::string_view cookie) {
  const std::lock_guard lock(m_mutex);
  m_logins.erase(key_of(cookie));
}

} // namespace mailfunnel
