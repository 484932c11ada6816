#include "web/tenant.hpp"

#include "app/hook_drain.hpp"
#include "base/uri.hpp"
#include "net/http_client.hpp"

#include <malloc.h>

#include <chrono>

namespace mailfunnel {

namespace {

using namespace std::chrono_literals;

constexpr auto k_gather = 1s;      // between two drains: many requests make one batch
constexpr auto k_after_fault = 5s; // a full disk, or another run that writes
constexpr auto k_last_drain = 4s;  // of the time that a stop may take
constexpr auto k_small_cache = "PRAGMA cache_size=-8192"; // it is a process that stays
constexpr std::size_t k_most_fetched = 64 << 10;

} // namespace

Tenant::Tenant(std::string name, Workspace workspace, std::string config,
               std::function<Seconds()> now, Metrics& metrics, EventLog& log)
    : m_name(std::move(name)), m_config(std::move(config)), m_now(std::move(now)),
      m_metrics(metrics), m_log(log), m_lease(workspace.store_path()),
      m_spool(workspace.store_path()),
      m_workspace(std::make_shared<const Workspace>(std::move(workspace))), m_api(log, &m_tasks),
      m_site(log),
      m_receiver(hook_endpoints(*m_workspace), m_spool, receiver_settings(), metrics, log),
      m_thread([this] { run(); }), m_tasks(task_settings(), log),
      m_scheduler(scheduler_settings(), log) {}

Tenant::~Tenant() {
  begin_stop();
  {
    const std::lock_guard lock(m_mutex);
    m_stopping = true;
  }
  m_wake.notify_all();
  m_thread.join();
}

ReceiverSettings Tenant::receiver_settings() {
  ReceiverSettings settings;
  settings.workspace = m_name;
  settings.now = m_now;
  settings.fetch = [this](const std::string& url) { return fetch(url); };
  settings.arrived = [this] { arrived(); };
  return settings;
}

Scheduler::Settings Tenant::scheduler_settings() {
  Scheduler::Settings settings;
  settings.where = where();
  settings.now = m_now;
  settings.workspace = [this] { return workspace(); };
  settings.ended = [this](const JobRun& run) { count_run(run); };
  settings.turn = &m_turn;
  return settings;
}

Tasks::Settings Tenant::task_settings() {
  Tasks::Settings settings;
  settings.where = where();
  settings.now = m_now;
  settings.workspace = [this] { return workspace(); };
  settings.ended = [this](const JobRun& run) { count_run(run); };
  settings.turn = &m_turn;
  return settings;
}

std::vector<std::string> Tenant::where() const {
  std::vector<std::string> out{"-C", workspace()->folder};
  if (!m_config.empty()) {
    out.insert(out.end(), {"--config", m_config});
  }
  return out;
}

void Tenant::count_run(const JobRun& run) {
  m_metrics.count("mailfunnel_job_runs_total",
                  {{"workspace", m_name}, {"job", run.job}, {"outcome", run.outcome}});
  m_metrics.observe("mailfunnel_job_seconds",
                    static_cast<double>(run.ended.value_or(run.started) - run.started),
                    {{"workspace", m_name}, {"job", run.job}});
}

std::shared_ptr<const Workspace> Tenant::workspace() const {
  const std::lock_guard lock(m_mutex);
  return m_workspace;
}

std::vector<std::pair<std::string, std::string>> Tenant::hooks() const {
  const auto now = workspace();
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& account : now->config.accounts) {
    const auto* adapter = now->registry.find(account.esp);
    if (adapter != nullptr && adapter->has_webhook() && !account.archived) {
      out.emplace_back(account.name, account.esp);
    }
  }
  return out;
}

HttpResponse Tenant::api(const WebRequest& request) {
  const auto as_configured = workspace();
  const auto now = m_now();
  return m_api.handle(request, *as_configured, now, std::chrono::steady_clock::now(),
                      m_site.caller_of(request, *as_configured, now));
}

