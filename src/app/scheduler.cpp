#include "app/scheduler.hpp"

#include "base/hash.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <chrono>

namespace mailfunnel {

namespace {

using namespace std::chrono_literals;

constexpr Seconds k_first_wait = 60, k_longest_wait = 3'600;
constexpr unsigned k_growth = 4;
constexpr std::size_t k_past = 50; // runs that are looked at
constexpr std::chrono::milliseconds k_look{1'000}, k_nap{100};

JobPast past_of(Database& database, const std::string& job) {
  JobPast past;
  bool streak = true;
  for (const auto& run : JobLog(database).newest_scheduled(job, k_past)) {
    if (run.outcome == "stopped" || run.outcome == "running") {
      continue; // missed
    }
    if (!past.last_due) {
      past.last_due = run.due;
      past.last_end = run.ended.value_or(run.started);
    }
    streak = streak && run.outcome == "failed";
    past.failures += streak ? 1 : 0;
  }
  return past;
}

/// The same at every look, other for another job or moment.
Seconds jitter_of(Seconds most, std::string_view job, Seconds due) {
  return most == 0 ? 0
                   : static_cast<Seconds>((hash64(job) ^ static_cast<std::uint64_t>(due / 60) *
                                                             0x9E3779B97F4A7C15ULL) %
                                          static_cast<std::uint64_t>(most));
}

} // namespace

Seconds wait_after_failures(unsigned failures) {
  Seconds wait = k_first_wait;
  for (unsigned i = 1; i < failures && wait < k_longest_wait; ++i) {
    wait *= k_growth;
  }
  return std::min(wait, k_longest_wait);
}

std::optional<Seconds> due_now(const Timetable& timetable, const JobPast& past, Seconds since,
                               Seconds now, Seconds jitter) {
  if (past.failures != 0 && now < past.last_end + wait_after_failures(past.failures)) {
    return std::nullopt;
  }
  const bool began = past.last_due.has_value();
  if (!began && timetable.text().starts_with("every")) {
    return now;
  }
  const auto due = timetable.last_due(past.last_due.value_or(since), now);
  if (due) {
    return now >= *due + jitter ? due : std::nullopt;
  }
  return past.failures != 0 ? past.last_due : std::nullopt; // the same again
}

Scheduler::Scheduler(Settings settings, EventLog& log)
    : m_settings(std::move(settings)), m_log(log), m_since(m_settings.now()),
      m_thread([this] { run(); }) {}

Scheduler::~Scheduler() {
  m_stopping = true;
  m_thread.join();
}

void Scheduler::perform(const Workspace& workspace, const Job& job, Seconds due) {
  auto store = Store::open_writing(workspace.store_path());
  JobRun run;
  run.job = job.name;
  run.due = due;
  run.started = m_settings.now();
  {
    const WriterLock lock(store.path());
    run.id = JobLog(store.database()).begin(job.name, due, run.started);
  }
  m_log.info("job begins", {{"job", job.name}, {"due", format_time(due)}});
  auto result = run_job(job.commands, m_settings.where, {[this] { return m_stopping.load(); }});
  run.outcome = std::move(result.outcome);
  run.log = std::move(result.log);
  run.ended = m_settings.now();
  {
    const WriterLock lock(store.path());
    JobLog(store.database()).end(run.id, run.outcome, run.log, *run.ended);
  }
  const auto took = std::to_string(*run.ended - run.started);
  if (run.outcome == "failed") {
    m_log.error("job failed", {{"job", job.name}, {"seconds", took}, {"said", run.log}});
  } else {
    m_log.info("job ended", {{"job", job.name}, {"seconds", took}, {"outcome", run.outcome}});
  }
  if (m_settings.ended) {
    m_settings.ended(run);
  }
}

/// Runs the first that is due; false: none is.
bool Scheduler::run_due(const Workspace& workspace) {
  std::unique_lock<std::mutex> turn;
  if (m_settings.turn != nullptr) {
    turn = std::unique_lock(*m_settings.turn, std::try_to_lock);
    if (!turn) {
      return false; // somebody's task runs
    }
  }
  for (const auto& job : jobs_of(workspace)) {
    const auto past = [&] {
      auto store = Store::open_reading(workspace.store_path());
      return past_of(store.database(), job.name);
    }();
    const auto now = m_settings.now();
    const auto jitter =
        jitter_of(workspace.config.schedule.jitter, job.name, past.last_due.value_or(m_since));
    if (const auto due = due_now(job.timetable, past, m_since, now, jitter)) {
      perform(workspace, job, *due);
      return true;
    }
  }
  return false;
}

void Scheduler::run() {
  bool first = true;
  while (!m_stopping) {
    bool ran = false;
    try {
      const auto workspace = m_settings.workspace();
      if (first) {
        auto store = Store::open_writing(workspace->store_path());
        const WriterLock lock(store.path());
        JobLog(store.database()).close_left(m_settings.now());
        first = false;
      }
      ran = run_due(*workspace);
    } catch (const std::exception& fault) {
      m_log.error("the scheduler could not work", {{"why", fault.what()}});
    }
    const auto end = std::chrono::steady_clock::now() + (ran ? k_nap : k_look);
    while (!m_stopping && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(k_nap);
    }
  }
}

} // namespace mailfunnel
