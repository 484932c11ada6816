#include "store/letters.hpp"

#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace mailfunnel {

namespace {

void put_plain(const PackedLetters& letters, std::uint32_t begin, std::uint32_t end, char* to) {
  constexpr unsigned k_step = 8;
  const auto mask = (std::uint64_t{1} << letters.bits) - 1;
  for (auto at = begin; at < end; at += k_step) {
    const auto bit = std::size_t{at} * letters.bits;
    std::uint64_t word; // the letters stand in it, wherever they begin
    std::memcpy(&word, letters.packed + (bit >> 3), sizeof word);
    word >>= bit & 7;
    for (unsigned i = 0; i < k_step; ++i) { // behind the last one some that are no one's
      *to++ = (*letters.alphabet)[word & mask];
      word >>= letters.bits;
    }
  }
}

#if defined(__x86_64__)
/// Sixteen at a time, of alphabets that fit into one register.
[[gnu::target("avx512f,avx512bw,avx512vl,avx512vbmi")]] void
put_avx512(const PackedLetters& letters, std::uint32_t begin, std::uint32_t end, char* to) {
  constexpr unsigned k_most_bits = 6, k_step = 16;
  if (letters.bits > k_most_bits) {
    put_plain(letters, begin, end, to);
    return;
  }
  const auto alphabet = _mm512_loadu_si512(letters.alphabet->data());
  const auto mask = _mm_set1_epi8(static_cast<char>((1U << letters.bits) - 1));
  const auto steps = 0x0706050403020100 * letters.bits; // a byte each: where its letter begins
  for (auto at = begin; at < end; at += k_step, to += k_step) {
    const auto bit = std::size_t{at} * letters.bits;
    const auto* const bytes = letters.packed + (bit >> 3);
    std::int64_t first, second; // eight letters take as many bytes as one has bits
    std::memcpy(&first, bytes, sizeof first);
    std::memcpy(&second, bytes + letters.bits, sizeof second);
    const auto places =
        _mm_set1_epi64x(static_cast<std::int64_t>(steps + 0x0101010101010101 * (bit & 7)));
    const auto numbers =
        _mm_and_si128(_mm_multishift_epi64_epi8(places, _mm_set_epi64x(second, first)), mask);
    const auto text = _mm512_permutexvar_epi8(_mm512_castsi128_si512(numbers), alphabet);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_castsi512_si128(text));
  }
}

bool have_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi");
}
#endif

} // namespace

std::span<const PutLetters> letter_ways() {
#if defined(__x86_64__)
  static constexpr std::array<PutLetters, 2> k_all{put_plain, put_avx512};
  static const std::size_t k_have = have_avx512() ? 2 : 1;
  return std::span(k_all).first(k_have);
#else
  static constexpr std::array<PutLetters, 1> k_all{put_plain};
  return k_all;
#endif
}

} // namespace mailfunnel
