#include "web/service.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "web/pages/site.hpp"
#include "web/tenant.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <thread>

namespace mailfunnel {

namespace {

constexpr std::size_t k_hook_body = std::size_t{10} << 20; // bytes; the ESPs send up to some 5 MB
constexpr std::size_t k_other_body = std::size_t{4} << 20;

/// "/hooks/news/secret" is "news" behind "/hooks/".
std::string_view segment_behind(std::string_view path, std::string_view prefix) {
  path.remove_prefix(prefix.size());
  return path.substr(0, path.find('/'));
}

/// A path as one of a workspace sees it: without "/w/NAME".
struct Place {
  std::string_view workspace; // "": none is named
  std::string_view path;
};

Place place_of(std::string_view path) {
  constexpr std::string_view k_prefix = "/w/";
  if (!path.starts_with(k_prefix)) {
    return {"", path};
  }
  const auto name = segment_behind(path, k_prefix);
  return {name, path.substr(k_prefix.size() + name.size())};
}

/// The folder's own name, or with a number behind it where two are called the same.
std::string name_of_folder(const std::string& folder, std::set<std::string>& taken) {
  auto base = std::filesystem::weakly_canonical(folder).filename().string();
  base = base.empty() ? "workspace" : base;
  auto name = base;
  for (int i = 2; !taken.insert(name).second; ++i) {
    name = fmt::format("{}-{}", base, i);
  }
  return name;
}

} // namespace

Service::Service(ServiceSettings settings, EventLog& log)
    : m_settings(std::move(settings)), m_log(log) {
  std::set<std::string> names;
  for (const auto& folder : m_settings.folders) {
    auto workspace = open_workspace(folder, m_settings.config);
    workspace.threads = m_settings.threads;
    workspace.memory = m_settings.memory;
    (void)Store::open_writing(workspace.store_path()); // there is one, of a format that we know
    m_tenants.push_back(std::make_unique<Tenant>(name_of_folder(folder, names),
                                                 std::move(workspace), m_settings.config,
                                                 m_settings.now, m_metrics, log));
  }
  auto server = m_settings.server;
  server.body_limit = [](std::string_view path) {
    return place_of(path).path.starts_with("/hooks/") ? k_hook_body : k_other_body;
  };
  server.busy_status = [this](std::string_view path) { return busy_status(path); };
  server.log = [this](const std::string& line) { m_log.error("http", {{"what", line}}); };
  auto started =
      HttpServer::start(std::move(server), [this](WebRequest request, const Reply& reply) {
        handle(std::move(request), reply);
      });
  if (!started) {
    throw Failure(started.error());
  }
  m_server = *std::move(started);
}

Service::~Service() {
  stop(std::chrono::milliseconds(0));
}

std::uint16_t Service::port() const {
  return m_server->port();
}

std::vector<std::string> Service::hook_paths() const {
  std::vector<std::string> out;
  for (const auto& tenant : m_tenants) {
    for (const auto& [account, adapter] : tenant->hooks()) {
      const auto prefix = m_tenants.size() == 1 ? std::string() : "/w/" + tenant->name();
      out.push_back(fmt::format("{}/hooks/{} ({})", prefix, account, adapter));
    }
  }
  return out;
}

bool Service::reload() {
  bool good = true;
  for (const auto& tenant : m_tenants) {
    try {
      tenant->reload();
      m_log.info("config read again", {{"workspace", tenant->name()}});
    } catch (const Failure& failure) {
      good = false;
      m_log.error("config not taken, the old one stays",
                  {{"workspace", tenant->name()}, {"why", failure.error.text()}});
    }
  }
  if (const auto tls = m_server->reload_tls(); !tls) {
    good = false;
    m_log.error("certificate not taken, the old one stays", {{"why", tls.error().text()}});
  }
  return good;
}

void Service::stop(std::chrono::milliseconds grace) {
  for (const auto& tenant : m_tenants) {
    tenant->begin_stop();
  }
  if (m_server) {
    m_server->stop(grace);
    m_server.reset();
  }
  // All at once: each takes some seconds.
  std::vector<std::thread> ends;
  for (auto& tenant : m_tenants) {
    ends.emplace_back([gone = std::move(tenant)]() mutable { gone.reset(); });
  }
  for (auto& end : ends) {
    end.join();
  }
  m_tenants.clear();
}

HttpResponse Service::ready() {
  std::string json = "{\"ready\":";
  std::string why;
  for (const auto& tenant : m_tenants) {
    const auto trouble = tenant->trouble();
    if (!trouble.empty()) {
      why += (why.empty() ? "" : "; ") + tenant->name() + ": " + trouble;
    }
  }
  json += why.empty() ? "true" : "false,\"why\":";
  if (!why.empty()) {
    append_json_string(json, why);
  }
  return json_response(why.empty() ? 200 : 503, json + "}\n");
}

HttpResponse Service::figures() {
  for (const auto& tenant : m_tenants) {
    tenant->update(m_metrics);
  }
  const auto counts = m_server->counts();
  m_metrics.set("mailfunnel_http_connections", static_cast<double>(counts.open));
  m_metrics.set("mailfunnel_http_body_bytes", static_cast<double>(counts.body_bytes));
  HttpResponse out;
  out.status = 200;
  out.headers.emplace_back("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  out.body = m_metrics.text();
  return out;
}

Tenant* Service::tenant_of(std::string_view workspace) {
  for (const auto& tenant : m_tenants) {
    if (workspace.empty() ? m_tenants.size() == 1 : tenant->name() == workspace) {
      return tenant.get();
    }
  }
  return nullptr;
}

/// Of the process, not of a workspace. Nothing: it is none of these.
std::optional<HttpResponse> Service::own_answer(const WebRequest& request) {
  const auto& path = request.path;
  const bool files = path.starts_with("/static/");
  if (!files && path != "/healthz" && path != "/readyz" && path != "/metrics") {
    return std::nullopt;
  }
  if (request.http.method != "GET" && request.http.method != "HEAD") {
    return error_response(405, "only GET here");
  }
  return files                ? static_response(request)
         : path == "/healthz" ? text_response(200, "alive\n")
         : path == "/readyz"  ? ready()
                              : figures();
}

int Service::busy_status(std::string_view path) {
  const auto place = place_of(path);
  auto* tenant = place.path.starts_with("/hooks/") ? tenant_of(place.workspace) : nullptr;
  return tenant == nullptr ? 503 : tenant->busy_status(segment_behind(place.path, "/hooks/"));
}

void Service::handle(WebRequest request, const Reply& reply) {
  if (auto own = own_answer(request)) {
    return reply(*std::move(own));
  }
  const auto place = place_of(request.path);
  const bool hook = place.path.starts_with("/hooks/"), api = place.path.starts_with("/api/");
  auto* tenant = tenant_of(place.workspace);
  if (tenant == nullptr) {
    const auto* where = hook ? "/w/NAME/hooks/ACCOUNT" : api ? "/w/NAME/api/v1/…" : "/w/NAME/";
    return reply(error_response(404, fmt::format("no such workspace: {}", where)));
  }
  if (hook) {
    const std::string account(segment_behind(place.path, "/hooks/"));
    return tenant->take_hook(account, std::move(request), reply);
  }
  if (api) {
    return reply(tenant->api(request));
  }
  const auto base = place.workspace.empty() ? std::string() : "/w/" + std::string(place.workspace);
  reply(tenant->page(request, base));
}

} // namespace mailfunnel
