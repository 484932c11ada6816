// Redirect wrappers of mail gateways, sites and ESPs, undone by decoding. Proofpoint's three ways
// are those of its published decoder; the others carry the target in a parameter or in the path, as
// the table says.

#include "base/text.hpp"
#include "base/uri.hpp"
#include "base/uri_detail.hpp"

#include <algorithm>
#include <array>

using namespace std::string_view_literals;

namespace mailfunnel {

using namespace uri_detail;

namespace {

/// Standard and URL-safe alphabet; stops at the first byte that is neither.
std::string base64_decode(std::string_view text) {
  std::string out;
  unsigned bits = 0, held = 0;
  for (const char c : text) {
    unsigned value = 0;
    if (c >= 'A' && c <= 'Z') {
      value = static_cast<unsigned>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      value = static_cast<unsigned>(c - 'a') + 26;
    } else if (is_digit(c)) {
      value = static_cast<unsigned>(c - '0') + 52;
    } else if (c == '-' || c == '+' || c == ' ') { // ' ' was a plus before the query was decoded
      value = 62;
    } else if (c == '_' || c == '/') {
      value = 63;
    } else {
      break;
    }
    bits = (bits << 6 | value) & 0xFFFF;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>(bits >> held & 0xFF);
    }
  }
  return out;
}

/// Proofpoint v2 writes '-' for '%' and '_' for '/'.
std::string from_proofpoint_2(std::string text) {
  std::replace(text.begin(), text.end(), '-', '%');
  std::replace(text.begin(), text.end(), '_', '/');
  return percent_decode(text);
}

/// The number of characters of the UTF-8 text at the front, in bytes.
std::size_t bytes_of(std::string_view text, std::size_t characters) {
  std::size_t at = 0;
  for (; characters > 0 && at < text.size(); --characters) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) {
      ++at;
    }
  }
  return at;
}

/// How many replaced characters the letter after ** stands for: A is 2, B is 3 … _ is 65.
std::size_t run_length(char c) {
  constexpr auto k_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"sv;
  const auto at = k_letters.find(c);
  return at == k_none ? 0 : at + 2;
}

/// …/v3/__https://example.com/a*b__;Iw!!token$ : each * is the next character of the base64 text.
std::string from_proofpoint_3(std::string_view path) {
  const auto start = path.find("/v3/__");
  const auto end = start == k_none ? k_none : path.find("__;", start + 6);
  if (end == k_none) {
    return {};
  }
  auto url = percent_decode(path.substr(start + 6, end - start - 6));
  if (const auto colon = url.find(":/"); colon != k_none && url.compare(colon, 3, "://") != 0) {
    url.insert(colon + 1, "/"); // some gateways on the way fold the two slashes to one
  }
  const auto rest = path.substr(end + 3);
  const auto replaced = base64_decode(rest.substr(0, rest.find('!')));
  std::string_view left = replaced;
  std::string out;
  for (std::size_t at = 0; at < url.size(); ++at) {
    if (url[at] != '*') {
      out += url[at];
      continue;
    }
    std::size_t characters = 1;
    if (at + 2 < url.size() && url[at + 1] == '*' && run_length(url[at + 2]) != 0) {
      characters = run_length(url[at + 2]);
      at += 2;
    }
    const auto size = bytes_of(left, characters);
    out += left.substr(0, size);
    left.remove_prefix(size);
  }
  return out;
}

/// "…/https%3A%2F%2Fexample.com%2Fa/more" or "…/___https://example.com/a___.token"
std::string from_path(std::string_view path, std::string_view query) {
  if (const auto start = path.find("/___"); start != k_none) {
    const auto end = path.find("___", start + 4);
    auto out = std::string(path.substr(start + 4, end == k_none ? end : end - start - 4));
    if (end == k_none && !query.empty()) { // the target's own query holds the rest
      out.append("?").append(query.substr(0, query.find("___")));
    }
    return out;
  }
  for (const auto mark :
       {"/http:"sv, "/https:"sv, "/http%3A"sv, "/https%3A"sv, "/http%3a"sv, "/https%3a"sv}) {
    if (const auto start = path.find(mark); start != k_none) {
      const auto rest = path.substr(start + 1);
      return percent_decode(rest.find("//") != k_none ? rest : rest.substr(0, rest.find('/')));
    }
  }
  return {};
}

/// click.pstmrk.it/3s/example.com%2Fprices/token/… : the second part, without a scheme.
std::string from_second_part(std::string_view path) {
  const auto parts = split(path.substr(path.starts_with('/') ? 1 : 0), '/');
  return parts.size() < 3 ? std::string{} : "https://" + percent_decode(parts[1]);
}

enum class Carrier { parameter, parameter_base64, proofpoint_2, proofpoint_3, path, second_part };

struct Wrapper {
  std::string_view host; // glob
  std::string_view path; // glob
  Carrier carrier;
  std::string_view parameter; // where the target stands
};

