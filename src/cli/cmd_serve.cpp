// serve: webhooks, schedule, health and figures, in one process that stays.

#include "base/event_log.hpp"
#include "base/text.hpp"
#include "command.hpp"
#include "memory.hpp"
#include "service_manager.hpp"
#include "web/service.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <iostream>
#include <thread>

namespace mailfunnel::cli {

namespace {

using namespace std::chrono_literals;

constexpr auto k_look = 100ms;    // for signals
constexpr auto k_grace = 8'000ms; // of 10 s that a stop may take

volatile std::sig_atomic_t g_reload = 0; // NOLINT: written by the signal handler

void on_reload(int) {
  g_reload = 1;
}

/// "127.0.0.1:8765", "[::1]:8765", ":8765".
void read_address(const std::string& text, ServerSettings& server) {
  const auto colon = text.rfind(':');
  const auto port = parse_int(std::string_view(text).substr(colon + 1));
  if (colon == std::string::npos || !port || *port < 0 || *port > 65'535) {
    wrong_usage("--listen, or `listen` in [serve], wants ADDRESS:PORT such as 127.0.0.1:8765 or "
                "[::1]:8765, not \"" +
                text + "\"");
  }
  auto address = text.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) {
    address = address.substr(1, address.size() - 2);
  }
  server.address = address.empty() ? "127.0.0.1" : address;
  server.port = static_cast<std::uint16_t>(*port);
}

/// [serve] of the workspace, and before it what the command line says. Of several workspaces none
/// speaks for the others.
ServeConfig serve_config(const Invocation& call, const std::vector<std::string>& folders) {
  ServeConfig out;
  if (folders.size() == 1) {
    out = open_workspace(folders.front(), call.config).config.serve;
  }
  if (call.has("listen")) {
    out.listen = call.text("listen");
  }
  if (call.has("certificate") != call.has("key")) {
    wrong_usage("--certificate and --key go together");
  }
  if (call.has("certificate")) {
    out.certificate = call.text("certificate");
    out.key = call.text("key");
  }
  if (call.has("proxy")) {
    out.proxies = call.texts("proxy");
  }
  return out;
}

ServiceSettings settings_of(const Invocation& call) {
  ServiceSettings settings;
  settings.folders = call.texts("arguments");
  settings.folders = settings.folders.empty() ? std::vector{call.folder} : settings.folders;
  const auto serve = serve_config(call, settings.folders);
  if (!serve.listen.empty()) {
    read_address(serve.listen, settings.server);
  }
  if (!serve.certificate.empty()) {
    settings.server.tls = TlsFiles{serve.certificate, serve.key};
  }
  settings.server.proxies = serve.proxies;
  settings.server.threads = std::max(2U, call.threads);
  settings.config = call.config;
  if (settings.folders.size() > 1 && !call.config.empty()) {
    wrong_usage("--config is for one workspace");
  }
  settings.threads = call.threads;
  settings.memory = call.memory;
  settings.now = [&call] { return call.now(); };
  return settings;
}

int run_serve(const Invocation& call) {
  give_memory_back();
  const bool people = isatty(STDERR_FILENO) != 0 && !call.json;
  EventLog log(
      people ? EventLog::Form::text : EventLog::Form::json,
      [](std::string_view line) { std::cerr << line << std::flush; },
      [&call] { return call.now(); });
  std::signal(SIGHUP, on_reload);
  std::signal(SIGPIPE, SIG_IGN); // NOLINT: SIG_IGN is a cast
  auto settings = settings_of(call);
  const auto address = settings.server.address;
  const std::string scheme = settings.server.tls ? "https" : "http";
  Service service(std::move(settings), log);
  const auto shown = address.find(':') == std::string::npos ? address : "[" + address + "]";
  const auto url = fmt::format("{}://{}:{}", scheme, shown, service.port());
  log.info("listening", {{"url", url}});
  for (const auto& path : service.hook_paths()) {
    log.info("webhooks", {{"at", url + path}});
  }
  ServiceManager manager;
  manager.ready();
  while (!interrupted()) {
    std::this_thread::sleep_for(k_look);
    manager.alive();
    if (g_reload != 0) {
      g_reload = 0;
      manager.reloading();
      service.reload();
      manager.ready();
    }
  }
  manager.stopping();
  log.info("stopping");
  service.stop(k_grace);
  log.info("stopped");
  return k_done;
}

} // namespace

Command serve_command() {
  return {"serve",
          "[DIR…]",
          "receive webhooks, with health and figures, until it is stopped",
          "  mailfunnel serve\n  mailfunnel serve --listen 127.0.0.1:8765 clients/*",
          [](auto& options) {
            options.add_options()("listen", text("ADDRESS:PORT"),
                                  "where (default: 127.0.0.1:8765)")(
                "certificate", text("FILE"),
                "a certificate chain in PEM form: https")("key", text("FILE"), "its private key")(
                "proxy", po::value<std::vector<std::string>>()->value_name("ADDRESS"),
                "address of a proxy in front of it, whose X-Forwarded headers are believed");
          },
          run_serve};
}

} // namespace mailfunnel::cli
