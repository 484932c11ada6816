#include "app/account_lease.hpp"

#include "base/result.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace mailfunnel {

AccountLease::AccountLease(const std::string& store_path, const std::string& account) {
  if (store_path == ":memory:") {
    return;
  }
  std::string name;
  for (const char c : account) {
    name += is_alnum(c) || c == '-' || c == '_' ? c : '_';
  }
  const auto path = store_path + "." + name + ".lease";
  m_file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (m_file < 0 || flock(m_file, LOCK_EX | LOCK_NB) != 0) {
    throw Failure({ErrorCode::locked, fmt::format("account \"{}\": another sync or push of it is "
                                                  "running: try again when it is over",
                                                  account)});
  }
}

AccountLease::~AccountLease() {
  if (m_file >= 0) {
    close(m_file);
  }
}

} // namespace mailfunnel
