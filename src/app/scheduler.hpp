#pragma once
// Runs the jobs of one workspace when they are due: one at a time, a missed one once, a failed one
// again after a while. Each run stands in the store with its outcome and log.

#include "app/job.hpp"
#include "base/event_log.hpp"
#include "store/job_log.hpp"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace mailfunnel {

/// What is known of a job's past.
struct JobPast {
  std::optional<Seconds> last_due; // of its newest run that ended by itself; absent: never ran
  unsigned failures = 0;           // in a row, up to now
  Seconds last_end = 0;            // of the newest of them
};

/// How long after a failure it is tried again: 1 min, 4 min, 16 min, then every hour.
Seconds wait_after_failures(unsigned failures);

/// The moment of the timetable for which the job is to be run now; nothing: not yet. `jitter`: how
/// long after a due moment it starts. `since`: when the scheduler began; what was due before that
/// and never ran is not made up for, but the first of `every …` is at once.
std::optional<Seconds> due_now(const Timetable& timetable, const JobPast& past, Seconds since,
                               Seconds now, Seconds jitter);

class Scheduler {
public:
  struct Settings {
    std::vector<std::string> where; // options that name the workspace
    std::function<Seconds()> now;
    std::function<std::shared_ptr<const Workspace>()> workspace; // as it is configured now
    /// Of a run that ended; for figures and messages.
    std::function<void(const JobRun& run)> ended;
    /// Held while a job runs; one that finds it taken waits. nullptr: nothing else runs.
    std::mutex* turn = nullptr;
  };
  Scheduler(Settings settings, EventLog& log);
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;
  ~Scheduler(); // ends what runs

  void stop() { m_stopping = true; } // asks for the end, without waiting for it

private:
  void run();
  bool run_due(const Workspace& workspace);
  void perform(const Workspace& workspace, const Job& job, Seconds due);

  Settings m_settings;
  EventLog& m_log;
  Seconds m_since;
  std::atomic<bool> m_stopping{false};
  std::thread m_thread;
};

} // namespace mailfunnel
