#include "web/hook_receiver.hpp"

#include "adapter/signature.hpp"
#include "adapter/webhook.hpp"
#include "adapter/webhook_sender.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>

namespace mailfunnel {

namespace {

constexpr std::size_t k_remembered = 20'000;            // requests
constexpr std::size_t k_certificates = 16;              // URLs
constexpr std::size_t k_group = std::size_t{8} << 20;   // bytes that are written at once
constexpr std::chrono::seconds k_fetch_rest{10};        // after a certificate could not be had
constexpr unsigned k_come_again = 5, k_disk_pause = 30; // seconds, for Retry-After

/// Headers that no reader has use for and nobody should find in a file.
bool kept_header(std::string_view name) {
  return !iequals(name, "Authorization") && !iequals(name, "Cookie") &&
         !iequals(name, "Proxy-Authorization");
}

/// Counts what a request holds.
class CountingSink : public RecordSink {
public:
  Wants wants() const override { return {}; }
  void accept(const EventView& event) override { ++kinds[static_cast<std::size_t>(event.kind)]; }
  void accept(const RecipientView&) override { ++others; }
  void accept(const Campaign&, std::string_view) override { ++others; }
  void reject(std::string_view why, std::string_view) override {
    ++rejected;
    first = first.empty() ? std::string(why) : first;
  }

