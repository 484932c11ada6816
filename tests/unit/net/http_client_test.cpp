#include "net/http_client.hpp"

#include "support/deflated.hpp"
#include "unit/net/client_case.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <future>
#include <latch>
#include <map>

using namespace mailfunnel;

namespace {

void play(const std::string& step, const SeenRequest& request, Peer& peer) {
  const std::string body = "{\"a\":1}";
  if (step == "ok") {
    peer.answer("200 OK", body);
  } else if (step == "reset") {
    peer.reset();
  } else if (step == "close") {
    peer.close();
  } else if (step == "reset in body") {
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":");
    peer.reset();
  } else if (step == "cut off") {
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":");
    peer.close();
  } else if (step == "hang") {
    peer.hang();
  } else if (step == "html 502") {
    peer.answer("502 Bad Gateway", "<html>nginx</html>", "Content-Type: text/html\r\n");
  } else if (const auto after = step.find(" after "); after != std::string::npos) {
    peer.answer(step.substr(0, after) + " X", {},
                "Retry-After: " + step.substr(after + 7) + "\r\n");
  } else {
    peer.answer(step + " X", request.path);
  }
}

/// A step for each request; the last one goes on.
TestServer::Answer script(std::vector<std::string> steps) {
  return [steps = std::move(steps)](const SeenRequest& request, Peer& peer) {
    play(steps[std::min(request.number, steps.size()) - 1], request, peer);
  };
}

std::vector<long> counts(const std::vector<Milliseconds>& waits) {
  std::vector<long> out;
  for (const auto& wait : waits) {
    out.push_back(wait.count());
  }
  return out;
}

/// A port on which connections are made and nobody ever reads, or, when `full`, not even made.
class DeafPort {
public:
  explicit DeafPort(bool full) : m_acceptor(m_io) {
    namespace ip = boost::asio::ip;
    const ip::tcp::endpoint any(ip::address_v4::loopback(), 0);
    m_acceptor.open(any.protocol());
    m_acceptor.bind(any);
    m_acceptor.listen(full ? 0 : 10);
    for (int i = 0; full && i < 4; ++i) { // of these the queue holds one, the rest has to wait
      auto& socket = m_fillers.emplace_back(m_io, any.protocol());
      socket.native_non_blocking(true);
      const auto there = m_acceptor.local_endpoint();
      static_cast<void>(
          ::connect(socket.native_handle(), there.data(), static_cast<socklen_t>(there.size())));
    }
  }
  std::string origin(const std::string& scheme) const {
    return fmt::format("{}://127.0.0.1:{}", scheme, m_acceptor.local_endpoint().port());
  }

private:
  boost::asio::io_context m_io;
  boost::asio::ip::tcp::acceptor m_acceptor;
  std::list<boost::asio::ip::tcp::socket> m_fillers;
};

/// A port that refuses.
std::string closed_origin() {
  boost::asio::io_context io;
  const boost::asio::ip::tcp::acceptor acceptor(io, {boost::asio::ip::address_v4::loopback(), 0});
  return fmt::format("http://127.0.0.1:{}", acceptor.local_endpoint().port());
}

std::string text(const Result<HttpResponse>& result) {
  return result ? fmt::format("{} {}", result->status, result->body) : result.error().message;
}

bool has(const std::string& where, std::string_view what) {
  return where.find(what) != std::string::npos;
}

} // namespace

