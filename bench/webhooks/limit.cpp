// The limit of the machine for the benchmark of webhooks: the same server, and a handler that only
// answers.
//   limit PORT

#include "web/http_server.hpp"

#include <csignal>
#include <cstdlib>
#include <iostream>

int main(int argc, char** argv) {
  using namespace mailfunnel;
  ServerSettings settings;
  settings.port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  const auto server = HttpServer::start(settings, [](const WebRequest&, const Reply& reply) {
    reply(json_response(200, "{\"taken\":true}\n"));
  });
  if (!server) {
    std::cerr << server.error().text() << '\n';
    return 1;
  }
  int signal = 0;
  sigwait(&ends, &signal);
  return 0;
}