  std::array<std::uint64_t, k_event_kinds> kinds{};
  std::uint64_t others = 0, rejected = 0;
  std::string first; // reason of a rejected one
};

HttpResponse refused(const Error& error) {
  auto out = error_response(401, error.message);
  out.headers.emplace_back("WWW-Authenticate", "Basic realm=\"webhooks\"");
  return out;
}

std::string digest_of_request(const std::string& account, const HttpRequest& request) {
  return digest_of(Digest::sha256, account + '\n' + request.body);
}

} // namespace

std::map<std::string, HookEndpoint, std::less<>> hook_endpoints(const Workspace& workspace) {
  HookReceiver::Endpoints out;
  for (const auto& account : workspace.config.accounts) {
    const auto* adapter = workspace.registry.find(account.esp);
    if (adapter == nullptr || !adapter->has_webhook() || account.archived) {
      continue;
    }
    HookEndpoint endpoint;
    endpoint.account = account.name;
    endpoint.adapter_id = account.esp;
    endpoint.adapter = adapter;
    endpoint.zone = account.zone;
    endpoint.zone_given = account.zone_given;
    for (const auto& [name, key] : account.hook_keys) {
      if (!key.secret) {
        endpoint.secrets[name] = key.text;
        continue;
      }
      auto secret = read_secret(*key.secret, workspace.folder);
      if (!secret) {
        throw Failure({ErrorCode::usage, fmt::format("account \"{}\": {}: {}", account.name, name,
                                                     secret.error().message)});
      }
      endpoint.secrets[name] = *std::move(secret);
    }
    const auto& sender = webhook_sender(*adapter);
    endpoint.busy = sender.busy_status();
    endpoint.gap = sender.webhook_gap(endpoint.secrets);
    out.emplace(account.name, std::move(endpoint));
  }
  return out;
}

HookReceiver::HookReceiver(Endpoints endpoints, HookSpool& spool, ReceiverSettings settings,
                           Metrics& metrics, EventLog& log)
    : m_spool(spool), m_settings(std::move(settings)), m_metrics(metrics), m_log(log),
      m_endpoints(std::make_shared<const Endpoints>(std::move(endpoints))),
      m_thread([this] { run(); }) {
  tell_gaps(*m_endpoints);
}

HookReceiver::~HookReceiver() {
  {
    const std::lock_guard lock(m_mutex);
    m_stopping = true;
  }
  m_wake.notify_all();
  m_thread.join();
}

void HookReceiver::replace(Endpoints endpoints) {
  auto fresh = std::make_shared<const Endpoints>(std::move(endpoints));
  tell_gaps(*fresh);
  const std::lock_guard lock(m_mutex);
  m_endpoints = std::move(fresh);
}

int HookReceiver::busy_status(std::string_view account) {
  const std::lock_guard lock(m_mutex);
  const auto place = m_endpoints->find(account);
  return place == m_endpoints->end() ? 503 : place->second.busy;
}

void HookReceiver::tell_gaps(const Endpoints& endpoints) {
  for (const auto& [account, endpoint] : endpoints) {
    if (!endpoint.gap.empty()) {
      m_log.warning("webhooks are refused", {{"account", account}, {"why", endpoint.gap}});
    }
  }
}

void HookReceiver::outcome(const std::string& account, const char* what) {
  m_metrics.count("mailfunnel_webhook_requests_total",
                  {{"workspace", m_settings.workspace}, {"account", account}, {"outcome", what}});
}

Result<std::string> HookReceiver::certificate(const std::string& url) {
  {
    const std::lock_guard lock(m_mutex);
    if (const auto found = m_certificates.find(url); found != m_certificates.end()) {
      return found->second;
    }
  }
  // Whoever asks is not known yet: one at a time, and a rest after a failure, so that no request
  // keeps the others waiting.
  const std::unique_lock fetching(m_fetching, std::try_to_lock);
  const auto now = std::chrono::steady_clock::now();
  if (!fetching.owns_lock() || now < m_fetch_again) {
    return Error{ErrorCode::unreachable, "another one is fetched, or could not be a moment ago"};
  }
  auto fetched = m_settings.fetch(url);
  if (fetched && !public_key_of(*fetched)) {
    fetched = Error{ErrorCode::bad_syntax, "what is there is no certificate", url};
  }
  if (!fetched) {
    m_fetch_again = std::chrono::steady_clock::now() + k_fetch_rest;
    return fetched;
  }
  auto text = *std::move(fetched);
  const std::lock_guard lock(m_mutex);
  if (m_certificates.size() >= k_certificates) {
    m_certificates.clear();
  }
  m_certificates[url] = text;
  return text;
}

bool HookReceiver::known(const std::string& digest) {
  const std::lock_guard lock(m_mutex);
  return m_digests.contains(digest);
}

void HookReceiver::remember(std::string digest) { // the mutex is held
  if (!m_digests.emplace(digest, true).second) {
    return;
  }
  m_order.push_back(std::move(digest));
  if (m_order.size() > k_remembered) {
    m_digests.erase(m_order.front());
    m_order.pop_front();
  }
}

std::optional<HttpResponse> HookReceiver::check(const HookEndpoint& endpoint, WebRequest& request,
                                                Seconds now) {
  const auto& adapter = *endpoint.adapter;
  const auto refuse = [&](const Error& error) {
    outcome(endpoint.account, "refused");
    m_log.warning("webhook refused",
                  {{"account", endpoint.account}, {"from", request.peer}, {"why", error.message}});
    return refused(error);
  };
  auto secrets = endpoint.secrets;
  const auto needs = adapter.webhook_needs(request.http, secrets);
  if (!needs) {
    return refuse(needs.error());
  }
  if (!needs->certificate.empty()) {
    auto text = certificate(needs->certificate);
    if (!text) {
      outcome(endpoint.account, "failed");
      m_log.error("webhook not checked", {{"account", endpoint.account},
                                          {"certificate", needs->certificate},
                                          {"why", text.error().text()}});
      return error_response(endpoint.busy, "the certificate can't be fetched", k_come_again);
    }
    secrets["certificate"] = *std::move(text);
  }
  if (const auto checked = adapter.check_webhook(request.http, secrets, now); !checked) {
    return refuse(checked.error());
  }
  CountingSink counts;
  const auto read =
      adapter.read_webhook(request.http, {now, endpoint.zone, endpoint.zone_given}, counts);
  if (!read) {
    outcome(endpoint.account, "unreadable");
    m_log.warning("webhook not readable",
                  {{"account", endpoint.account}, {"why", read.error().message}});
    return error_response(400, read.error().message);
  }
  if (!needs->confirmation.empty()) {
    const auto answer = m_settings.fetch(needs->confirmation);
    if (!answer) {
      m_log.error("subscription not confirmed",
                  {{"account", endpoint.account}, {"why", answer.error().text()}});
      return error_response(endpoint.busy, "the confirmation did not go through", k_come_again);
    }
    m_log.info("subscription confirmed", {{"account", endpoint.account}});
  }
  if (known(digest_of_request(endpoint.account, request.http))) {
    outcome(endpoint.account, "repeated");
    return json_response(200, "{\"taken\":true,\"repeated\":true}\n");
  }
  for (std::size_t kind = 0; kind < counts.kinds.size(); ++kind) {
    if (counts.kinds[kind] != 0) {
      m_metrics.count("mailfunnel_webhook_events_total",
                      {{"workspace", m_settings.workspace},
                       {"account", endpoint.account},
                       {"adapter", endpoint.adapter_id},
                       {"kind", std::string(name_of(static_cast<EventKind>(kind)))}},
                      static_cast<double>(counts.kinds[kind]));
    }
  }
  if (counts.rejected != 0) {
    m_metrics.count("mailfunnel_webhook_rejects_total",
                    {{"workspace", m_settings.workspace}, {"account", endpoint.account}},
                    static_cast<double>(counts.rejected));
    m_log.warning("records rejected", {{"account", endpoint.account},
                                       {"count", std::to_string(counts.rejected)},
                                       {"first", counts.first}});
  }
  return std::nullopt;
}

void HookReceiver::take(const std::string& account, WebRequest request, Reply reply) {
  EndpointsPtr endpoints;
  {
    const std::lock_guard lock(m_mutex);
    endpoints = m_endpoints;
  }
  const auto found = endpoints->find(account);
  if (found == endpoints->end()) {
    return reply(error_response(404, "no account of that name takes webhooks here"));
  }
  const auto& endpoint = found->second;
  if (request.http.method == "GET" || request.http.method == "HEAD") {
    return reply(text_response(200, "this is where webhooks go\n"));
  }
  if (request.http.method != "POST") {
    auto response = error_response(405, "a webhook is a POST");
    response.headers.emplace_back("Allow", "GET, HEAD, POST");
    return reply(std::move(response));
  }
  const auto now = m_settings.now();
  if (auto answer = check(endpoint, request, now)) {
    return reply(*std::move(answer));
  }
  Waiting waiting;
  waiting.busy = endpoint.busy;
  waiting.digest = digest_of_request(endpoint.account, request.http);
  waiting.hook.account = endpoint.account;
  waiting.hook.received = now;
  waiting.hook.url = std::move(request.http.url);
  for (auto& header : request.http.headers) {
    if (kept_header(header.first)) {
      waiting.hook.headers.push_back(std::move(header));
    }
  }
  waiting.hook.body = std::move(request.http.body);
  waiting.reply = std::move(reply);
  const auto bytes = waiting.hook.bytes();
  {
    const std::lock_guard lock(m_mutex);
    if (!m_stopping && m_queued_bytes + bytes <= m_settings.queue_bytes &&
        m_queued < m_settings.queue_requests) {
      m_queued_bytes += bytes;
      ++m_queued;
      m_queue.push_back(std::move(waiting));
      m_wake.notify_one();
      return;
    }
  }
  outcome(endpoint.account, "busy");
  waiting.reply(error_response(endpoint.busy, "too much waits to be written", k_come_again));
}

void HookReceiver::run() {
  for (;;) {
    std::deque<Waiting> group;
    {
      std::unique_lock lock(m_mutex);
      m_wake.wait(lock, [this] { return m_stopping || !m_queue.empty(); });
      if (m_queue.empty()) {
        return;
      }
      std::size_t bytes = 0;
      while (!m_queue.empty() && bytes < k_group) {
        bytes += m_queue.front().hook.bytes();
        group.push_back(std::move(m_queue.front()));
        m_queue.pop_front();
      }
      m_metrics.set("mailfunnel_webhook_queue_requests", static_cast<double>(m_queued),
                    {{"workspace", m_settings.workspace}});
      m_metrics.set("mailfunnel_webhook_queue_bytes", static_cast<double>(m_queued_bytes),
                    {{"workspace", m_settings.workspace}});
    }
    commit(std::move(group));
  }
}

void HookReceiver::commit(std::deque<Waiting> group) {
  std::vector<const SpooledHook*> hooks;
  std::size_t bytes = 0;
  for (const auto& one : group) {
    hooks.push_back(&one.hook);
    bytes += one.hook.bytes();
  }
  std::optional<Error> fault;
  const auto began = std::chrono::steady_clock::now();
  try {
    m_spool.append(hooks);
  } catch (const Failure& failure) {
    fault = failure.error;
  } catch (const std::exception& other) { // no memory
    fault = Error{ErrorCode::io, other.what()};
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  m_metrics.observe("mailfunnel_webhook_commit_seconds", took.count(),
                    {{"workspace", m_settings.workspace}});
  {
    const std::lock_guard lock(m_mutex);
    m_queued_bytes -= bytes;
    m_queued -= group.size();
    for (auto& one : group) {
      if (!fault) {
        remember(std::move(one.digest));
      }
    }
  }
  std::map<std::string, double> by_account;
  for (auto& one : group) {
    by_account[one.hook.account] += 1;
    one.reply(fault
                  ? error_response(one.busy, "it can't be written: " + fault->message, k_disk_pause)
                  : json_response(200, "{\"taken\":true}\n"));
  }
  for (const auto& [account, count] : by_account) {
    m_metrics.count("mailfunnel_webhook_requests_total",
                    {{"workspace", m_settings.workspace},
                     {"account", account},
                     {"outcome", fault ? "failed" : "taken"}},
                    count);
    m_metrics.set("mailfunnel_account_last_event_timestamp_seconds",
                  static_cast<double>(m_settings.now()),
                  {{"workspace", m_settings.workspace}, {"account", account}});
  }
  if (fault) {
    m_log.error("webhooks not written",
                {{"requests", std::to_string(group.size())}, {"why", fault->text()}});
  } else if (m_settings.arrived) {
    m_settings.arrived();
  }
}

} // namespace mailfunnel
