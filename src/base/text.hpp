#pragma once
// Small things about text. Views are borrowed and never stored; strings are UTF-8.

#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

/// For hash maps that are asked with a string_view.
struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};

constexpr bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
constexpr bool is_alnum(char c) {
  return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
}

/// Are the eight bytes that stand there digits?
inline bool eight_digits(const char* at) {
  constexpr std::uint64_t k_high = 0xF0F0F0F0F0F0F0F0, k_threes = 0x3030303030303030,
                          k_six = 0x0606060606060606;
  std::uint64_t bytes;
  std::memcpy(&bytes, at, sizeof bytes);
  return (bytes & k_high) == k_threes && ((bytes + k_six) & k_high) == k_threes;
}
/// Their number. Little-endian, as all that this is built for.
inline std::uint32_t number_of_eight(const char* at) {
  std::uint64_t bytes;
  std::memcpy(&bytes, at, sizeof bytes);
  bytes = (bytes & 0x0F0F0F0F0F0F0F0F) * (10 * 256 + 1) >> 8; // pairs
  bytes = (bytes & 0x00FF00FF00FF00FF) * (100 * 65'536 + 1) >> 16;
  return static_cast<std::uint32_t>(
      (bytes & 0x0000FFFF0000FFFF) * (10'000 * (std::uint64_t{1} << 32) + 1) >> 32);
}

/// a == b where both are mostly short, or empty: without a call.
[[gnu::always_inline]] inline bool same(std::string_view a, std::string_view b) {
  constexpr std::size_t k_short = 16;
  if (a.size() != b.size() || a.empty()) {
    return a.size() == b.size();
  }
  if (a.size() > k_short) {
    return a == b;
  }
  const auto differ = [&]<typename Word>(Word) { // the first bytes and the last ones
    const auto last = a.size() - sizeof(Word);
    Word of_a[2], of_b[2];
    std::memcpy(&of_a[0], a.data(), sizeof(Word));
    std::memcpy(&of_a[1], a.data() + last, sizeof(Word));
    std::memcpy(&of_b[0], b.data(), sizeof(Word));
    std::memcpy(&of_b[1], b.data() + last, sizeof(Word));
    return ((of_a[0] ^ of_b[0]) | (of_a[1] ^ of_b[1])) != 0;
  };
  if (a.size() >= sizeof(std::uint64_t)) {
    return !differ(std::uint64_t{});
  }
  if (a.size() >= sizeof(std::uint32_t)) {
    return !differ(std::uint32_t{});
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i]) {
      return false;
    }
  }
  return true;
}

std::string_view trim(std::string_view text);
/// Without the byte order mark of UTF-8 at the front.
constexpr std::string_view without_bom(std::string_view text) {
  constexpr std::string_view k_bom = "\xEF\xBB\xBF";
  return text.starts_with(k_bom) ? text.substr(k_bom.size()) : text;
}
std::string lower(std::string_view text); // ASCII letters only
bool iequals(std::string_view a, std::string_view b);
bool istarts_with(std::string_view text, std::string_view prefix);
bool icontains(std::string_view text, std::string_view part);
std::string replace_all(std::string_view text, std::string_view from, std::string_view to);

/// The next line without its line end (LF or CRLF); `text` moves behind it. For a text that is not
/// empty.
std::string_view next_line(std::string_view& text);

/// "a, b,c" at ',' -> "a", "b", "c", trimmed; no piece for an empty text.
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);

/// A whole decimal number, optionally negative; nothing else around it.
std::optional<std::int64_t> parse_int(std::string_view text);
std::optional<double> parse_double(std::string_view text);

bool is_ascii(std::string_view text);
bool valid_utf8(std::string_view text);
/// Invalid bytes become U+FFFD, so that what is printed is always UTF-8.
std::string to_utf8(std::string_view text);
std::string latin1_to_utf8(std::string_view text); // Windows-1252 in the range 0x80..0x9f

/// Lower case, accents off, ae/oe/ue kept as they are, umlauts to ae/oe/ue and sharp s to ss:
/// "Bürö façade" -> "buero facade". The one form in which words are compared (docs/links.md and
/// docs/scoring.md).
std::string fold(std::string_view text);
/// As fold, but umlauts lose their dots only: "Bürö" -> "buro".
std::string fold_plain(std::string_view text);
/// Folded words: split at everything that is no letter or digit.
std::vector<std::string> words(std::string_view text);

/// Shell-like pattern over the whole text: * any run (of no or more), ? one character. ASCII case
/// is ignored. Linear in practice, bounded by |pattern| * |text|.
bool glob_match(std::string_view pattern, std::string_view text);

/// The candidate that looks most like `text`, when one is near enough to be worth suggesting.
std::optional<std::string> nearest(std::string_view text,
                                   const std::vector<std::string>& candidates);

/// Control characters, and what is no UTF-8, made visible, for messages and terminals; cut to
/// `most`.
std::string printable(std::string_view text, std::size_t most = 200);

/// Columns that a text takes on a terminal.
std::size_t display_width(std::string_view text);
/// Printable, and cut to so many columns, with an ellipsis.
std::string shortened(std::string_view text, std::size_t columns);

/// 1234567 -> "1,234,567"
std::string grouped(std::uint64_t number);

} // namespace mailfunnel
