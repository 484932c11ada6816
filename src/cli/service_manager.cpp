#include "service_manager.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace mailfunnel::cli {

ServiceManager::ServiceManager() {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr || (*path != '/' && *path != '@') ||
      std::strlen(path) >= sizeof(sockaddr_un{}.sun_path)) {
    return;
  }
  m_path = path;
  m_socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const char* interval = std::getenv("WATCHDOG_USEC");
  const char* process = std::getenv("WATCHDOG_PID");
  const bool meant = process == nullptr || parse_int(process) == getpid();
  if (interval != nullptr && meant) {
    m_watchdog = std::chrono::microseconds(parse_int(interval).value_or(0));
  }
}

ServiceManager::~ServiceManager() {
  if (m_socket >= 0) {
    close(m_socket);
  }
}

void ServiceManager::send(std::string_view state) const {
  if (m_socket < 0) {
    return;
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, m_path.data(), m_path.size());
  if (address.sun_path[0] == '@') {
    address.sun_path[0] = '\0'; // a name without a file
  }
  const auto size = offsetof(sockaddr_un, sun_path) + m_path.size();
  (void)sendto(m_socket, state.data(), state.size(), MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(size));
}

void ServiceManager::ready() {
  send("READY=1");
}

void ServiceManager::reloading() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}",
                   std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000));
}

void ServiceManager::stopping() {
  send("STOPPING=1");
}

void ServiceManager::alive() {
  const auto now = std::chrono::steady_clock::now();
  if (m_watchdog.count() > 0 && now - m_told >= m_watchdog / 3) {
    m_told = now;
    send("WATCHDOG=1");
  }
}

} // namespace mailfunnel::cli
