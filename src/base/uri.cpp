#include "base/uri.hpp"

#include "base/text.hpp"

#include <idn2.h>

#include <algorithm>
#include <array>

using namespace std::string_view_literals;

namespace mailfunnel {

namespace {

constexpr auto k_none = std::string_view::npos;

int hex_value(char c) {
  if (is_digit(c)) {
    return c - '0';
  }
  const auto letter = ascii_lower(c);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/// The byte that the escape at `at` stands for, or -1.
int escaped_byte(std::string_view text, std::size_t at) {
  if (at + 2 >= text.size() || text[at] != '%') {
    return -1;
  }
  const auto high = hex_value(text[at + 1]);
  const auto low = hex_value(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

void append_escape(std::string& out, char c) {
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
bool looks_like_host(std::string_view text) {
  constexpr std::array k_file_types{"asp"sv, "aspx"sv, "cfm"sv,  "gif"sv, "htm"sv, "html"sv, "jpeg"sv,
                                    "jpg"sv, "jsp"sv,  "pdf"sv,  "php"sv, "png"sv, "svg"sv,  "txt"sv,
                                    "xml"sv, "docx"sv, "pptx"sv, "zip"sv};
  const auto dot = text.rfind('.');
  if (dot == k_none || dot == 0 || text.size() - dot < 3) {
    return false;
  }
  const auto last = text.substr(dot + 1);
  return std::all_of(last.begin(), last.end(), is_letter) &&
         std::none_of(k_file_types.begin(), k_file_types.end(),
                      [&](auto type) { return iequals(type, last); }) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_alnum(c) || c == '-' || c == '.' || c == '_' || static_cast<unsigned char>(c) >= 0x80;
         });
}

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
  const auto is_port = !rest.empty() && is_digit(rest[0]) && iequals(text.substr(0, at), "localhost");
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
  } else if (scheme == 0 && (istarts_with(front, "www.") || looks_like_host(front.substr(0, front.find(':'))))) {
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

namespace {

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

} // namespace

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
    if (!out && (iequals(key, name) || (key.find('%') != k_none && iequals(percent_decode(key, true), name)))) {
      out = percent_decode(value, true);
    }
  });
  return out;
}

// ---------------------------------------------------------------------------------- redirect wrappers

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
  for (const auto mark : {"/http:"sv, "/https:"sv, "/http%3A"sv, "/https%3A"sv, "/http%3a"sv, "/https%3a"sv}) {
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
  std::string_view host;      // glob
  std::string_view path;      // glob
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
  return (istarts_with(text, "http://") || istarts_with(text, "https://")) && !parse_uri(text).host.empty();
}

/// One layer less, or nothing where there is none.
std::string unwrap_once(std::string_view url) {
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

} // namespace

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

// ------------------------------------------------------------------------------------------ identity

namespace {

// Names that tell of the click or the recipient, never of the page. In lower case, sorted.
constexpr std::array k_tracking{
    "__hsfp"sv,        "__hssc"sv,       "__hstc"sv,         "__s"sv,           "_branch_match_id"sv,
    "_cldee"sv,        "_ga"sv,          "_gl"sv,            "_hsenc"sv,        "_hsmi"sv,
    "_ke"sv,           "_kx"sv,          "_openstat"sv,      "adobe_mc"sv,      "at_campaign"sv,
    "at_medium"sv,     "bta_c"sv,        "bta_tid"sv,        "ck_subscriber_id"sv, "dclid"sv,
    "dm_i"sv,          "dm_t"sv,         "ef_id"sv,          "epik"sv,          "et_rid"sv,
    "fbclid"sv,        "gad_source"sv,   "gbraid"sv,         "gclid"sv,         "gclsrc"sv,
    "hsctatracking"sv, "igshid"sv,       "li_fat_id"sv,      "mc_cid"sv,        "mc_eid"sv,
    "mc_tc"sv,         "mf_rid"sv,       "mkt_tok"sv,        "ml_subscriber"sv, "ml_subscriber_hash"sv,
    "msclkid"sv,       "mkwid"sv,        "nb_klid"sv,        "oly_anon_id"sv,   "oly_enc_id"sv,
    "rb_clickid"sv,    "s_kwcid"sv,      "sb_referer_host"sv, "sfmc_sub"sv,     "spjobid"sv,
    "spmailingid"sv,   "spreportid"sv,   "spuserid"sv,       "srsltid"sv,       "ttclid"sv,
    "twclid"sv,        "vero_conv"sv,    "vero_id"sv,        "vgo_ee"sv,        "wbraid"sv,
    "wickedid"sv,      "yclid"sv,
};
constexpr std::array k_tracking_prefixes{"utm_"sv,    "mtm_"sv, "piwik_"sv,    "matomo_"sv, "pk_"sv,
                                         "hsa_"sv,    "_bta_"sv, "at_custom"sv, "cm_mmc"sv,  "elqtrack"sv};

bool is_tracking(std::string_view name, const LinkStripping& more) {
  const auto built_in =
      std::any_of(k_tracking.begin(), k_tracking.end(), [&](auto known) { return iequals(known, name); }) ||
      std::any_of(k_tracking_prefixes.begin(), k_tracking_prefixes.end(),
                  [&](auto prefix) { return istarts_with(name, prefix); });
  return built_in || std::any_of(more.parameters.begin(), more.parameters.end(),
                                 [&](const auto& pattern) { return glob_match(pattern, name); });
}

struct Brackets {
  std::string_view open, close;
};
// Longer ones first.
constexpr std::array k_merge_tags{
    Brackets{"{{{", "}}}"}, Brackets{"{{", "}}"}, Brackets{"{%", "%}"}, Brackets{"${", "}"},
    Brackets{"#{", "}"},    Brackets{"{", "}"},   Brackets{"*|", "|*"}, Brackets{"%%", "%%"},
    Brackets{"[[", "]]"},   Brackets{"[", "]"},   Brackets{"<%", "%>"}, Brackets{"##", "##"},
    Brackets{"@@", "@@"},
};
constexpr std::size_t k_longest_tag = 200;

/// %EMAIL% and %recipient.id%, not the escapes in caf%C3%A9.
std::size_t percent_tag(std::string_view text, std::size_t at) {
  auto end = at + 1;
  while (end < text.size() && end - at < 64 && (is_letter(text[end]) || text[end] == '_' || text[end] == '.')) {
    ++end;
  }
  const auto closed = end < text.size() && text[end] == '%' && end - at > 3;
  return closed && escaped_byte(text, end) < 0 ? end + 1 - at : 0;
}

/// Length of the merge tag at `at`, 0 where there is none.
std::size_t merge_tag(std::string_view text, std::size_t at) {
  constexpr auto k_starts = "{[*%$#<@"sv;
  if (k_starts.find(text[at]) == k_none) {
    return 0;
  }
  if (text[at] == '[' && at > 0 && (is_alnum(text[at - 1]) || text[at - 1] == ']')) {
    return 0; // filter[colour]=red is a name
  }
  const auto rest = text.substr(at, k_longest_tag);
  for (const auto& tag : k_merge_tags) {
    if (rest.starts_with(tag.open)) {
      const auto end = rest.find(tag.close, tag.open.size());
      if (end != k_none && end > tag.open.size()) {
        return end + tag.close.size();
      }
    }
  }
  return text[at] == '%' ? percent_tag(text, at) : 0;
}

void append_star(std::string& out) {
  if (out.empty() || out.back() != '*') {
    out += '*';
  }
}

void mask_merge_tags(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (const auto size = merge_tag(text, at); size != 0) {
      append_star(out);
      at += size;
    } else {
      out += text[at++];
    }
  }
}

constexpr bool in_address(char c) {
  return is_alnum(c) || c == '.' || c == '-' || c == '_' || c == '+' || c == '%';
}

/// Each address in `text` from `from` on becomes *.
void mask_addresses(std::string& text, std::size_t from) {
  for (auto at = text.find('@', from); at != k_none; at = text.find('@', at + 1)) {
    auto start = at;
    while (start > from && in_address(text[start - 1])) {
      --start;
    }
    auto end = at + 1;
    while (end < text.size() && (is_alnum(text[end]) || text[end] == '.' || text[end] == '-')) {
      ++end;
    }
    if (start < at && looks_like_host(std::string_view(text).substr(at + 1, end - at - 1))) {
      text.replace(start, end - start, "*");
      at = start;
    }
    from = at;
  }
}

enum class Class { digit, lower, upper, other };
constexpr Class class_of(char c) {
  return is_digit(c) ? Class::digit : c >= 'a' && c <= 'z' ? Class::lower : c >= 'A' && c <= 'Z' ? Class::upper : Class::other;
}

/// Whether a run of letters and digits looks drawn by lot: "9f8A7xQ2" does, "windows11", "CamelCase" don't.
bool looks_random(std::string_view piece) {
  std::size_t digits = 0, hex = 0, switches = 0, case_switches = 0;
  for (std::size_t i = 0; i < piece.size(); ++i) {
    digits += is_digit(piece[i]) ? 1 : 0;
    hex += hex_value(piece[i]) >= 0 ? 1 : 0;
    if (i > 0) {
      const auto before = class_of(piece[i - 1]);
      const auto now = class_of(piece[i]);
      switches += before != now && !(before == Class::upper && now == Class::lower) ? 1 : 0;
      case_switches += before != now ? 1 : 0;
    }
  }
  if (piece.size() >= 20 && (digits == piece.size() || (hex == piece.size() && digits > 0))) {
    return true;
  }
  if (digits == 0) {
    return piece.size() >= 8 && case_switches * 100 > piece.size() * 46;
  }
  return piece.size() > 4 && switches >= (piece.size() > 12 ? 4U : 3U);
}

constexpr std::size_t k_token = 20;

/// One run without spaces around: as a whole when it is a token, else its pieces that are.
void append_masked_run(std::string& out, std::string_view run) {
  std::size_t random = 0;
  bool long_piece = false;
  const auto each_piece = [&](auto take) {
    for (std::size_t at = 0; at < run.size();) {
      auto end = at;
      while (end < run.size() && is_alnum(run[end])) {
        ++end;
      }
      take(run.substr(at, end - at), end < run.size() ? run.substr(end, 1) : std::string_view{});
      at = end + 1;
    }
  };
  each_piece([&](std::string_view piece, std::string_view) {
    if (looks_random(piece)) {
      random += piece.size();
      long_piece = long_piece || piece.size() >= k_token;
    }
  });
  if (random >= 10 && random * 2 >= run.size()) {
    append_star(out);
  } else if (!long_piece) {
    out += run;
  } else {
    each_piece([&](std::string_view piece, std::string_view separator) {
      if (piece.size() >= k_token && looks_random(piece)) {
        append_star(out);
      } else {
        out += piece;
      }
      out += separator;
    });
  }
}

bool is_uuid(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : hex_value(text[i]) < 0) {
      return false;
    }
  }
  return text.size() == 36;
}

