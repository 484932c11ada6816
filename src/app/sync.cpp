#include "app/sync.hpp"

#include "app/account_lease.hpp"
#include "app/folded_clicks.hpp"
#include "app/rejects_file.hpp"
#include "store/sync_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace mailfunnel {

namespace {

// Between two transactions:
constexpr std::uint64_t k_most_held = std::uint64_t{4} << 20; // of rows, attributes and keys
constexpr std::uint64_t k_most_answers = 200;
// Marks of the sync itself, beside those of the adapter.
constexpr std::string_view k_since = "mailfunnel/since", k_complete = "mailfunnel/complete";

bool own_mark(std::string_view stream) {
  return stream.starts_with("mailfunnel/");
}

struct NamedTotal {
  std::string_view name;
  std::optional<std::uint64_t> MailingTotals::*value;
};
constexpr std::array k_totals{
    NamedTotal{"sent", &MailingTotals::sent},
    NamedTotal{"delivered", &MailingTotals::delivered},
    NamedTotal{"opens", &MailingTotals::opens},
    NamedTotal{"unique_opens", &MailingTotals::unique_opens},
    NamedTotal{"unique_opens_by_people", &MailingTotals::unique_opens_by_people},
    NamedTotal{"clicks", &MailingTotals::clicks},
    NamedTotal{"unique_clicks", &MailingTotals::unique_clicks},
    NamedTotal{"hard_bounces", &MailingTotals::hard_bounces},
    NamedTotal{"soft_bounces", &MailingTotals::soft_bounces},
    NamedTotal{"unsubscribes", &MailingTotals::unsubscribes},
    NamedTotal{"complaints", &MailingTotals::complaints},
};

SessionOptions session_options(Store& store, const Workspace& workspace,
                               const AccountConfig& account, Seconds now, bool first) {
  SessionOptions options;
  options.account = account.name;
  options.adapter = account.esp;
  options.only_account = true;
  for (const auto& known : workspace.config.accounts) {
    options.accounts.emplace_back(known.name, known.esp);
  }
  options.threads = workspace.threads;
  options.memory = workspace.memory;
  options.now = now;
  options.strip = workspace.config.strip;
  options.filters = workspace.config.filters;
  options.source = k_from_api;
  options.covers = false; // the end of the sync tells what is complete
  options.small = !first && Recipients(store.database()).count() >= k_large_store;
  return options;
}

/// Where answers go: into a session, whose flush also keeps marks and tasks.
class SyncSink : public AnswerSink {
public:
  SyncSink(Store& store, const Workspace& workspace, ApiConnection& connection,
           const SyncRequest& request, bool first)
      : m_connection(connection), m_request(request),
        m_session(store,
                  session_options(store, workspace, connection.config(), request.now, first)),
        m_worker(m_session), m_account(*m_session.account("")),
        m_state(store.database(), m_account),
        m_rejects(request.rejects.empty() ? rejects_path(workspace.folder, request.now)
                                          : request.rejects) {
    m_marks = m_state.marks();
    if (request.full) {
      m_marks.clear();
    } else {
      m_known_totals = m_state.totals();
    }
    const auto last = marked(k_complete);
    m_guard.emplace(m_worker, store, connection.name(), request.allow_twins);
    m_folds.emplace(*m_guard, workspace.config.strip,
                    last.empty() ? 0 : parse_time(last).value_or(Instant{}).seconds);
  }

  SyncState& state() { return m_state; }
  const ApiMarks& marks() const { return m_marks; }
  void start_with(const ApiTask& task) { m_added.push_back(task); }
  void know(const ApiTask& task, std::int64_t id) { m_ids.emplace_back(task, id); }
  void drop(const ApiTask& task) { m_done.push_back(task); }

  RecordSink& records() override { return *m_folds; }
  void mark(std::string_view stream, std::string_view value) override {
    m_answer_marks[std::string(stream)] = value;
  }
  std::string_view marked(std::string_view stream) const override {
    if (const auto found = m_answer_marks.find(stream); found != m_answer_marks.end()) {
      return found->second;
    }
    const auto found = m_marks.find(stream);
    return found == m_marks.end() ? std::string_view() : std::string_view(found->second);
  }
  void totals(const MailingTotals& totals) override { m_totals.push_back(totals); }
  void note(std::string_view text) override {
    if (std::find(m_notes.begin(), m_notes.end(), text) == m_notes.end()) {
      m_notes.emplace_back(text);
    }
  }

