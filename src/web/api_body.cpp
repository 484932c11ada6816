#include "web/api_body.hpp"

#include "base/text.hpp"

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace mailfunnel {

JsonBody::JsonBody(const WebRequest& request, std::initializer_list<std::string_view> names) {
  boost::system::error_code error;
  const auto root = boost::json::parse(request.http.body, error);
  if (error || !root.is_object()) {
    bad_request("the body is to be a JSON object with " +
                join(std::vector<std::string>(names.begin(), names.end()), ", "));
  }
  m_object = root.as_object();
  for (const auto& [name, value] : m_object) {
    if (std::find(names.begin(), names.end(), std::string_view(name)) == names.end()) {
      bad_request(fmt::format("\"{}\" is not known here; there are: {}", printable(name, 60),
                              join(std::vector<std::string>(names.begin(), names.end()), ", ")));
    }
  }
}

std::string JsonBody::text(std::string_view name) const {
  const auto* value = m_object.if_contains(name);
  if (value == nullptr || !value->is_string()) {
    bad_request(fmt::format("{}: wants a text", name));
  }
  return std::string(value->as_string());
}

std::string JsonBody::text_or(std::string_view name, std::string otherwise) const {
  return m_object.contains(name) ? text(name) : std::move(otherwise);
}

std::vector<std::string> JsonBody::texts(std::string_view name) const {
  std::vector<std::string> out;
  const auto* value = m_object.if_contains(name);
  if (value == nullptr) {
    return out;
  }
  const auto* list = value->if_array();
  if (list == nullptr) {
    bad_request(fmt::format("{}: wants a list of texts", name));
  }
  for (const auto& one : *list) {
    const auto* text = one.if_string();
    if (text == nullptr) {
      bad_request(fmt::format("{}: wants a list of texts", name));
    }
    out.emplace_back(*text);
  }
  return out;
}

bool JsonBody::flag(std::string_view name) const {
  const auto* value = m_object.if_contains(name);
  if (value != nullptr && !value->is_bool()) {
    bad_request(fmt::format("{}: wants true or false", name));
  }
  return value != nullptr && value->as_bool();
}

} // namespace mailfunnel
