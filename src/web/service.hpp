#pragma once
// `mailfunnel serve`: webhooks, health and figures of one or several workspaces in one process.
//
//   /hooks/ACCOUNT[/KEY]          webhooks of the workspace, where there is one
//   /w/NAME/hooks/ACCOUNT[/KEY]   likewise of one of several (also where there is one)
//   /api/v1/…, /w/NAME/api/v1/…   the JSON API (web/api.hpp)
//   /, /w/NAME/                   the review pages (web/pages/site.hpp)
//   /static/…                     their style and script
//   /healthz                      the process lives
//   /readyz                       it can take webhooks; else 503 and why
//   /metrics                      figures for Prometheus

#include "app/workspace.hpp"
#include "base/event_log.hpp"
#include "web/http_server.hpp"
#include "web/metrics.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mailfunnel {

struct ServiceSettings {
  ServerSettings server;
  std::vector<std::string> folders; // of the workspaces
  std::string config;               // as --config; for one folder only
  unsigned threads = 1;
  std::uint64_t memory = std::uint64_t{256} << 20;
  std::function<Seconds()> now;
};

class Tenant;

class Service {
public:
  /// Failure where a workspace or its store can't be opened, another process receives its webhooks
  /// (locked), or the address can't be listened on.
  Service(ServiceSettings settings, EventLog& log);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service();

  std::uint16_t port() const;
  std::vector<std::string> hook_paths() const; // "/hooks/news (mailgun)"
  /// Reads configs and certificates again; what is wrong with one is told, and its old one stays.
  /// Returns whether all were taken.
  bool reload();
  /// Takes nothing more, answers what is under way, writes what waits; at the latest after `grace`.
  void stop(std::chrono::milliseconds grace);

private:
  void handle(WebRequest request, const Reply& reply);
  int busy_status(std::string_view path);
  std::optional<HttpResponse> own_answer(const WebRequest& request);
  /// nullptr: there is none of that name; "" is the only one.
  Tenant* tenant_of(std::string_view workspace);
  HttpResponse ready();
  HttpResponse figures();

  ServiceSettings m_settings;
  EventLog& m_log;
  Metrics m_metrics;
  std::vector<std::unique_ptr<Tenant>> m_tenants;
  std::unique_ptr<HttpServer> m_server;
};

} // namespace mailfunnel