  void begin(const ApiTask&, const HttpResponse& answer) override {
    m_worker.begin_chunk(answer.body, m_answers++, 0);
  }
  void end(const ApiTask& task, bool read, const std::vector<ApiTask>& next) override {
    m_worker.end_chunk();
    m_stop = m_guard->met();
    read = read && !m_stop;
    for (auto& rejected : m_worker.take_rejected()) {
      if (read) {
        m_rejects.write(rejected, m_connection.adapter_id(), task_name(task));
      }
    }
    if (read) {
      m_done.push_back(task);
      m_added.insert(m_added.end(), next.begin(), next.end());
      for (auto& [stream, value] : m_answer_marks) {
        m_marks[stream] = value;
        m_changed_marks.insert(stream);
      }
    }
    m_answer_marks.clear();
    m_last = task.campaign;
  }

  std::optional<Error> stop() override {
    return m_stop ? std::optional(Error{ErrorCode::conflict,
                                        "events of a mailing that a file seems to have brought "
                                        "already; it goes on from here when that is settled",
                                        m_connection.name()})
                  : std::nullopt;
  }
  const TwinGuard& guard() const { return *m_guard; }

  /// Of the answer that was read last.
  const std::string& last_campaign() const { return m_last; }
  /// There is so much that it had better be written.
  bool full() {
    return m_worker.held_bytes() + m_session.held_bytes() >= k_most_held ||
           m_done.size() >= k_most_answers;
  }

  void flush(const std::function<bool()>& also = {}) {
    std::vector<Session::Harvest> harvests{m_worker.harvest()};
    m_session.flush(harvests, m_counts, "sync", false, [&] {
      keep_state();
      return also && also();
    });
    m_worker.clear();
  }

  /// Marks and tasks as they were before `full` go with the first flush.
  void forget() { m_forget = true; }

  ImportCounts counts() const {
    auto counts = m_worker.counts();
    counts.records = counts.events + counts.recipients + counts.campaigns;
    counts.fresh = m_counts.fresh;
    counts.duplicate = m_counts.duplicate;
    counts.new_recipients = m_counts.new_recipients;
    counts.changed_attributes = m_counts.changed_attributes;
    counts.erased += m_counts.erased;
    return counts;
  }
  const std::vector<std::string>& notes() const { return m_notes; }
  std::string rejects() const { return m_rejects.written(); }

  std::string task_name(const ApiTask& task) const {
    return m_connection.name() + ": " + task.step + (task.campaign.empty() ? "" : " of ") +
           task.campaign;
  }

private:
  void keep_state() {
    if (m_forget) {
      m_state.drop_tasks();
      m_state.forget_marks();
      for (const auto& [stream, value] : m_marks) {
        m_changed_marks.insert(stream);
      }
      m_forget = false;
    }
    for (const auto& task : m_added) {
      m_ids.emplace_back(task, m_state.add_task(to_json(task)));
    }
    m_added.clear();
    for (const auto& task : m_done) {
      const auto found = std::find_if(m_ids.begin(), m_ids.end(),
                                      [&task](const auto& one) { return one.first == task; });
      if (found != m_ids.end()) {
        m_state.drop_task(found->second);
        m_ids.erase(found);
      }
    }
    m_done.clear();
    for (const auto& stream : m_changed_marks) {
      m_state.set_mark(stream, m_marks[stream]);
    }
    m_changed_marks.clear();
    for (const auto& totals : m_totals) {
      for (const auto& [name, value] : k_totals) {
        if (const auto& number = totals.*value) {
          m_state.set_total(totals.campaign, name, static_cast<std::int64_t>(*number),
                            m_request.now);
        }
      }
    }
    m_totals.clear();
    for (const auto& [campaign, count] : m_folds->counts()) {
      const auto known = m_known_totals[campaign].find(k_folded_clicks);
      const auto before = known == m_known_totals[campaign].end() ? 0 : known->second;
      m_state.set_total(campaign, k_folded_clicks, before + static_cast<std::int64_t>(count),
                        m_request.now);
    }
  }

