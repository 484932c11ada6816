#include "net/http_client.hpp"

#include "unit/net/client_case.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mailfunnel;

TEST_CASE("client: a request as the server sees it, and its answer") {
  TestServer server([](const SeenRequest&, Peer& peer) {
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

TEST_CASE("client: connections are kept and used again") {
  TestServer server(
      [](const SeenRequest& request, Peer& peer) { peer.answer("200 OK", request.path); });
  ClientCase c(server);
  for (const auto* path : {"/a", "/b", "/c"}) {
    CHECK(brief(c.get(path)) == std::string("200 ") + path);
  }
  CHECK(brief(c.post("x")) == "200 /");
  CHECK(server.connections() == 1);
}
