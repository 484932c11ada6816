#pragma once
// Work that somebody asks `serve` for: commands of this program, each as a process of its own, one
// task of a workspace at a time and none beside a job of the timetable. What is asked for stands in
// the log of jobs (store/job_log.hpp) from the moment it is asked.
//
//   kind       arguments            runs
//   sync       [account]            sync, score
//   score                           score
//   job        name                 what [schedule] runs under that name
//   plan       segment [account]    push --save-plan: plans that wait for approval
//   apply      plan                 push --plan
//   reconcile  [campaign]           reconcile
//   forget     address              forget; the address is in no argument and no log

#include "app/job.hpp"
#include "base/event_log.hpp"
#include "store/job_log.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace mailfunnel {

struct TaskRequest {
  std::string kind;
  std::vector<std::string> arguments;
  std::string by; // who asks: the name of a token
};

struct TaskState {
  std::int64_t id = 0;
  std::string kind, title, by;
  std::string outcome; // waiting, running, done, partly, failed, stopped
  Seconds asked = 0;
  std::optional<Seconds> started, ended;
  std::uint64_t done = 0, total = 0; // of `what`, while it runs; total 0: not known
  std::string what;                  // what it is at
  std::string log;                   // the end of what it said
};

/// One object; with the log where there is one.
std::string to_json(const TaskState& state);

/// The kinds, for messages.
std::vector<std::string_view> task_kinds();

/// What a task is, as commands. Errors: usage, not_found (an account, segment, job or plan that is
/// not there).
struct TaskWork {
  std::string title;
  Commands commands;
  std::string input{};                                    // of each command
  std::function<std::string(std::string_view)> rewrite{}; // of what they say
};
Result<TaskWork> work_of(const TaskRequest& request, const Workspace& workspace);

class Tasks {
public:
  static constexpr std::size_t k_most_waiting = 8;

  struct Settings {
    std::vector<std::string> where; // options that name the workspace
    std::function<Seconds()> now;
    std::function<std::shared_ptr<const Workspace>()> workspace; // as it is configured now
    std::function<void(const JobRun& run)> ended{};              // of a task; for figures
    std::mutex* turn = nullptr; // held while one runs (Scheduler::Settings)
  };
  Tasks(Settings settings, EventLog& log);
  Tasks(const Tasks&) = delete;
  Tasks& operator=(const Tasks&) = delete;
  ~Tasks(); // ends what runs and what waits

  /// Returns the number of the task. Errors: as work_of(); conflict: too many wait, or the same
  /// does. Failure (locked): another run writes.
  Result<std::int64_t> start(TaskRequest request);
  std::optional<TaskState> state(std::int64_t id); // also of earlier processes
  std::vector<TaskState> newest(std::size_t most); // without their logs
  bool cancel(std::int64_t id);                    // false: it neither waits nor runs

  void stop() { m_stopping = true; } // asks for the end, without waiting for it

private:
  struct Live {
    TaskRequest request;
    TaskState state;
    TaskWork work;
    bool taken = false; // from the queue
    std::atomic<bool> cancelled{false};
  };
  void run();
  void perform(Live& live);
  void finish(Live& live, const std::string& outcome, const std::string& log);
  bool take_turn(const Live& live, std::unique_lock<std::mutex>& turn) const;
  void change(Live& live, const std::function<void(TaskState&)>& how);

  Settings m_settings;
  EventLog& m_log;
  std::mutex m_starting; // one start() at a time
  std::mutex m_mutex;    // of what follows
  std::condition_variable m_wake;
  std::list<std::shared_ptr<Live>> m_live; // the first may run, the others wait
  std::atomic<bool> m_stopping{false};
  std::thread m_thread;
};

} // namespace mailfunnel
