#include "base/csv.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace mailfunnel {

namespace {

// ---- 64 bytes at a time: masks of separators, line ends and quotes
// ------------------------------------------------

struct Quotes {
  bool open; // the text so far ends inside quotes
  bool any = false;
};

struct Masks {
  std::uint64_t ends; // separator or '\n'
  std::uint64_t quotes;
};

inline std::uint64_t prefix_xor(std::uint64_t bits) {
  for (int shift = 1; shift < 64; shift <<= 1) {
    bits ^= bits << shift;
  }
  return bits;
}

inline Masks masks_plain(const char* at, char separator, char quote) {
  Masks masks{};
  for (int i = 0; i < 64; ++i) {
    masks.ends |= std::uint64_t{at[i] == separator || at[i] == '\n'} << i;
    masks.quotes |= std::uint64_t{at[i] == quote} << i;
  }
  return masks;
}

/// Appends the positions of the ends in `mask` (of the block at `base`).
inline std::uint32_t* put_positions(std::uint32_t* out, std::uint64_t mask, std::uint32_t base) {
  const int count = std::popcount(mask);
  for (int done = 0; done < count; done += 4) { // four at a time; what is too much is overwritten
    for (int k = 0; k < 4; ++k) {
      out[done + k] = base + static_cast<std::uint32_t>(std::countr_zero(mask));
      mask &= mask - 1;
    }
  }
  return out + count;
}

template<typename MaskFunction, typename PrefixFunction>
inline __attribute__((always_inline)) std::uint32_t*
index_blocks(const char* text, std::size_t size, char separator, char quote, std::uint32_t* out,
             Quotes& seen, MaskFunction masks_of, PrefixFunction prefix) {
  std::uint64_t carry = seen.open ? ~std::uint64_t{0} : 0;
  std::size_t at = 0;
  for (; at + 64 <= size; at += 64) {
    const auto masks = masks_of(text + at, separator, quote);
    seen.any = seen.any || masks.quotes != 0;
    const auto in_quotes = prefix(masks.quotes) ^ carry;
    carry = static_cast<std::uint64_t>(static_cast<std::int64_t>(in_quotes) >> 63);
    out = put_positions(out, masks.ends & ~in_quotes, static_cast<std::uint32_t>(at));
  }
  if (at < size) {
    std::array<char, 64> tail{};
    std::memcpy(tail.data(), text + at, size - at);
    auto masks = masks_of(tail.data(), separator, quote);
    const auto valid = (std::uint64_t{1} << (size - at)) - 1;
    masks.ends &= valid;
    masks.quotes &= valid;
    seen.any = seen.any || masks.quotes != 0;
    const auto in_quotes = prefix(masks.quotes) ^ carry;
    carry = (in_quotes >> (size - at - 1) & 1) != 0 ? ~std::uint64_t{0} : 0;
    out = put_positions(out, masks.ends & ~in_quotes, static_cast<std::uint32_t>(at));
  }
  seen.open = carry != 0;
  return out;
}

std::uint32_t* index_plain(const char* text, std::size_t size, char separator, char quote,
                           std::uint32_t* out, Quotes& seen) {
  return index_blocks(text, size, separator, quote, out, seen, masks_plain, prefix_xor);
}

bool quotes_odd_plain(const char* text, std::size_t size, char quote) {
  return (static_cast<std::uint64_t>(std::count(text, text + size, quote)) & 1) != 0;
}
std::uint64_t count_plain(const char* text, std::size_t size, char c) {
  return static_cast<std::uint64_t>(std::count(text, text + size, c));
}

#if defined(__x86_64__)
#define MF_AVX2 __attribute__((target("avx2,pclmul,popcnt,bmi")))

MF_AVX2 inline std::uint64_t equal_mask(__m256i low, __m256i high, char c) {
  const auto wanted = _mm256_set1_epi8(c);
  const auto a = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted)));
  const auto b = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted)));
  return a | std::uint64_t{b} << 32;
}

MF_AVX2 std::uint32_t* index_avx2(const char* text, std::size_t size, char separator, char quote,
                                  std::uint32_t* out, Quotes& seen) {
  std::uint64_t carry = seen.open ? ~std::uint64_t{0} : 0;
  std::size_t at = 0;
  for (; at + 64 <= size; at += 64) {
    const auto low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + at));
    const auto high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + at + 32));
    const auto quotes = equal_mask(low, high, quote);
    const auto ends = equal_mask(low, high, separator) | equal_mask(low, high, '\n');
    std::uint64_t in_quotes = carry;
    if (quotes != 0) {
      seen.any = true;
      const auto product = _mm_clmulepi64_si128(_mm_set_epi64x(0, static_cast<long long>(quotes)),
                                                _mm_set1_epi8(static_cast<char>(0xFF)), 0);
      in_quotes ^= static_cast<std::uint64_t>(_mm_cvtsi128_si64(product));
      carry = static_cast<std::uint64_t>(static_cast<std::int64_t>(in_quotes) >> 63);
    }
    out = put_positions(out, ends & ~in_quotes, static_cast<std::uint32_t>(at));
  }
  seen.open = carry != 0;
  if (at < size) {
    auto* const tail = out;
    out = index_plain(text + at, size - at, separator, quote, out, seen);
    for (auto* p = tail; p != out; ++p) {
      *p += static_cast<std::uint32_t>(at);
    }
  }
  return out;
}

