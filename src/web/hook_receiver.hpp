#pragma once
// Receives the webhooks of one workspace: checks who sent them, reads them once to see that they
// can be read, and answers 2xx when they are durable in the spool. Many requests share one fsync.
//
//   200  it is durable, or was before (the same request again)
//   400  the body is not what the ESP sends
//   401  signature, password or key are missing or wrong
//   404  no such account
//   405  neither GET, HEAD nor POST
//   503  with Retry-After: too much waits, the disk is full, or a certificate can't be fetched; 429
//        where that is what the ESP comes again after (WebhookSender::busy_status)
//
// GET and HEAD are handshakes: they are answered 200 and carry no event.

#include "app/workspace.hpp"
#include "base/event_log.hpp"
#include "store/hook_spool.hpp"
#include "web/exchange.hpp"
#include "web/metrics.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace mailfunnel {

struct ReceiverSettings {
  std::string workspace;               // a label; "" where there is one only
  std::size_t queue_bytes = 32U << 20; // that wait to become durable
  std::size_t queue_requests = 20'000; // likewise
  std::function<Seconds()> now;
  /// GET of a URL that an adapter asks for; its body.
  std::function<Result<std::string>(const std::string& url)> fetch;
  std::function<void()> arrived; // something new is in the spool
};

/// A webhook_key or webhook_secret and what else an account's webhooks are checked by; read when
/// this is made. Failure (usage): a secret can't be had.
struct HookEndpoint {
  std::string account, adapter_id;
  const Adapter* adapter = nullptr;
  Secrets secrets;
  TimeZone zone = nullptr;
  bool zone_given = false;
  int busy = 503;  // the status by which its platform comes again
  std::string gap; // why all are refused; "": they are not
};
std::map<std::string, HookEndpoint, std::less<>> hook_endpoints(const Workspace& workspace);

class HookReceiver {
public:
  using Endpoints = std::map<std::string, HookEndpoint, std::less<>>;

  /// All of these outlive it.
  HookReceiver(Endpoints endpoints, HookSpool& spool, ReceiverSettings settings, Metrics& metrics,
               EventLog& log);
  HookReceiver(const HookReceiver&) = delete;
  HookReceiver& operator=(const HookReceiver&) = delete;
  ~HookReceiver(); // makes durable and answers what waits

  /// `account`: as the path names it. From any thread.
  void take(const std::string& account, WebRequest request, Reply reply);
  void replace(Endpoints endpoints); // the config was read again
  /// By which the account's platform is told to come again later; 503 where there is no such
  /// account.
  int busy_status(std::string_view account);

private:
  struct Waiting {
    SpooledHook hook;
    std::string digest;
    Reply reply;
    int busy = 0; // as its endpoint's
  };
  using EndpointsPtr = std::shared_ptr<const Endpoints>;

  /// An answer, or nothing: it is to be kept.
  std::optional<HttpResponse> check(const HookEndpoint& endpoint, WebRequest& request, Seconds now);
  Result<std::string> certificate(const std::string& url);
  bool known(const std::string& digest);
  void remember(std::string digest);
  void outcome(const std::string& account, const char* what);
  void tell_gaps(const Endpoints& endpoints);
  void run();
  void commit(std::deque<Waiting> group);

  HookSpool& m_spool;
  ReceiverSettings m_settings;
  Metrics& m_metrics;
  EventLog& m_log;

  std::mutex m_fetching; // of the one certificate that is fetched, and of when the next may be
  std::chrono::steady_clock::time_point m_fetch_again{};

  std::mutex m_mutex; // of all below
  std::condition_variable m_wake;
  EndpointsPtr m_endpoints;
  std::map<std::string, std::string> m_certificates; // by URL
  std::deque<Waiting> m_queue;
  std::size_t m_queued_bytes = 0; // also of the group that is written now
  std::size_t m_queued = 0;
  std::map<std::string, bool> m_digests; // of requests that are durable
  std::deque<std::string> m_order;       // of m_digests, oldest first
  bool m_stopping = false;
  std::thread m_thread;
};

} // namespace mailfunnel
