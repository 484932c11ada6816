#pragma once
// One workspace that is served: its receiver, the thread that brings what came in into the store,
// its scheduler, and the tasks that people ask for.

#include "app/account_lease.hpp"
#include "app/scheduler.hpp"
#include "app/tasks.hpp"
#include "app/workspace.hpp"
#include "web/api.hpp"
#include "web/hook_receiver.hpp"
#include "web/pages/site.hpp"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace mailfunnel {

class Tenant {
public:
  /// Failure (locked): another process receives its webhooks.
  /// `config`: as --config, or "".
  Tenant(std::string name, Workspace workspace, std::string config, std::function<Seconds()> now,
         Metrics& metrics, EventLog& log);
  Tenant(const Tenant&) = delete;
  Tenant& operator=(const Tenant&) = delete;
  ~Tenant(); // brings what waits into the store, for a few seconds; the rest stays in the spool

  const std::string& name() const { return m_name; }
  std::vector<std::pair<std::string, std::string>> hooks() const; // account, adapter
  void take_hook(const std::string& account, WebRequest request, Reply reply) {
    m_receiver.take(account, std::move(request), std::move(reply));
  }
  int busy_status(std::string_view account) { return m_receiver.busy_status(account); }
  HttpResponse api(const WebRequest& request);
  /// `base`: "/w/NAME", or "" where there is one workspace.
  HttpResponse page(const WebRequest& request, const std::string& base) {
    return m_site.handle(request, *workspace(), base, m_now(), &m_tasks);
  }
  /// Failure: the new config is not good, and the old one stays.
  void reload();
  /// Why no webhook can be taken; "": they can.
  std::string trouble();
  void update(Metrics& metrics);
  /// What takes long is asked to end.
  void begin_stop() {
    m_scheduler.stop();
    m_tasks.stop();
  }
  /// What people ask for.
  Tasks& tasks() { return m_tasks; }

private:
  Result<std::string> fetch(const std::string& url) const;
  void run();
  bool drain_once();
  void arrived();
  bool stopping() const { return m_stopping; }
  ReceiverSettings receiver_settings();
  Scheduler::Settings scheduler_settings();
  Tasks::Settings task_settings();
  std::vector<std::string> where() const; // options that name the workspace
  void count_run(const JobRun& run);
  std::shared_ptr<const Workspace> workspace() const;

  std::string m_name, m_config;
  std::function<Seconds()> m_now;
  Metrics& m_metrics;
  EventLog& m_log;
  HookLease m_lease;
  HookSpool m_spool;

  mutable std::mutex m_mutex; // of what follows
  std::condition_variable m_wake;
  std::shared_ptr<const Workspace> m_workspace;
  std::vector<std::shared_ptr<const Workspace>> m_old_workspaces; // requests under way lend theirs
  bool m_arrived = true; // also what an earlier process left
  std::string m_trouble; // of the last drain
  std::atomic<bool> m_stopping{false};

  JsonApi m_api;
  Site m_site;
  HookReceiver m_receiver;
  std::thread m_thread;
  std::mutex m_turn; // of jobs and tasks
  Tasks m_tasks;
  Scheduler m_scheduler;
};

} // namespace mailfunnel
