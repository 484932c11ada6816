#pragma once
// A web server on 127.0.0.1 for tests of the client: a function answers each request with the very
// bytes that a case needs, may close, reset or say nothing. A thread a connection.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace mailfunnel {

struct SeenRequest {
  std::string method, path; // as in the first line
  std::string head;         // all of it
  std::string body;
  std::size_t connection = 0; // the how many-th, from 1
  std::size_t number = 0;     // of the request, from 1

  bool has(std::string_view part) const { return head.find(part) != std::string::npos; }
};

/// The connection, as the function that answers sees it.
class Peer {
public:
  explicit Peer(boost::asio::ip::tcp::socket socket) : m_socket(std::move(socket)) {}

  void send(std::string_view bytes);
  /// "HTTP/1.1 <status>" with the body, its length and further header lines ("A: b\r\n").
  void answer(std::string_view status, std::string_view body = {}, std::string_view headers = {});
  void close(); // as it should be
  void reset(); // as a router does it
  void hang();  // until the other side closes, or the test ends
  /// Passes bytes to and fro, as a proxy does, until one side closes.
  void tunnel(std::uint16_t port);

private:
  friend class TestServer;
  bool shake_hands(boost::asio::ssl::context& context);
  bool read(std::string& into);

  boost::asio::ip::tcp::socket m_socket;
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> m_tls;
};

class TestServer {
public:
  using Answer = std::function<void(const SeenRequest&, Peer&)>;

  explicit TestServer(Answer answer, boost::asio::ssl::context* tls = nullptr);
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  std::uint16_t port() const { return m_port; }
  /// "http://127.0.0.1:PORT", or https.
  std::string origin(std::string_view host = "127.0.0.1") const;
  std::vector<SeenRequest> requests() const;
  std::size_t connections() const;
  std::size_t most_at_once() const { return m_most; } // requests being answered

private:
  struct Guest {
    explicit Guest(boost::asio::ip::tcp::socket socket)
        : handle(socket.native_handle()), peer(std::move(socket)) {}
    int handle;
    Peer peer;
    std::atomic<bool> done = false;
    std::thread thread;
  };
  void accept_all();
  void serve(Guest& guest, std::size_t connection);
  bool read_request(Peer& peer, std::string& bytes, SeenRequest& request);

  Answer m_answer;
  boost::asio::ssl::context* m_tls;
  boost::asio::io_context m_io;
  boost::asio::ip::tcp::acceptor m_acceptor;
  std::uint16_t m_port;
  mutable std::mutex m_mutex; // of what follows
  std::list<Guest> m_guests;
  std::vector<SeenRequest> m_requests;
  bool m_closing = false;
  std::atomic<std::size_t> m_at_once = 0, m_most = 0;
  std::thread m_thread;
};

} // namespace mailfunnel
