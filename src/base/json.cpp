#include "base/json.hpp"

#include "base/steering.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <cstring>

namespace mailfunnel {

namespace {

constexpr std::string_view k_white = " \t\r\n";

constexpr bool is_gap(char c) {
  return is_space(c) || c == ',' || c == '[' || c == ']';
}

/// End of the value that begins at `at`; npos when the text ends before it does.
/// Only brackets and strings are looked at: whether it is good JSON is the parser's to say.
std::size_t value_end(std::string_view text, std::size_t at) {
  if (text[at] != '{' && text[at] != '[' && text[at] != '"') { // a number or word: up to a gap
    while (at < text.size() && !is_gap(text[at])) {
      ++at;
    }
    return at;
  }
  std::size_t depth = 0;
  bool in_string = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') {
        ++at;
      } else if (c == '"') {
        in_string = false;
        if (depth == 0) {
          return at + 1;
        }
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

/// Where something else than these characters stands; the text's size: nowhere.
std::size_t after(std::string_view text, std::size_t at, std::string_view characters) {
  return std::min(text.find_first_not_of(characters, at), text.size());
}

} // namespace

bool JsonValues::next(std::string_view& value) {
  while (m_at < m_text.size() && is_gap(m_text[m_at])) {
    ++m_at;
  }
  if (m_at >= m_text.size()) {
    return false;
  }
  const auto end = value_end(m_text, m_at);
  value = trim(m_text.substr(m_at, end == std::string_view::npos ? end : end - m_at));
  m_at = end == std::string_view::npos ? m_text.size() : end;
  if (value.empty()) { // cannot be, but never loop without moving
    ++m_at;
  }
  return true;
}

bool JsonLines::next(std::string_view& line) {
  while (m_at < m_text.size()) {
    const auto* begin = m_text.data() + m_at;
    const auto rest = m_text.size() - m_at;
    const auto* newline = static_cast<const char*>(std::memchr(begin, '\n', rest));
    const auto size = newline != nullptr ? static_cast<std::size_t>(newline - begin) : rest;
    m_at += size + (newline != nullptr ? 1 : 0);
    m_line_ends += newline != nullptr ? 1 : 0;
    line = trim({begin, size});
    if (!line.empty()) {
      return true;
    }
  }
  return false;
}

std::size_t whole_json_values(std::string_view text) {
  std::size_t whole = 0;
  // A byte order mark is part of no value: not of the first, in whose middle the text may end.
  for (std::size_t at = text.size() - without_bom(text).size(); at < text.size();) {
    while (at < text.size() && is_gap(text[at])) {
      ++at;
    }
    if (at >= text.size()) {
      return text.size();
    }
    const auto end = value_end(text, at);
    if (end == std::string_view::npos || (end == text.size() && text[at] != '{')) {
      return whole;
    }
    whole = at = end;
  }
  return whole;
}

JsonMembers::JsonMembers(std::string_view object)
    : m_text(object), m_at(after(object, 0, k_white)) {
  m_at = m_at < m_text.size() && m_text[m_at] == '{' ? after(m_text, m_at + 1, k_white)
                                                     : m_text.size();
}

bool JsonMembers::next(std::string_view& name, std::string_view& value) {
  if (m_at >= m_text.size() || m_text[m_at] != '"') {
    return false;
  }
  const auto name_end = value_end(m_text, m_at);
  if (name_end == std::string_view::npos) {
    return false;
  }
  const auto colon = after(m_text, name_end, k_white);
  const auto begin =
      colon < m_text.size() && m_text[colon] == ':' ? after(m_text, colon + 1, k_white) : colon;
  if (begin == colon || begin == m_text.size()) {
    return false;
  }
  const bool scalar = m_text[begin] != '{' && m_text[begin] != '[' && m_text[begin] != '"';
  const auto end = std::min(
      scalar ? m_text.find_first_of(",}] \t\r\n", begin) : value_end(m_text, begin), m_text.size());
  name = m_text.substr(m_at + 1, name_end - m_at - 2);
  value = m_text.substr(begin, end - begin);
  m_at = after(m_text, end, k_white);
  m_at = m_at < m_text.size() && m_text[m_at] == ',' ? after(m_text, m_at + 1, k_white)
                                                     : m_text.size();
  return true;
}

std::string_view json_member(std::string_view object, std::string_view name) {
  JsonMembers members(object);
  for (std::string_view key, value; members.next(key, value);) {
    if (key == name) {
      return value;
    }
  }
  return {};
}

std::string close_json(std::string_view cut) {
  std::string open, open_at_good; // closing brackets, the innermost last
  std::size_t good = 0;           // up to here, with what is open there closed, it is whole
  for (std::size_t at = 0; at < cut.size(); ++at) {
    const char c = cut[at];
    if (c == '"') {
      const auto end = value_end(cut, at);
      if (end == std::string_view::npos) {
        break;
      }
      at = end - 1;
      continue;
    }
    const bool opens = c == '{' || c == '[', closes = c == '}' || c == ']';
    if (opens) {
      open += c == '{' ? '}' : ']';
    } else if (closes && !open.empty()) {
      open.pop_back();
    }
    if (opens || closes || c == ',') {
      good = c == ',' ? at : at + 1;
      open_at_good = open;
    }
  }
  return std::string(cut.substr(0, good)).append(open_at_good.rbegin(), open_at_good.rend());
}

bool looks_like_ndjson(std::string_view head) {
  std::size_t at = head.substr(0, 3) == "\xEF\xBB\xBF" ? 3 : 0;
  while (at < head.size() && is_space(head[at])) {
    ++at;
  }
  if (at >= head.size() || head[at] != '{') {
    return false;
  }
  const auto end = value_end(head, at);
  const auto line_end = head.find('\n', at);
  if (end == std::string_view::npos) {
    return line_end == std::string_view::npos &&
           head.size() >= 65'536; // one line longer than the head
  }
  return line_end == std::string_view::npos || end <= line_end;
}

void append_json_string(std::string& out, std::string_view text) {
  constexpr char k_hex[] = "0123456789abcdef";
  out += '"';
  const bool clean = is_ascii(text) || valid_utf8(text);
  const auto mended = clean ? std::string() : to_utf8(text);
  for (std::string_view rest = clean ? text : std::string_view(mended); !rest.empty();) {
    const char c = rest.front();
    const bool usual = static_cast<signed char>(c) >= 0x20 && c != 0x7f; // ASCII, and no control
    std::uint16_t code = 0;
    const auto size = usual ? 0 : steering_sign(rest, code);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (size == 0) {
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else {
      out += "\\u";
      for (int shift = 12; shift >= 0; shift -= 4) {
        out += k_hex[code >> shift & 15];
      }
    }
    rest.remove_prefix(std::max<std::size_t>(size, 1));
  }
  out += '"';
}

} // namespace mailfunnel
