#include "flat_object.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <optional>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace mailfunnel::sendgrid {

namespace {

constexpr std::size_t k_depth = 1; // of simdjson's own parsing, which is not used

struct Escape {
  char letter, meaning;
};
constexpr Escape k_escapes[] = {{'"', '"'},  {'\\', '\\'}, {'/', '/'},  {'b', '\b'},
                                {'f', '\f'}, {'n', '\n'},  {'r', '\r'}, {'t', '\t'}};

/// The four hexadecimal digits at the front of `text`.
std::optional<std::uint32_t> read_hex(std::string_view text) {
  if (text.size() < 4) {
    return std::nullopt;
  }
  std::uint32_t value = 0;
  for (const char c : text.substr(0, 4)) {
    const char low = ascii_lower(c);
    if (!is_digit(c) && (low < 'a' || low > 'f')) {
      return std::nullopt;
    }
    value = value * 16 + static_cast<std::uint32_t>(is_digit(c) ? c - '0' : low - 'a' + 10);
  }
  return value;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

/// Reads "\u00e9" or a pair of surrogates at the front; bytes used, 0: neither. A lone surrogate
/// becomes U+FFFD.
std::size_t read_unicode(std::string_view text, std::string& out) {
  const auto first = read_hex(text.substr(2));
  if (!first) {
    return 0;
  }
  const bool high = *first >= 0xD800 && *first < 0xDC00;
  if (high && text.substr(6, 2) == "\\u") {
    const auto second = read_hex(text.substr(8));
    if (second && *second >= 0xDC00 && *second < 0xE000) {
      append_utf8(out, 0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00));
      return 12;
    }
  }
  append_utf8(out, *first >= 0xD800 && *first < 0xE000 ? 0xFFFD : *first);
  return 6;
}

/// Reads the escape at the front; what is none is taken as it stands.
std::size_t read_escape(std::string_view text, std::string& out) {
  if (text.size() >= 6 && text[1] == 'u') {
    if (const auto used = read_unicode(text, out); used != 0) {
      return used;
    }
  }
  const auto* const row =
      text.size() < 2 ? std::end(k_escapes)
                      : std::find_if(std::begin(k_escapes), std::end(k_escapes),
                                     [&text](const Escape& e) { return e.letter == text[1]; });
  if (row == std::end(k_escapes)) {
    out += text.front();
    return 1;
  }
  out += row->meaning;
  return 2;
}

/// What is in a text.
struct Looked {
  std::uint32_t quotes = 0;
  bool odd = false; // backslashes, control characters, bytes beyond ASCII
};

Looked look(const char* text, std::size_t size) {
  Looked all;
  for (const char c : std::string_view(text, size)) {
    all.quotes += c == '"' ? 1 : 0;
    all.odd |= c == '\\' || static_cast<signed char>(c) < 0x20;
  }
  return all;
}

#ifdef __x86_64__
bool have_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
}

/// The same, and faster; 32 bytes may be read behind the text.
[[gnu::target("avx2,popcnt")]] Looked look_avx2(const char* text, std::size_t size) {
  const auto quote = _mm256_set1_epi8('"'), backslash = _mm256_set1_epi8('\\'),
             space = _mm256_set1_epi8(' ');
  std::uint32_t quotes = 0, odd = 0;
  for (std::size_t at = 0; at < size; at += sizeof quote) {
    const auto bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + at));
    const auto left = size - at;
    const auto within = left < sizeof quote ? ~std::uint32_t{0} >> (sizeof quote - left) : ~0U;
    const auto bad =
        _mm256_or_si256(_mm256_cmpeq_epi8(bytes, backslash), _mm256_cmpgt_epi8(space, bytes));
    odd |= static_cast<std::uint32_t>(_mm256_movemask_epi8(bad)) & within;
    quotes += static_cast<std::uint32_t>(__builtin_popcount(
        static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, quote))) &
        within));
  }
  return {quotes, odd != 0};
}
#else
bool have_avx2() {
  return false;
}
Looked look_avx2(const char* text, std::size_t size) {
  return look(text, size);
}
#endif

} // namespace

void FlatObject::begin(std::string_view text) {
  m_text = text;
  m_count = 0;
  m_escapes = false;
  m_scratch.clear();
}

