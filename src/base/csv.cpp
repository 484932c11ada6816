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

struct Masks {
  std::uint64_t separators, lines, quotes;
};

/// Where positions are written to; what is written ahead is overwritten.
struct Marks {
  const std::uint32_t* first; // of the ends of fields
  std::uint32_t *ends, *lines, *quotes;
  bool open;                   // the text so far ends inside quotes
  std::uint64_t line_ends = 0; // quoted ones too
};
constexpr std::size_t k_ahead = 8;

inline std::uint64_t prefix_xor(std::uint64_t bits) {
  for (int shift = 1; shift < 64; shift <<= 1) {
    bits ^= bits << shift;
  }
  return bits;
}

inline Masks masks_plain(const char* at, char separator, char quote) {
  Masks masks{};
  for (int i = 0; i < 64; ++i) {
    masks.separators |= std::uint64_t{at[i] == separator} << i;
    masks.lines |= std::uint64_t{at[i] == '\n'} << i;
    masks.quotes |= std::uint64_t{at[i] == quote} << i;
  }
  return masks;
}

/// Writes down what the masks tell of the 64 bytes at `base`.
inline __attribute__((always_inline)) void mark(Marks& marks, Masks masks, std::uint32_t base) {
  auto ends = masks.separators | masks.lines;
  auto lines = masks.lines;
  const auto ordinal = static_cast<std::uint32_t>(marks.ends - marks.first);
  const int line_count = std::popcount(lines);
  int done = 0;
  do { // two at a time, of which mostly one or none is one
    for (int k = 0; k < 2; ++k) {
      const auto before = (lines & -lines) - 1;
      marks.lines[done + k] = ordinal + static_cast<std::uint32_t>(std::popcount(ends & before));
      lines &= lines - 1;
    }
    done += 2;
  } while (done < line_count);
  marks.lines += line_count;
  const int count = std::popcount(ends);
  for (done = 0; done < count; done += 4) {
    for (int k = 0; k < 4; ++k) {
      marks.ends[done + k] = base + static_cast<std::uint32_t>(std::countr_zero(ends));
      ends &= ends - 1;
    }
  }
  marks.ends += count;
}

/// Takes out of the masks what stands in quotes. `prefix`: of each bit, whether the number of bits
/// up to and with it is odd.
template<typename PrefixFunction>
inline __attribute__((always_inline)) void
leave_out_quoted(Marks& marks, Masks& masks, std::uint32_t base, PrefixFunction prefix) {
  marks.line_ends += static_cast<std::uint64_t>(std::popcount(masks.lines));
  std::uint64_t quoted = marks.open ? ~std::uint64_t{0} : 0;
  if (masks.quotes != 0) {
    *marks.quotes++ = base;
    quoted ^= prefix(masks.quotes);
    marks.open = quoted >> 63 != 0;
  }
  masks.separators &= ~quoted;
  masks.lines &= ~quoted;
}

void index_plain(const char* text, std::size_t size, std::uint32_t base, char separator, char quote,
                 Marks& marks) {
  const auto block = [&](const char* bytes, std::uint64_t valid, std::size_t at) {
    auto masks = masks_plain(bytes, separator, quote);
    masks.separators &= valid;
    masks.lines &= valid;
    masks.quotes &= valid;
    const auto place = base + static_cast<std::uint32_t>(at);
    leave_out_quoted(marks, masks, place, prefix_xor); // behind the end nothing changes it
    mark(marks, masks, place);
  };
  std::size_t at = 0;
  for (; at + 64 <= size; at += 64) {
    block(text + at, ~std::uint64_t{0}, at);
  }
  if (at < size) {
    std::array<char, 64> tail{};
    std::memcpy(tail.data(), text + at, size - at);
    block(tail.data(), (std::uint64_t{1} << (size - at)) - 1, at);
  }
}

/// Where nothing is ever quoted.
void index_unquoted(std::string_view text, std::uint32_t base, char separator, Marks& marks) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\n') {
      *marks.lines++ = static_cast<std::uint32_t>(marks.ends - marks.first);
      ++marks.line_ends;
    }
    if (text[at] == separator || text[at] == '\n') {
      *marks.ends++ = base + static_cast<std::uint32_t>(at);
    }
  }
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

MF_AVX2 void index_avx2(const char* text, std::size_t size, std::uint32_t base, char separator,
                        char quote, Marks& given) {
  auto marks = given; // in registers
  std::size_t at = 0;
  for (; at + 64 <= size; at += 64) {
    const auto low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + at));
    const auto high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + at + 32));
    Masks masks{equal_mask(low, high, separator), equal_mask(low, high, '\n'),
                equal_mask(low, high, quote)};
    const auto place = base + static_cast<std::uint32_t>(at);
    leave_out_quoted(marks, masks, place, [](std::uint64_t quotes) MF_AVX2 {
      const auto product = _mm_clmulepi64_si128(_mm_set_epi64x(0, static_cast<long long>(quotes)),
                                                _mm_set1_epi8(static_cast<char>(0xFF)), 0);
      return static_cast<std::uint64_t>(_mm_cvtsi128_si64(product));
    });
    mark(marks, masks, place);
  }
  index_plain(text + at, size - at, base + static_cast<std::uint32_t>(at), separator, quote, marks);
  given = marks;
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
void index_avx2(const char* text, std::size_t size, std::uint32_t base, char separator, char quote,
                Marks& marks) {
  index_plain(text, size, base, separator, quote, marks);
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
  m_line_ends = 0;
  m_quote_count = 0;
  index(0);
}

