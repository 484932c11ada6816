// Everything happens on one thread: requests are posted to it, wait in a queue for one of the
// account's places, and each runs as a coroutine (`run`) to its end. A request keeps its place
// while it waits to be sent again; so an origin in trouble gets fewer requests, not more.
#include "net/http_client.hpp"

#include "base/text.hpp"
#include "net/connection_pool.hpp"
#include "net/coroutine.hpp"
#include "net/pace.hpp"
#include "net/request_head.hpp"
#include "net/retry.hpp"
#include "net/secret_mask.hpp"
#include "net/target.hpp"
#include "net/tls.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <random>
#include <thread>

namespace mailfunnel {

namespace {

namespace asio = boost::asio;
using Fate = Attempt::Fate;
using Clock = std::chrono::steady_clock;

constexpr Milliseconds k_poll{100};

/// A request on its way.
struct Job {
  Job(asio::io_context& io, HttpRequest what, Target where, std::string masked)
      : request(std::move(what)), target(std::move(where)), url(std::move(masked)), timer(io) {}

  HttpRequest request;
  Target target;
  std::string url; // for others to see
  std::promise<Result<HttpResponse>> promise;
  asio::steady_timer timer;               // what it waits on where it has no connection
  std::shared_ptr<Connection> connection; // in use
  bool stopped = false;

  void stop() {
    stopped = true;
    timer.cancel();
    if (connection) {
      connection->close();
    }
  }
};
using JobPtr = std::shared_ptr<Job>;

Error stopped_error() {
  return {ErrorCode::stopped, "stopped before the answer came"};
}

/// Only now, as the mask must know what came to be a secret since.
Result<HttpResponse> masked(const SecretMask& mask, const Job& job, Result<HttpResponse> result) {
  if (result) {
    return result;
  }
  auto error = std::move(result).error();
  error.source = job.url;
  error.message = mask.mask(error.message);
  return error;
}

std::mt19937_64 seeded() {
  std::random_device device;
  return std::mt19937_64((std::uint64_t{device()} << 32) | device());
}

} // namespace

struct HttpClient::Engine {
  Engine(NetworkSettings given, HostRules told);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Set once, then read by all threads.
  NetworkSettings settings;
  HostRules rules;
  std::vector<std::string> origins;
  std::optional<Proxy> proxy;
  std::optional<Error> fault; // of the settings
  SecretMask mask;

  // What follows belongs to the thread.
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(io);
  asio::steady_timer watch_timer{io};
  bool watched = false;
  bool closing = false;
  std::unique_ptr<asio::ssl::context> tls; // made when it is first needed
  std::deque<JobPtr> queue;
  std::vector<JobPtr> running;
  ConnectionPool pool;
  std::map<std::string, Breaker> breakers; // by origin
  TokenBucket bucket;
  PathPace paths;
  Moment closed_until{}; // for all requests of the account
  std::mt19937_64 generator = seeded();
  std::thread thread;

  std::optional<Error> read_settings();
  Result<Target> admit(const HttpRequest& request) const;

  Moment now() const { return settings.now ? settings.now() : Clock::now(); }
  Seconds wall_clock() const;
  double random();
  bool stop_asked() const { return closing || (settings.stopped && settings.stopped()); }
  void log(const Job& job, unsigned attempt, Moment began, const Attempt& came,
           const Next& next) const;

