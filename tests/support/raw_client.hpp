#pragma once
// A client that sends the very bytes a case needs, to a server on 127.0.0.1.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace mailfunnel {

class RawClient {
public:
  explicit RawClient(std::uint16_t port) : m_socket(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    m_open = connect(m_socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { ::close(m_socket); }

  bool open() const { return m_open; }
  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto sent = ::send(m_socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) {
        return;
      }
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// Until `end` was read, the server closed, or nothing came for so long.
  std::string read_until(std::string_view end, int milliseconds = 5'000) const {
    std::string out;
    std::array<char, 4096> part{};
    while (end.empty() || out.find(end) == std::string::npos) {
      pollfd waits{m_socket, POLLIN, 0};
      if (poll(&waits, 1, milliseconds) <= 0) {
        break;
      }
      const auto got = recv(m_socket, part.data(), part.size(), 0);
      if (got <= 0) {
        break;
      }
      out.append(part.data(), static_cast<std::size_t>(got));
    }
    return out;
  }
  std::string read_to_end(int milliseconds = 5'000) const { return read_until("", milliseconds); }

private:
  int m_socket;
  bool m_open = false;
};

} // namespace mailfunnel
