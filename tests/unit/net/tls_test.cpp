#include "support/test_certificates.hpp"
#include "unit/net/client_case.hpp"

#include <doctest/doctest.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <latch>

using namespace mailfunnel;

namespace {

class TemporaryFile {
public:
  explicit TemporaryFile(const std::string& text) {
    std::string name = std::filesystem::temp_directory_path() / "mailfunnel-XXXXXX";
    ::close(::mkstemp(name.data()));
    m_path = name;
    std::ofstream(m_path) << text;
  }
  ~TemporaryFile() { std::filesystem::remove(m_path); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  std::string path() const { return m_path; }

private:
  std::filesystem::path m_path;
};

const Identity& authority() {
  static const Identity identity = make_identity({.host = "Test authority", .is_authority = true});
  return identity;
}

const TemporaryFile& ca_file() {
  static const TemporaryFile file(authority().certificate);
  return file;
}

Identity issued(CertificateFor wish) {
  wish.authority = &authority();
  return make_identity(wish);
}

void say_hello(const SeenRequest& request, Peer& peer) {
  peer.answer("200 OK", "hello " + request.path);
}

/// A client of a server under another name than 127.0.0.1.
ClientCase client_of(const TestServer& server, const std::string& host) {
  return ClientCase(server.origin(host));
}

std::string text(const Result<HttpResponse>& result) {
  return result ? result->body : result.error().message;
}

bool has(const std::string& where, std::string_view what) {
  return where.find(what) != std::string::npos;
}

void trust_test_authority(ClientCase& c) {
  c.settings.ca_file = ca_file().path();
  c.settings.resolve = [](const std::string&) { return std::vector<std::string>{"127.0.0.1"}; };
}

} // namespace

TEST_CASE("TLS: a certificate of an authority that is trusted, with SNI and kept connections") {
  const auto tls = server_context(issued({.host = "api.example.com"}));
  static std::string asked_for;
  asked_for.clear();
  const auto on_name = +[](SSL* connection, int*, void*) {
    asked_for = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
    return SSL_TLSEXT_ERR_OK;
  };
  SSL_CTX_callback_ctrl(tls->native_handle(), SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                        reinterpret_cast<void (*)()>(on_name));
  const TestServer server(say_hello, tls.get());
  auto c = client_of(server, "api.example.com");
  trust_test_authority(c);
  CHECK(text(c.get("/a")) == "hello /a");
  CHECK(text(c.get("/b")) == "hello /b");
  CHECK(text(c.post(std::string(500'000, 'x'))) == "hello /");
  CHECK(server.connections() == 1);
  CHECK(asked_for == "api.example.com");
}

TEST_CASE("TLS: an answer that nobody asked for is not that to the next request") {
  const auto tls = server_context(issued({.host = "api.example.com"}));
  std::latch sent(1);
  const TestServer server(
      [&](const SeenRequest& request, Peer& peer) {
        peer.answer("200 OK", request.path);
        if (request.number == 1) {
          peer.answer("200 OK", "another");
          sent.count_down();
        }
      },
      tls.get());
  auto c = client_of(server, "api.example.com");
  trust_test_authority(c);
  CHECK(text(c.get("/a")) == "/a");
  sent.wait();
  CHECK(text(c.get("/b")) == "/b");
  CHECK(server.connections() == 2);
}

TEST_CASE("TLS: an address in the certificate") {
  const auto tls = server_context(issued({.host = "127.0.0.1"}));
  const TestServer server(say_hello, tls.get());
  ClientCase c(server);
  trust_test_authority(c);
  CHECK(text(c.get("/a")) == "hello /a");
}

TEST_CASE("TLS: what is not trusted, and why") {
  const auto other_authority = make_identity({.host = "Other authority", .is_authority = true});
  struct Row {
    const char* name;
    Identity identity;
    std::string part;
  };
  for (const auto& row : {
           Row{"expired", issued({.host = "api.example.com", .from = -7200, .until = -3600}),
               "has expired; the other side must renew it"},
           Row{"not yet valid", issued({.host = "api.example.com", .from = 3600, .until = 7200}),
               "its certificate is not yet valid; is this machine's clock right?"},
           Row{"wrong host", issued({.host = "other.example.com"}),
               "its certificate is for another host; is the base URL right?"},
           Row{"wildcard of another level", issued({.host = "*.api.example.com"}),
               "its certificate is for another host"},
           Row{"part of a name as wildcard", issued({.host = "a*.example.com"}),
               "its certificate is for another host"},
           Row{"an address instead of the name", issued({.host = "127.0.0.1"}),
               "its certificate is for another host"},
           Row{"self-signed", make_identity({.host = "api.example.com"}),
               "its certificate is self-signed; if it is right that"},
           Row{"unknown authority",
               make_identity({.host = "api.example.com", .authority = &other_authority}),
               "its certificate comes from an unknown authority"},
       }) {
    const std::string name = row.name;
    CAPTURE(name);
    const auto tls = server_context(row.identity);
    const TestServer server(say_hello, tls.get());
    auto c = client_of(server, "api.example.com");
    trust_test_authority(c);
    const auto answer = c.post();
    REQUIRE(!answer.has_value());
    CHECK(answer.error().code == ErrorCode::untrusted);
    CHECK_MESSAGE(has(answer.error().message, "api.example.com is not trusted: "),
                  answer.error().message);
    CHECK_MESSAGE(has(answer.error().message, row.part), answer.error().message);
    CHECK(server.requests().empty());
    CHECK(server.connections() == 1); // it is not tried again
  }
}

TEST_CASE("TLS: a certificate that its authority has revoked, by what the server sends along") {
  const auto other_authority = make_identity({.host = "Other authority", .is_authority = true});
  const auto identity = issued({.host = "api.example.com"});
  const auto other = issued({.host = "other.example.com"});
  struct Row {
    const char* name;
    std::string response;
    bool trusted;
  };
  for (const auto& row : {
           Row{"revoked", ocsp_response(identity, authority(), true), false},
           Row{"good", ocsp_response(identity, authority(), false), true},
           Row{"another one is revoked", ocsp_response(other, authority(), true), true},
           Row{"not the authority's word", ocsp_response(identity, other_authority, true), true},
           Row{"no answer of OCSP", "abc", true},
       }) {
    const std::string name = row.name;
    CAPTURE(name);
    const auto tls = server_context(identity);
    staple(*tls, row.response);
    const TestServer server(say_hello, tls.get());
    auto c = client_of(server, "api.example.com");
    trust_test_authority(c);
    const auto answer = c.get("/a");
    if (row.trusted) {
      CHECK(text(answer) == "hello /a");
      continue;
    }
    REQUIRE(!answer.has_value());
    CHECK(answer.error().code == ErrorCode::untrusted);
    CHECK_MESSAGE(has(answer.error().message, "api.example.com is not trusted: its certificate is "
                                              "revoked, by the answer of its authority"),
                  answer.error().message);
    CHECK(server.requests().empty());
    CHECK(server.connections() == 1); // it is not tried again
  }
}

TEST_CASE("TLS: an address that is not in the certificate") {
  const auto tls = server_context(issued({.host = "api.example.com"}));
  const TestServer server(say_hello, tls.get());
  ClientCase c(server);
  trust_test_authority(c);
  CHECK(has(text(c.get()), "its certificate is for another address"));
}

TEST_CASE("TLS: the test's authority is unknown where no file is given") {
  const auto tls = server_context(issued({.host = "api.example.com"}));
  const TestServer server(say_hello, tls.get());
  auto c = client_of(server, "api.example.com");
  trust_test_authority(c);
  c.settings.ca_file.clear();
  CHECK(has(text(c.get()), "its certificate comes from an unknown authority"));
}

TEST_CASE("TLS: nothing older than 1.2, and no plain HTTP") {
  SUBCASE("1.1 only") {
    const auto tls = outdated_server_context(issued({.host = "api.example.com"}));
    const TestServer server(say_hello, tls.get());
    auto c = client_of(server, "api.example.com");
    trust_test_authority(c);
    const auto answer = c.get();
    REQUIRE(!answer.has_value());
    CHECK(answer.error().code == ErrorCode::untrusted);
    CHECK_MESSAGE(has(answer.error().message, "it speaks no TLS 1.2 or later"),
                  answer.error().message);
  }
  SUBCASE("1.2 only") {
    const auto tls = server_context(issued({.host = "api.example.com"}));
    SSL_CTX_set_max_proto_version(tls->native_handle(), TLS1_2_VERSION);
    const TestServer server(say_hello, tls.get());
    auto c = client_of(server, "api.example.com");
    trust_test_authority(c);
    CHECK(text(c.get()) == "hello /");
  }
  SUBCASE("plain") {
    boost::asio::io_context io;
    boost::asio::ip::tcp::acceptor acceptor(io, {boost::asio::ip::address_v4::loopback(), 0});
    std::thread plain([&] {
      auto socket = acceptor.accept();
      Peer peer(std::move(socket));
      peer.answer("400 Bad Request");
      peer.hang();
    });
    ClientCase c("https://api.example.com:" + std::to_string(acceptor.local_endpoint().port()));
    trust_test_authority(c);
    const auto answer = c.get();
    c.close();
    plain.join();
    REQUIRE(!answer.has_value());
    CHECK(answer.error().code == ErrorCode::untrusted);
    CHECK_MESSAGE(has(answer.error().message, "it does not speak TLS"), answer.error().message);
  }
}

TEST_CASE("TLS: an answer that ends without notice is cut off") {
  const auto tls = server_context(issued({.host = "api.example.com"}));
  const TestServer server(
      [](const SeenRequest& request, Peer& peer) {
        peer.send("HTTP/1.1 200 OK\r\n\r\nhello"); // until the end, whoever makes it
        if (request.path == "/notice") {
          peer.close();
        } else {
          peer.reset();
        }
      },
      tls.get());
  auto c = client_of(server, "api.example.com");
  trust_test_authority(c);
  c.settings.retry.attempts = 1;
  CHECK(text(c.get("/notice")) == "hello");
  const auto answer = c.get("/none");
  REQUIRE(!answer.has_value());
  CHECK(answer.error().code == ErrorCode::unanswered);
}

TEST_CASE("proxy: TLS goes through it with CONNECT") {
  const auto tls = server_context(issued({.host = "api.example.com"}));
  const TestServer server(say_hello, tls.get());
  const TestServer proxy([&](const SeenRequest& request, Peer& peer) {
    if (request.has("Proxy-Authorization: Basic YWRhOnMzY3JldA==\r\n")) { // ada:s3cret
      peer.send("HTTP/1.1 200 Connection established\r\n\r\n");
      peer.tunnel(server.port());
    } else if (request.has("Proxy-Authorization")) {
      peer.answer("403 Forbidden", "<html>no</html>");
    } else {
      peer.answer("407 Proxy Authentication Required", "<html>who?</html>");
    }
  });
  ClientCase c("https://api.example.com");
  trust_test_authority(c);
  const auto use_proxy = [&](const std::string& credentials) {
    c.settings.proxy = "http://" + credentials + "127.0.0.1:" + std::to_string(proxy.port());
  };
  SUBCASE("with the right credentials") {
    use_proxy("ada:s3cret@");
    CHECK(text(c.get("/a")) == "hello /a");
    CHECK(text(c.get("/b")) == "hello /b");
    CHECK(proxy.requests().size() == 1); // the connection is kept
    const auto seen = proxy.requests().at(0);
    CHECK(seen.method == "CONNECT");
    CHECK(seen.path == "api.example.com:443");
    CHECK(seen.has("Host: api.example.com:443\r\n"));
    CHECK(!server.requests().at(0).has("Proxy-Authorization"));
  }
  SUBCASE("without credentials") {
    use_proxy("");
    const auto answer = c.post();
    REQUIRE(!answer.has_value());
    CHECK(answer.error().code == ErrorCode::unreachable);
    CHECK_MESSAGE(has(answer.error().message, "status 407, it asks for other credentials"),
                  answer.error().message);
    CHECK(proxy.requests().size() == 1);
  }
  SUBCASE("with others, which no message shows") {
    use_proxy("ada:wrong-one@");
    const auto answer = text(c.get());
    CHECK(has(answer, "status 403"));
    CHECK(!has(answer, "wrong-one"));
  }
}

TEST_CASE("proxy: one that is not there, and hosts that go past it") {
  const auto tls = server_context(issued({.host = "api.example.com"}));
  const TestServer server(say_hello, tls.get());
  auto c = client_of(server, "api.example.com");
  trust_test_authority(c);
  c.settings.retry.attempts = 2;
  c.settings.proxy = "http://127.0.0.1:1";
  SUBCASE("not there") {
    const auto answer = text(c.post());
    CHECK(has(answer, "no connection to 127.0.0.1:1"));
    CHECK(has(answer, "(2 attempts)"));
  }
  SUBCASE("past it") {
    c.settings.no_proxy = ".example.com";
    CHECK(text(c.get()) == "hello /");
  }
}
