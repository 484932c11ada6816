#pragma once
// The only sender of requests: HTTPS/1.1 on Boost.Asio and OpenSSL, with retries, limits and a pool
// of kept-alive connections. One client an account; it has one thread of its own.
//
// TLS 1.2 or later, chain and host name are always checked; nothing switches that off.
// Redirects are not followed. Bodies come decoded, with k_padding bytes behind their end.
//
// What is sent again, up to `retry.attempts` times:
//
//   what came                          GET, HEAD, `repeatable`   others
//   no connection, nothing sent        yes                       yes
//   sent, no whole answer              yes                       no: `unanswered`
//   429                                yes, the account waits    the same
//   503 with Retry-After               yes, the account waits    the same
//   502, 504: of a gateway             yes                       no: `unanswered`
//   408, 500, 503                      yes                       no: the answer
//
// How it ends:
//
//   an answer      any status but 3xx with a Location and 429; 5xx when it stays so
//   usage          the URL is none, or not of HostRules::origins; a header that is ours; settings
//   unreachable    no connection (DNS, refused, timed out, proxy), or the origin failed too often
//   of
//                  late: nothing was done
//   untrusted      certificate or protocol; the message says which and what to do
//   unanswered     sent, and no answer came, also as it was stopped meanwhile: it may have been
//   done throttled      429 to the last, or a Retry-After beyond `retry.retry_after`, with the
//   moment unsupported    a redirect; an answer that is too large, or in an encoding that is not
//   ours stopped        `stopped` said so, or the client was destroyed; it was not sent, or may be
//   repeated
//
// Errors carry the URL without secrets as their source.

#include "net/http_sender.hpp"
#include "net/settings.hpp"

#include <memory>

namespace mailfunnel {

class HttpClient : public HttpSender {
public:
  /// Never fails: what is wrong with the settings is the `usage` error of every request.
  HttpClient(NetworkSettings settings, HostRules rules);
  /// What is under way ends with `stopped`.
  ~HttpClient() override;

  std::future<Result<HttpResponse>> start(HttpRequest request) override;
  void hide(std::string_view secret) override;

  struct Engine; // of http_client.cpp

private:
  std::unique_ptr<Engine> m_engine;
};

} // namespace mailfunnel
