#pragma once
// What the parts of uri.hpp share: uri.cpp takes URLs apart, redirects.cpp undoes wrappers,
// link_identity.cpp tells which links are the same. For nobody else.

#include "base/text.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace mailfunnel::uri_detail {

inline constexpr auto k_none = std::string_view::npos;

inline int hex_value(char c) {
  if (is_digit(c)) {
    return c - '0';
  }
  const auto letter = ascii_lower(c);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/// The byte that the escape at `at` stands for, or -1.
inline int escaped_byte(std::string_view text, std::size_t at) {
  if (at + 2 >= text.size() || text[at] != '%') {
    return -1;
  }
  const auto high = hex_value(text[at + 1]);
  const auto low = hex_value(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

inline void append_escape(std::string& out, char c) {
  constexpr char k_hex[] = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += k_hex[byte >> 4];
  out += k_hex[byte & 15];
}

constexpr bool is_unreserved(char c) {
  return is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

constexpr bool is_letter(char c) {
  return is_alnum(c) && !is_digit(c);
}

/// "x.html" stands for a file of the same site, "example.com" for a site.
bool looks_like_host(std::string_view text);

/// Calls `take(name, value)` for each parameter, as they stand.
template<typename Take> void each_parameter(std::string_view query, Take take) {
  for (std::size_t at = 0; at < query.size();) {
    if (query[at] == '&' || query[at] == ';') {
      at += query.substr(at).starts_with("&amp;") ? 5 : 1;
      continue;
    }
    const auto end = std::min(query.find_first_of("&;", at), query.size());
    const auto one = query.substr(at, end - at);
    const auto equals = one.find('=');
    take(one.substr(0, equals), equals == k_none ? std::string_view{} : one.substr(equals + 1));
    at = end;
  }
}

/// One layer less, or nothing where there is none.
std::string unwrap_once(std::string_view url);

} // namespace mailfunnel::uri_detail