  void take_in(JobPtr job);
  void dispatch();
  void leave(const JobPtr& job);
  void finish(const JobPtr& job, Result<HttpResponse> result);
  void stop_all();
  Breaker& breaker_of(const std::string& origin);
  const Proxy* proxy_for(const Target& target) const;
  std::optional<Error> need_tls();
};

namespace {

using Engine = HttpClient::Engine;

/// Waits until the moment; at once where the request is stopped.
asio::awaitable<void> wait_until(Engine* engine, JobPtr job, Moment moment) {
  while (!job->stopped && engine->now() < moment) {
    const auto rest = std::chrono::ceil<Milliseconds>(moment - engine->now());
    if (engine->settings.sleep) {
      engine->settings.sleep(rest);
      job->stopped = engine->stop_asked();
    } else {
      job->timer.expires_after(rest);
      co_await job->timer.async_wait(k_tuple);
    }
  }
}

/// Waits until the account lets one more request go; an error where it is not to go at all.
asio::awaitable<std::optional<Error>> wait_for_turn(Engine* engine, JobPtr job) {
  const auto of_path = engine->paths.take(job->target.path, engine->now());
  co_await wait_until(engine, job, of_path);
  const auto ready = engine->bucket.take(engine->now());
  co_await wait_until(engine, job, ready);
  while (!job->stopped && engine->now() < engine->closed_until) { // it may have moved meanwhile
    const auto rest = std::chrono::ceil<std::chrono::seconds>(engine->closed_until - engine->now());
    if (rest > engine->settings.retry.retry_after) {
      co_return asked_to_wait(rest, engine->wall_clock());
    }
    co_await wait_until(engine, job, engine->closed_until);
  }
  if (job->stopped) {
    co_return stopped_error();
  }
  co_return std::nullopt;
}

/// A new connection in job->connection, or why there is none.
asio::awaitable<std::optional<Attempt>> connect_job(Engine* engine, JobPtr job, Moment end) {
  if (job->target.tls) {
    if (auto fault = engine->need_tls()) {
      Attempt none;
      none.error = std::move(*fault);
      co_return none;
    }
  }
  job->connection = std::make_shared<Connection>(engine->io);
  job->connection->end = end;
  Route route{};
  route.io = &engine->io;
  route.timer = &job->timer;
  route.settings = &engine->settings;
  route.tls = engine->tls.get();
  route.proxy = engine->proxy_for(job->target);
  route.target = &job->target;
  auto fault = co_await connect(route, job->connection.get());
  co_return fault;
}

/// One attempt. A connection of the pool that turns out to have been closed does not count as one.
asio::awaitable<Attempt> try_once(Engine* engine, JobPtr job) {
  const auto end = Clock::now() + engine->settings.limits.whole;
  const auto origin = job->target.origin();
  job->connection = engine->pool.take(origin, is_repeatable(job->request));
  for (;;) {
    if (!job->connection) {
      auto fault = co_await connect_job(engine, job, end);
      if (fault) {
        job->connection.reset();
        co_return std::move(*fault);
      }
    }
    job->connection->end = end;
    auto came =
        co_await exchange(job->connection.get(), &job->request, &job->target, &engine->settings);
    auto connection = std::move(job->connection);
    job->connection.reset();
    if (came.reusable && !job->stopped) {
      engine->pool.give(origin, std::move(connection));
    }
    const bool harmless = came.attempt.fate == Fate::not_sent || is_repeatable(job->request);
    if (!came.stale || !harmless || job->stopped) {
      co_return std::move(came.attempt);
    }
  }
}

std::optional<Error> redirect_of(const HttpResponse& answer) {
  const auto location = answer.header("location");
  if (answer.status < 300 || answer.status >= 400 || answer.status == 304 || location.empty()) {
    return std::nullopt;
  }
  const auto to = parse_target(location);
  return Error{ErrorCode::unsupported,
               fmt::format("status {}: redirected to {}, which is not followed; if the API has "
                           "moved there, change the account's base URL",
                           answer.status, to ? to->origin() : printable(location))};
}

Error left_alone(const std::string& host, unsigned failures) {
  return {ErrorCode::unreachable,
          fmt::format("the last {} requests to {} failed, so it is left alone for a while; nothing "
                      "was sent",
                      failures, host)};
}

/// The error of a request that was stopped in the middle of an attempt.
std::optional<Error> cut_short(const Job& job, const Attempt& came) {
  if (!job.stopped || came.fate == Fate::answered) { // an answer that came is not thrown away
    return std::nullopt;
  }
  if (came.fate == Fate::lost && !is_repeatable(job.request)) {
    return Error{ErrorCode::unanswered,
                 "stopped before the answer came; it may have been carried out"};
  }
  return stopped_error();
}

/// What the one who asked gets in the end.
Result<HttpResponse> outcome(Attempt came, Next next) {
  if (next.error) {
    return std::move(*next.error);
  }
  if (auto redirect = redirect_of(came.answer)) {
    return std::move(*redirect);
  }
  return std::move(came.answer);
}

/// The whole way of a request but for its place.
asio::awaitable<Result<HttpResponse>> perform(Engine* engine, JobPtr job) {
  auto& breaker = engine->breaker_of(job->target.origin());
  if (!breaker.admits(engine->now())) {
    co_return left_alone(job->target.host, breaker.failures());
  }
  for (unsigned attempt = 1;; ++attempt) {
    auto hindrance = co_await wait_for_turn(engine, job);
    const auto began = engine->now();
    Attempt came;
    if (!hindrance) {
      came = co_await try_once(engine, job);
      hindrance = cut_short(*job, came);
    }
    if (hindrance) {
      breaker.dropped();
      co_return std::move(*hindrance);
    }
    auto next = after_attempt(engine->settings.retry, job->request, came, attempt, engine->random(),
                              engine->wall_clock());
    engine->log(*job, attempt, began, came, next);
    const auto moment = engine->now() + next.wait;
    constexpr int k_too_many = 429;
    if (came.fate == Attempt::Fate::answered && came.answer.status == k_too_many &&
        came.answer.header("Retry-After").empty() && // else that is the wait
        engine->paths.told(job->target.path, moment, engine->now())) {
      next.whole_account = next.again; // its turn is the wait
    } else if (next.whole_account) {
      engine->closed_until = std::max(engine->closed_until, moment);
    }
    if (next.again && job->stopped) {
      breaker.dropped();
      co_return stopped_error();
    }
    if (!next.again) {
      breaker.ended(next.failed, engine->now());
      co_return outcome(std::move(came), std::move(next));
    }
    if (!next.whole_account) {
      co_await wait_until(engine, job, moment);
    }
  }
}

asio::awaitable<void> run(Engine* engine, JobPtr job) {
  std::exception_ptr exception; // of a function in the settings, or no memory
  try {
    auto result = co_await perform(engine, job);
    engine->finish(job, std::move(result));
  } catch (...) {
    exception = std::current_exception();
  }
  if (exception) {
    engine->leave(job);
    job->promise.set_exception(exception);
  }
}

/// Asks `stopped` while there are requests.
asio::awaitable<void> watch(Engine* engine) {
  while (!engine->running.empty() && !engine->closing) {
    engine->watch_timer.expires_after(k_poll);
    co_await engine->watch_timer.async_wait(k_tuple);
    if (engine->stop_asked()) {
      engine->stop_all();
    }
  }
  engine->watched = false;
}

} // namespace

HttpClient::Engine::Engine(NetworkSettings given, HostRules told)
    : settings(std::move(given)), rules(std::move(told)), mask(rules.secrets),
      pool(std::max(rules.connections, 1U)), bucket(rules.per_second, rules.burst),
      paths(rules.paths) {
  fault = read_settings();
  thread = std::thread([this] { io.run(); });
}

HttpClient::Engine::~Engine() {
  asio::post(io, [this] {
    closing = true;
    stop_all();
    watch_timer.cancel();
    pool.clear();
    work.reset();
  });
  thread.join();
}

std::optional<Error> HttpClient::Engine::read_settings() {
  for (const auto& text : rules.origins) {
    const auto target = parse_target(text);
    if (!target) {
      return Error{ErrorCode::usage, target.error().message, mask.mask_url(text)};
    }
    origins.push_back(target->origin());
  }
  auto parsed = parse_proxy(settings.proxy);
  if (!parsed) {
    return parsed.error();
  }
  proxy = std::move(*parsed);
  if (proxy) {
    mask.add(proxy->secret);
  }
  return std::nullopt;
}

/// May this request be sent at all?
Result<Target> HttpClient::Engine::admit(const HttpRequest& request) const {
  if (fault) {
    return *fault;
  }
  MF_TRY(target, parse_target(request.url));
  if (std::ranges::find(origins, target.origin()) == origins.end()) {
    return Error{ErrorCode::usage, fmt::format("{} is not a server of this account ({})",
                                               target.origin(), join(origins, ", "))};
  }
  MF_CHECK(check_head(request));
  return target;
}

Seconds HttpClient::Engine::wall_clock() const {
  if (settings.wall_clock) {
    return settings.wall_clock();
  }
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

double HttpClient::Engine::random() {
  return settings.random ? settings.random()
                         : std::uniform_real_distribution<double>(0, 1)(generator);
}

/// "GET https://api.example.com/v3/lists 429, 85 ms, attempt 1; waits 2.5 s"
void HttpClient::Engine::log(const Job& job, unsigned attempt, Moment began, const Attempt& came,
                             const Next& next) const {
  if (!settings.log) {
    return;
  }
  const auto took = std::chrono::duration_cast<Milliseconds>(now() - began);
  const auto what = came.fate == Fate::answered ? std::to_string(came.answer.status)
                                                : mask.mask(came.error.message);
  auto line = fmt::format("{} {} {}, {} ms", job.request.method, job.url, what, took.count());
  if (attempt > 1 || next.again) {
    line += fmt::format(", attempt {}", attempt);
  }
  if (next.again) {
    line += fmt::format("; waits {} s", static_cast<double>(next.wait.count()) / 1000);
  }
  settings.log(line);
}

void HttpClient::Engine::take_in(JobPtr job) {
  queue.push_back(std::move(job));
  if (stop_asked()) {
    stop_all();
  }
  dispatch();
}

/// Gives free places to those that wait for one.
void HttpClient::Engine::dispatch() {
  while (!queue.empty() && running.size() < std::max(rules.connections, 1U)) {
    auto job = std::move(queue.front());
    queue.pop_front();
    running.push_back(job);
    asio::co_spawn(io, run(this, std::move(job)), asio::detached);
  }
  if (!running.empty() && !watched && settings.stopped) {
    watched = true;
    asio::co_spawn(io, watch(this), asio::detached);
  }
}

/// Gives its place back.
void HttpClient::Engine::leave(const JobPtr& job) {
  std::erase(running, job);
  dispatch();
}

void HttpClient::Engine::finish(const JobPtr& job, Result<HttpResponse> result) {
  leave(job);
  job->promise.set_value(masked(mask, *job, std::move(result)));
}

void HttpClient::Engine::stop_all() {
  for (const auto& job : running) {
    job->stop();
  }
  auto waiting = std::move(queue);
  queue.clear();
  for (const auto& job : waiting) {
    job->promise.set_value(masked(mask, *job, stopped_error()));
  }
}

Breaker& HttpClient::Engine::breaker_of(const std::string& origin) {
  return breakers.try_emplace(origin, settings.breaker).first->second;
}

const Proxy* HttpClient::Engine::proxy_for(const Target& target) const {
  const bool through = proxy && target.tls && !bypasses_proxy(target, settings.no_proxy);
  return through ? &*proxy : nullptr;
}

std::optional<Error> HttpClient::Engine::need_tls() {
  if (!tls) {
    auto made = make_tls_context(settings.ca_file);
    if (!made) {
      return Error{ErrorCode::usage, made.error().text()};
    }
    tls = std::move(*made);
  }
  return std::nullopt;
}

HttpClient::HttpClient(NetworkSettings settings, HostRules rules)
    : m_engine(std::make_unique<Engine>(std::move(settings), std::move(rules))) {}

HttpClient::~HttpClient() = default;

std::future<Result<HttpResponse>> HttpClient::start(HttpRequest request) {
  auto url = m_engine->mask.mask_url(request.url);
  auto target = m_engine->admit(request);
  if (!target) {
    std::promise<Result<HttpResponse>> refused;
    auto error = std::move(target).error();
    error.message = m_engine->mask.mask(error.message);
    if (error.source.empty()) {
      error.source = std::move(url);
    }
    refused.set_value(std::move(error));
    return refused.get_future();
  }
  auto job =
      std::make_shared<Job>(m_engine->io, std::move(request), std::move(*target), std::move(url));
  auto answer = job->promise.get_future();
  asio::post(m_engine->io,
             [engine = m_engine.get(), job = std::move(job)] { engine->take_in(job); });
  return answer;
}

void HttpClient::hide(std::string_view secret) {
  m_engine->mask.add(secret);
}

} // namespace mailfunnel