void CsvReader::make_room(std::size_t kept, std::size_t piece) {
  // At most one end a byte; what is not used is not touched.
  if (const auto wanted = kept + piece + k_ahead; m_room < wanted) {
    m_room = wanted + piece / 4;
    auto space = std::make_unique_for_overwrite<std::uint32_t[]>(m_room + 1);
    std::copy_n(m_ends, kept, space.get() + 1);
    m_space = std::move(space);
    m_ends = m_space.get() + 1;
    m_lines = std::make_unique_for_overwrite<std::uint32_t[]>(m_room);
    auto quotes = std::make_unique_for_overwrite<std::uint32_t[]>(m_room);
    std::copy_n(m_quotes.get(), m_quote_count, quotes.get());
    m_quotes = std::move(quotes);
  }
}

/// Finds the ends in the next piece of the text, behind the first `kept` that are there.
void CsvReader::index(std::size_t kept) {
  constexpr std::size_t k_piece = std::size_t{1} << 20;
  const auto piece = m_text.substr(m_indexed, k_piece);
  make_room(kept, piece.size());
  m_quote_count = kept == 0 ? 0 : m_quote_count; // those of the row that goes on are still needed
  m_quote = 0;
  m_line = 0;
  m_ends[-1] = m_begin - 1;
  Marks marks{m_ends, m_ends + kept, m_lines.get(), m_quotes.get() + m_quote_count, m_open};
  const auto base = static_cast<std::uint32_t>(m_indexed);
  if (m_dialect.quote == '\0') {
    index_unquoted(piece, base, m_dialect.separator, marks);
  } else {
    const auto run = have_avx2() ? index_avx2 : index_plain;
    run(piece.data(), piece.size(), base, m_dialect.separator, m_dialect.quote, marks);
  }
  m_open = marks.open;
  m_line_ends += marks.line_ends;
  m_indexed += piece.size();
  if (m_indexed == m_text.size() && (m_text.empty() || m_text.back() != '\n' || m_open)) {
    *marks.lines++ = static_cast<std::uint32_t>(marks.ends - m_ends);
    *marks.ends++ = static_cast<std::uint32_t>(m_text.size());
  }
  m_count = static_cast<std::size_t>(marks.ends - m_ends);
  m_line_count = static_cast<std::size_t>(marks.lines - m_lines.get());
  m_quote_count = static_cast<std::size_t>(marks.quotes - m_quotes.get());
  *marks.quotes = ~0U;
}

bool CsvReader::next(CsvRow& row) {
  constexpr std::size_t k_most_fields = std::size_t{1} << 20;
  for (;;) {
    while (m_line == m_line_count) {
      if (m_indexed == m_text.size()) {
        return false;
      }
      const auto kept = std::min(m_count - m_at, k_most_fields);
      std::copy_n(m_ends + m_at, kept, m_ends);
      m_at = 0;
      index(kept);
    }
    const auto first = m_at, last = std::size_t{m_lines[m_line++]};
    const auto end = m_ends[last];
    row.m_text = m_text.data();
    row.m_ends = m_ends + first;
    row.m_count = std::min(last - first + 1, k_most_fields);
    m_ends[first + row.m_count - 1] = end; // as it is, but for a row of more fields
    for (constexpr std::size_t k_block = 64; m_quotes[m_quote] + k_block <= m_begin;) {
      ++m_quote;
    }
    row.m_plain = m_quotes[m_quote] >= end;
    row.m_quote = m_dialect.quote;
    row.m_raw = {m_text.data() + m_begin, end - m_begin};
    if (!row.m_raw.empty() && row.m_raw.back() == '\r') {
      row.m_raw.remove_suffix(1);
    }
    m_scratch.reset();
    row.m_scratch = &m_scratch;
    m_begin = end + 1;
    m_at = last + 1;
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
  constexpr std::size_t k_longest_header = std::size_t{64} << 10; // of an input so much is seen
  if (newline == std::string_view::npos && head.size() >= k_longest_header) {
    return std::nullopt; // the columns behind would be lost
  }
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

bool csv_wants_quotes(std::string_view value, char separator) { // 16 bytes at a time
  using Bytes [[gnu::vector_size(16)]] = signed char;
  using Words [[gnu::vector_size(16)]] = std::uint64_t;
  if (value.empty()) {
    return false;
  }
  Bytes bytes, special{};
  const auto look = [&](const char* at) {
    std::memcpy(&bytes, at, sizeof bytes);
    special |= (bytes == '"') | (bytes == '\r') | (bytes == '\n') | (bytes == separator);
  };
  if (value.size() < sizeof bytes) {
    std::array<char, sizeof bytes> padded{};
    std::memcpy(padded.data(), value.data(), value.size());
    look(padded.data());
  } else {
    for (std::size_t at = 0; at + sizeof bytes < value.size(); at += sizeof bytes) {
      look(value.data() + at);
    }
    look(value.data() + value.size() - sizeof bytes); // some of it once more
  }
  const auto words = reinterpret_cast<Words>(special);
  return value.front() == ' ' || value.back() == ' ' || (words[0] | words[1]) != 0;
}

void append_csv_field(std::string& out, std::string_view field, char separator) {
  if (!csv_wants_quotes(field, separator)) {
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
