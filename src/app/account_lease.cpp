#include "app/account_lease.hpp"

#include "base/result.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace mailfunnel {

namespace {

/// ".NAME.lease" beside the store; "" of a store in memory, which is the process's own.
std::string lease_path(const std::string& store_path, const std::string& what) {
  if (store_path == ":memory:") {
    return {};
  }
  std::string path = store_path + ".";
  for (const char c : what) {
    path += is_alnum(c) || c == '-' || c == '_' ? c : '_';
  }
  return path + ".lease";
}

} // namespace

Lease::Lease(const std::string& path, const std::string& taken) {
  if (path.empty()) {
    return;
  }
  m_file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (m_file < 0 || flock(m_file, LOCK_EX | LOCK_NB) != 0) {
    if (m_file >= 0) {
      close(m_file);
    }
    throw Failure({ErrorCode::locked, taken});
  }
}

Lease::~Lease() {
  if (m_file >= 0) {
    close(m_file);
  }
}

AccountLease::AccountLease(const std::string& store_path, const std::string& account)
    : Lease(lease_path(store_path, account),
            fmt::format("account \"{}\": another sync or push of it is running: try again when it "
                        "is over",
                        account)) {}

HookLease::HookLease(const std::string& store_path)
    : Lease(store_path == ":memory:" ? std::string() : store_path + ".hooks.lock",
            store_path + ": another `mailfunnel serve` receives its webhooks") {}

} // namespace mailfunnel
