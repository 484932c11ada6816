#include "web/http_server.hpp"

#include "support/raw_client.hpp"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>

namespace mailfunnel {
namespace {

using namespace std::chrono_literals;

/// Answers with what it was asked.
HttpResponse echo(const WebRequest& request) {
  auto out = text_response(200, request.http.method + " " + request.path + " " + request.query +
                                    " " + request.http.body + "|");
  out.headers.emplace_back("X-Url", request.http.url);
  out.headers.emplace_back("X-Peer", request.peer);
  return out;
}

struct Serving {
  explicit Serving(ServerSettings settings = {}, HttpServer::Handler handler = {}) {
    settings.port = 0;
    if (!handler) {
      handler = [](const WebRequest& request, const Reply& reply) { reply(echo(request)); };
    }
    auto started = HttpServer::start(std::move(settings), std::move(handler));
    REQUIRE(started.has_value());
    server = *std::move(started);
  }
  std::string ask(std::string_view bytes) const {
    const RawClient client(server->port());
    client.send(bytes);
    return client.read_to_end();
  }
  std::unique_ptr<HttpServer> server;
};

int status_of(const std::string& answer) {
  return answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("http server: a request and its answer") {
  const Serving serving;
  const auto answer = serving.ask("GET /a%20b?x=1 HTTP/1.1\r\nHost: h.example\r\nConnection: "
                                  "close\r\n\r\n");
  CHECK(status_of(answer) == 200);
  CHECK(has(answer, "GET /a b x=1 |"));
  CHECK(has(answer, "X-Url: http://h.example/a%20b?x=1\r\n"));
  CHECK(has(answer, "X-Peer: 127.0.0.1\r\n"));
  CHECK(has(answer, "\r\nDate: "));
  CHECK(has(answer, "\r\nConnection: close\r\n"));
}

TEST_CASE("http server: requests one after the other, also sent at once, over one connection") {
  const Serving serving;
  const RawClient client(serving.server->port());
  client.send("POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\noneGET /2 HTTP/1.1\r\nHost: "
              "h\r\n\r\n");
  const auto answers = client.read_until("GET /2");
  CHECK(has(answers, "POST /1  one|"));
  CHECK(has(answers, "GET /2  |"));
  client.send("POST /3 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
              "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  CHECK(has(client.read_until("|"), "POST /3  abcde|"));
  CHECK(serving.server->counts().requests == 3);
  CHECK(serving.server->counts().connections == 1);
}

TEST_CASE("http server: HEAD has no body, 100-continue is told to go on") {
  const Serving serving;
  const auto head = serving.ask("HEAD /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  CHECK(status_of(head) == 200);
  CHECK(head.ends_with("\r\n\r\n"));
  const RawClient client(serving.server->port());
  client.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  CHECK(has(client.read_until("|"), "POST /x  ok|"));
}

TEST_CASE("http server: what is no good request is refused, and the connection ends") {
  ServerSettings settings;
  settings.limits.head = 2'000;
  settings.body_limit = [](std::string_view path) { return path == "/big" ? 100U : 10U; };
  const Serving serving(std::move(settings));
  struct Row {
    const char* name;
    std::string bytes;
    int status;
  };
  const std::string host = "Host: h\r\n";
  const std::array rows{
      Row{"no HTTP", "hello\r\n\r\n", 400},
      Row{"no host", "GET / HTTP/1.1\r\n\r\n", 400},
      Row{"two hosts", "GET / HTTP/1.1\r\n" + host + host + "\r\n", 400},
      Row{"a proxy's form", "GET http://h/ HTTP/1.1\r\n" + host + "\r\n", 400},
      Row{"a head that is too long",
          "GET / HTTP/1.1\r\n" + host + "A: " + std::string(4'000, 'x') + "\r\n\r\n", 431},
      Row{"a body that is told to be too long",
          "POST / HTTP/1.1\r\n" + host + "Content-Length: 11\r\n\r\n", 413},
      Row{"a body that is much too long",
          "POST / HTTP/1.1\r\n" + host + "Content-Length: 99999999999999\r\n\r\n", 413},
      Row{"a body in chunks that is too long",
          "POST / HTTP/1.1\r\n" + host +
              "Transfer-Encoding: chunked\r\n\r\n14\r\n01234567890123456789\r\n0\r\n\r\n",
          413},
      Row{"two lengths",
          "POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
      Row{"a length and chunks",
          "POST / HTTP/1.1\r\n" + host +
              "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          400},
      Row{"an encoding that is none",
          "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx",
          400},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    const auto answer = serving.ask(row.bytes);
    CHECK(status_of(answer) == row.status);
    CHECK(has(answer, "Connection: close"));
    CHECK(has(answer, "{\"error\":"));
  }
  const auto fits = serving.ask("POST /big HTTP/1.1\r\n" + host +
                                "Connection: close\r\nContent-Length: 11\r\n\r\n01234567890");
  CHECK(status_of(fits) == 200);
}

TEST_CASE("http server: who sends too slowly is cut off without a word") {
  ServerSettings settings;
  settings.limits.head_time = 150ms;
  settings.limits.body_time = 150ms;
  settings.limits.idle = 150ms;
  const Serving serving(std::move(settings));
  CHECK(serving.ask("GET / HT").empty());
  CHECK(serving.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab").empty());
  CHECK(serving.ask("").empty()); // idle: closed without a word
  const RawClient drip(serving.server->port());
  for (const char c : std::string_view("GET / HTTP/1.1\r\nHost: h\r\nX: y")) {
    drip.send(std::string_view(&c, 1));
    std::this_thread::sleep_for(10ms);
  }
  CHECK(drip.read_to_end().empty());
}

TEST_CASE("http server: more connections or bytes than it takes are sent away for a while") {
  ServerSettings settings;
  settings.limits.connections = 3;
  settings.limits.bodies = 100;
  settings.busy_status = [](std::string_view path) { return path == "/some one" ? 429 : 503; };
  const Serving serving(std::move(settings));
  const RawClient one(serving.server->port());
  one.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 80\r\n\r\n");
  std::this_thread::sleep_for(50ms); // its bytes are set apart
  {
    const RawClient two(serving.server->port());
    two.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 80\r\n\r\n");
    const auto answer = two.read_to_end();
    CHECK(status_of(answer) == 503);
    CHECK(has(answer, "Retry-After: "));
    const RawClient told(serving.server->port()); // as its platform wants to hear it
    told.send("POST /some%20one?x HTTP/1.1\r\nHost: h\r\nContent-Length: 80\r\n\r\n");
    CHECK(status_of(told.read_to_end()) == 429);
  }
  const RawClient again(serving.server->port());
  again.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(status_of(again.read_until("|")) == 200);
  const RawClient third(serving.server->port());
  const RawClient fourth(serving.server->port());
  CHECK(status_of(fourth.read_to_end()) == 503);
  one.send(std::string(80, 'x'));
  CHECK(status_of(one.read_until("|")) == 200);
  for (int i = 0; i < 100 && serving.server->counts().body_bytes != 0; ++i) {
    std::this_thread::sleep_for(10ms); // they go after the answer
  }
  CHECK(serving.server->counts().body_bytes == 0);
}

TEST_CASE("http server: a handler that fails, forgets or is slow") {
  ServerSettings settings;
  settings.limits.answer_time = 150ms;
  std::mutex mutex;
  std::vector<Reply> late;
  const Serving serving(std::move(settings), [&](const WebRequest& request, const Reply& reply) {
    if (request.path == "/throws") {
      throw std::runtime_error("no");
    }
    if (request.path == "/late") {
      const std::lock_guard lock(mutex);
      late.push_back(reply);
    }
    if (request.path == "/twice") {
      reply(text_response(200, "first|"));
      reply(text_response(200, "second|"));
    }
  });
  const auto get = [&serving](const char* path) {
    return serving.ask(std::string("GET ") + path +
                       " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  };
  CHECK(status_of(get("/throws")) == 500);
  CHECK(status_of(get("/forgets")) == 500);
  CHECK(status_of(get("/late")) == 503);
  CHECK(get("/twice").ends_with("first|"));
  const std::lock_guard lock(mutex);
  for (const auto& reply : late) {
    reply(text_response(200, "too late"));
  }
}

TEST_CASE("http server: forwarded headers are a proxy's to write") {
  const std::string request = "GET / HTTP/1.1\r\nHost: inner\r\nX-Forwarded-For: 1.2.3.4, "
                              "203.0.113.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: "
                              "hooks.example.com\r\nConnection: close\r\n\r\n";
  const auto plain = Serving().ask(request);
  CHECK(has(plain, "X-Url: http://inner/\r\n"));
  CHECK(has(plain, "X-Peer: 127.0.0.1\r\n"));
  ServerSettings settings;
  settings.proxies = {"127.0.0.1"};
  const auto behind = Serving(std::move(settings)).ask(request);
  CHECK(has(behind, "X-Url: https://hooks.example.com/\r\n"));
  CHECK(has(behind, "X-Peer: 203.0.113.9\r\n"));
}

TEST_CASE("http server: a header never begins another one") {
  const Serving serving({}, [](const WebRequest&, const Reply& reply) {
    auto response = text_response(200, "x");
    response.headers.emplace_back("X-Bad", "a\r\nSet-Cookie: b=c");
    reply(std::move(response));
  });
  const auto answer = serving.ask("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  CHECK(status_of(answer) == 200);
  CHECK_FALSE(has(answer, "Set-Cookie"));
}

TEST_CASE("http server: a stop answers what is under way and takes nothing more") {
  std::atomic<bool> began{false};
  Serving serving({}, [&began](const WebRequest&, const Reply& reply) {
    began = true;
    std::this_thread::sleep_for(200ms);
    reply(text_response(200, "done|"));
  });
  const auto port = serving.server->port();
  const RawClient busy(port), idle(port);
  busy.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  while (!began) {
    std::this_thread::sleep_for(5ms);
  }
  serving.server->stop(5'000ms);
  const auto answer = busy.read_to_end();
  CHECK(answer.ends_with("done|"));
  CHECK(has(answer, "Connection: close"));
  CHECK(idle.read_to_end().empty());
  CHECK_FALSE(RawClient(port).open());
}

TEST_CASE("http server: it ends at once, whatever is on its way in") {
  for (int round = 0; round < 15; ++round) {
    Serving serving;
    std::atomic<bool> ended{false};
    std::vector<std::thread> clients;
    for (int i = 0; i < 4; ++i) {
      clients.emplace_back([&ended, port = serving.server->port()] {
        const RawClient client(port);
        while (!ended && client.open()) {
          client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
          if (client.read_until("|", 200).empty()) {
            return;
          }
        }
      });
    }
    std::this_thread::sleep_for(20ms);
    const auto began = std::chrono::steady_clock::now();
    serving.server->stop(0ms);
    CHECK(std::chrono::steady_clock::now() - began < 30s); // else it waits for an answer's time
    ended = true;
    for (auto& client : clients) {
      client.join();
    }
  }
}

TEST_CASE("http server: an address or certificate that is no good is an error of usage") {
  const auto handler = [](const WebRequest&, const Reply&) {};
  ServerSettings settings;
  settings.address = "localhost";
  auto fault = HttpServer::start(settings, handler);
  REQUIRE_FALSE(fault.has_value());
  CHECK(fault.error().code == ErrorCode::usage);
  settings.address = "127.0.0.1";
  settings.port = 0;
  settings.tls = TlsFiles{"/nonexistent/cert.pem", "/nonexistent/key.pem"};
  CHECK_FALSE(HttpServer::start(settings, handler).has_value());
  const Serving one;
  settings.tls.reset();
  settings.port = one.server->port();
  CHECK_FALSE(HttpServer::start(settings, handler).has_value()); // it is taken
}

} // namespace
} // namespace mailfunnel
