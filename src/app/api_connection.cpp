#include "app/api_connection.hpp"

#include "base/uri.hpp"
#include "net/http_client.hpp"
#include "net/transcript.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

namespace mailfunnel {

namespace {

constexpr unsigned k_most_tries = 4;    // of an answer that can't be read
constexpr unsigned k_most_looks = 6;    // at a job that is not told of
constexpr unsigned k_longest_look = 60; // seconds between two of them
constexpr std::size_t k_longest_words = 300;
constexpr std::size_t k_room = std::size_t{8} << 20;   // for answers that wait to be read
constexpr std::size_t k_unseen = std::size_t{4} << 20; // of an answer to a step that is new

/// Takes records that nobody asked for.
class NoRecords : public RecordSink {
public:
  Wants wants() const override { return {}; }
  void accept(const EventView&) override {}
  void accept(const RecipientView&) override {}
  void accept(const Campaign&, std::string_view) override {}
  void reject(std::string_view, std::string_view) override {}
};

const AccountConfig& account_of(const Workspace& workspace, const std::string& name) {
  const auto* found = workspace.config.account(name);
  if (found == nullptr) {
    std::vector<std::string> known;
    for (const auto& one : workspace.config.accounts) {
      known.push_back(one.name);
    }
    throw Failure(
        {ErrorCode::usage, fmt::format("the config has no account \"{}\"{}", name,
                                       known.empty() ? std::string(": give it one with [[account]]")
                                                     : ": it has " + join(known, ", "))});
  }
  if (found->archived) {
    throw Failure({ErrorCode::usage, fmt::format("account \"{}\" is archived: it has no key and is "
                                                 "not talked to",
                                                 name)});
  }
  return *found;
}

/// Path of a URL, without what it asks for: addresses may stand there.
std::string_view path_of(std::string_view url) {
  return parse_uri(url).path;
}

} // namespace

bool has_api_keys(const AccountConfig& account, const Adapter& adapter) {
  const auto known = adapter.account_keys();
  return std::any_of(known.begin(), known.end(), [&account](const AccountKey& one) {
    return account.keys.contains(std::string(one.name));
  });
}

std::vector<std::string> pulled_accounts(const Workspace& workspace) {
  std::vector<std::string> out;
  for (const auto& account : workspace.config.accounts) {
    const auto* adapter = workspace.registry.find(account.esp);
    if (!account.archived && adapter != nullptr && adapter->has_pull() &&
        has_api_keys(account, *adapter)) {
      out.push_back(account.name);
    }
  }
  return out;
}

ApiConnection::ApiConnection(const Workspace& workspace, const std::string& account,
                             const ConnectionSettings& settings)
    : m_name(account), m_config(&account_of(workspace, account)),
      m_adapter(workspace.registry.find(m_config->esp)), m_settings(settings) {
  m_account.base_url = m_config->base_url;
  m_account.list = m_config->list;
  m_account.zone = m_config->zone;
  m_account.zone_given = m_config->zone_given;
  const auto known = m_adapter->account_keys();
  for (const auto& [name, key] : m_config->keys) {
    const bool is_secret =
        std::any_of(known.begin(), known.end(), [&name = name](const AccountKey& one) {
          return one.secret && one.name == name;
        });
    if (!is_secret) {
      m_account.settings[name] = key.text;
      continue;
    }
    const auto source = key.secret.value_or(SecretSource{SecretSource::From::text, key.text});
    auto secret = read_secret(source, workspace.folder);
    if (!secret) {
      throw Failure({ErrorCode::usage,
                     fmt::format("account \"{}\": {}: {}", account, name, secret.error().message)});
    }
    m_account.secrets[name] = *std::move(secret);
  }
  open();
  if (m_settings.sender) {
    m_sender = m_settings.sender(*m_api, m_account, m_config->quota_share);
    return;
  }
  const auto limits = m_api->limits();
  HostRules rules;
  rules.origins = m_api->origins();
  rules.per_second = limits.per_second * m_config->quota_share;
  rules.burst = std::max(1.0, limits.burst * m_config->quota_share);
  rules.connections = limits.connections;
  for (const auto& limit : limits.paths) {
    rules.paths.emplace_back(limit.path, limit.per_second * m_config->quota_share);
  }
  for (const auto& [name, secret] : m_account.secrets) {
    rules.secrets.push_back(secret);
  }
  auto network = network_settings_from_environment();
  network.ca_file = workspace.config.ca_file;
  network.stopped = m_settings.stopped;
  network.log = m_settings.log;
  m_sender = std::make_unique<HttpClient>(std::move(network), rules);
  if (!m_settings.record.empty()) {
    auto recorder = Recorder::open(*m_sender, m_settings.record, rules.secrets);
    if (!recorder) {
      throw Failure(recorder.error());
    }
    m_recorder = *std::move(recorder);
  }
}

void ApiConnection::open() {
  auto api = m_adapter->open_api(m_account);
  if (!api) {
    auto error = api.error();
    error.message = fmt::format("account \"{}\": {}", m_name, error.message);
    error.code = ErrorCode::usage;
    throw Failure(error);
  }
  m_api = *std::move(api);
}

void ApiConnection::sleep(unsigned seconds) {
  if (m_settings.sleep) {
    m_settings.sleep(seconds);
    m_skipped += std::chrono::seconds(seconds);
    return;
  }
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  while (!stopped() && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

bool ApiConnection::refresh() {
  const auto task = m_api->refresh();
  if (!task) {
    return false;
  }
  struct Sink : AnswerSink {
    Secrets secrets;
    void secret(std::string_view name, std::string_view value) override {
      secrets[std::string(name)] = value;
    }
  } sink;
  const auto answer = sender().send(m_api->request(*task));
  if (!answer || !answer->ok() || !m_api->read(*task, *answer, sink) || sink.secrets.empty()) {
    return false;
  }
  for (auto& [name, value] : sink.secrets) {
    sender().hide(value);
    m_account.secrets[name] = value;
  }
  open();
  return true;
}

bool may_pass(ErrorCode code) {
  constexpr std::array k_codes{ErrorCode::bad_syntax, ErrorCode::io, ErrorCode::unreachable,
                               ErrorCode::unanswered, ErrorCode::throttled};
  return std::find(k_codes.begin(), k_codes.end(), code) != k_codes.end();
}

RecordSink& AnswerSink::records() {
  static NoRecords none; // without state
  return none;
}

// ---- the run
// -------------------------------------------------------------------------------------

void TaskRun::add(ApiTask task) {
  m_waiting.push_back({std::move(task), m_order++});
  if (m_waiting.back().task.wait != 0) {
    m_waiting.back().due = m_connection.now() + std::chrono::seconds(m_waiting.back().task.wait);
  }
}

bool TaskRun::before(const Waiting& a, const Waiting& b) const {
  return std::tuple(-a.task.rank, a.order) < std::tuple(-b.task.rank, b.order);
}

/// The first that is due; false where there is none.
bool TaskRun::take_next(Waiting& out) {
  const auto now = m_connection.now();
  auto best = m_waiting.end();
  for (auto it = m_waiting.begin(); it != m_waiting.end(); ++it) {
    if (it->due <= now && (!wanted || wanted(it->task)) &&
        (best == m_waiting.end() || before(*it, *best))) {
      best = it;
    }
  }
  if (best == m_waiting.end()) {
    return false;
  }
  out = std::move(*best);
  *best = std::move(m_waiting.back());
  m_waiting.pop_back();
  return true;
}

bool TaskRun::has_room() const {
  std::size_t expected = 0;
  for (const auto& asked : m_asked) {
    const auto seen = m_largest.find(asked.waiting.task.step);
    expected += seen == m_largest.end() ? k_unseen : seen->second;
  }
  return expected < k_room;
}

std::optional<Error> TaskRun::run() {
  const std::size_t most = std::max(1U, m_connection.api().limits().connections);
  while (!m_connection.stopped()) {
    Waiting next;
    while (m_asked.size() < most && has_room() && take_next(next)) {
      ask(std::move(next));
    }
    if (m_asked.empty()) {
      const bool more = std::any_of(m_waiting.begin(), m_waiting.end(), [this](const Waiting& one) {
        return !wanted || wanted(one.task);
      });
      if (!more) {
        return std::nullopt;
      }
      m_connection.sleep(1); // all that is left waits for a job of the ESP
      continue;
    }
    auto asked = std::move(m_asked.front());
    m_asked.pop_front();
    if (auto error = read(asked)) {
      return error;
    }
    if (progress) {
      progress(m_waiting.size() + m_asked.size());
    }
  }
  return Error{ErrorCode::stopped, "stopped; it goes on from here the next time",
               m_connection.name()};
}

void TaskRun::ask(Waiting waiting) {
  ++m_requests;
  waiting.tokens = m_tokens;
  auto request = m_connection.api().request(waiting.task);
  m_asked.push_back({std::move(waiting), m_connection.sender().start(std::move(request))});
}

std::optional<Error> TaskRun::read(Asked& asked) {
  auto& waiting = asked.waiting;
  const auto answer = asked.answer.get();
  if (!answer) {
    return fail(waiting, answer.error());
  }
  auto& largest = m_largest[waiting.task.step];
  largest = std::max(largest, answer->body.size());
  const auto& api = m_connection.api();
  if (!answer->ok() && !api.understands(waiting.task, answer->status)) {
    return refused(waiting, *answer);
  }
  m_sink.begin(waiting.task, *answer);
  const auto read = api.read(waiting.task, *answer, m_sink);
  const auto next = std::exchange(m_sink.m_next, {});
  m_sink.end(waiting.task, bool(read), next);
  if (auto error = m_sink.stop()) {
    return fail(waiting, *std::move(error), true);
  }
  if (!read) {
    if (read.error().code == ErrorCode::unauthorized) {
      return again_with_new_token(waiting) ? std::nullopt : fail(waiting, read.error(), true);
    }
    if (read.error().code == ErrorCode::bad_syntax && waiting.tries + 1 < k_most_tries &&
        waiting.task.body.empty()) {
      const auto seconds = 1U << waiting.tries;
      again(std::move(waiting), seconds);
      return std::nullopt;
    }
    return fail(waiting, read.error());
  }
  m_answered = m_answered || answer->ok();
  for (const auto& task : next) {
    add(task);
  }
  return std::nullopt;
}

void TaskRun::again(Waiting waiting, unsigned seconds) {
  ++waiting.tries;
  waiting.due = m_connection.now() + std::chrono::seconds(seconds);
  m_waiting.push_back(std::move(waiting));
}

bool TaskRun::again_with_new_token(Waiting& waiting) {
  const bool is_new_since = waiting.tokens != m_tokens; // by the answer to another task
  if (waiting.had_new_token || (!is_new_since && !m_connection.refresh())) {
    return false;
  }
  m_tokens += is_new_since ? 0 : 1;
  waiting.had_new_token = true;
  m_waiting.push_back(std::move(waiting));
  return true;
}

bool TaskRun::ask_about_job(Waiting& waiting, const HttpResponse& answer) {
  if (waiting.task.wait == 0 || (answer.status != 404 && answer.status < 500)) {
    return false;
  }
  if (waiting.tries + 1 < k_most_looks) {
    const auto seconds = std::min(waiting.task.wait << waiting.tries, k_longest_look);
    again(std::move(waiting), seconds);
    return true;
  }
  return restart(waiting, answer);
}

bool TaskRun::begin_list_anew(const Waiting& waiting, const HttpResponse& answer) {
  constexpr std::array k_unknown{400, 404, 410};
  const bool unknown =
      std::find(k_unknown.begin(), k_unknown.end(), answer.status) != k_unknown.end();
  return unknown && waiting.task.wait == 0 && !waiting.task.place.empty() &&
         restart(waiting, answer);
}

bool TaskRun::restart(const Waiting& waiting, const HttpResponse& answer) {
  auto anew = m_connection.api().restart(waiting.task);
  if (!anew ||
      !m_restarted
           .insert(fmt::format("{} {} {} {}", anew->step, anew->campaign, anew->memo, anew->until))
           .second) {
    return false;
  }
  m_sink.begin(waiting.task, answer);
  m_sink.end(waiting.task, true, {*anew});
  add(*std::move(anew));
  return true;
}

/// An answer that is none of ours: 401 leads to a new token, once a task.
std::optional<Error> TaskRun::refused(Waiting& waiting, const HttpResponse& answer) {
  if (answer.status == 401 && again_with_new_token(waiting)) {
    return std::nullopt;
  }
  if (ask_about_job(waiting, answer) || begin_list_anew(waiting, answer)) {
    return std::nullopt;
  }
  const auto words = m_connection.api().problem(answer);
  const auto request = m_connection.api().request(waiting.task);
  Error error{answer.status == 401 || answer.status == 403 ? ErrorCode::unauthorized
              : answer.status == 404                       ? ErrorCode::not_found
                                                           : ErrorCode::io,
              fmt::format("{} {}: {}{}", request.method, path_of(request.url), answer.status,
                          words.empty() ? "" : ": " + printable(words, k_longest_words))};
  if (answer.status == 401) {
    error.message += k_is_key_good;
  }
  return fail(waiting, std::move(error), answer.status == 401);
}

/// Of some errors all that follow would have the same; `all`: of this one too.
std::optional<Error> TaskRun::fail(Waiting& waiting, Error error, bool all) {
  constexpr std::array k_of_all{ErrorCode::unreachable, ErrorCode::untrusted, ErrorCode::throttled,
                                ErrorCode::stopped, ErrorCode::usage};
  if (error.source.empty()) {
    error.source = m_connection.name();
  }
  if (all || std::find(k_of_all.begin(), k_of_all.end(), error.code) != k_of_all.end()) {
    m_waiting.push_back(std::move(waiting));
    return error;
  }
  m_failed.push_back({std::move(waiting.task), std::move(error)});
  return std::nullopt;
}

bool TaskRun::asks_of(std::string_view campaign) const {
  const auto is_of = [campaign](const auto& task) { return task.campaign == campaign; };
  return std::any_of(m_waiting.begin(), m_waiting.end(),
                     [&](const Waiting& one) { return is_of(one.task); }) ||
         std::any_of(m_asked.begin(), m_asked.end(),
                     [&](const Asked& one) { return is_of(one.waiting.task); });
}

std::vector<ApiTask> TaskRun::left() const {
  std::vector<ApiTask> out;
  for (const auto& waiting : m_waiting) {
    out.push_back(waiting.task);
  }
  for (const auto& asked : m_asked) {
    out.push_back(asked.waiting.task);
  }
  return out;
}

} // namespace mailfunnel
