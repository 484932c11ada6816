#include "adapter/api_request.hpp"

#include "base/base64.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"

#include <charconv>

namespace mailfunnel {

namespace {

/// Where the path of a URL begins, after scheme and host.
std::size_t path_of(std::string_view url) {
  const auto scheme = url.find("://");
  return std::min(url.find('/', scheme == std::string_view::npos ? 0 : scheme + 3), url.size());
}

} // namespace

std::string base_url(const ApiAccount& account, std::string_view usual) {
  std::string_view given = account.base_url;
  while (given.ends_with('/')) {
    given.remove_suffix(1);
  }
  if (given.empty()) {
    return std::string(usual);
  }
  const bool has_path = path_of(given) != given.size();
  return std::string(given) + std::string(has_path ? "" : usual.substr(path_of(usual)));
}

std::string origin_of(std::string_view url) {
  return std::string(url.substr(0, path_of(url)));
}

std::string url_path(std::string_view url) {
  return std::string(url.substr(path_of(url)));
}

UrlQuery::UrlQuery(
    std::initializer_list<std::pair<std::string_view, std::string_view>> parameters) {
  for (const auto& [name, value] : parameters) {
    add(name, value);
  }
}

UrlQuery& UrlQuery::add(std::string_view name, std::string_view value) {
  if (!value.empty()) {
    m_text.append(m_text.empty() ? "?" : "&");
    m_text.append(percent_encode(name)).append("=").append(percent_encode(value));
  }
  return *this;
}

UrlQuery& UrlQuery::add(std::string_view name, std::int64_t value) {
  return add(name, std::string_view(std::to_string(value)));
}

HttpRequest get_request(std::string url) {
  HttpRequest request;
  request.method = "GET";
  request.url = std::move(url);
  request.headers.emplace_back("Accept", "application/json");
  return request;
}

HttpRequest json_request(std::string method, std::string url, std::string body) {
  HttpRequest request;
  request.method = std::move(method);
  request.url = std::move(url);
  request.headers = {{"Accept", "application/json"}, {"Content-Type", "application/json"}};
  request.body = std::move(body);
  return request;
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string basic_authorization(std::string_view user, std::string_view password) {
  return "Basic " + base64_encode(std::string(user) + ":" + std::string(password));
}

std::string bearer_authorization(std::string_view token) {
  return "Bearer " + std::string(token);
}

std::string iso_offset_time(Seconds time) {
  auto text = format_time(time);
  text.pop_back(); // Z
  return text + "+00:00";
}

Result<JsonAnswer> read_json(const HttpResponse& answer) {
  JsonAnswer out;
  simdjson::dom::parser parser; // goes at once: the document is all that is needed
  const auto& body = answer.body;
  const bool copy = body.capacity() < body.size() + k_padding; // the HTTP client's need none
  const auto parsed = parser.parse_into_document(*out.m_document, body.data(), body.size(), copy);
  if (parsed.error() != simdjson::SUCCESS) {
    const auto begin = trim(std::string_view(answer.body).substr(0, 200));
    return Error{ErrorCode::bad_syntax, begin.empty()
                                            ? std::string("an empty answer where JSON was expected")
                                            : "the answer is no JSON: " + printable(begin, 80)};
  }
  out.m_root = Json(parsed);
  return out;
}

Result<void> need_list(const Json& list, std::string_view name) {
  if (list.is_array()) {
    return {};
  }
  return Error{ErrorCode::bad_syntax, "the answer has no list \"" + std::string(name) + "\""};
}

std::string scalar_text(const Json& value) {
  return std::string(std::string_view(JsonScalar(value)));
}

std::optional<std::uint64_t> count_of(const Json& value) {
  std::uint64_t number = 0;
  if (value.get_uint64().get(number) == simdjson::SUCCESS) {
    return number;
  }
  const auto text = text_of(value);
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = failed == std::errc() && end == text.data() + text.size() && !text.empty();
  return whole ? std::optional(number) : std::nullopt;
}

std::optional<Seconds> mark_time(std::string_view mark) {
  const auto time = mark.empty() ? std::nullopt : parse_time(mark);
  return time ? std::optional(time->seconds) : std::nullopt;
}

std::uint64_t offset_of(const ApiTask& task) {
  std::uint64_t offset = 0;
  std::from_chars(task.place.data(), task.place.data() + task.place.size(), offset);
  return offset;
}

std::optional<ApiTask> next_offset(const ApiTask& task, std::size_t got, std::size_t page,
                                   std::optional<std::uint64_t> total) {
  const auto next = offset_of(task) + page;
  if (got == 0 || (total ? next >= *total : got < page)) {
    return std::nullopt;
  }
  auto more = task;
  more.place = std::to_string(next);
  more.calls = std::max(1.0, task.calls - 1);
  return more;
}

} // namespace mailfunnel