/// Long tokens and UUIDs become *; the rest is appended as it is.
void append_masked(std::string& out, std::string_view text) {
  const auto in_run = [](char c) {
    return is_alnum(c) || c == '-' || c == '_' || c == '+' || c == '/' || c == '=' || c == ' ';
  };
  for (std::size_t at = 0; at < text.size();) {
    auto end = at;
    while (end < text.size() && in_run(text[end])) {
      ++end;
    }
    if (end - at >= 36 && is_uuid(text.substr(at, 36))) {
      append_star(out);
      at += 36;
    } else if (end - at >= k_token) {
      append_masked_run(out, text.substr(at, end - at));
      at = end;
    } else if (end > at) {
      out += text.substr(at, end - at);
      at = end;
    } else {
      out += text[at++];
    }
  }
}

/// Escapes of what may stand unescaped are undone; others get capital digits; what must be escaped is.
void append_component(std::string& out, std::string_view text, std::string_view literal) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (is_unreserved(c) || literal.find(c) != k_none) {
      out += c;
    } else if (c == '%' && escaped_byte(text, at) >= 0) {
      append_escape(out, static_cast<char>(escaped_byte(text, at)));
      at += 2;
    } else {
      append_escape(out, c);
    }
  }
}

/// Decodes escapes of what is in `decoded` or unreserved, so that both spellings look the same after it.
void soft_decode(std::string& out, std::string_view text, std::string_view decoded, bool plus_is_space) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = escaped_byte(text, at);
    if (byte >= 0 && (is_unreserved(static_cast<char>(byte)) || decoded.find(static_cast<char>(byte)) != k_none)) {
      out += static_cast<char>(byte);
      at += 2;
    } else {
      out += plus_is_space && text[at] == '+' ? ' ' : text[at];
    }
  }
}

