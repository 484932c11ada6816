#include "web/routing.hpp"

#include "base/text.hpp"
#include "base/uri.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mailfunnel {

namespace {

constexpr std::size_t k_longest_value = 8 << 10; // of a parameter, and of a part of the path

[[noreturn]] void wrong(std::string why) {
  throw Failure({ErrorCode::usage, std::move(why)});
}

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> out;
  for (;;) {
    const auto slash = path.find('/');
    out.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) {
      return out;
    }
    path.remove_prefix(slash + 1);
  }
}

/// UTF-8 without control characters, not too long.
std::string checked(std::string value, std::string_view name) {
  if (value.size() > k_longest_value) {
    wrong(fmt::format("{}: is longer than {} bytes", name, k_longest_value));
  }
  const bool clean = std::none_of(value.begin(), value.end(), [](char c) {
    return (c >= 0 && c < ' ' && !is_space(c)) || c == '\x7F';
  });
  if (!clean || !valid_utf8(value)) {
    wrong(fmt::format("{}: is no text", name));
  }
  return value;
}

} // namespace

std::string_view path_in_workspace(const WebRequest& request) {
  auto path = parse_uri(request.http.url).path;
  constexpr std::string_view k_workspace = "/w/";
  if (path.starts_with(k_workspace)) {
    const auto end = path.find('/', k_workspace.size());
    path = end == std::string_view::npos ? std::string_view("/") : path.substr(end);
  }
  return path;
}

bool path_matches(std::string_view pattern, std::string_view path) {
  const auto names = parts_of(pattern), values = parts_of(path);
  return std::equal(names.begin(), names.end(), values.begin(), values.end(),
                    [](std::string_view a, std::string_view b) {
                      return a.starts_with('{') ? !b.empty() : a == b;
                    });
}

std::vector<std::string> places_of(std::string_view pattern, std::string_view path) {
  const auto names = parts_of(pattern), values = parts_of(path);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].starts_with('{')) {
      out.push_back(checked(percent_decode(values[i]), names[i]));
    }
  }
  return out;
}

Query read_query(std::string_view query, std::span<const std::string_view> known) {
  Query out;
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto one = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (one.empty()) {
      continue;
    }
    const auto equals = one.find('=');
    const auto name = percent_decode(one.substr(0, equals), true);
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      const std::vector<std::string> names(known.begin(), known.end());
      wrong(fmt::format("\"{}\" is no parameter here; {}", printable(name, 60),
                        names.empty() ? "there is none" : "there are: " + join(names, ", ")));
    }
    auto value = equals == std::string_view::npos ? std::string()
                                                  : percent_decode(one.substr(equals + 1), true);
    if (!out.emplace(name, checked(std::move(value), name)).second) {
      wrong(fmt::format("{}: is there twice", name));
    }
  }
  return out;
}

std::string_view cookie_of(const WebRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.http.headers) {
    if (!iequals(key, "Cookie")) {
      continue;
    }
    for (const auto one : split(value, ';')) {
      const auto equals = one.find('=');
      if (equals != std::string_view::npos && one.substr(0, equals) == name) {
        return one.substr(equals + 1);
      }
    }
  }
  return {};
}

int http_status_of(ErrorCode code) {
  switch (code) {
  case ErrorCode::usage:
  case ErrorCode::bad_syntax:
    return 400;
  case ErrorCode::unauthorized:
    return 403;
  case ErrorCode::not_found:
    return 404;
  case ErrorCode::conflict:
    return 409;
  case ErrorCode::locked:
  case ErrorCode::stopped:
    return 503;
  default:
    return 500;
  }
}

} // namespace mailfunnel
