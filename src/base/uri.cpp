#include "base/uri.hpp"

#include "base/text.hpp"
#include "base/uri_detail.hpp"

#include <idn2.h>

#include <algorithm>
#include <array>

using namespace std::string_view_literals;

namespace mailfunnel {

using namespace uri_detail;

namespace uri_detail {

bool looks_like_host(std::string_view text) {
  constexpr std::array k_file_types{"asp"sv,  "aspx"sv, "cfm"sv, "gif"sv,  "htm"sv,  "html"sv,
                                    "jpeg"sv, "jpg"sv,  "jsp"sv, "pdf"sv,  "php"sv,  "png"sv,
                                    "svg"sv,  "txt"sv,  "xml"sv, "docx"sv, "pptx"sv, "zip"sv};
  const auto dot = text.rfind('.');
  if (dot == k_none || dot == 0 || text.size() - dot < 3) {
    return false;
  }
  const auto last = text.substr(dot + 1);
  return std::all_of(last.begin(), last.end(), is_letter) &&
         std::none_of(k_file_types.begin(), k_file_types.end(),
                      [&](auto type) { return iequals(type, last); }) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_alnum(c) || c == '-' || c == '.' || c == '_' ||
                  static_cast<unsigned char>(c) >= 0x80;
         });
}

} // namespace uri_detail

namespace {

/// Length of "https" in "https://…" or "mailto:…"; 0 where the colon belongs to a port.
std::size_t scheme_length(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && (is_alnum(text[at]) || text[at] == '+' || text[at] == '-')) {
    ++at;
  }
  if (at == 0 || at >= text.size() || text[at] != ':' || !is_letter(text[0])) {
    return 0;
  }
  const auto rest = text.substr(at + 1);
  const auto is_port =
      !rest.empty() && is_digit(rest[0]) && iequals(text.substr(0, at), "localhost");
  return is_port ? 0 : at;
}

void take_authority(Uri& uri, std::string_view authority) {
  if (const auto at = authority.rfind('@'); at != k_none) {
    authority.remove_prefix(at + 1);
  }
  const auto bracket = authority.rfind(']');
  const auto colon = authority.rfind(':');
  if (colon != k_none && (bracket == k_none || colon > bracket)) {
    uri.port = authority.substr(colon + 1);
    authority = authority.substr(0, colon);
  }
  uri.host = authority;
}

} // namespace

Uri parse_uri(std::string_view text) {
  Uri uri;
  text = trim(text);
  const auto scheme = scheme_length(text);
  uri.scheme = text.substr(0, scheme);
  if (scheme != 0) {
    text.remove_prefix(scheme + 1);
  }
  if (const auto hash = text.find('#'); hash != k_none) {
    uri.fragment = text.substr(hash + 1);
    text = text.substr(0, hash);
  }
  if (const auto mark = text.find('?'); mark != k_none) {
    uri.query = text.substr(mark + 1);
    text = text.substr(0, mark);
  }
  const auto slashes = text.starts_with("//");
  const auto slash = text.find('/', slashes ? 2 : 0);
  const auto front = text.substr(0, slash);
  if (slashes) {
    take_authority(uri, front.substr(2));
  } else if (scheme == 0 &&
             (istarts_with(front, "www.") || looks_like_host(front.substr(0, front.find(':'))))) {
    take_authority(uri, front);
  } else {
    uri.path = text;
    return uri;
  }
  uri.path = slash == k_none ? std::string_view{} : text.substr(slash);
  return uri;
}

std::string percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (const auto byte = escaped_byte(text, at); byte >= 0) {
      out += static_cast<char>(byte);
      at += 2;
    } else {
      out += plus_is_space && text[at] == '+' ? ' ' : text[at];
    }
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 4);
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      append_escape(out, c);
    }
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> query_parameters(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> out;
  each_parameter(query, [&](std::string_view name, std::string_view value) {
    out.emplace_back(percent_decode(name, true), percent_decode(value, true));
  });
  return out;
}

std::optional<std::string> query_parameter(std::string_view query, std::string_view name) {
  std::optional<std::string> out;
  each_parameter(query, [&](std::string_view key, std::string_view value) {
    if (!out && (iequals(key, name) ||
                 (key.find('%') != k_none && iequals(percent_decode(key, true), name)))) {
      out = percent_decode(value, true);
    }
  });
  return out;
}

namespace {

bool valid_ascii_host(std::string_view host) {
  std::size_t label = 0;
  for (const char c : host) {
    if (c == '.') {
      if (label == 0 || label > 63) {
        return false;
      }
      label = 0;
    } else if (is_alnum(c) || c == '-' || c == '_') {
      ++label;
    } else {
      return false;
    }
  }
  return label > 0 && label <= 63 && host.size() <= 253;
}

} // namespace

std::string host_to_ascii(std::string_view host) {
  host = trim(host);
  if (host.ends_with('.')) {
    host.remove_suffix(1);
  }
  if (is_ascii(host)) {
    return valid_ascii_host(host) ? lower(host) : std::string{};
  }
  if (!valid_utf8(host) || host.size() > 1000) {
    return {};
  }
  char* ascii = nullptr;
  const auto copy = std::string(host);
  const auto rc = idn2_to_ascii_8z(copy.c_str(), &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  if (rc != IDN2_OK) {
    return {};
  }
  auto out = lower(ascii);
  idn2_free(ascii);
  return valid_ascii_host(out) ? out : std::string{};
}

} // namespace mailfunnel
