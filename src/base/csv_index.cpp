#include "base/csv_index.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace mailfunnel {

namespace {

constexpr std::size_t k_block = 64; // bytes: as many as a mask has bits

struct Masks {
  std::uint64_t separators, lines, quotes;
};

inline std::uint64_t prefix_xor(std::uint64_t bits) {
  for (int shift = 1; shift < 64; shift <<= 1) {
    bits ^= bits << shift;
  }
  return bits;
}

/// Takes out of the masks what stands in quotes. `prefix`: of each bit, whether the number of bits
/// up to and with it is odd.
template<typename PrefixFunction>
inline __attribute__((always_inline)) void
leave_out_quoted(CsvMarks& marks, Masks& masks, std::uint32_t base, PrefixFunction prefix) {
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

/// Writes down which ends are ends of rows; before marks.ends moves on.
inline __attribute__((always_inline)) void mark_lines(CsvMarks& marks, std::uint64_t ends,
                                                      std::uint64_t lines) {
  const auto ordinal = static_cast<std::uint32_t>(marks.ends - marks.first);
  const int count = std::popcount(lines);
  int done = 0;
  do { // two at a time, of which mostly one or none is one
    for (int k = 0; k < 2; ++k) {
      const auto before = (lines & -lines) - 1;
      marks.lines[done + k] = ordinal + static_cast<std::uint32_t>(std::popcount(ends & before));
      lines &= lines - 1;
    }
    done += 2;
  } while (done < count);
  marks.lines += count;
}

/// Writes down the ends of the block at `base`.
inline __attribute__((always_inline)) void mark_ends(CsvMarks& marks, std::uint64_t ends,
                                                     std::uint32_t base) {
  const int count = std::popcount(ends);
  for (int done = 0; done < count; done += 4) {
    for (int k = 0; k < 4; ++k) {
      marks.ends[done + k] = base + static_cast<std::uint32_t>(std::countr_zero(ends));
      ends &= ends - 1;
    }
  }
  marks.ends += count;
}

void index_plain(std::string_view text, std::uint32_t base, char separator, char quote,
                 CsvMarks& marks) {
  const auto block = [&](const char* bytes, std::uint64_t valid, std::size_t at) {
    Masks masks{};
    for (std::size_t i = 0; i < k_block; ++i) {
      masks.separators |= std::uint64_t{bytes[i] == separator} << i;
      masks.lines |= std::uint64_t{bytes[i] == '\n'} << i;
      masks.quotes |= std::uint64_t{bytes[i] == quote} << i;
    }
    masks = {masks.separators & valid, masks.lines & valid, masks.quotes & valid};
    const auto place = base + static_cast<std::uint32_t>(at);
    leave_out_quoted(marks, masks, place, prefix_xor); // behind the end nothing changes it
    const auto ends = masks.separators | masks.lines;
    mark_lines(marks, ends, masks.lines);
    mark_ends(marks, ends, place);
  };
  std::size_t at = 0;
  for (; at + k_block <= text.size(); at += k_block) {
    block(text.data() + at, ~std::uint64_t{0}, at);
  }
  if (at < text.size()) {
    std::array<char, k_block> tail{};
    std::memcpy(tail.data(), text.data() + at, text.size() - at);
    block(tail.data(), (std::uint64_t{1} << (text.size() - at)) - 1, at);
  }
}

#if defined(__x86_64__)
#define MF_AVX2 __attribute__((target("avx2,pclmul,popcnt,bmi")))
#define MF_AVX512 __attribute__((target("avx2,avx512f,avx512bw,avx512vbmi2,pclmul,popcnt,bmi")))

MF_AVX2 inline std::uint64_t prefix_product(std::uint64_t bits) {
  const auto product = _mm_clmulepi64_si128(_mm_set_epi64x(0, static_cast<long long>(bits)),
                                            _mm_set1_epi8(static_cast<char>(0xFF)), 0);
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(product));
}

MF_AVX2 inline std::uint64_t equal_mask(__m256i low, __m256i high, char c) {
  const auto wanted = _mm256_set1_epi8(c);
  const auto a = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted)));
  const auto b = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted)));
  return a | std::uint64_t{b} << 32;
}