// Only hosts that do nothing but redirect, or paths that do.
constexpr std::array k_wrappers{
    Wrapper{"*safelinks.protection.outlook.com", "*", Carrier::parameter, "url"},
    Wrapper{"*safelinks.protection.office365.us", "*", Carrier::parameter, "url"},
    Wrapper{"*safelinks.o365filtering.com", "*", Carrier::parameter, "url"},
    Wrapper{"urldefense.proofpoint.com", "/v1/url", Carrier::parameter, "u"},
    Wrapper{"urldefense.proofpoint.com", "/v2/url", Carrier::proofpoint_2, "u"},
    Wrapper{"urldefense.com", "/v1/url", Carrier::parameter, "u"},
    Wrapper{"urldefense.com", "/v2/url", Carrier::proofpoint_2, "u"},
    Wrapper{"urldefense.com", "/v3/*", Carrier::proofpoint_3, ""},
    Wrapper{"urldefense.us", "/v3/*", Carrier::proofpoint_3, ""},
    Wrapper{"urldefense.proofpoint.com", "/v3/*", Carrier::proofpoint_3, ""},
    Wrapper{"linkprotect.cudasvc.com", "/url", Carrier::parameter, "a"},
    Wrapper{"*.mimecast.com", "*", Carrier::parameter, "url"},
    Wrapper{"*.mimecastprotect.com", "*", Carrier::parameter, "url"},
    Wrapper{"*.protection.sophos.com", "*", Carrier::parameter_base64, "u"},
    Wrapper{"secure-web.cisco.com", "*", Carrier::path, ""},
    Wrapper{"clicktime.symantec.com", "*", Carrier::parameter, "u"},
    Wrapper{"*.trendmicro.com", "/wis/clicktime/*", Carrier::parameter, "url"},
    Wrapper{"protect*.fireeye.com", "*", Carrier::parameter, "u"},
    Wrapper{"url.avanan.click", "*", Carrier::path, ""},
    Wrapper{"protect.checkpoint.com", "*", Carrier::path, ""},
    Wrapper{"google.*", "/url", Carrier::parameter, "q"},
    Wrapper{"www.google.*", "/url", Carrier::parameter, "q"},
    Wrapper{"google.*", "/url", Carrier::parameter, "url"},
    Wrapper{"www.google.*", "/url", Carrier::parameter, "url"},
    Wrapper{"www.youtube.com", "/redirect", Carrier::parameter, "q"},
    Wrapper{"l.facebook.com", "*", Carrier::parameter, "u"},
    Wrapper{"lm.facebook.com", "*", Carrier::parameter, "u"},
    Wrapper{"l.instagram.com", "*", Carrier::parameter, "u"},
    Wrapper{"l.messenger.com", "*", Carrier::parameter, "u"},
    Wrapper{"www.linkedin.com", "/redir/redirect", Carrier::parameter, "url"},
    Wrapper{"slack-redir.net", "/link", Carrier::parameter, "url"},
    Wrapper{"deref-*", "*", Carrier::parameter, "redirectUrl"},
    Wrapper{"*.awstrack.me", "/L0/*", Carrier::path, ""},
    Wrapper{"click.pstmrk.it", "*", Carrier::second_part, ""},
    Wrapper{"click.icptrack.com", "*", Carrier::parameter, "destination"},
    Wrapper{"*.list-manage.com", "/track/click", Carrier::parameter, "url"},
};

std::string target_of(const Wrapper& wrapper, const Uri& uri, std::string_view whole) {
  switch (wrapper.carrier) {
  case Carrier::parameter:
    return query_parameter(uri.query, wrapper.parameter).value_or("");
  case Carrier::parameter_base64:
    return base64_decode(query_parameter(uri.query, wrapper.parameter).value_or(""));
  case Carrier::proofpoint_2:
    return from_proofpoint_2(query_parameter(uri.query, wrapper.parameter).value_or(""));
  case Carrier::proofpoint_3: // the target's ? and # stand in it unescaped
    return from_proofpoint_3(whole);
  case Carrier::path:
    return from_path(uri.path, uri.query);
  case Carrier::second_part:
    return from_second_part(uri.path);
  }
  return {};
}

bool is_web_url(std::string_view text) {
  return (istarts_with(text, "http://") || istarts_with(text, "https://")) &&
         !parse_uri(text).host.empty();
}

} // namespace

std::string uri_detail::unwrap_once(std::string_view url) {
  const auto uri = parse_uri(url);
  if (uri.host.empty() || (uri.query.empty() && uri.path.size() < 8)) {
    return {};
  }
  for (const auto& wrapper : k_wrappers) {
    if (glob_match(wrapper.host, uri.host) && glob_match(wrapper.path, uri.path)) {
      auto target = target_of(wrapper, uri, url);
      if (is_web_url(target)) {
        return target;
      }
    }
  }
  return {};
}

std::string unwrap(std::string_view url) {
  auto out = std::string(url);
  for (int depth = 0; depth < 5; ++depth) {
    auto inner = unwrap_once(out);
    if (inner.empty()) {
      break;
    }
    out = std::move(inner);
  }
  return out;
}

} // namespace mailfunnel
