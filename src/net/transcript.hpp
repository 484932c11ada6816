#pragma once
// Requests and answers kept in a file, and given from it again: what an API answers, without the
// API. A line of JSON for each request, in the order in which the answers came:
//
//   {"request":{"method":"GET","url":"https://…","headers":[["Accept","text/csv"]],"body":""},
//    "answer":{"status":200,"headers":[["Date","…"]],"body":"…"}}
//
// or "error":{"code":"unreachable","message":"…"} in the place of "answer"; a body that is no UTF-8
// is "body_base64". Secrets are masked everywhere, and what signs in (Authorization, Cookie …) is
// left out, tokens of OAuth answers are masked; addresses of people are not: a transcript is as
// confidential as the mailing.

#include "net/http_sender.hpp"
#include "net/secret_mask.hpp"

#include <cstdio>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace mailfunnel {

/// Passes requests on to another sender, which outlives it, and writes the transcript. Outlives the
/// futures that it gave.
class Recorder : public HttpSender {
public:
  /// The file is written anew, readable by its owner only. The error is `io`.
  static Result<std::unique_ptr<Recorder>> open(HttpSender& inner, const std::string& path,
                                                const std::vector<std::string>& secrets);

  std::future<Result<HttpResponse>> start(HttpRequest request) override;
  void hide(std::string_view secret) override;

private:
  using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
  Recorder(HttpSender& inner, File file, const std::vector<std::string>& secrets)
      : m_inner(inner), m_file(std::move(file)), m_mask(secrets) {}
  /// The error, where the line can't be written: an incomplete transcript is worth nothing.
  Result<HttpResponse> write(const std::string& request, Result<HttpResponse> came);

  HttpSender& m_inner;
  std::mutex m_mutex; // of the file
  File m_file;
  SecretMask m_mask;
};

/// Answers from a transcript. Equal requests get their answers in the order of the file, requests
/// that differ in any order. One that is not in it, or not as often, is a `not_found` that names
/// the difference to the nearest. `secrets` are those of the requests that will come.
class Replayer : public HttpSender {
public:
  static Result<std::unique_ptr<Replayer>> open(const std::string& path,
                                                const std::vector<std::string>& secrets);

  std::future<Result<HttpResponse>> start(HttpRequest request) override;
  void hide(std::string_view secret) override { m_mask.add(secret); }
  /// How many recorded answers nobody asked for.
  std::size_t unused() const;

private:
  explicit Replayer(const std::vector<std::string>& secrets) : m_mask(secrets) {}
  Result<void> read(std::string_view text);
  Result<HttpResponse> answer(const HttpRequest& request);

  mutable std::mutex m_mutex;
  std::map<std::string, std::deque<Result<HttpResponse>>> m_answers; // by request, as JSON
  SecretMask m_mask;
};

} // namespace mailfunnel
