#include "app/tasks.hpp"

#include "base/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace mailfunnel {

namespace {

using namespace std::chrono_literals;

constexpr auto k_look = 100ms;
constexpr unsigned k_last_patience = 1; // seconds for the store, once it is to end

std::string or_null(const std::optional<Seconds>& time) {
  return time ? json_text(format_time(*time)) : "null";
}

TaskState state_of(const JobRun& run) {
  TaskState out;
  out.id = run.id;
  out.kind = run.job;
  out.title = run.title;
  out.by = run.by;
  out.outcome = run.outcome;
  out.asked = run.due;
  if (run.outcome != "waiting") {
    out.started = run.started;
  }
  out.ended = run.ended;
  out.log = run.log;
  return out;
}

} // namespace

std::string to_json(const TaskState& state) {
  auto json = fmt::format(
      "{{\"task\":{},\"kind\":{},\"title\":{},\"by\":{},\"outcome\":\"{}\",\"asked\":\"{}\","
      "\"started\":{},\"ended\":{},\"what\":{},\"done\":{},\"total\":{}",
      state.id, json_text(state.kind), json_text(state.title), json_text(state.by), state.outcome,
      format_time(state.asked), or_null(state.started), or_null(state.ended), json_text(state.what),
      state.done, state.total);
  json += state.log.empty() ? "" : ",\"log\":" + json_text(state.log);
  return json + "}";
}

Tasks::Tasks(Settings settings, EventLog& log)
    : m_settings(std::move(settings)), m_log(log), m_thread([this] { run(); }) {}

Tasks::~Tasks() {
  {
    const std::lock_guard lock(m_mutex);
    m_stopping = true;
  }
  m_wake.notify_all();
  m_thread.join();
}

Result<std::int64_t> Tasks::start(TaskRequest request) {
  const std::lock_guard one_at_a_time(m_starting);
  const auto workspace = m_settings.workspace();
  MF_TRY(work, work_of(request, *workspace));
  {
    const std::lock_guard lock(m_mutex);
    const auto same = std::find_if(m_live.begin(), m_live.end(), [&](const auto& live) {
      return live->request.kind == request.kind && live->request.arguments == request.arguments;
    });
    if (same != m_live.end()) {
      return Error{ErrorCode::conflict,
                   fmt::format("task {} is the same, and is not over", (*same)->state.id)};
    }
    if (m_live.size() > k_most_waiting) { // and one that runs
      return Error{ErrorCode::conflict, fmt::format("{} tasks wait already", k_most_waiting)};
    }
  }
  auto live = std::make_shared<Live>();
  live->state.kind = request.kind;
  live->state.title = work.title;
  live->state.by = request.by;
  live->state.outcome = "waiting";
  live->state.asked = m_settings.now();
  live->work = std::move(work);
  live->request = std::move(request);
  {
    auto store = Store::open_writing(workspace->store_path());
    const WriterLock lock(store.path());
    live->state.id =
        JobLog(store.database())
            .ask(live->state.kind, live->state.title, live->state.by, live->state.asked);
  }
  const auto id = live->state.id;
  {
    const std::lock_guard lock(m_mutex);
    m_live.push_back(std::move(live));
  }
  m_wake.notify_all();
  return id;
}

std::optional<TaskState> Tasks::state(std::int64_t id) {
  {
    const std::lock_guard lock(m_mutex);
    for (const auto& live : m_live) {
      if (live->state.id == id) {
        return live->state;
      }
    }
  }
  auto store = Store::open_reading(m_settings.workspace()->store_path());
  const auto run = JobLog(store.database()).run(id);
  return run && run->by != k_schedule ? std::optional(state_of(*run)) : std::nullopt;
}

std::vector<TaskState> Tasks::newest(std::size_t most) {
  auto store = Store::open_reading(m_settings.workspace()->store_path());
  std::vector<TaskState> out;
  for (const auto& run : JobLog(store.database()).newest_asked(most)) {
    out.push_back(state_of(run));
  }
  const std::lock_guard lock(m_mutex);
  for (const auto& live : m_live) {
    const auto row = std::find_if(
        out.begin(), out.end(), [&](const TaskState& state) { return state.id == live->state.id; });
    if (row != out.end()) {
      *row = live->state;
      row->log.clear();
    }
  }
  return out;
}