MF_AVX2 std::uint64_t count_avx2(const char* text, std::size_t size, char c) {
  std::uint64_t count = 0;
  std::size_t at = 0;
  for (; at + 64 <= size; at += 64) {
    const auto low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + at));
    const auto high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + at + 32));
    count += static_cast<std::uint64_t>(__builtin_popcountll(equal_mask(low, high, c)));
  }
  return count + count_plain(text + at, size - at, c);
}

bool have_avx2() {
  static const bool k_have = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul");
  return k_have;
}
#else
bool have_avx2() {
  return false;
}
std::uint32_t* index_avx2(const char* text, std::size_t size, char separator, char quote,
                          std::uint32_t* out, Quotes& seen) {
  return index_plain(text, size, separator, quote, out, seen);
}
std::uint64_t count_avx2(const char* text, std::size_t size, char c) {
  return count_plain(text, size, c);
}
#endif

std::uint64_t count_char(const char* text, std::size_t size, char c) {
  return have_avx2() ? count_avx2(text, size, c) : count_plain(text, size, c);
}

bool quotes_odd(const char* text, std::size_t size, char quote) {
  return have_avx2() ? (count_avx2(text, size, quote) & 1) != 0
                     : quotes_odd_plain(text, size, quote);
}

} // namespace

std::string_view CsvRow::unwrapped(std::size_t i, std::string_view field) const {
  if (i + 1 == m_count && !field.empty() && field.back() == '\r') {
    field.remove_suffix(1);
  }
  if (field.size() < 2 || field.front() != m_quote || m_quote == '\0') {
    return field;
  }
  field.remove_prefix(1);
  if (field.back() == m_quote) {
    field.remove_suffix(1);
  }
  const auto first = field.find(m_quote);
  if (first == std::string_view::npos) {
    return field;
  }
  auto& scratch = m_scratch->next();
  scratch.clear();
  for (std::size_t at = 0; at < field.size(); ++at) {
    scratch += field[at];
    if (field[at] == m_quote && at + 1 < field.size() && field[at + 1] == m_quote) {
      ++at;
    }
  }
  return scratch;
}

void CsvReader::start(std::string_view text) {
  m_text = text;
  m_begin = 0;
  m_at = 0;
  m_open = false;
  m_indexed = 0;
  index(0);
}

/// Finds the ends in the next piece of the text, behind the first `kept` that are there.
void CsvReader::index(std::size_t kept) {
  constexpr std::size_t k_piece = std::size_t{1} << 20, k_spare = 8; // put_positions() writes ahead
  const auto piece = m_text.substr(m_indexed, k_piece);
  if (m_room < kept + piece.size() + k_spare) { // at most one end a byte; what is not used is not
    m_room = kept + piece.size() + piece.size() / 4 + k_spare; // touched
    auto space = std::make_unique_for_overwrite<std::uint32_t[]>(m_room + 1);
    std::copy_n(m_ends, kept, space.get() + 1);
    m_space = std::move(space);
    m_ends = m_space.get() + 1;
  }
  m_ends[-1] = m_begin - 1;
  auto* const begin = m_ends + kept;
  auto* end = begin;
  if (m_dialect.quote == '\0') {
    for (std::size_t at = 0; at < piece.size(); ++at) {
      if (piece[at] == m_dialect.separator || piece[at] == '\n') {
        *end++ = static_cast<std::uint32_t>(at);
      }
    }
  } else {
    const auto run = have_avx2() ? index_avx2 : index_plain;
    Quotes seen{m_open, kept != 0 && m_quoted};
    end = run(piece.data(), piece.size(), m_dialect.separator, m_dialect.quote, end, seen);
    m_open = seen.open;
    m_quoted = seen.any;
  }
  for (auto* one = m_indexed == 0 ? end : begin; one != end; ++one) {
    *one += static_cast<std::uint32_t>(m_indexed);
  }
  m_indexed += piece.size();
  const auto size = static_cast<std::uint32_t>(m_text.size());
  if (m_indexed == m_text.size() && (m_text.empty() || m_text.back() != '\n' || m_open)) {
    *end++ = size;
  }
  m_count = static_cast<std::size_t>(end - m_ends);
  *end = size; // where looking for a line end stops
}