TEST_CASE("client: a request as the server sees it, and its answer") {
  const TestServer server([](const SeenRequest&, Peer& peer) {
    peer.answer("200 OK", "hello", "Date: Thu, 09 Oct 2025 08:53:20 GMT\r\nX-A: b\r\n");
  });
  ClientCase c(server);
  HttpRequest request;
  request.url = server.origin() + "/v3/lists?count=2&a=%20b#part";
  request.body = "{\"a\":1}";
  request.headers = {{"Content-Type", "application/json"}, {"Authorization", "Bearer x"}};
  const auto answer = c.client().send(request);
  REQUIRE(answer.has_value());
  CHECK(answer->status == 200);
  CHECK(answer->body == "hello");
  CHECK(answer->header("date") == "Thu, 09 Oct 2025 08:53:20 GMT");
  CHECK(answer->header("x-a") == "b");
  const auto seen = server.requests().at(0);
  CHECK(seen.head == fmt::format("POST /v3/lists?count=2&a=%20b HTTP/1.1\r\n"
                                 "Host: 127.0.0.1:{}\r\n"
                                 "User-Agent: mailfunnel\r\n"
                                 "Accept: */*\r\n"
                                 "Accept-Encoding: gzip\r\n"
                                 "Content-Type: application/json\r\n"
                                 "Authorization: Bearer x\r\n"
                                 "Content-Length: 7\r\n\r\n",
                                 server.port()));
  CHECK(seen.body == "{\"a\":1}");
}

TEST_CASE("client: a long body arrives whole, a packed one unpacked") {
  const std::string large(3'000'000, 'x');
  const TestServer server([](const SeenRequest& request, Peer& peer) {
    peer.answer("200 OK", packed(request.body), "Content-Encoding: gzip\r\n");
  });
  ClientCase c(server);
  const auto answer = c.post(large);
  REQUIRE(answer.has_value());
  CHECK(answer->body == large);
}

TEST_CASE("client: connections are kept and used again") {
  const TestServer server(
      [](const SeenRequest& request, Peer& peer) { peer.answer("200 OK", request.path); });
  ClientCase c(server);
  for (const auto* path : {"/a", "/b", "/c"}) {
    CHECK(text(c.get(path)) == std::string("200 ") + path);
  }
  CHECK(text(c.post("x")) == "200 /");
  CHECK(text(c.send("HEAD", "/")) == "200 ");
  CHECK(server.connections() == 1);
}

TEST_CASE("client: a kept connection that was closed meanwhile costs no attempt") {
  std::promise<void> closed;
  const TestServer server([&](const SeenRequest& request, Peer& peer) {
    peer.answer("200 OK");
    if (request.number == 1) {
      peer.close();
      closed.set_value();
    }
  });
  ClientCase c(server);
  c.settings.retry.attempts = 1;
  CHECK(text(c.get()) == "200 ");
  closed.get_future().wait();
  CHECK(text(c.post()) == "200 "); // not repeatable, but nothing was sent on the old one
  CHECK(server.requests().size() == 2);
  CHECK(c.time.waits.empty());
}

TEST_CASE("client: a kept connection that breaks under a request") {
  // The second request is read and gets no answer, as by a server that was just closing.
  const auto answer = [](const SeenRequest& request, Peer& peer) {
    if (request.number == 2) {
      peer.reset();
    } else {
      peer.answer("200 OK");
    }
  };
  SUBCASE("a repeatable one goes over a new connection, at once") {
    const TestServer server(answer);
    ClientCase c(server);
    c.settings.retry.attempts = 1;
    CHECK(text(c.get()) == "200 ");
    CHECK(text(c.get()) == "200 ");
    CHECK(c.time.waits.empty());
    CHECK(server.requests().size() == 3);
  }
  SUBCASE("another one may have been carried out") {
    const TestServer server(answer);
    ClientCase c(server);
    CHECK(text(c.get()) == "200 ");
    const auto second = c.post();
    REQUIRE(!second.has_value());
    CHECK(second.error().code == ErrorCode::unanswered);
    CHECK(server.requests().size() == 2);
  }
}