/// Buffers that the parts of one link share.
struct Normaliser {
  std::string decoded, untagged, masked;

  void append(std::string& out, std::string_view text, bool in_query) {
    constexpr auto k_soft = "!$'()*,:@{}[]|<>"sv;
    constexpr auto k_soft_query = "!$'()*,:@{}[]|<>=/? "sv;
    constexpr auto k_literal = "!$'()*,:@+="sv;
    constexpr auto k_literal_query = "!$'()*,:@=/?[]"sv;
    decoded.clear();
    untagged.clear();
    masked.clear();
    soft_decode(decoded, text, in_query ? k_soft_query : k_soft, in_query);
    mask_merge_tags(untagged, decoded);
    mask_addresses(untagged, 0);
    append_masked(masked, untagged);
    append_component(out, masked, in_query ? k_literal_query : k_literal);
  }
};

/// &amp; and its like; only where they are closed, since &copy=1 is a parameter.
std::string decode_entities(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, char>, 8> k_entities{
      {{"&amp;", '&'}, {"&#38;", '&'}, {"&#038;", '&'}, {"&#x26;", '&'}, {"&#61;", '='}, {"&#x3d;", '='}, {"&#x3D;", '='}, {"&#47;", '/'}}};
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto rest = text.substr(at);
    const auto hit = text[at] != '&' ? k_entities.end()
                                     : std::find_if(k_entities.begin(), k_entities.end(),
                                                    [&](const auto& one) { return rest.starts_with(one.first); });
    if (hit == k_entities.end()) {
      out += text[at++];
    } else {
      out += hit->second;
      at += hit->first.size();
    }
  }
  return out;
}

