#pragma once
// What systemd wants to know of a service with Type=notify: sd_notify(3), without its library.
// Nothing happens where nobody asked (NOTIFY_SOCKET).

#include <chrono>
#include <string>
#include <string_view>

namespace mailfunnel::cli {

class ServiceManager {
public:
  ServiceManager();
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;
  ~ServiceManager();

  void ready();
  void reloading();
  void stopping();
  void alive(); // of the main loop; told on often enough for the watchdog

private:
  void send(std::string_view state) const;

  int m_socket = -1;
  std::string m_path;
  std::chrono::microseconds m_watchdog{0}; // 0: nobody watches
  std::chrono::steady_clock::time_point m_told{};
};

} // namespace mailfunnel::cli