std::optional<std::uint32_t> FlatObject::plain_quotes() const {
  static const bool k_wide = have_avx2();
  const auto looked =
      k_wide ? look_avx2(m_text.data(), m_text.size()) : look(m_text.data(), m_text.size());
  return looked.odd ? std::nullopt : std::optional(looked.quotes);
}

const char* FlatObject::next_quote(const char* at) const {
  const auto* const end = m_text.data() + m_text.size();
  return at < end
             ? static_cast<const char*>(std::memchr(at, '"', static_cast<std::size_t>(end - at)))
             : nullptr;
}

const char* FlatObject::value_end(const char* at, std::uint32_t& quotes) const {
  if (*at == '"') {
    quotes += 2;
    const auto* const quote = next_quote(at + 1);
    return quote == nullptr ? nullptr : quote + 1;
  }
  if (*at == '{' || *at == '[') {
    return nested_end(at, quotes);
  }
  const auto* const begin = at;
  const auto* const end = m_text.data() + m_text.size();
  while (end - at >= 8 && eight_digits(at)) {
    at += 8;
  }
  while (at < end && (is_alnum(*at) || *at == '-' || *at == '+' || *at == '.')) {
    ++at;
  }
  return at == begin ? nullptr : at;
}

const char* FlatObject::nested_end(const char* at, std::uint32_t& quotes) const {
  const auto* const end = m_text.data() + m_text.size();
  for (unsigned depth = 0; at < end; ++at) {
    if (*at == '"') {
      at = next_quote(at + 1);
      if (at == nullptr) {
        return nullptr;
      }
      quotes += 2;
    } else if (*at == '{' || *at == '[') {
      ++depth;
    } else if ((*at == '}' || *at == ']') && --depth == 0) {
      return at + 1;
    }
  }
  return nullptr;
}

bool FlatObject::index(std::string_view text) {
  begin(text);
  if (!m_scanner ||
      text.size() > m_scanner->capacity()) { // grows in big steps, as records grow in small ones
    const auto room = std::max(text.size() * 2, std::size_t{16} << 10);
    m_scanner.reset();
    if (simdjson::get_active_implementation()->create_dom_parser_implementation(
            room, k_depth, m_scanner) != simdjson::SUCCESS) {
      throw std::bad_alloc();
    }
  }
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  if (text.empty() ||
      m_scanner->stage1(bytes, text.size(), simdjson::stage1_mode::regular) != simdjson::SUCCESS) {
    return false;
  }
  m_marks = m_scanner->structural_indexes.get();
  m_count = m_scanner->n_structural_indexes;
  m_escapes = std::memchr(text.data(), '\\', text.size()) != nullptr;
  return true;
}

/// The mark behind the nested value that begins at `mark`.
std::uint32_t FlatObject::behind_nested(std::uint32_t mark) const {
  std::uint32_t depth = 0;
  for (; mark < m_count; ++mark) {
    const char c = at(mark);
    depth += c == '{' || c == '[' ? 1 : 0;
    if ((c == '}' || c == ']') && --depth == 0) {
      return mark + 1;
    }
  }
  return m_count;
}

std::string_view FlatObject::unescaped(std::string_view raw) {
  m_scratch.reserve(m_text.size()); // no string is longer than its source: all of them fit
  const auto begin = m_scratch.size();
  if (begin + raw.size() > m_scratch.capacity()) { // the same value asked for again and again
    return raw;
  }
  while (!raw.empty()) {
    const auto plain = std::min(raw.find('\\'), raw.size());
    m_scratch += raw.substr(0, plain);
    raw.remove_prefix(plain);
    raw.remove_prefix(raw.empty() ? 0 : read_escape(raw, m_scratch));
  }
  return std::string_view(m_scratch).substr(begin);
}

std::string_view FlatObject::text_of(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') {
    const bool nothing =
        value.empty() || value.front() == '{' || value.front() == '[' || value == "null";
    return nothing ? std::string_view{} : value;
  }
  const auto raw = value.substr(1, value.size() - 2);
  const bool escapes = m_escapes && std::memchr(raw.data(), '\\', raw.size()) != nullptr;
  return escapes ? unescaped(raw) : raw;
}

} // namespace mailfunnel::sendgrid
