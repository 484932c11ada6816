#include "ingest/sender_pattern.hpp"

#include "base/text.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>

namespace mailfunnel {

namespace {

struct FieldRow {
  std::string_view name;
  std::string SenderFields::*field;
};
constexpr std::array k_fields{
    FieldRow{"campaign", &SenderFields::campaign}, FieldRow{"send", &SenderFields::send},
    FieldRow{"contact_id", &SenderFields::contact_id}, FieldRow{"address", &SenderFields::address}};

Error wrong(std::string message) {
  return {ErrorCode::bad_syntax, std::move(message)};
}

/// "ann=example.com" -> "ann@example.com"; "" where no '=' stands for the '@'.
std::string decoded_address(std::string text) {
  const auto at = text.rfind('=');
  if (at == std::string::npos || at == 0 || at + 1 == text.size()) {
    return {};
  }
  text[at] = '@';
  return text;
}

} // namespace

Result<SenderPattern> SenderPattern::parse(std::string_view text) {
  constexpr std::size_t k_most = 500;
  if (text.size() > k_most) {
    return wrong("a pattern has 500 bytes at most");
  }
  SenderPattern pattern;
  pattern.m_glob = text;
  std::string regex = "(?is)";
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '*' || text[at] == '?') {
      regex += text[at] == '*' ? ".*" : ".";
    } else if (text[at] != '{') {
      regex += RE2::QuoteMeta({&text[at], 1});
    } else {
      const auto end = std::min(text.find('}', at), text.size());
      const auto name = text.substr(at + 1, end - at - 1);
      const auto* const row = std::find_if(k_fields.begin(), k_fields.end(),
                                           [name](const FieldRow& r) { return r.name == name; });
      if (row == k_fields.end() || end == text.size()) {
        return wrong("{" + printable(name, 40) + (end == text.size() ? "" : "}") +
                     " is no field: there are {campaign}, {send}, {contact_id} and {address}");
      }
      const auto& known = pattern.m_fields;
      if (std::find(known.begin(), known.end(), row->field) != known.end()) {
        return wrong("{" + std::string(name) + "} stands in it twice");
      }
      pattern.m_fields.push_back(row->field);
      regex += "([^@]+)";
      at = end;
    }
  }
  if (!pattern.m_fields.empty()) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_encoding(RE2::Options::EncodingLatin1); // logs hold any bytes
    auto compiled = std::make_shared<RE2>(regex, options);
    if (!compiled->ok()) {
      return wrong("it is too long");
    }
    pattern.m_regex = std::move(compiled);
  }
  return pattern;
}

bool SenderPattern::match(std::string_view sender, SenderFields& fields) const {
  if (m_regex == nullptr) {
    return glob_match(m_glob, sender);
  }
  std::array<re2::StringPiece, k_fields.size() + 1> found;
  if (!m_regex->Match({sender.data(), sender.size()}, 0, sender.size(), RE2::ANCHOR_BOTH,
                      found.data(), static_cast<int>(m_fields.size() + 1))) {
    return false;
  }
  for (std::size_t i = 0; i < m_fields.size(); ++i) {
    const auto& text = found[i + 1];
    fields.*m_fields[i] = std::string(text.data(), text.size());
  }
  if (!fields.address.empty()) {
    fields.address = decoded_address(std::move(fields.address));
  }
  return true;
}

} // namespace mailfunnel
