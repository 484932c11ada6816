#pragma once
// JSON: how a text of many values is cut, and how text is written. Values are parsed with simdjson
// by whoever knows their shape; what needs a tree uses Boost.JSON.

#include <cstdint>
#include <string>
#include <string_view>

namespace mailfunnel {

/// Bytes that a chunk of input has behind its end, so that simdjson may read past it.
constexpr std::size_t k_padding = 64;

/// Hands out the values of a text one after the other: NDJSON, values in a row, or the elements of
/// one top-level array ("[{…},\n{…}]"). A text that is cut from a longer one may begin or end
/// inside that array.
class JsonValues {
public:
  explicit JsonValues(std::string_view text) : m_text(text) {}
  /// False at the end. A value that never ends is handed out as it is, up to the end.
  bool next(std::string_view& value);

private:
  std::string_view m_text;
  std::size_t m_at = 0;
};

/// Hands out the lines of NDJSON, trimmed, without the empty ones.
class JsonLines {
public:
  explicit JsonLines(std::string_view text) : m_text(text) {}
  bool next(std::string_view& line);
  /// So far; of the whole text when there is no next.
  std::uint64_t line_ends() const { return m_line_ends; }

private:
  std::string_view m_text;
  std::size_t m_at = 0;
  std::uint64_t m_line_ends = 0;
};

/// Bytes of `text` that hold whole values (see JsonValues), or 0. `depth` in the array is tracked
/// by the brackets alone: the text must start between values.
std::size_t whole_json_values(std::string_view text);

/// Hands out the members of an object, names and values as they stand in its text. Of an object
/// that is cut off the last value may be cut off too.
class JsonMembers {
public:
  explicit JsonMembers(std::string_view object);
  bool next(std::string_view& name, std::string_view& value);

private:
  std::string_view m_text;
  std::size_t m_at; // of the next name's quote, if there is one more
};

/// The value of a member of an object, as it stands in its text; empty: there is none. Names are
/// compared as they are written, and of two of one name the first holds.
std::string_view json_member(std::string_view object, std::string_view name);

/// A text that is cut off inside a value, made a whole one: what follows the last whole value in it
/// is left out, and what is open is closed. {"a":[1,"b → {"a":[1]}
std::string close_json(std::string_view cut);

/// True when the text starts like NDJSON: a first line that is one whole object.
bool looks_like_ndjson(std::string_view head);

/// Appends "text" with its quotes, escaped; what is no UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

} // namespace mailfunnel