bool Tasks::cancel(std::int64_t id) {
  std::shared_ptr<Live> waiting;
  {
    const std::lock_guard lock(m_mutex);
    const auto found = std::find_if(m_live.begin(), m_live.end(),
                                    [id](const auto& live) { return live->state.id == id; });
    if (found == m_live.end()) {
      return false;
    }
    if ((*found)->taken) {
      (*found)->cancelled = true;
      return true;
    }
    waiting = *found;
    m_live.erase(found);
  }
  finish(*waiting, "stopped", "");
  return true;
}

void Tasks::change(Live& live, const std::function<void(TaskState&)>& how) {
  const std::lock_guard lock(m_mutex);
  how(live.state);
}

/// Waits until nothing else runs; false: it is not wanted any more.
bool Tasks::take_turn(const Live& live, std::unique_lock<std::mutex>& turn) const {
  while (!m_stopping && !live.cancelled) {
    if (m_settings.turn == nullptr) {
      return true;
    }
    turn = std::unique_lock(*m_settings.turn, std::try_to_lock);
    if (turn) {
      return true;
    }
    std::this_thread::sleep_for(k_look);
  }
  return false;
}

void Tasks::finish(Live& live, const std::string& outcome, const std::string& log) {
  JobRun run;
  run.job = live.state.kind;
  run.outcome = outcome;
  run.ended = m_settings.now();
  run.started = live.state.started.value_or(*run.ended);
  {
    auto store = Store::open_writing(m_settings.workspace()->store_path());
    const WriterLock lock(store.path(), m_stopping ? k_last_patience : 30);
    JobLog(store.database()).end(live.state.id, outcome, log, *run.ended);
  }
  m_log.info("task ended",
             {{"task", std::to_string(live.state.id)}, {"kind", run.job}, {"outcome", outcome}});
  if (m_settings.ended) {
    m_settings.ended(run);
  }
}

void Tasks::perform(Live& live) {
  std::unique_lock<std::mutex> turn;
  if (!take_turn(live, turn)) {
    return finish(live, "stopped", "");
  }
  const auto began = m_settings.now();
  {
    auto store = Store::open_writing(m_settings.workspace()->store_path());
    const WriterLock lock(store.path());
    JobLog(store.database()).start(live.state.id, began);
  }
  change(live, [began](TaskState& state) {
    state.outcome = "running";
    state.started = began;
  });
  m_log.info(
      "task begins",
      {{"task", std::to_string(live.state.id)}, {"kind", live.state.kind}, {"by", live.state.by}});
  JobHooks hooks;
  hooks.stopped = [this, &live] { return m_stopping || live.cancelled; };
  hooks.progress = [this, &live](const ProgressLine& line) {
    change(live, [&line](TaskState& state) {
      state.what = line.what;
      state.done = line.done;
      state.total = line.total;
    });
  };
  hooks.line = [this, &live](std::string_view line) {
    change(live, [line](TaskState& state) {
      state.log += line;
      state.log += '\n';
      keep_end(state.log);
    });
  };
  hooks.rewrite = live.work.rewrite;
  auto where = m_settings.where;
  where.insert(where.end(), {"--progress", "json"});
  const auto result = run_job(live.work.commands, where, hooks, live.work.input);
  finish(live, result.outcome, result.log);
}

void Tasks::run() {
  for (;;) {
    std::shared_ptr<Live> live;
    {
      std::unique_lock lock(m_mutex);
      m_wake.wait(lock, [this] { return m_stopping || !m_live.empty(); });
      if (m_live.empty()) {
        return;
      }
      live = m_live.front();
      live->taken = true;
    }
    try {
      perform(*live);
    } catch (const std::exception& fault) {
      m_log.error("a task could not be run",
                  {{"task", std::to_string(live->state.id)}, {"why", fault.what()}});
      try {
        finish(*live, "failed", std::string(fault.what()) + "\n");
      } catch (const std::exception&) { // the store can't be written: the next start closes it
      }
    }
    const std::lock_guard lock(m_mutex);
    m_live.remove(live);
  }
}

} // namespace mailfunnel