  ApiConnection& m_connection;
  const SyncRequest& m_request;
  Session m_session;
  Worker m_worker;
  std::uint32_t m_account;
  SyncState m_state;
  RejectsFile m_rejects;
  ImportCounts m_counts;
  std::optional<TwinGuard> m_guard;                // in front of the worker
  std::optional<FoldedClicks> m_folds;             // in front of that
  std::map<std::string, EspTotals> m_known_totals; // as they were before
  ApiMarks m_marks, m_answer_marks;                // as of now; of the answer that is being read
  std::set<std::string> m_changed_marks;
  std::vector<MailingTotals> m_totals;
  std::vector<std::string> m_notes;
  std::vector<ApiTask> m_added, m_done;                // since the last flush
  std::vector<std::pair<ApiTask, std::int64_t>> m_ids; // tasks that are stored
  std::string m_last;
  std::uint64_t m_answers = 0;
  bool m_forget = false, m_stop = false;
};

Seconds history_start(const AccountConfig& account, const SyncRequest& request) {
  return request.since ? *request.since : std::max<Seconds>(0, request.now - account.history);
}

PullRequest pull_request(const AccountConfig& account, const SyncRequest& request,
                         const ApiMarks& marks) {
  PullRequest pull;
  pull.now = request.now;
  pull.since = history_start(account, request);
  pull.full = request.full;
  for (const auto& [stream, value] : marks) {
    if (!own_mark(stream)) {
      pull.marks.emplace(stream, value);
    }
  }
  return pull;
}

/// Is a stored task one of those that a sync begins with, at its beginning?
bool begins_like(const ApiTask& stored, const std::vector<ApiTask>& tasks) {
  return std::any_of(tasks.begin(), tasks.end(), [&stored](const ApiTask& task) {
    return stored.step == task.step && stored.campaign == task.campaign &&
           stored.place == task.place && stored.since >= task.since;
  });
}

/// Some ESPs answer 403 to a key that is no longer good, as they do where a right is missing.
std::optional<Error> refused_all(const std::vector<TaskError>& failed) {
  const bool all = std::all_of(failed.begin(), failed.end(), [](const TaskError& one) {
    return one.error.code == ErrorCode::unauthorized;
  });
  if (failed.empty() || !all) {
    return std::nullopt;
  }
  auto error = failed.front().error;
  error.message += k_is_key_good;
  return error;
}

} // namespace

SyncSummary sync_account(Store& store, const Workspace& workspace, const SyncRequest& request,
                         const ConnectionSettings& settings, const SyncHooks& hooks) {
  ApiConnection connection(workspace, request.account, settings);
  if (!connection.api().can_pull()) {
    throw Failure({ErrorCode::usage,
                   fmt::format("account \"{}\": activity of {} can't be pulled; import its exports",
                               request.account, connection.adapter().title())});
  }
  const AccountLease lease(store.path(), request.account);
  const auto& account = connection.config();
  SyncSummary summary;
  summary.account = account.name;
  summary.adapter = account.esp;
  const auto number = [&] {
    const WriterLock lock(store.path());
    Transaction transaction(store.database());
    const auto id = Catalog(store.database()).account_id(account.name, account.esp);
    transaction.commit();
    return id;
  }();
  const bool first = request.full || SyncState(store.database(), number).marks().empty();
  if (first) {
    fold_inbox(store, workspace.threads);
  }
  SyncSink sink(store, workspace, connection, request, first);
  TaskRun run(connection, sink);
  const auto start = history_start(account, request);
  const auto tasks = connection.api().pull(pull_request(account, request, sink.marks()));
  if (request.full) {
    sink.forget();
  }
  using StoredTasks = decltype(sink.state().tasks());
  for (const auto& [id, json] : request.full ? StoredTasks() : sink.state().tasks()) { // cut off
    auto task = api_task(json);
    if (!task) {
      continue;
    }
    sink.know(*task, id);
    if (begins_like(*task, tasks)) {
      sink.drop(*task); // nothing came of it, and it is asked anew
    } else {
      run.add(*std::move(task));
    }
  }
  for (const auto& task : tasks) {
    sink.start_with(task);
    run.add(task);
  }
  run.wanted = [&](const ApiTask& task) { return !sink.guard().holds(task.campaign); };
  run.progress = [&](std::size_t left) {
    const auto& mailing = sink.last_campaign();
    if (sink.full() || (!mailing.empty() && !run.asks_of(mailing))) {
      sink.flush(); // with this it can be used
    }
    if (hooks.progress) {
      hooks.progress(account.name, run.requests(), left);
    }
  };
  summary.error = run.run();
  summary.failed = run.failed();
  if (!summary.error && !run.answered()) {
    summary.error = refused_all(summary.failed);
  }
  summary.left = run.left().size();
  const bool complete = summary.complete();
  sink.flush([&] {
    if (!complete || !connection.api().pulls_opens()) {
      return false;
    }
    const auto known = parse_time(sink.marked(k_since));
    const auto from =
        known && !sink.marked(k_since).empty() ? std::min(known->seconds, start) : start;
    sink.state().set_mark(k_since, format_time(from));
    sink.state().set_mark(k_complete, format_time(request.now));
    return sink.state().set_coverage(from, request.now);
  });
  summary.counts = sink.counts();
  summary.requests = run.requests();
  summary.notes = sink.notes();
  summary.twins = sink.guard().found();
  summary.rejects = sink.rejects();
  return summary;
}

