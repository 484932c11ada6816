#pragma once
// One JSON object and its fields at the top, read at the speed at which simdjson finds brackets and
// quotes: names and values are views into the text, nested values are passed whole, and nothing is
// copied but strings with escapes. A reader has one FlatObject a thread. The text of an object must
// have k_padding readable bytes behind it.

#include "base/text.hpp"

#include <simdjson.h>

#include <memory>
#include <string>
#include <string_view>

namespace mailfunnel::sendgrid {

class FlatObject {
public:
  /// Finds the marks of an object in its text; false: no JSON (a string that never ends, no UTF-8).
  bool index(std::string_view text);
  /// Calls visit(name, value) for each field, both as they stand in the text: the name without its
  /// quotes, the value with them. Says what is wrong with the object, or "". The fields before the
  /// fault were visited.
  template<typename Visit> std::string_view each(Visit visit);

  /// A string or number as text; "" for null and nested values. Valid until the next index().
  std::string_view text_of(std::string_view value);

private:
  char at(std::uint32_t mark) const { return m_text[m_marks[mark]]; }
  std::uint32_t behind_nested(std::uint32_t mark) const;
  std::string_view unescaped(std::string_view raw);

  std::unique_ptr<simdjson::internal::dom_parser_implementation> m_scanner;
  std::string_view m_text;
  const std::uint32_t* m_marks =
      nullptr; // where brackets, quotes, commas, colons and scalars begin
  std::uint32_t m_count = 0;
  bool m_escapes = false; // there is a backslash somewhere
  std::string m_scratch;  // of unescaped strings; never grows while views into it are out
};

template<typename Visit> std::string_view FlatObject::each(Visit visit) {
  constexpr std::string_view k_broken = "broken JSON";
  if (m_count < 2 || at(0) != '{') {
    return "not a JSON object";
  }
  if (at(1) == '}') {
    return m_count == 2 ? std::string_view{} : k_broken;
  }
  for (std::uint32_t mark = 1;; ++mark) {
    if (mark + 3 >= m_count || at(mark) != '"' || at(mark + 1) != ':') {
      return k_broken;
    }
    const char first = at(mark + 2);
    auto next = mark + 3;
    if (first == '{' || first == '[') {
      next = behind_nested(mark + 2);
      if (next >= m_count) {
        return k_broken;
      }
    } else if (first == ',' || first == '}' || first == ']' || first == ':') {
      return k_broken;
    }
    auto name = m_text.substr(m_marks[mark] + 1, m_marks[mark + 1] - m_marks[mark] - 1);
    auto value = m_text.substr(m_marks[mark + 2], m_marks[next] - m_marks[mark + 2]);
    while (name.back() != '"') { // white space before the colon; the quote is there
      name.remove_suffix(1);
    }
    name.remove_suffix(1);
    while (!value.empty() && is_space(value.back())) { // a form feed is space and a scalar
      value.remove_suffix(1);
    }
    visit(name, value);
    mark = next;
    if (at(mark) == '}') {
      return mark + 1 == m_count ? std::string_view{} : "more than one JSON value";
    }
    if (at(mark) != ',') {
      return k_broken;
    }
  }
}

} // namespace mailfunnel::sendgrid