TEST_CASE("client: what is sent again, how often, after which waits") {
  struct Row {
    const char* name;
    bool post;
    std::vector<std::string> steps;
    std::string expected; // what it begins with
    std::size_t requests;
    std::vector<long> waits;
  };
  const std::string ok = "200 {\"a\":1}";
  for (const auto& row : {
           Row{"reset", false, {"reset", "ok"}, ok, 2, {250}},
           Row{"closed without an answer", false, {"close", "ok"}, ok, 2, {250}},
           Row{"reset in the body", false, {"reset in body", "ok"}, ok, 2, {250}},
           Row{"fewer bytes than announced",
               false,
               {"cut off", "cut off", "ok"},
               ok,
               3,
               {250, 500}},
           Row{"a page of HTML", false, {"html 502", "ok"}, ok, 2, {250}},
           Row{"408, 500, 503, 504",
               false,
               {"408", "500", "503", "504", "ok"},
               ok,
               5,
               {250, 500, 1000, 2000}},
           Row{"429 with seconds", false, {"429 after 7", "ok"}, ok, 2, {7000}},
           Row{"429 with a date",
               false,
               {"429 after Thu, 09 Oct 2025 08:53:50 GMT", "ok"},
               ok,
               2,
               {30000}},
           Row{"429 without", false, {"429", "ok"}, ok, 2, {250}},
           Row{"a status that stays", false, {"503"}, "503 /", 5, {250, 500, 1000, 2000}},
           Row{"resets that stay",
               false,
               {"reset"},
               "no answer: connection reset by peer (5 attempts)",
               5,
               {250, 500, 1000, 2000}},
           Row{"429 that stays",
               false,
               {"429 after 1"},
               "status 429: too many requests (5 attempts)",
               5,
               {1000, 1000, 1000, 1000}},
           Row{"404 is an answer", false, {"404"}, "404 /", 1, {}},
           Row{"too long a wait",
               false,
               {"429 after 901"},
               "asks to come again at 2025-10-09T09:08:21Z",
               1,
               {}},
           Row{"POST: 429", true, {"429", "429 after 2", "ok"}, ok, 3, {250, 2000}},
           Row{"POST: 503 with a moment", true, {"503 after 3", "ok"}, ok, 2, {3000}},
           Row{"POST: 503 without", true, {"503", "ok"}, "503 /", 1, {}},
           Row{"POST: 500", true, {"500", "ok"}, "500 /", 1, {}},
           Row{"POST: a gateway's page", true, {"html 502"}, "status 502 of a gateway", 1, {}},
           Row{"POST: reset",
               true,
               {"reset"},
               "no answer: connection reset by peer; it may have been carried out",
               1,
               {}},
           Row{"POST: closed",
               true,
               {"close"},
               "no answer: the connection was closed; it may",
               1,
               {}},
           Row{"POST: cut off",
               true,
               {"cut off"},
               "the connection was closed within the answer; it may",
               1,
               {}},
       }) {
    const std::string name = row.name;
    CAPTURE(name);
    const TestServer server(script(row.steps));
    ClientCase c(server);
    const auto answer = text(row.post ? c.post() : c.get());
    c.close();
    CHECK_MESSAGE(answer.starts_with(row.expected), answer);
    CHECK(server.requests().size() == row.requests);
    CHECK(counts(c.time.waits) == row.waits);
  }
}

TEST_CASE("client: a repeatable POST is one of the others' kind") {
  const TestServer server(script({"reset", "html 502", "503", "ok"}));
  ClientCase c(server);
  CHECK(text(c.post("{}", true)) == "200 {\"a\":1}");
  CHECK(server.requests().size() == 4);
}

TEST_CASE("client: no connection, also for a POST: tried again, and nothing was done") {
  ClientCase c(closed_origin());
  const auto answer = c.post();
  REQUIRE(!answer.has_value());
  CHECK(answer.error().code == ErrorCode::unreachable);
  CHECK(has(answer.error().message, "127.0.0.1: connection refused (5 attempts)"));
  CHECK(answer.error().source == c.rules.origins.front() + "/");
  CHECK(counts(c.time.waits) == std::vector<long>{250, 500, 1000, 2000});
}