bool CsvReader::next(CsvRow& row) {
  constexpr std::size_t k_most_fields = std::size_t{1} << 20;
  const auto size = static_cast<std::uint32_t>(m_text.size());
  for (;;) {
    auto first = m_at;
    for (;;) {
      while (m_ends[m_at] < size && m_text[m_ends[m_at]] != '\n') {
        ++m_at;
      }
      if (m_at < m_count || m_indexed == size) {
        break;
      }
      const auto kept = std::min(m_count - first, k_most_fields);
      std::copy_n(m_ends + first, kept, m_ends);
      first = 0;
      m_at = kept;
      index(kept);
    }
    if (m_at == m_count) {
      return false;
    }
    row.m_text = m_text.data();
    row.m_ends = m_ends + first;
    row.m_plain = !m_quoted;
    const auto end = m_ends[m_at];
    row.m_count = std::min(m_at - first + 1, k_most_fields);
    m_ends[first + row.m_count - 1] = end; // as it is, but for a row of more fields
    row.m_quote = m_dialect.quote;
    row.m_raw = m_text.substr(m_begin, end - m_begin);
    if (!row.m_raw.empty() && row.m_raw.back() == '\r') {
      row.m_raw.remove_suffix(1);
    }
    m_scratch.reset();
    row.m_scratch = &m_scratch;
    m_begin = end + 1;
    ++m_at;
    if (!row.m_raw.empty()) {
      return true;
    }
  }
}

CsvHeader::CsvHeader(const CsvRow& row) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    auto name = row[i];
    if (i == 0 && name.substr(0, 3) == "\xEF\xBB\xBF") {
      name.remove_prefix(3);
      if (name.size() >= 2 && name.front() == '"' && name.back() == '"') {
        name = name.substr(1, name.size() - 2);
      }
    }
    m_names.emplace_back(trim(name));
  }
}

std::optional<std::size_t> CsvHeader::find(std::initializer_list<std::string_view> names) const {
  for (const auto name : names) {
    for (std::size_t i = 0; i < m_names.size(); ++i) {
      if (iequals(m_names[i], name)) {
        return i;
      }
    }
  }
  return std::nullopt;
}

CsvDialect sniff_csv(std::string_view head) {
  // The separator that gives the most fields, the same number in each of the first lines.
  constexpr std::array k_separators{',', ';', '\t', '|'};
  CsvDialect best;
  std::size_t best_score = 0;
  for (const char separator : k_separators) {
    CsvReader reader({separator, '"'});
    reader.start(head.substr(0, 16'384));
    CsvRow row;
    std::size_t columns = 0, same = 0, rows = 0;
    while (rows < 10 && reader.next(row)) {
      columns = rows == 0 ? row.size() : columns;
      same += row.size() == columns;
      ++rows;
    }
    const auto score = columns < 2 ? 0
                                   : same * 1000 / std::max<std::size_t>(rows, 1) * 100 +
                                         std::min<std::size_t>(columns, 99);
    if (score > best_score) {
      best_score = score;
      best.separator = separator;
    }
  }
  return best;
}

std::optional<CsvHead> read_csv_head(std::string_view head) {
  CsvHead found;
  found.dialect = sniff_csv(head);
  CsvReader reader(found.dialect);
  reader.start(head);
  CsvRow row;
  if (!reader.next(row) || row.raw().find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  found.header = CsvHeader(row);
  const auto end = row.raw().data() + row.raw().size() - head.data();
  const auto newline = head.find('\n', static_cast<std::size_t>(end));
  found.size = newline == std::string_view::npos ? head.size() : newline + 1;
  return found;
}

std::size_t whole_csv_records(std::string_view text, char quote) {
  if (quote == '\0' || !quotes_odd(text.data(), text.size(), quote)) {
    // Balanced as a whole: the last line end is outside quotes unless a quote stands behind it.
    auto end = text.rfind('\n');
    while (end != std::string_view::npos && quote != '\0' &&
           quotes_odd(text.data() + end, text.size() - end, quote)) {
      end = end == 0 ? std::string_view::npos : text.rfind('\n', end - 1);
    }
    return end == std::string_view::npos ? 0 : end + 1;
  }
  // The text ends inside quotes: a line end is good when an odd number of quotes stands behind it.
  std::size_t behind = text.size();
  bool odd = false;
  for (auto end = text.rfind('\n'); end != std::string_view::npos;
       end = end == 0 ? std::string_view::npos : text.rfind('\n', end - 1)) {
    odd ^= quotes_odd(text.data() + end, behind - end, quote);
    behind = end;
    if (odd) {
      return end + 1;
    }
  }
  return 0;
}

std::uint64_t count_lines(std::string_view text) {
  return count_char(text.data(), text.size(), '\n');
}

void append_csv_field(std::string& out, std::string_view field, char separator) {
  const bool quote = field.find_first_of("\"\r\n") != std::string_view::npos ||
                     field.find(separator) != std::string_view::npos ||
                     (!field.empty() && (field.front() == ' ' || field.back() == ' '));
  if (!quote) {
    out += field;
    return;
  }
  out += '"';
  for (const char c : field) {
    if (c == '"') {
      out += '"';
    }
    out += c;
  }
  out += '"';
}

} // namespace mailfunnel
