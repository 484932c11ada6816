#pragma once
// What requests and answers of APIs are made of, the same for all: URLs, headers, JSON bodies,
// answers in JSON, lists by pages.

#include "adapter/api.hpp"
#include "adapter/json_value.hpp"

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace mailfunnel {

/// The base URL of the config without '/' at its end; `usual` where there is none; and the path of
/// `usual` where the config's has none: "http://127.0.0.1:8080" -> "http://127.0.0.1:8080/3.0".
std::string base_url(const ApiAccount& account, std::string_view usual);
/// "https://api.example.com" of "https://api.example.com/3.0/campaigns".
std::string origin_of(std::string_view url);
/// "/3.0/campaigns" of it.
std::string url_path(std::string_view url);

/// Parameters of a query; empty values are left out.
class UrlQuery {
public:
  UrlQuery(std::initializer_list<std::pair<std::string_view, std::string_view>> parameters);
  UrlQuery& add(std::string_view name, std::string_view value);
  UrlQuery& add(std::string_view name, std::int64_t value);
  /// "?a=1&b=2", or "".
  const std::string& text() const { return m_text; }

private:
  std::string m_text;
};

HttpRequest get_request(std::string url);
/// With Content-Type application/json.
HttpRequest json_request(std::string method, std::string url, std::string body);

/// The text as a JSON string, with its quotes.
std::string json_string(std::string_view text);

std::string basic_authorization(std::string_view user, std::string_view password);
std::string bearer_authorization(std::string_view token);

/// Seconds as 2026-03-01T12:00:00+00:00 (some take no Z).
std::string iso_offset_time(Seconds time);

/// An answer in JSON, parsed; values are good as long as it is.
class JsonAnswer {
public:
  JsonAnswer() : m_document(std::make_unique<simdjson::dom::document>()) {}
  const Json& root() const { return m_root; }
  Json operator[](std::string_view name) const { return m_root[name]; }

private:
  friend Result<JsonAnswer> read_json(const HttpResponse&);
  std::unique_ptr<simdjson::dom::document> m_document;
  Json m_root;
};
/// bad_syntax: the body is no JSON (cut off, empty, a page of HTML).
Result<JsonAnswer> read_json(const HttpResponse& answer);

/// Has `list` to be there? Error bad_syntax: the member is no list.
Result<void> need_list(const Json& list, std::string_view name);

/// A copy of what JsonScalar shows: ids that are numbers at some ESPs.
std::string scalar_text(const Json& value);

/// A whole number of a JSON number or of digits in a string; nothing for everything else.
std::optional<std::uint64_t> count_of(const Json& value);

/// The moment that a mark holds (format_time); nothing: there is none.
std::optional<Seconds> mark_time(std::string_view mark);

/// The next page of a list read by offset, or nothing: this was the last. `got`: rows of this
/// answer; `total`: as the answer says, where it does. Places are offsets as text.
std::optional<ApiTask> next_offset(const ApiTask& task, std::size_t got, std::size_t page,
                                   std::optional<std::uint64_t> total);
std::uint64_t offset_of(const ApiTask& task);

/// Puts the changes into steps of at most `most` each, in order.
template<typename Make>
std::vector<PushStep> in_batches(const std::vector<std::size_t>& changes, std::size_t most,
                                 Make make) {
  std::vector<PushStep> steps;
  for (std::size_t i = 0; i < changes.size(); i += most) {
    PushStep step;
    step.changes.assign(changes.begin() + static_cast<std::ptrdiff_t>(i),
                        changes.begin() +
                            static_cast<std::ptrdiff_t>(std::min(i + most, changes.size())));
    step.task = make(step.changes);
    steps.push_back(std::move(step));
  }
  return steps;
}

} // namespace mailfunnel