void Tenant::reload() {
  const auto old = workspace();
  auto fresh = open_workspace(old->folder, m_config);
  fresh.threads = old->threads;
  fresh.memory = old->memory;
  auto shared = std::make_shared<const Workspace>(std::move(fresh));
  if (shared->store_path() != old->store_path()) {
    throw Failure({ErrorCode::usage, "another store needs a new start", shared->config.file});
  }
  auto endpoints = hook_endpoints(*shared); // they lend its adapters
  const std::lock_guard lock(m_mutex);
  m_receiver.replace(std::move(endpoints));
  m_old_workspaces.push_back(std::move(m_workspace));
  m_workspace = std::move(shared);
}

/// By a client of its own: there is no account whose servers these are.
Result<std::string> Tenant::fetch(const std::string& url) const {
  const auto uri = parse_uri(url);
  HostRules rules;
  rules.origins = {url.substr(0, url.find('/', url.find("//") + 2))};
  auto settings = network_settings_from_environment();
  {
    const std::lock_guard lock(m_mutex);
    settings.ca_file = m_workspace->config.ca_file;
  }
  settings.answer.body = k_most_fetched;
  settings.retry.attempts = 2;
  settings.limits.whole = Milliseconds(10'000);
  settings.stopped = [this] { return stopping(); };
  HttpClient client(std::move(settings), std::move(rules));
  HttpRequest request;
  request.method = "GET";
  request.url = url;
  MF_TRY(answer, client.send(std::move(request)));
  if (!answer.ok()) {
    return Error{ErrorCode::unreachable, "status " + std::to_string(answer.status),
                 std::string(uri.host)};
  }
  return std::move(answer.body);
}

void Tenant::arrived() {
  const std::lock_guard lock(m_mutex);
  m_arrived = true;
  m_wake.notify_all();
}

bool Tenant::drain_once() {
  const auto as_configured = workspace();
  {
    const std::lock_guard lock(m_mutex);
    m_arrived = false;
  }
  std::optional<std::chrono::steady_clock::time_point> end; // once it is to stop
  const auto stopped = [this, &end] {
    if (!stopping()) {
      return false;
    }
    const auto now = std::chrono::steady_clock::now();
    end = end ? end : now + k_last_drain;
    return now >= *end;
  };
  const auto threads = (as_configured->threads + 1) / 2; // the others are of those who ask
  try {
    auto store = Store::open_writing(as_configured->store_path());
    store.database().execute(k_small_cache);
    const auto report = drain_hooks(store, *as_configured, threads, m_spool, m_now(), stopped);
    for (const auto& remark : report.remarks) {
      m_log.error("webhooks not read", {{"workspace", m_name}, {"why", remark}});
    }
    if (report.requests != 0) {
      const Metrics::Labels labels{{"workspace", m_name}};
      m_metrics.count("mailfunnel_store_events_total", labels,
                      static_cast<double>(report.counts.events));
    }
    const std::lock_guard lock(m_mutex);
    m_trouble.clear();
    return true;
  } catch (const std::exception& fault) {
    m_log.warning("webhooks wait", {{"workspace", m_name}, {"why", fault.what()}});
    const std::lock_guard lock(m_mutex);
    m_trouble = fault.what();
    m_arrived = true;
    return false;
  }
}

void Tenant::run() {
  for (;;) {
    {
      std::unique_lock lock(m_mutex);
      m_wake.wait(lock, [this] { return m_stopping || m_arrived; });
      if (!m_arrived) {
        return;
      }
    }
    const bool good = drain_once();
    malloc_trim(0); // what a batch took lies between what stays
    if (m_stopping) {
      return; // what is left is there for the next one
    }
    std::unique_lock lock(m_mutex);
    m_wake.wait_for(lock, good ? k_gather : k_after_fault, [this] { return stopping(); });
  }
}

std::string Tenant::trouble() {
  const std::lock_guard lock(m_mutex);
  return m_trouble;
}

void Tenant::update(Metrics& metrics) {
  const auto waiting = m_spool.waiting();
  const Metrics::Labels labels{{"workspace", m_name}};
  metrics.set("mailfunnel_spool_requests", static_cast<double>(waiting.requests), labels);
  metrics.set("mailfunnel_spool_bytes", static_cast<double>(waiting.bytes), labels);
  metrics.set("mailfunnel_spool_oldest_seconds",
              waiting.oldest ? static_cast<double>(m_now() - *waiting.oldest) : 0, labels);
}

} // namespace mailfunnel