SyncEstimate estimate_sync(Store& store, const Workspace& workspace, const SyncRequest& request,
                           const ConnectionSettings& settings) {
  ApiConnection connection(workspace, request.account, settings);
  const auto& api = connection.api();
  SyncEstimate estimate;
  estimate.account = request.account;
  estimate.adapter = connection.adapter_id();

  struct Sink : AnswerSink {
    const ApiMarks* known = nullptr;
    ApiMarks marks;
    void mark(std::string_view stream, std::string_view value) override {
      marks[std::string(stream)] = value;
    }
    std::string_view marked(std::string_view stream) const override {
      for (const auto* map : {&marks, known}) {
        if (const auto found = map->find(stream); found != map->end()) {
          return found->second;
        }
      }
      return {};
    }
  } sink;
  ApiMarks known;
  for (const auto& stored : Catalog(store.database()).accounts()) {
    if (stored.name == request.account && !request.full) {
      known = SyncState(store.database(), stored.id).marks();
    }
  }
  sink.known = &known;
  TaskRun run(connection, sink);
  run.wanted = [&api](const ApiTask& task) { return api.discovers(task); };
  for (auto& task : api.pull(pull_request(connection.config(), request, known))) {
    run.add(std::move(task));
  }
  estimate.error = run.run();
  std::set<std::string> mailings;
  estimate.calls = static_cast<double>(run.requests());
  const auto limits = api.limits();
  std::vector<double> of_path(limits.paths.size(), 0);
  for (const auto& task : run.left()) {
    estimate.calls += task.calls;
    const auto url = api.request(task).url;
    const auto path = parse_uri(url).path;
    const auto slow =
        std::find_if(limits.paths.begin(), limits.paths.end(),
                     [path](const PathLimit& limit) { return path.starts_with(limit.path); });
    if (slow != limits.paths.end()) {
      of_path[static_cast<std::size_t>(slow - limits.paths.begin())] += task.calls;
    }
    estimate.by_step[task.step] += task.calls;
    if (!task.campaign.empty() && task.rank > 0) {
      mailings.insert(task.campaign);
    }
  }
  estimate.mailings = mailings.size();
  const auto share = connection.config().quota_share;
  if (limits.per_second > 0) {
    estimate.seconds = estimate.calls / (limits.per_second * share);
  }
  for (std::size_t i = 0; i < of_path.size(); ++i) {
    estimate.seconds =
        std::max(estimate.seconds, of_path[i] / (limits.paths[i].per_second * share));
  }
  if (limits.per_day > 0) {
    estimate.of_a_day = estimate.calls / limits.per_day;
  }
  return estimate;
}

} // namespace mailfunnel
