#include "adapter/url_pattern.hpp"

#include "base/text.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <vector>

namespace mailfunnel {

namespace {

using namespace std::string_view_literals;

constexpr std::array<std::string_view, k_url_fields> k_names{"address", "contact_id", "campaign",
                                                             "send",    "link",       "link_tag"};

Error wrong(std::string message) {
  return {ErrorCode::bad_syntax, std::move(message)};
}

/// One text with * and {field} in it.
struct Part {
  std::string name;      // of the parameter; the path has none
  std::string prefix;    // what stands before the first * or {field}
  bool any_rest = false; // and behind it just a *
  std::vector<UrlField> fields;
  std::unique_ptr<RE2> regex; // of all of it

  bool match(std::string_view text, UrlFields& into) const {
    if (!istarts_with(text, prefix)) {
      return false;
    }
    if (any_rest) {
      return true;
    }
    std::array<re2::StringPiece, k_url_fields + 1> found;
    if (!regex->Match({text.data(), text.size()}, 0, text.size(), RE2::ANCHOR_BOTH, found.data(),
                      static_cast<int>(fields.size() + 1))) {
      return false;
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
      into[fields[i]] = {found[i + 1].data(), found[i + 1].size()};
    }
    return true;
  }
};

/// `capture`: the regular expression of a field.
Result<Part> compile(std::string_view text, std::string name, std::string_view capture) {
  Part part;
  part.name = std::move(name);
  std::string regex = "(?is)";
  bool literal = true;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '*') {
      part.any_rest = literal && at + 1 == text.size();
      literal = false;
      regex += ".*";
    } else if (text[at] == '{') {
      literal = false;
      const auto end = text.find('}', at);
      const auto word = text.substr(at + 1, end - at - 1);
      const auto field = end == std::string_view::npos ? std::nullopt : url_field(word);
      if (!field) {
        return wrong("{" + printable(word, 40) + (end == std::string_view::npos ? "" : "}") +
                     " is no field: there are {address}, {contact_id}, {campaign}, {send}, {link} "
                     "and {link_tag}");
      }
      part.fields.push_back(*field);
      regex += capture;
      at = end;
    } else {
      part.prefix += literal ? std::string(1, text[at]) : "";
      regex += RE2::QuoteMeta({&text[at], 1});
    }
  }
  RE2::Options options;
  options.set_log_errors(false);
  options.set_encoding(RE2::Options::EncodingLatin1); // logs hold any bytes
  part.regex = std::make_unique<RE2>(regex, options);
  if (!part.regex->ok()) {
    return wrong("it is too long");
  }
  return part;
}

/// Calls take(name, value) for the parameters until it says true.
template<typename Take> void each_parameter(std::string_view query, Take take) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto one = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const auto equals = std::min(one.find('='), one.size());
    if (take(one.substr(0, equals), one.substr(std::min(equals + 1, one.size())))) {
      return;
    }
  }
}

} // namespace

std::string_view name_of(UrlField field) {
  return k_names[static_cast<std::size_t>(field)];
}

std::optional<UrlField> url_field(std::string_view name) {
  const auto* const place = std::find(k_names.begin(), k_names.end(), name);
  return place == k_names.end() ? std::nullopt
                                : std::optional(static_cast<UrlField>(place - k_names.begin()));
}

struct UrlPattern::Compiled {
  Part path;
  std::vector<Part> parameters;
};

Result<UrlPattern> UrlPattern::parse(std::string_view text) {
  constexpr std::size_t k_most = 1000;
  if (text.empty() || (text[0] != '/' && text[0] != '*')) {
    return wrong("a pattern begins with / or *: it is over the path of a URL, and what follows it");
  }
  if (text.size() > k_most) {
    return wrong("a pattern has 1,000 bytes at most");
  }
  const auto question = text.find('?');
  auto compiled = std::make_shared<Compiled>();
  MF_TRY(path, compile(text.substr(0, question), "", "([^/]+)"));
  compiled->path = std::move(path);
  std::optional<Error> fault;
  each_parameter(question == std::string_view::npos ? ""sv : text.substr(question + 1),
                 [&](std::string_view name, std::string_view value) {
                   auto part = compile(value, std::string(name), "(.+)");
                   if (part) {
                     compiled->parameters.push_back(std::move(*part));
                   } else {
                     fault = part.error();
                   }
                   return fault.has_value();
                 });
  if (fault) {
    return *fault;
  }
  UrlPattern pattern(std::move(compiled));
  for (std::size_t i = 0; i < k_url_fields; ++i) {
    const auto field = static_cast<UrlField>(i);
    const auto times = [field](const Part& part) {
      return std::count(part.fields.begin(), part.fields.end(), field);
    };
    auto sum = times(pattern.m_compiled->path);
    for (const auto& part : pattern.m_compiled->parameters) {
      sum += times(part);
    }
    if (sum > 1) {
      return wrong("{" + std::string(name_of(field)) + "} stands in it twice");
    }
  }
  return pattern;
}

bool UrlPattern::match(std::string_view path, std::string_view query, UrlFields& fields) const {
  auto found = fields;
  if (!m_compiled->path.match(path, found)) {
    return false;
  }
  for (const auto& part : m_compiled->parameters) {
    bool matches = false;
    each_parameter(query, [&](std::string_view name, std::string_view value) {
      matches = iequals(name, part.name) && part.match(value, found);
      return matches;
    });
    if (!matches) {
      return false;
    }
  }
  fields = found;
  return true;
}

bool UrlPattern::tells(UrlField field) const {
  const auto has = [field](const Part& part) {
    return std::find(part.fields.begin(), part.fields.end(), field) != part.fields.end();
  };
  return has(m_compiled->path) ||
         std::any_of(m_compiled->parameters.begin(), m_compiled->parameters.end(), has);
}

std::string_view raw_parameter(std::string_view query, std::string_view name) {
  std::string_view found;
  each_parameter(query, [&](std::string_view key, std::string_view value) {
    if (iequals(key, name)) {
      found = value;
    }
    return !found.empty();
  });
  return found;
}

} // namespace mailfunnel
