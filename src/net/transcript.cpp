#include "net/transcript.hpp"

#include "base/base64.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <tuple>

namespace mailfunnel {

namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 4> k_sign_in{"authorization", "proxy-authorization",
                                                    "cookie", "set-cookie"};

constexpr std::array k_codes{
    std::pair{ErrorCode::unreachable, std::string_view("unreachable")},
    std::pair{ErrorCode::untrusted, std::string_view("untrusted")},
    std::pair{ErrorCode::unanswered, std::string_view("unanswered")},
    std::pair{ErrorCode::throttled, std::string_view("throttled")},
    std::pair{ErrorCode::stopped, std::string_view("stopped")},
    std::pair{ErrorCode::unsupported, std::string_view("unsupported")},
    std::pair{ErrorCode::usage, std::string_view("usage")},
};

std::string_view name_of(ErrorCode code) {
  const auto* found = std::ranges::find(k_codes, code, &decltype(k_codes)::value_type::first);
  return found == k_codes.end() ? "io" : found->second;
}

ErrorCode code_of(std::string_view name) {
  const auto* found = std::ranges::find(k_codes, name, &decltype(k_codes)::value_type::second);
  return found == k_codes.end() ? ErrorCode::io : found->first;
}

bool signs_in(std::string_view header) {
  return std::ranges::any_of(k_sign_in,
                             [header](std::string_view name) { return iequals(name, header); });
}

std::string decode_base64(std::string_view text) {
  std::string out(text.size() / 4 * 3 + 3, '\0');
  const auto size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                    reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()));
  const auto padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  out.resize(static_cast<std::size_t>(std::max(size - padding, 0)));
  return out;
}

// Values to JSON.

json::array headers_to_json(const HttpHeaders& headers, const SecretMask& mask) {
  json::array out;
  for (const auto& [name, value] : headers) {
    if (!signs_in(name)) {
      out.push_back(json::array{json::string(name), json::string(to_utf8(mask.mask(value)))});
    }
  }
  return out;
}

void body_to_json(json::object& out, const std::string& body, const SecretMask& mask) {
  const auto masked = mask.mask(body);
  if (valid_utf8(masked)) {
    out["body"] = masked;
  } else {
    out["body_base64"] = base64_encode(masked);
  }
}

/// The one form of a request, by which it is found again.
std::string request_to_json(const HttpRequest& request, const SecretMask& mask) {
  auto headers = request.headers;
  std::ranges::sort(headers, {}, [](const auto& header) {
    return std::pair(lower(header.first), header.second);
  });
  json::object out;
  out["method"] = request.method;
  out["url"] = to_utf8(mask.mask(request.url));
  out["headers"] = headers_to_json(headers, mask);
  body_to_json(out, request.body, mask);
  return json::serialize(out);
}

std::string answer_to_json(const Result<HttpResponse>& came, const SecretMask& mask) {
  json::object out;
  if (came) {
    out["status"] = came->status;
    out["headers"] = headers_to_json(came->headers, mask);
    body_to_json(out, came->body, mask);
  } else {
    out["code"] = name_of(came.error().code);
    out["message"] = to_utf8(mask.mask(came.error().message));
  }
  return json::serialize(out);
}

/// An answer with a token (RFC 6749, 5.1) is written before whoever asked for it can call hide().
void hide_tokens(std::string_view body, SecretMask& mask) {
  for (const auto* name : {"access_token", "refresh_token", "id_token"}) {
    const auto value = json_member(body, name);
    if (value.size() > 2 && value.starts_with('"')) {
      mask.add(value.substr(1, value.size() - 2));
    }
  }
}

// JSON to values. A member that is missing or of another kind reads as empty.

