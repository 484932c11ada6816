#include "base/text.hpp"

#include "base/steering.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <charconv>

namespace mailfunnel {

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_space(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), ascii_lower);
  return out;
}

bool iequals(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return ascii_lower(x) == ascii_lower(y);
         });
}

bool istarts_with(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && iequals(text.substr(0, prefix.size()), prefix);
}

bool icontains(std::string_view text, std::string_view part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(),
                     [](char x, char y) { return ascii_lower(x) == ascii_lower(y); }) != text.end();
}

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  std::size_t at = 0;
  for (std::size_t hit; (hit = text.find(from, at)) != std::string_view::npos;
       at = hit + from.size()) {
    out.append(text.substr(at, hit - at)).append(to);
  }
  return out.append(text.substr(at));
}

std::string_view next_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  auto line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  line.remove_suffix(line.ends_with('\r') ? 1 : 0);
  return line;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  if (text.empty()) {
    return parts;
  }
  for (std::size_t at = 0;;) {
    const auto end = text.find(separator, at);
    parts.push_back(trim(text.substr(at, end == std::string_view::npos ? end : end - at)));
    if (end == std::string_view::npos) {
      return parts;
    }
    at = end + 1;
  }
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (const auto& part : parts) {
    if (&part != &parts.front()) {
      out += separator;
    }
    out += part;
  }
  return out;
}

namespace {
template<typename Number> std::optional<Number> parse_whole(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) {
    return std::nullopt;
  }
  return value;
}
} // namespace

std::optional<std::int64_t> parse_int(std::string_view text) {
  return parse_whole<std::int64_t>(text);
}
std::optional<double> parse_double(std::string_view text) {
  return parse_whole<double>(text);
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

namespace {

/// Length of the valid UTF-8 sequence at the front, 0 when there is none.
std::size_t utf8_sequence(std::string_view text) {
  utf8proc_int32_t code = 0;
  const auto bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const auto size = utf8proc_iterate(
      bytes, static_cast<utf8proc_ssize_t>(std::min<std::size_t>(text.size(), 4)), &code);
  return size > 0 ? static_cast<std::size_t>(size) : 0;
}

constexpr std::string_view k_replacement = "\xEF\xBF\xBD";

void append_code(std::string& out, std::int32_t code) {
  utf8proc_uint8_t bytes[4];
  const auto size = utf8proc_encode_char(code, bytes);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

} // namespace

bool valid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
    } else if (const auto size = utf8_sequence(text.substr(at)); size != 0) {
      at += size;
    } else {
      return false;
    }
  }
  return true;
}

std::string to_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      out += text[at++];
    } else if (const auto size = utf8_sequence(text.substr(at)); size != 0) {
      out.append(text.substr(at, size));
      at += size;
    } else {
      out += k_replacement;
      ++at;
    }
  }
  return out;
}

std::string latin1_to_utf8(std::string_view text) {
  // Windows-1252, 0x80 to 0x9f; 0: not assigned.
  constexpr std::int32_t k_high[32] = {
      0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
      0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
      0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      const auto code = byte < 0xA0 ? k_high[byte - 0x80] : byte;
      append_code(out, code == 0 ? 0xFFFD : code);
    }
  }
  return out;
}

namespace {

/// German letters that fold to two: ä and its like become ae.
std::string_view two_letters(std::int32_t code) {
  switch (code) {
  case 0xC4:
  case 0xE4:
    return "ae";
  case 0xD6:
  case 0xF6:
    return "oe";
  case 0xDC:
  case 0xFC:
    return "ue";
  case 0xDF:
  case 0x1E9E:
    return "ss";
  case 0xC6:
  case 0xE6:
    return "ae";
  case 0x152:
  case 0x153:
    return "oe";
  case 0xD8:
  case 0xF8:
    return "o";
  default:
    return {};
  }
}

/// Composed form first, so that "u" + combining dots is the umlaut it means.
std::string compose(std::string_view text) {
  utf8proc_uint8_t* composed = nullptr;
  const auto size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &composed,
                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  if (size < 0) {
    return std::string(text);
  }
  std::string out(reinterpret_cast<const char*>(composed), static_cast<std::size_t>(size));
  free(composed); // NOLINT: utf8proc allocates with malloc
  return out;
}

void append_folded(std::string& out, std::int32_t code) {
  utf8proc_int32_t parts[16];
  int boundary = 0;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD |
                                                      UTF8PROC_STRIPMARK | UTF8PROC_COMPAT);
  const auto count = utf8proc_decompose_char(code, parts, 16, options, &boundary);
  for (utf8proc_ssize_t i = 0; i < std::min<utf8proc_ssize_t>(count, 16); ++i) {
    append_code(out, parts[i]);
  }
}

std::string fold_text(std::string_view text, bool two) {
  std::string out;
  out.reserve(text.size());
  if (is_ascii(text)) {
    return lower(text);
  }
  const auto composed = compose(to_utf8(text));
  for (std::size_t at = 0; at < composed.size();) {
    const auto rest = std::string_view(composed).substr(at);
    if (static_cast<unsigned char>(rest[0]) < 0x80) {
      out += ascii_lower(rest[0]);
      ++at;
      continue;
    }
    utf8proc_int32_t code = 0;
    const auto size = utf8_sequence(rest);
    utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(rest.data()),
                     static_cast<utf8proc_ssize_t>(rest.size()), &code);
    at += std::max<std::size_t>(size, 1);
    const auto pair = two_letters(code);
    if (!pair.empty() &&
        (two || code == 0xDF || code == 0x1E9E || code > 0xFF || code == 0xC6 || code == 0xE6)) {
      out += pair;
    } else {
      append_folded(out, code);
    }
  }
  return out;
}

} // namespace

