#pragma once
// A client whose clock stands still and jumps over every wait.

#include "net/http_client.hpp"
#include "support/test_server.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace mailfunnel {

/// Time that passes only where somebody waits. Outlives the client.
struct FakeTime {
  mutable std::mutex mutex;
  Moment moment{std::chrono::hours(1)};
  std::vector<Milliseconds> waits;

  void use_in(NetworkSettings& settings) {
    settings.now = [this] {
      const std::lock_guard lock(mutex);
      return moment;
    };
    settings.sleep = [this](Milliseconds span) {
      const std::lock_guard lock(mutex);
      waits.push_back(span);
      moment += span;
    };
    settings.wall_clock = [] { return Seconds{1'760'000'000}; }; // 2025-10-09T08:53:20Z
    settings.random = [] { return 0.5; };
  }
};

struct ClientCase {
  FakeTime time;
  NetworkSettings settings;
  HostRules rules;
  std::vector<std::string> lines; // of the log; to be read when no request is under way

  explicit ClientCase(const TestServer& server) : ClientCase(server.origin()) {}
  explicit ClientCase(std::string origin) {
    time.use_in(settings);
    settings.log = [this](std::string_view line) { lines.emplace_back(line); };
    rules.origins = {std::move(origin)};
  }

  /// Made when it is first needed, so that settings and rules can be changed before.
  HttpClient& client() {
    if (!m_client) {
      m_client = std::make_unique<HttpClient>(settings, rules);
    }
    return *m_client;
  }
  Result<HttpResponse> get(const std::string& path = "/") { return send("GET", path); }
  Result<HttpResponse> post(std::string body = "{}", bool repeatable = false) {
    return send("POST", "/", std::move(body), repeatable);
  }
  Result<HttpResponse> send(std::string method, const std::string& path, std::string body = {},
                            bool repeatable = false) {
    HttpRequest request;
    request.method = std::move(method);
    request.url = rules.origins.front() + path;
    request.body = std::move(body);
    request.repeatable = repeatable;
    return client().send(std::move(request));
  }
  void close() { m_client.reset(); }

private:
  std::unique_ptr<HttpClient> m_client;
};

/// "200 body", or "unreachable: message".
inline std::string brief(const Result<HttpResponse>& result) {
  if (result) {
    return std::to_string(result->status) + " " + result->body;
  }
  return result.error().message;
}

} // namespace mailfunnel
