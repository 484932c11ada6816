#pragma once
// Paths and queries of requests, as the API and the pages read them.

#include "base/result.hpp"
#include "web/exchange.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

/// The path of the request without /w/NAME, still encoded: so that an encoded slash is no slash.
std::string_view path_in_workspace(const WebRequest& request);

/// "recipients/{email}" is matched by "recipients/ann%40example.com".
bool path_matches(std::string_view pattern, std::string_view path);
/// What stands in the places of the pattern, decoded. Failure (usage): it is no text.
std::vector<std::string> places_of(std::string_view pattern, std::string_view path);

using Query = std::map<std::string, std::string, std::less<>>;
/// Failure (usage): a name is not known here or is there twice, or a value is no text.
Query read_query(std::string_view query, std::span<const std::string_view> known);

/// The value of a cookie that the request brings; "" where there is none.
std::string_view cookie_of(const WebRequest& request, std::string_view name);

/// The status of an answer that says so.
int http_status_of(ErrorCode code);

} // namespace mailfunnel