std::string fold(std::string_view text) {
  return fold_text(text, true);
}
std::string fold_plain(std::string_view text) {
  return fold_text(text, false);
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  const auto folded = fold(text);
  const auto finish = [&] {
    if (!word.empty()) {
      out.push_back(std::move(word));
      word.clear();
    }
  };
  for (std::size_t at = 0; at < folded.size();) {
    const auto c = folded[at];
    if (static_cast<unsigned char>(c) >=
        0x80) { // a letter of another script, or punctuation such as a dash
      const auto size =
          std::max<std::size_t>(utf8_sequence(std::string_view(folded).substr(at)), 1);
      utf8proc_int32_t code = 0;
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(folded.data() + at),
                       static_cast<utf8proc_ssize_t>(size), &code);
      const auto category = utf8proc_category(code);
      if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO) {
        word.append(folded, at, size);
      } else {
        finish();
      }
      at += size;
      continue;
    }
    if (is_alnum(c)) {
      word += c;
    } else {
      finish();
    }
    ++at;
  }
  finish();
  return out;
}

bool glob_match(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() &&
               (pattern[p] == '?' || ascii_lower(pattern[p]) == ascii_lower(text[t]))) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      ++mark;
      if (p < pattern.size() && pattern[p] != '*' && pattern[p] != '?') {
        const auto first = ascii_lower(pattern[p]); // on to where what follows may begin
        while (mark < text.size() && ascii_lower(text[mark]) != first) {
          ++mark;
        }
      }
      t = mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') {
    ++p;
  }
  return p == pattern.size();
}

std::optional<std::string> nearest(std::string_view text,
                                   const std::vector<std::string>& candidates) {
  std::optional<std::string> best;
  std::size_t best_distance = std::max<std::size_t>(1, text.size() / 3) + 1;
  const auto wanted = lower(text);
  for (const auto& candidate : candidates) {
    const auto other = lower(candidate);
    std::vector<std::size_t> row(other.size() + 1);
    for (std::size_t j = 0; j <= other.size(); ++j) {
      row[j] = j;
    }
    for (std::size_t i = 1; i <= wanted.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i;
      for (std::size_t j = 1; j <= other.size(); ++j) {
        const auto above = row[j];
        row[j] = std::min(
            {above + 1, row[j - 1] + 1, diagonal + (wanted[i - 1] == other[j - 1] ? 0U : 1U)});
        diagonal = above;
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = candidate;
    }
  }
  return best;
}

std::size_t steering_sign(std::string_view text, std::uint16_t& code) {
  const auto byte = [text](std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
  };
  if (byte(0) < 0x80) {
    code = static_cast<std::uint16_t>(byte(0));
    return code < 0x20 || code == 0x7F ? 1 : 0;
  }
  if (byte(0) == 0xC2 || byte(0) == 0xD8) {
    code = static_cast<std::uint16_t>((byte(0) & 0x1FU) << 6 | (byte(1) & 0x3FU));
    return code < 0xA0 || code == 0x061C ? 2 : 0; // C1; an Arabic mark
  }
  if (byte(0) != 0xE2) {
    return 0;
  }
  code = static_cast<std::uint16_t>((byte(0) & 0xFU) << 12 | (byte(1) & 0x3FU) << 6 |
                                    (byte(2) & 0x3FU));
  const bool turns = code == 0x200E || code == 0x200F || (code >= 0x2028 && code <= 0x202E) ||
                     (code >= 0x2066 && code <= 0x2069);
  return turns ? 3 : 0;
}

std::string printable(std::string_view text, std::size_t most) {
  constexpr char k_hex[] = "0123456789abcdef";
  std::string out;
  const auto clean = to_utf8(text.substr(0, most));
  for (std::string_view rest = clean; !rest.empty();) {
    std::uint16_t code = 0;
    const auto size = steering_sign(rest, code);
    if (size == 0) {
      out += rest.front();
    } else {
      out += size == 1 ? "\\x" : "\\u";
      for (int shift = size == 1 ? 4 : 12; shift >= 0; shift -= 4) {
        out += k_hex[code >> shift & 15];
      }
    }
    rest.remove_prefix(std::max<std::size_t>(size, 1));
  }
  if (text.size() > most) {
    out += "…";
  }
  return out;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] >= ' ' && text[at] <= '~') { // most are such
      ++width;
      ++at;
      continue;
    }
    utf8proc_int32_t code = 0;
    const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data() + at),
                                       static_cast<utf8proc_ssize_t>(text.size() - at), &code);
    if (size <= 0) {
      ++width;
      ++at;
      continue;
    }
    width += static_cast<std::size_t>(std::max(0, utf8proc_charwidth(code)));
    at += static_cast<std::size_t>(size);
  }
  return width;
}

std::string shortened(std::string_view text, std::size_t columns) {
  auto clean = printable(text, 4096);
  if (display_width(clean) <= columns) {
    return clean;
  }
  std::size_t end = 0; // of what stays: whole characters only
  for (std::size_t width = 1; end < clean.size();) {
    auto next = end + 1;
    while (next < clean.size() && (static_cast<unsigned char>(clean[next]) & 0xC0) == 0x80) {
      ++next;
    }
    width += display_width(std::string_view(clean).substr(end, next - end));
    if (width > columns) {
      break;
    }
    end = next;
  }
  clean.resize(end);
  return clean + "…";
}

std::string grouped(std::uint64_t number) {
  auto digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

} // namespace mailfunnel