MF_AVX2 void index_avx2(std::string_view text, std::uint32_t base, char separator, char quote,
                        CsvMarks& given) {
  auto marks = given; // in registers
  std::size_t at = 0;
  for (; at + k_block <= text.size(); at += k_block) {
    const auto* const bytes = text.data() + at;
    const auto low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
    const auto high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes + 32));
    Masks masks{equal_mask(low, high, separator), equal_mask(low, high, '\n'),
                equal_mask(low, high, quote)};
    const auto place = base + static_cast<std::uint32_t>(at);
    leave_out_quoted(marks, masks, place,
                     [](std::uint64_t quotes) MF_AVX2 { return prefix_product(quotes); });
    const auto ends = masks.separators | masks.lines;
    mark_lines(marks, ends, masks.lines);
    mark_ends(marks, ends, place);
  }
  given = marks;
  index_plain(text.substr(at), base + static_cast<std::uint32_t>(at), separator, quote, given);
}

/// The numbers of the bits of a mask, as bytes in a row.
MF_AVX512 inline __m512i bit_numbers(std::uint64_t mask) {
  alignas(64) static constexpr auto k_numbers = [] {
    std::array<std::uint8_t, k_block> numbers{};
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      numbers[i] = static_cast<std::uint8_t>(i);
    }
    return numbers;
  }();
  return _mm512_maskz_compress_epi8(mask, _mm512_load_si512(k_numbers.data()));
}

/// Sixteen positions of ends, whichever of them there are.
MF_AVX512 inline void put_ends(std::uint32_t* to, __m128i numbers, std::uint32_t base) {
  _mm512_storeu_si512(to, _mm512_add_epi32(_mm512_cvtepu8_epi32(numbers),
                                           _mm512_set1_epi32(static_cast<int>(base))));
}

/// No loop over the bits of a mask, whose length nobody can foresee.
MF_AVX512 void index_avx512(std::string_view text, std::uint32_t base, char separator, char quote,
                            CsvMarks& given) {
  auto marks = given; // in registers
  const auto separators = _mm512_set1_epi8(separator), lines = _mm512_set1_epi8('\n'),
             quotes = _mm512_set1_epi8(quote);
  std::size_t at = 0;
  for (; at + k_block <= text.size(); at += k_block) {
    const auto bytes = _mm512_loadu_si512(text.data() + at);
    Masks masks{_mm512_cmpeq_epi8_mask(bytes, separators), _mm512_cmpeq_epi8_mask(bytes, lines),
                _mm512_cmpeq_epi8_mask(bytes, quotes)};
    const auto place = base + static_cast<std::uint32_t>(at);
    leave_out_quoted(marks, masks, place,
                     [](std::uint64_t found) MF_AVX512 { return prefix_product(found); });
    const auto ends = masks.separators | masks.lines;
    mark_lines(marks, ends, masks.lines);
    const auto numbers = bit_numbers(ends);
    const int count = std::popcount(ends);
    put_ends(marks.ends, _mm512_castsi512_si128(numbers), place);
    if (count > 16) { // hardly ever
      put_ends(marks.ends + 16, _mm512_extracti32x4_epi32(numbers, 1), place);
      put_ends(marks.ends + 32, _mm512_extracti32x4_epi32(numbers, 2), place);
      put_ends(marks.ends + 48, _mm512_extracti32x4_epi32(numbers, 3), place);
    }
    marks.ends += count;
  }
  given = marks;
  index_plain(text.substr(at), base + static_cast<std::uint32_t>(at), separator, quote, given);
}

MF_AVX2 std::uint64_t count_avx2(std::string_view text, char c) {
  std::uint64_t count = 0;
  std::size_t at = 0;
  for (; at + k_block <= text.size(); at += k_block) {
    const auto* const bytes = text.data() + at;
    const auto low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
    const auto high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes + 32));
    count += static_cast<std::uint64_t>(std::popcount(equal_mask(low, high, c)));
  }
  return count + static_cast<std::uint64_t>(std::count(text.begin() + at, text.end(), c));
}

bool have_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul") &&
         __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi");
}
bool have_avx512() {
  return have_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vbmi2");
}
#endif

} // namespace

std::span<const CsvIndex> csv_indexes() {
#if defined(__x86_64__)
  static constexpr std::array<CsvIndex, 3> k_all{index_plain, index_avx2, index_avx512};
  static const std::size_t k_have = have_avx512() ? 3 : have_avx2() ? 2 : 1;
  return std::span(k_all).first(k_have);
#else
  static constexpr std::array<CsvIndex, 1> k_all{index_plain};
  return k_all;
#endif
}

void index_unquoted_csv(std::string_view text, std::uint32_t base, char separator,
                        CsvMarks& marks) {
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

std::uint64_t count_char(std::string_view text, char c) {
#if defined(__x86_64__)
  if (csv_indexes().size() > 1) {
    return count_avx2(text, c);
  }
#endif
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), c));
}

} // namespace mailfunnel