std::string text_of(const json::object& object, std::string_view name) {
  const auto* member = object.if_contains(name);
  const auto* text = member == nullptr ? nullptr : member->if_string();
  return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

const json::object* object_of(const json::object& object, std::string_view name) {
  const auto* member = object.if_contains(name);
  return member == nullptr ? nullptr : member->if_object();
}

std::string body_of(const json::object& object) {
  auto body = object.contains("body_base64") ? decode_base64(text_of(object, "body_base64"))
                                             : text_of(object, "body");
  body.reserve(body.size() + k_padding);
  return body;
}

HttpHeaders headers_of(const json::object& object) {
  HttpHeaders out;
  const auto* member = object.if_contains("headers");
  const auto* list = member == nullptr ? nullptr : member->if_array();
  for (const auto& header : list == nullptr ? json::array() : *list) {
    const auto* pair = header.if_array();
    if (pair != nullptr && pair->size() == 2 && (*pair)[0].is_string() && (*pair)[1].is_string()) {
      const auto& name = (*pair)[0].get_string();
      const auto& value = (*pair)[1].get_string();
      out.emplace_back(std::string(name.data(), name.size()),
                       std::string(value.data(), value.size()));
    }
  }
  return out;
}

HttpRequest request_of(const json::object& object) {
  return {text_of(object, "method"), text_of(object, "url"), headers_of(object), body_of(object)};
}

HttpRequest request_of(const std::string& recorded) {
  const auto value = json::parse(recorded);
  return request_of(value.get_object());
}

HttpResponse answer_of(const json::object& object) {
  const auto* status = object.if_contains("status");
  const bool number = status != nullptr && status->is_int64();
  return {number ? static_cast<int>(status->get_int64()) : 0, headers_of(object), body_of(object)};
}

// Differences.

std::string_view without_query(std::string_view url) {
  return url.substr(0, url.find('?'));
}

/// How much two requests are alike; the most alike one is compared.
auto likeness(const HttpRequest& a, const HttpRequest& b) {
  return std::tuple(a.method == b.method && without_query(a.url) == without_query(b.url),
                    a.url == b.url, a.method == b.method, a.body == b.body);
}

/// What stands in both where they part.
std::string parting(std::string_view what, std::string_view recorded, std::string_view asked) {
  constexpr std::size_t k_before = 20;
  constexpr std::size_t k_shown = 60;
  const auto [left, right] = std::ranges::mismatch(recorded, asked);
  const auto at = static_cast<std::size_t>(left - recorded.begin());
  const auto from = at - std::min(at, k_before);
  return fmt::format("the {} parts at byte {}: recorded \"{}\", asked \"{}\"", what, at,
                     printable(recorded.substr(from), k_shown),
                     printable(asked.substr(from), k_shown));
}

std::string header_difference(const HttpHeaders& recorded, const HttpHeaders& asked) {
  for (const auto& [name, value] : recorded) {
    if (header_of(asked, name) != value) {
      return fmt::format("the header {}: recorded \"{}\", asked \"{}\"", name, printable(value),
                         printable(header_of(asked, name)));
    }
  }
  for (const auto& [name, value] : asked) {
    if (header_of(recorded, name) != value) {
      return fmt::format("the header {} is not in the recorded one", name);
    }
  }
  return "the order of its headers";
}

std::string difference(const HttpRequest& recorded, const HttpRequest& asked) {
  if (recorded.method != asked.method) {
    return fmt::format("the method: recorded {}, asked {}", recorded.method, asked.method);
  }
  if (recorded.url != asked.url) {
    return parting("URL", recorded.url, asked.url);
  }
  if (recorded.headers != asked.headers) {
    return header_difference(recorded.headers, asked.headers);
  }
  return parting("body", recorded.body, asked.body);
}

std::future<Result<HttpResponse>> ready(Result<HttpResponse> result) {
  std::promise<Result<HttpResponse>> promise;
  promise.set_value(std::move(result));
  return promise.get_future();
}

} // namespace

Result<std::unique_ptr<Recorder>> Recorder::open(HttpSender& inner, const std::string& path,
                                                 const std::vector<std::string>& secrets) {
  const int handle = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  File file(handle < 0 ? nullptr : ::fdopen(handle, "w"), std::fclose);
  if (!file) {
    return Error{ErrorCode::io,
                 std::string("the transcript can't be written: ") + std::strerror(errno), path};
  }
  return std::unique_ptr<Recorder>(new Recorder(inner, std::move(file), secrets));
}