void append_host(std::string& out, const Uri& uri) {
  auto host = host_to_ascii(uri.host);
  out += host.empty() ? lower(uri.host) : host;
  const auto usual = uri.port == "80" ? !iequals(uri.scheme, "https")
                                      : uri.port == "443" ? !iequals(uri.scheme, "http") : uri.port.empty();
  if (!usual) {
    out.append(":").append(uri.port);
  }
}

void append_path(std::string& out, std::string_view path, Normaliser& normalise) {
  while (path.size() > 1 && path.back() == '/') {
    path.remove_suffix(1);
  }
  for (std::size_t at = 0; at < path.size();) {
    if (path[at] == '/') {
      out += path[at++];
      continue;
    }
    const auto end = std::min(path.find('/', at), path.size());
    normalise.append(out, path.substr(at, end - at), false);
    at = end;
  }
}

void append_query(std::string& out, std::string_view query, const LinkStripping& more, Normaliser& normalise) {
  struct Span {
    std::size_t at, name, size;
  };
  std::string all;
  std::vector<Span> spans;
  each_parameter(query, [&](std::string_view name, std::string_view value) {
    if (is_tracking(name, more)) {
      return;
    }
    const auto at = all.size();
    normalise.append(all, name, true);
    const auto name_size = all.size() - at;
    if (!value.empty()) {
      all += '=';
      normalise.append(all, value, true);
    }
    spans.push_back({at, name_size, all.size() - at});
  });
  const auto name_of = [&](const Span& span) { return std::string_view(all).substr(span.at, span.name); };
  std::stable_sort(spans.begin(), spans.end(),
                   [&](const Span& a, const Span& b) { return name_of(a) < name_of(b); });
  char separator = '?';
  for (const auto& span : spans) {
    out += separator;
    out.append(all, span.at, span.size);
    separator = '&';
  }
}

} // namespace

std::string link_identity(std::string_view url, const LinkStripping& more) {
  url = trim(url);
  if (!url.empty() && merge_tag(url, 0) == url.size()) {
    return std::string(url); // {{unsubscribe_url}}: the tag is all that we know of it
  }
  std::string clean, target;
  if (url.find('&') != k_none) {
    clean = decode_entities(url);
    url = clean;
  }
  if (target = unwrap_once(url); !target.empty()) {
    target = unwrap(target);
    url = target;
  }
  std::string without_tags;
  if (url.find_first_of("{[|<#@") != k_none || url.find("%%") != k_none) {
    mask_merge_tags(without_tags, url); // before parsing: they may hold ? & # and /
    url = without_tags;
  }
  const auto uri = parse_uri(url);
  Normaliser normalise;
  std::string out;
  out.reserve(url.size() + 8);
  if (uri.host.empty() && !uri.scheme.empty()) {
    out.append(lower(uri.scheme)).append(":");
    normalise.append(out, uri.path, true);
    return out;
  }
  if (!uri.host.empty()) {
    out += "//";
    append_host(out, uri);
  }
  append_path(out, uri.path.empty() && !uri.host.empty() ? "/"sv : uri.path, normalise);
  append_query(out, uri.query, more, normalise);
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
