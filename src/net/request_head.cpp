#include "net/request_head.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mailfunnel {

namespace {

constexpr std::array<std::string_view, 7> k_ours{
    "host",    "content-length", "transfer-encoding",   "connection",
    "upgrade", "keep-alive",     "proxy-authorization",
};

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> k_defaults{{
    {"User-Agent", "mailfunnel"},
    {"Accept", "*/*"},
    {"Accept-Encoding", "gzip"},
}};

/// token of RFC 9110, 5.6.2
bool is_token(std::string_view text) {
  static constexpr std::string_view k_marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_alnum(c) || k_marks.find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

bool has_body_by_nature(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

} // namespace

Result<void> check_head(const HttpRequest& request) {
  if (!is_token(request.method) || request.method == "CONNECT") {
    return Error{ErrorCode::usage, "no method of a request: " + printable(request.method)};
  }
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name)) {
      return Error{ErrorCode::usage, "no name of a header: " + printable(name)};
    }
    if (!is_field_value(value)) {
      return Error{ErrorCode::usage, "a control character in the header " + name};
    }
    const auto written = std::ranges::find_if(
        k_ours, [&header = name](std::string_view ours) { return iequals(ours, header); });
    if (written != k_ours.end()) {
      return Error{ErrorCode::usage, "the header " + name + " is the client's to write"};
    }
  }
  return {};
}

std::string request_head(const HttpRequest& request, const Target& target) {
  auto out = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", request.method, target.path,
                         target.host_field());
  for (const auto& [name, value] : k_defaults) {
    if (request.header(name).empty()) {
      out += fmt::format("{}: {}\r\n", name, value);
    }
  }
  for (const auto& [name, value] : request.headers) {
    out += fmt::format("{}: {}\r\n", name, value);
  }
  if (!request.body.empty() || has_body_by_nature(request.method)) {
    out += fmt::format("Content-Length: {}\r\n", request.body.size());
  }
  return out + "\r\n";
}

} // namespace mailfunnel