std::future<Result<HttpResponse>> Recorder::start(HttpRequest request) {
  auto recorded = request_to_json(request, m_mask);
  return std::async(std::launch::async, [this, recorded = std::move(recorded),
                                         answer = m_inner.start(std::move(request))]() mutable {
    return write(recorded, answer.get());
  });
}

void Recorder::hide(std::string_view secret) {
  m_mask.add(secret);
  m_inner.hide(secret);
}

Result<HttpResponse> Recorder::write(const std::string& request, Result<HttpResponse> came) {
  if (came) {
    hide_tokens(came->body, m_mask);
  }
  const auto line = fmt::format("{{\"request\":{},\"{}\":{}}}\n", request,
                                came ? "answer" : "error", answer_to_json(came, m_mask));
  const std::lock_guard lock(m_mutex);
  if (std::fwrite(line.data(), 1, line.size(), m_file.get()) != line.size() ||
      std::fflush(m_file.get()) != 0) {
    return Error{ErrorCode::io, "the transcript can't be written"};
  }
  return came;
}

Result<std::unique_ptr<Replayer>> Replayer::open(const std::string& path,
                                                 const std::vector<std::string>& secrets) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file) {
    return Error{ErrorCode::io, "the transcript can't be read", path};
  }
  std::unique_ptr<Replayer> out(new Replayer(secrets));
  if (auto done = out->read(text); !done) {
    auto error = std::move(done).error();
    error.source = path;
    return error;
  }
  return out;
}

Result<void> Replayer::read(std::string_view text) {
  std::uint64_t number = 0;
  while (!text.empty()) {
    ++number;
    const auto line = trim(next_line(text));
    if (line.empty()) {
      continue;
    }
    boost::system::error_code ec;
    const auto value = json::parse({line.data(), line.size()}, ec);
    const auto* record = ec ? nullptr : value.if_object();
    const auto* request = record == nullptr ? nullptr : object_of(*record, "request");
    const auto* answer = record == nullptr ? nullptr : object_of(*record, "answer");
    const auto* error = record == nullptr ? nullptr : object_of(*record, "error");
    if (request == nullptr || (answer == nullptr) == (error == nullptr)) {
      return Error{ErrorCode::bad_syntax,
                   "no line of a transcript: an object with request, and answer or error",
                   {},
                   number};
    }
    auto& answers = m_answers[request_to_json(request_of(*request), m_mask)];
    if (answer != nullptr) {
      answers.emplace_back(answer_of(*answer));
    } else {
      answers.emplace_back(Error{code_of(text_of(*error, "code")), text_of(*error, "message")});
    }
  }
  return {};
}

std::future<Result<HttpResponse>> Replayer::start(HttpRequest request) {
  const std::lock_guard lock(m_mutex);
  auto came = answer(request);
  if (!came) {
    auto error = std::move(came).error();
    error.source = m_mask.mask_url(request.url);
    return ready(std::move(error));
  }
  return ready(std::move(came));
}

Result<HttpResponse> Replayer::answer(const HttpRequest& request) {
  const auto asked = request_to_json(request, m_mask);
  const auto found = m_answers.find(asked);
  if (found != m_answers.end()) {
    if (found->second.empty()) {
      return Error{ErrorCode::not_found, "this request was recorded, but not so often"};
    }
    auto came = std::move(found->second.front());
    found->second.pop_front();
    return came;
  }
  if (m_answers.empty()) {
    return Error{ErrorCode::not_found, "the transcript is empty"};
  }
  const auto wanted = request_of(asked);
  HttpRequest nearest;
  for (const auto& [recorded, answers] : m_answers) {
    auto candidate = request_of(recorded);
    if (nearest.url.empty() || likeness(candidate, wanted) > likeness(nearest, wanted)) {
      nearest = std::move(candidate);
    }
  }
  return Error{ErrorCode::not_found, "not in the transcript; the nearest request there differs: " +
                                         difference(nearest, wanted)};
}

std::size_t Replayer::unused() const {
  const std::lock_guard lock(m_mutex);
  std::size_t count = 0;
  for (const auto& [request, answers] : m_answers) {
    count += answers.size();
  }
  return count;
}

} // namespace mailfunnel
