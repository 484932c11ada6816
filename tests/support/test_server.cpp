#include "support/test_server.hpp"

#include "base/text.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

namespace mailfunnel {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t k_piece = 16 << 10;

std::size_t announced_length(std::string_view head) {
  while (!head.empty()) {
    const auto line = next_line(head);
    constexpr std::string_view k_name = "content-length:";
    if (istarts_with(line, k_name)) {
      return static_cast<std::size_t>(parse_int(trim(line.substr(k_name.size()))).value_or(0));
    }
  }
  return 0;
}

/// What one side has to say goes to the other; false: it has closed.
bool pass_on(tcp::socket& from, tcp::socket& to) {
  std::array<char, k_piece> bytes{};
  error_code ec;
  const auto count = from.read_some(asio::buffer(bytes), ec);
  if (!ec) {
    asio::write(to, asio::buffer(bytes, count), ec);
  }
  return !ec;
}

} // namespace

void Peer::send(std::string_view bytes) {
  error_code ignored; // the client may have gone
  if (m_tls) {
    asio::write(*m_tls, asio::buffer(bytes), ignored);
  } else {
    asio::write(m_socket, asio::buffer(bytes), ignored);
  }
}

void Peer::answer(std::string_view status, std::string_view body, std::string_view headers) {
  send(fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(), headers,
                   body));
}

void Peer::close() {
  error_code ignored;
  if (m_tls) {
    m_tls->shutdown(ignored);
  }
  m_socket.shutdown(tcp::socket::shutdown_both, ignored);
}

void Peer::reset() {
  error_code ignored;
  m_socket.set_option(asio::socket_base::linger(true, 0), ignored);
  m_socket.close(ignored);
}

void Peer::hang() {
  std::string ignored;
  while (read(ignored)) {
  }
}

void Peer::tunnel(std::uint16_t port) {
  tcp::socket there(m_socket.get_executor());
  error_code ec;
  there.connect({asio::ip::address_v4::loopback(), port}, ec);
  while (!ec) {
    std::array<pollfd, 2> sides{pollfd{m_socket.native_handle(), POLLIN, 0},
                                pollfd{there.native_handle(), POLLIN, 0}};
    if (::poll(sides.data(), sides.size(), -1) < 0 ||
        (sides[0].revents != 0 && !pass_on(m_socket, there)) ||
        (sides[1].revents != 0 && !pass_on(there, m_socket))) {
      break;
    }
  }
  close();
}

bool Peer::shake_hands(asio::ssl::context& context) {
  error_code ec;
  m_tls.emplace(m_socket, context);
  m_tls->handshake(asio::ssl::stream_base::server, ec);
  return !ec;
}

bool Peer::read(std::string& into) {
  std::array<char, k_piece> bytes{};
  error_code ec;
  const auto count = m_tls ? m_tls->read_some(asio::buffer(bytes), ec)
                           : m_socket.read_some(asio::buffer(bytes), ec);
  into.append(bytes.data(), count);
  return !ec;
}

TestServer::TestServer(Answer answer, asio::ssl::context* tls)
    : m_answer(std::move(answer)), m_tls(tls),
      m_acceptor(m_io, {asio::ip::address_v4::loopback(), 0}),
      m_port(m_acceptor.local_endpoint().port()), m_thread([this] { accept_all(); }) {}

TestServer::~TestServer() {
  {
    const std::lock_guard lock(m_mutex);
    m_closing = true;
    ::shutdown(m_acceptor.native_handle(), SHUT_RDWR); // wakes accept()
    for (auto& guest : m_guests) {
      if (!guest.done) {
        ::shutdown(guest.handle, SHUT_RDWR);
      }
    }
  }
  m_thread.join();
  for (auto& guest : m_guests) {
    guest.thread.join();
  }
}

std::string TestServer::origin(std::string_view host) const {
  return fmt::format("{}://{}:{}", m_tls == nullptr ? "http" : "https", host, m_port);
}

std::vector<SeenRequest> TestServer::requests() const {
  const std::lock_guard lock(m_mutex);
  return m_requests;
}

std::size_t TestServer::connections() const {
  const std::lock_guard lock(m_mutex);
  return m_guests.size();
}

void TestServer::accept_all() {
  for (;;) {
    error_code ec;
    auto socket = m_acceptor.accept(ec);
    const std::lock_guard lock(m_mutex);
    if (ec || m_closing) {
      return;
    }
    socket.set_option(tcp::no_delay(true), ec); // what is sent is on its way
    auto& guest = m_guests.emplace_back(std::move(socket));
    guest.thread =
        std::thread([this, &guest, connection = m_guests.size()] { serve(guest, connection); });
  }
}

void TestServer::serve(Guest& guest, std::size_t connection) {
  auto& peer = guest.peer;
  std::string bytes;
  if (m_tls == nullptr || peer.shake_hands(*m_tls)) {
    for (;;) {
      SeenRequest request;
      request.connection = connection;
      if (!read_request(peer, bytes, request)) {
        break;
      }
      const auto now = ++m_at_once;
      m_most = std::max(m_most.load(), now);
      m_answer(request, peer);
      --m_at_once;
    }
  }
  const std::lock_guard lock(m_mutex); // the handle is not to be closed while it is shut down
  guest.done = true;
  error_code ignored;
  peer.m_socket.close(ignored);
}

bool TestServer::read_request(Peer& peer, std::string& bytes, SeenRequest& request) {
  constexpr std::string_view k_end = "\r\n\r\n";
  std::size_t head = std::string::npos;
  while ((head = bytes.find(k_end)) == std::string::npos) {
    if (!peer.m_socket.is_open() || !peer.read(bytes)) {
      return false;
    }
  }
  head += k_end.size();
  const auto whole = head + announced_length(std::string_view(bytes).substr(0, head));
  while (bytes.size() < whole) {
    if (!peer.read(bytes)) {
      return false;
    }
  }
  request.head = bytes.substr(0, head);
  request.body = bytes.substr(head, whole - head);
  bytes.erase(0, whole);
  const auto words =
      split(std::string_view(request.head).substr(0, request.head.find("\r\n")), ' ');
  request.method = words.empty() ? "" : std::string(words[0]);
  request.path = words.size() < 2 ? "" : std::string(words[1]);
  const std::lock_guard lock(m_mutex);
  m_requests.push_back(request);
  request.number = m_requests.size();
  m_requests.back().number = request.number;
  return true;
}

} // namespace mailfunnel