TEST_CASE("client: all addresses of a host are tried in turn") {
  const TestServer server(script({"ok"}));
  ClientCase c(server.origin("localhost"));
  c.settings.retry.attempts = 1;
  SUBCASE("until one takes the connection") {
    c.settings.resolve = [](const std::string& host) {
      CHECK(host == "localhost");
      return std::vector<std::string>{"127.0.0.77", "127.0.0.78", "127.0.0.1"};
    };
    CHECK(text(c.get()) == "200 {\"a\":1}");
  }
  SUBCASE("none does") {
    c.settings.resolve = [](const std::string&) {
      return std::vector<std::string>{"127.0.0.77", "127.0.0.78"};
    };
    const auto answer = text(c.get());
    CHECK(has(answer, "127.0.0.77: connection refused; 127.0.0.78: connection refused"));
  }
  SUBCASE("there is none") {
    c.settings.resolve = [](const std::string&) { return std::vector<std::string>{}; };
    CHECK(text(c.get()) == "the address of localhost is not to be had: it has no address");
  }
  SUBCASE("http stays on this machine, whatever the name stands for") {
    c.settings.resolve = [](const std::string&) { return std::vector<std::string>{"192.0.2.1"}; };
    CHECK(has(text(c.get()), "192.0.2.1 is not this machine"));
  }
}

TEST_CASE("client: only the account's servers are called, and only with sound requests") {
  const TestServer server(script({"ok"}));
  ClientCase c(server);
  const auto send = [&](HttpRequest request) {
    const auto answer = c.client().send(std::move(request));
    REQUIRE(!answer.has_value());
    CHECK(answer.error().code == ErrorCode::usage);
    return answer.error().message;
  };
  HttpRequest request;
  request.url = "https://127.0.0.1/";
  CHECK(has(send(request), "https://127.0.0.1 is not a server of this account (http://127.0.0.1:"));
  request.url = server.origin("localhost");
  CHECK(has(send(request), "is not a server of this account"));
  request.url = server.origin() + "/a b";
  CHECK(has(send(request), "no URL"));
  request.url = server.origin();
  request.headers = {{"X-Name", "a\r\nHost: b"}};
  CHECK(has(send(request), "control character in the header X-Name"));
  CHECK(server.connections() == 0);
}

TEST_CASE("client: settings that are wrong are the error of every request") {
  SUBCASE("origin") {
    ClientCase c("http://api.example.com");
    CHECK(has(text(c.get()), "http:// is for this machine only"));
  }
  SUBCASE("proxy") {
    ClientCase c("https://api.example.com");
    c.settings.proxy = "socks5://proxy.example";
    CHECK(has(text(c.get()), "the proxy (HTTPS_PROXY) must be"));
  }
  SUBCASE("file of authorities") {
    ClientCase c("https://127.0.0.1:1");
    c.settings.ca_file = "/nowhere/ca.pem";
    const auto answer = c.get();
    REQUIRE(!answer.has_value());
    CHECK(answer.error().code == ErrorCode::usage);
    CHECK(has(answer.error().message, "/nowhere/ca.pem"));
  }
}

TEST_CASE("client: redirects are refused") {
  const TestServer server([](const SeenRequest& request, Peer& peer) {
    const std::map<std::string, std::string> targets{
        {"/away", "https://evil.example/take?key=k-secret"},
        {"/odd", "//k-secret/"},
        {"/same", "/v4/"},
    };
    const auto found = targets.find(request.path);
    peer.answer(request.path == "/304" ? "304 Not Modified" : "302 Found", {},
                found == targets.end() ? "" : "Location: " + found->second + "\r\n");
  });
  ClientCase c(server);
  c.rules.secrets = {"k-secret"};
  const auto away = c.get("/away");
  REQUIRE(!away.has_value());
  CHECK(away.error().code == ErrorCode::unsupported);
  CHECK(has(away.error().message, "status 302: redirected to https://evil.example, which is not"));
  CHECK(has(text(c.get("/odd")), "redirected to //***/,"));
  CHECK(has(text(c.get("/same")), "redirected to /v4/,"));
  CHECK(text(c.get("/304")) == "304 ");
  CHECK(text(c.get("/none")) == "302 ");
}

