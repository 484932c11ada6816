// Which links are the same; docs/links.md says how, step by step.

#include "base/text.hpp"
#include "base/uri.hpp"
#include "base/uri_detail.hpp"

#include <algorithm>
#include <array>

using namespace std::string_view_literals;

namespace mailfunnel {

using namespace uri_detail;

namespace {

// Names that tell of the click or the recipient, never of the page. In lower case.
constexpr std::array k_tracking{
    "__hsfp"sv,
    "__hssc"sv,
    "__hstc"sv,
    "__s"sv,
    "_branch_match_id"sv,
    "_cldee"sv,
    "_ga"sv,
    "_gl"sv,
    "_hsenc"sv,
    "_hsmi"sv,
    "_ke"sv,
    "_kx"sv,
    "_openstat"sv,
    "adobe_mc"sv,
    "at_campaign"sv,
    "at_medium"sv,
    "bta_c"sv,
    "bta_tid"sv,
    "ck_subscriber_id"sv,
    "dclid"sv,
    "dm_i"sv,
    "dm_t"sv,
    "ef_id"sv,
    "epik"sv,
    "et_rid"sv,
    "fbclid"sv,
    "gad_source"sv,
    "gbraid"sv,
    "gclid"sv,
    "gclsrc"sv,
    "hsctatracking"sv,
    "igshid"sv,
    "li_fat_id"sv,
    "mc_cid"sv,
    "mc_eid"sv,
    "mc_tc"sv,
    "mf_rid"sv,
    "mkt_tok"sv,
    "ml_subscriber"sv,
    "ml_subscriber_hash"sv,
    "msclkid"sv,
    "mkwid"sv,
    "nb_klid"sv,
    "oly_anon_id"sv,
    "oly_enc_id"sv,
    "rb_clickid"sv,
    "s_kwcid"sv,
    "sb_referer_host"sv,
    "sfmc_sub"sv,
    "spjobid"sv,
    "spmailingid"sv,
    "spreportid"sv,
    "spuserid"sv,
    "srsltid"sv,
    "ttclid"sv,
    "twclid"sv,
    "vero_conv"sv,
    "vero_id"sv,
    "vgo_ee"sv,
    "wbraid"sv,
    "wickedid"sv,
    "yclid"sv,
};
constexpr std::array k_tracking_prefixes{"utm_"sv,   "mtm_"sv,    "piwik_"sv, "matomo_"sv,
                                         "pk_"sv,    "hsa_"sv,    "_bta_"sv,  "at_custom"sv,
                                         "cm_mmc"sv, "elqtrack"sv};

bool is_tracking(std::string_view name, const LinkStripping& more) {
  const auto built_in = std::any_of(k_tracking.begin(), k_tracking.end(),
                                    [&](auto known) { return iequals(known, name); }) ||
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
  while (end < text.size() && end - at < 64 &&
         (is_letter(text[end]) || text[end] == '_' || text[end] == '.')) {
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
  return is_digit(c)            ? Class::digit
         : c >= 'a' && c <= 'z' ? Class::lower
         : c >= 'A' && c <= 'Z' ? Class::upper
                                : Class::other;
}

/// Whether a run of letters and digits looks drawn by lot: "9f8A7xQ2" does, "windows11",
/// "CamelCase" don't.
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

/// Escapes of what may stand unescaped are undone; others get capital digits; what must be escaped
/// is.
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

/// Decodes escapes of what is in `decoded` or unreserved, so that both spellings look the same
/// after it.
void soft_decode(std::string& out, std::string_view text, std::string_view decoded,
                 bool plus_is_space) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = escaped_byte(text, at);
    if (byte >= 0 && (is_unreserved(static_cast<char>(byte)) ||
                      decoded.find(static_cast<char>(byte)) != k_none)) {
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
  constexpr std::array<std::pair<std::string_view, char>, 8> k_entities{{{"&amp;", '&'},
                                                                         {"&#38;", '&'},
                                                                         {"&#038;", '&'},
                                                                         {"&#x26;", '&'},
                                                                         {"&#61;", '='},
                                                                         {"&#x3d;", '='},
                                                                         {"&#x3D;", '='},
                                                                         {"&#47;", '/'}}};
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto rest = text.substr(at);
    const auto hit = text[at] != '&'
                         ? k_entities.end()
                         : std::find_if(k_entities.begin(), k_entities.end(), [&](const auto& one) {
                             return rest.starts_with(one.first);
                           });
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
  const auto usual = uri.port == "80"    ? !iequals(uri.scheme, "https")
                     : uri.port == "443" ? !iequals(uri.scheme, "http")
                                         : uri.port.empty();
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

void append_query(std::string& out, std::string_view query, const LinkStripping& more,
                  Normaliser& normalise) {
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
  const auto name_of = [&](const Span& span) {
    return std::string_view(all).substr(span.at, span.name);
  };
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

} // namespace mailfunnel
