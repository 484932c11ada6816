#pragma once
// One JSON object and its fields at the top: names and values are views into the text, nested
// values are passed whole, and nothing is copied but strings with escapes. walk() goes from field
// to field and takes no longer than to look at each byte once; what it does not take, index() and
// each() judge, at the speed at which simdjson finds brackets and quotes. A reader has one
// FlatObject a thread. The text of an object must have k_padding readable bytes behind it.

#include "base/text.hpp"

#include <simdjson.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mailfunnel::sendgrid {

class FlatObject {
public:
  /// index() and each() at once, for objects of plain text of which one is much like the next.
  /// `names` knows them, and guesses:
  ///   std::size_t find(const char* at, FlatObject&)  the size of the name that begins there, up to
  ///                                                  its quote; 0: it has none
  ///   std::uint32_t& value_size()                    of that name's value the last time, a string
  /// so that the next field is looked at before it is known for certain where this one ends.
  /// False: nothing is said of the object, though some of its fields may have been visited.
  template<typename Names, typename Visit>
  bool walk(std::string_view text, Names& names, Visit visit);
  /// The next quote from there on in the text that walk() is in; nullptr: there is none.
  const char* next_quote(const char* at) const;

  /// Finds the marks of an object in its text; false: no JSON (a string that never ends, no UTF-8).
  bool index(std::string_view text);
  /// Calls visit(name, value) for each field, both as they stand in the text: the name without its
  /// quotes, the value with them. Says what is wrong with the object, or "". The fields before the
  /// fault were visited.
  template<typename Visit> std::string_view each(Visit visit);

  /// A string or number as text; "" for null and nested values. Valid until the next index().
  std::string_view text_of(std::string_view value);

private:
  void begin(std::string_view text);
  /// How many quotes there are in the text; nothing where it has escapes, or control characters, or
  /// is not ASCII.
  std::optional<std::uint32_t> plain_quotes() const;
  /// The end of the value that begins there, within the text; adds its quotes. nullptr: it is odd.
  const char* value_end(const char* at, std::uint32_t& quotes) const;
  const char* nested_end(const char* at, std::uint32_t& quotes) const;
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

template<typename Names, typename Visit>
bool FlatObject::walk(std::string_view text, Names& names, Visit visit) {
  begin(text);
  const auto quotes = plain_quotes();
  const auto* const end = text.data() + text.size();
  const auto* at = text.data();
  // Is it the next but for spaces? What is behind the end is nothing that is asked for.
  const auto comes = [&at, end](char wanted) {
    while (at < end && *at == ' ') {
      ++at;
    }
    return *at == wanted;
  };
  if (!quotes || *at != '{') {
    return false;
  }
  std::uint32_t seen = 0; // quotes
  do {
    ++at; // { or ,
    if (*at != '"' && !comes('"')) {
      return false;
    }
    ++at;
    const auto name_size = names.find(at, *this);
    const std::string_view name(at, name_size);
    at += name_size + 1;
    if (name_size == 0 || (*at != ':' && !comes(':'))) {
      return false;
    }
    ++at;
    comes('"');
    if (at >= end) {
      return false;
    }
    const auto* const value = at;
    auto& size = names.value_size();
    if (*at == '"' && size + 2 < static_cast<std::size_t>(end - at) && at[1 + size] == '"' &&
        (at[2 + size] == ',' || at[2 + size] == '}')) {
      at += size + 2; // if it was another quote, not all of them will be seen
      seen += 4;
    } else {
      seen += 2;
      at = value_end(at, seen);
      if (at == nullptr) {
        return false;
      }
      size = *value == '"' ? static_cast<std::uint32_t>(at - value - 2) : 0;
    }
    visit(name, std::string_view(value, static_cast<std::size_t>(at - value)));
  } while (*at == ',' || comes(','));
  return at + 1 == end && *at == '}' && seen == *quotes;
}

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
