#pragma once
// Patterns over the path and the query of a URL, by which one's own web server tells clicks, opens
// and pages apart, and where in them stands who and which mailing:
//   /o/{campaign}/{contact_id}.gif            a part of the path
//   /track.php?action=click&u={contact_id}    parameters, in any order and among others
//   /downloads/*.pdf                          * is any text, also with slashes
// Capitals of ASCII do not matter. docs/config.md, [[web]], is for those who write them.

#include "base/result.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mailfunnel {

/// What a URL can tell of an event; the names are those of EventView.
enum class UrlField : std::uint8_t { address, contact_id, campaign, send, link, link_tag };
constexpr std::size_t k_url_fields = 6;
std::string_view name_of(UrlField field);
std::optional<UrlField> url_field(std::string_view name);

/// The fields found, as they stand in the URL: percent-encoded. Empty: not found.
class UrlFields {
public:
  std::string_view& operator[](UrlField field) { return m_texts[static_cast<std::size_t>(field)]; }
  std::string_view operator[](UrlField field) const {
    return m_texts[static_cast<std::size_t>(field)];
  }
  auto begin() const { return m_texts.begin(); }
  auto end() const { return m_texts.end(); }

private:
  std::array<std::string_view, k_url_fields> m_texts{};
};

/// Copies share what was compiled; matching is safe from many threads.
class UrlPattern {
public:
  /// Error bad_syntax: the message says what is wrong with the pattern.
  static Result<UrlPattern> parse(std::string_view text);

  /// Does the URL match? Then its fields are put into `fields`, others in there stay.
  bool match(std::string_view path, std::string_view query, UrlFields& fields) const;
  /// Does the pattern itself tell this field?
  bool tells(UrlField field) const;

private:
  struct Compiled;
  explicit UrlPattern(std::shared_ptr<const Compiled> compiled) : m_compiled(std::move(compiled)) {}
  std::shared_ptr<const Compiled> m_compiled;
};

/// The parameter of that name as it stands in the query ("a=1&b=2"); empty: none.
std::string_view raw_parameter(std::string_view query, std::string_view name);

} // namespace mailfunnel