TEST_CASE("client: answers that are too large are not tried again") {
  const TestServer server([](const SeenRequest& request, Peer& peer) {
    if (request.path == "/body") {
      peer.answer("200 OK", std::string(2 << 20, 'x'));
    } else if (request.path == "/bomb") {
      peer.answer("200 OK", packed(std::string(2 << 20, 'x')), "Content-Encoding: gzip\r\n");
    } else {
      peer.answer("200 OK", "", "X-Long: " + std::string(100'000, 'x') + "\r\n");
    }
  });
  ClientCase c(server);
  c.settings.answer.body = 1 << 20;
  for (const auto* path : {"/body", "/bomb", "/head"}) {
    const auto answer = c.get(path);
    REQUIRE(!answer.has_value());
    CHECK(answer.error().code == ErrorCode::unsupported);
  }
  CHECK(server.requests().size() == 3);
}

TEST_CASE("client: each phase has its limit") {
  constexpr Milliseconds k_short{50};
  const auto once = [](ClientCase& c) { c.settings.retry.attempts = 1; };
  const auto error = [](const Result<HttpResponse>& answer, ErrorCode code) {
    REQUIRE(!answer.has_value());
    CHECK(answer.error().code == code);
    return answer.error().message;
  };
  SUBCASE("looking up the host") {
    auto stuck = std::make_shared<std::promise<void>>();
    ClientCase c("https://api.example.com");
    once(c);
    c.settings.limits.resolve = k_short;
    c.settings.resolve = [until = stuck->get_future().share()](const std::string&) {
      until.wait();
      return std::vector<std::string>{"127.0.0.1"};
    };
    CHECK(error(c.get(), ErrorCode::unreachable) ==
          "the address of api.example.com is not to be had: no answer in time");
    c.close(); // while the look-up is still under way
    stuck->set_value();
  }
  SUBCASE("connecting") {
    const DeafPort port(true);
    ClientCase c(port.origin("http"));
    once(c);
    c.settings.limits.connect = k_short;
    CHECK(has(error(c.get(), ErrorCode::unreachable), "127.0.0.1: nothing within 0.05 s"));
  }
  SUBCASE("the TLS handshake") {
    const DeafPort port(false);
    ClientCase c(port.origin("https"));
    once(c);
    c.settings.limits.handshake = k_short;
    CHECK(error(c.get(), ErrorCode::unreachable) ==
          "TLS handshake with 127.0.0.1: nothing within 0.05 s");
  }
  SUBCASE("writing") {
    const DeafPort port(false);
    ClientCase c(port.origin("http"));
    once(c);
    c.settings.limits.write = k_short;
    std::string more_than_buffers_hold;
    more_than_buffers_hold.resize(50'000'000, 'x');
    CHECK(has(error(c.post(more_than_buffers_hold), ErrorCode::unanswered),
              "sending the request: nothing within 0.05 s"));
  }
  SUBCASE("the first byte") {
    const TestServer server(script({"hang"}));
    ClientCase c(server);
    once(c);
    c.settings.limits.first_byte = k_short;
    CHECK(error(c.get(), ErrorCode::unanswered) == "no answer: nothing within 0.05 s");
  }
  SUBCASE("between two reads") {
    const TestServer server([](const SeenRequest&, Peer& peer) {
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
      peer.hang();
    });
    ClientCase c(server);
    once(c);
    c.settings.limits.read = k_short;
    CHECK(error(c.get(), ErrorCode::unanswered) == "the answer's body: nothing within 0.05 s");
  }
  SUBCASE("the whole, while it drips") {
    std::atomic<bool> over = false;
    {
      const TestServer server([&](const SeenRequest&, Peer& peer) {
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
        while (!over) {
          peer.send("x");
          std::this_thread::sleep_for(Milliseconds(5));
        }
      });
      ClientCase c(server);
      once(c);
      c.settings.limits.whole = Milliseconds(200);
      CHECK(has(error(c.get(), ErrorCode::unanswered), "the answer's body: nothing within"));
      over = true;
    }
  }
  SUBCASE("a time-out is a reason to try again") {
    const TestServer server(script({"hang", "ok"}));
    ClientCase c(server);
    c.settings.limits.first_byte = k_short;
    CHECK(text(c.get()) == "200 {\"a\":1}");
  }
}

TEST_CASE("client: no more requests at once than the account allows") {
  std::latch both(2);
  const TestServer server([&](const SeenRequest& request, Peer& peer) {
    if (request.number <= 2) {
      both.arrive_and_wait(); // two there are
    }
    peer.answer("200 OK", request.path);
  });
  ClientCase c(server);
  c.rules.connections = 2;
  std::vector<std::future<Result<HttpResponse>>> answers;
  for (int i = 0; i < 12; ++i) {
    HttpRequest request;
    request.method = "GET";
    request.url = server.origin() + fmt::format("/{}", i);
    answers.push_back(c.client().start(std::move(request)));
  }
  for (int i = 0; i < 12; ++i) {
    CHECK(text(answers[static_cast<std::size_t>(i)].get()) == fmt::format("200 /{}", i));
  }
  CHECK(server.most_at_once() == 2);
  CHECK(server.connections() == 2);
}

TEST_CASE("client: many threads may send") {
  const TestServer server(
      [](const SeenRequest& request, Peer& peer) { peer.answer("200 OK", request.path); });
  ClientCase c(server);
  auto& client = c.client();
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 20; ++k) {
        HttpRequest request;
        request.method = "GET";
        request.url = server.origin() + fmt::format("/{}-{}", i, k);
        client.hide(fmt::format("secret-{}-{}", i, k));
        good += text(client.send(request)) == fmt::format("200 /{}-{}", i, k) ? 1 : 0;
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  CHECK(good == 160);
}

TEST_CASE("client: the rate of the account") {
  const TestServer server(script({"ok"}));
  ClientCase c(server);
  c.rules.per_second = 2;
  c.rules.burst = 2;
  for (int i = 0; i < 5; ++i) {
    CHECK(c.get().has_value());
  }
  CHECK(counts(c.time.waits) == std::vector<long>{500, 500, 500});
}

TEST_CASE("client: 429 makes the whole account wait") {
  const TestServer server(script({"429 after 30", "ok", "429 after 3600", "ok"}));
  ClientCase c(server);
  c.settings.retry.attempts = 1;
  CHECK(has(text(c.get()), "status 429"));
  CHECK(text(c.get("/other")) == "200 {\"a\":1}");
  CHECK(counts(c.time.waits) == std::vector<long>{30000});
  CHECK(has(text(c.get()), "2025-10-09T09:53:20Z"));
  // What would have to wait too long is not sent at all.
  CHECK(has(text(c.get("/other")), "2025-10-09T09:53:20Z"));
  CHECK(server.requests().size() == 3);
}

TEST_CASE("client: 429 at a path with a limit of its own makes that path wait") {
  const TestServer server(script({"ok", "429", "ok", "ok", "ok"}));
  ClientCase c(server);
  c.rules.paths = {{"/messages", 0.1}};
  CHECK(c.get("/messages?a=1").has_value());
  CHECK(c.get("/messages?a=2").has_value()); // 429, and after ten seconds
  CHECK(counts(c.time.waits) == std::vector<long>{10000});
  CHECK(c.get("/other").has_value());
  CHECK(counts(c.time.waits) == std::vector<long>{10000});
  CHECK(c.get("/messages?a=3").has_value());
  CHECK(counts(c.time.waits) == std::vector<long>{10000, 10000});
}

TEST_CASE("client: an origin that fails all the time is left alone for a while") {
  const TestServer server(script({"500", "close", "close", "ok"}));
  ClientCase c(server);
  c.settings.retry.attempts = 1;
  c.settings.breaker.failures = 2;
  CHECK(text(c.get()) == "500 /");
  CHECK(has(text(c.get()), "no answer"));
  const auto refused = c.get();
  REQUIRE(!refused.has_value());
  CHECK(refused.error().code == ErrorCode::unreachable);
  CHECK(has(refused.error().message, "the last 2 requests to 127.0.0.1 failed"));
  CHECK(server.requests().size() == 3); // one more as the kept connection was closed
  {
    const std::lock_guard lock(c.time.mutex);
    c.time.moment += c.settings.breaker.pause;
  }
  CHECK(text(c.get()) == "200 {\"a\":1}");
  CHECK(text(c.get()) == "200 {\"a\":1}");
}

namespace {

/// Ends a request under way, and one that waits for its place, by the user or with the client.
void stop_requests(const std::string& method, const std::string& path, bool by_user) {
  std::atomic<bool> stop = false;
  std::latch there(1); // where it is to be stopped
  const TestServer server([&](const SeenRequest& request, Peer& peer) {
    if (request.path == "/hang") {
      there.count_down();
      peer.hang();
    } else {
      peer.answer("429 Too Many Requests", {}, "Retry-After: 600\r\n");
    }
  });
  ClientCase c(server);
  c.settings.now = nullptr; // real time, of which none may pass
  c.settings.sleep = nullptr;
  c.settings.stopped = [&] { return stop.load(); };
  c.settings.log = [&](std::string_view line) {
    if (has(std::string(line), "429")) {
      there.count_down();
    }
  };
  c.rules.connections = 1;
  std::vector<std::future<Result<HttpResponse>>> answers;
  for (int i = 0; i < 2; ++i) {
    HttpRequest request;
    request.method = method;
    request.url = server.origin() + path;
    answers.push_back(c.client().start(std::move(request)));
  }
  there.wait();
  if (by_user) {
    stop = true;
  } else {
    c.close();
  }
  const auto code_of = [](const Result<HttpResponse>& answer) {
    REQUIRE(!answer.has_value());
    return answer.error().code;
  };
  // A POST that was sent may have been carried out.
  const bool open = method == "POST" && path == "/hang";
  CHECK(code_of(answers[0].get()) == (open ? ErrorCode::unanswered : ErrorCode::stopped));
  CHECK(code_of(answers[1].get()) == ErrorCode::stopped);
}

} // namespace

TEST_CASE("client: stopped, wherever a request is") {
  for (const std::string path : {"/wait", "/hang"}) {
    for (const bool by_user : {true, false}) {
      CAPTURE(path);
      CAPTURE(by_user);
      stop_requests("GET", path, by_user);
      stop_requests("POST", path, by_user);
    }
  }
}

#ifndef __SANITIZE_THREAD__ // which does not see how std::exception_ptr counts
TEST_CASE("client: what a function of the settings throws comes to the one who asked") {
  const TestServer server(script({"ok"}));
  ClientCase c(server);
  c.settings.log = [](std::string_view) { throw std::runtime_error("no room"); };
  CHECK_THROWS_WITH(c.get(), "no room");
  CHECK_THROWS_WITH(c.get(), "no room"); // and the place is free again
}
#endif

TEST_CASE("client: log lines and errors show no secret") {
  const TestServer server(script({"503", "ok", "404"}));
  ClientCase c(server);
  c.rules.secrets = {"s3cret/key"};
  CHECK(c.get("/v3?key=s3cret%2Fkey&count=2").has_value());
  c.client().hide("later-token");
  CHECK(text(c.get("/later-token")).starts_with("404"));
  HttpRequest elsewhere;
  elsewhere.url = "https://user:s3cret@else.example/?key=s3cret%2Fkey";
  const auto refused = c.client().send(elsewhere);
  REQUIRE(!refused.has_value());
  CHECK(refused.error().source == "https://***@else.example/?key=***");
  c.close();
  const auto origin = server.origin();
  CHECK(c.lines == std::vector<std::string>{
                       "GET " + origin + "/v3?key=***&count=2 503, 0 ms, attempt 1; waits 0.25 s",
                       "GET " + origin + "/v3?key=***&count=2 200, 0 ms, attempt 2",
                       "GET " + origin + "/*** 404, 0 ms",
                   });
}
