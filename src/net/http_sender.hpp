#pragma once
// Whoever sends HTTP requests: HttpClient over the network, Recorder and Replayer for transcripts,
// a fake in tests. What calls an API takes an HttpSender&.

#include "adapter/http_message.hpp"
#include "base/result.hpp"

#include <future>
#include <string_view>
#include <utility>

namespace mailfunnel {

class HttpSender {
public:
  HttpSender() = default;
  HttpSender(const HttpSender&) = delete;
  HttpSender& operator=(const HttpSender&) = delete;
  virtual ~HttpSender() = default;

  /// Sends in the background. Every final answer is a value, also "404 Not Found"; an Error says
  /// that there is none, and its code whether the request may have been carried out
  /// (`unanswered`, and nothing else). May be called by many threads.
  virtual std::future<Result<HttpResponse>> start(HttpRequest request) = 0;

  /// From now on no log line, message or transcript shows this text: an access token that came in
  /// an answer.
  virtual void hide(std::string_view /*secret*/) {}

  Result<HttpResponse> send(HttpRequest request) { return start(std::move(request)).get(); }
};

} // namespace mailfunnel
