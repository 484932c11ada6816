#include "funnel/decay.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel {

namespace {

__extension__ typedef unsigned __int128 Wide; // NOLINT(modernize-use-using)

/// 2^(-1/2), 2^(-1/4), … 2^(-2^-32) as fractions of 2^64, rounded.
constexpr std::array<std::uint64_t, 32> k_roots{
    0xB504F333F9DE6484, 0xD744FCCAD69D6AF4, 0xEAC0C6E7DD24392F, 0xF5257D152486CC2C,
    0xFA83B2DB722A033A, 0xFD3E0C0CF486C175, 0xFE9E115C7B8F884C, 0xFF4ECB59511EC8A5,
    0xFFA756521C8DAED2, 0xFFD3A751C0F7E10C, 0xFFE9D2B2F7DB2756, 0xFFF4E91BFF1B8C3E,
    0xFFFA747EA0040664, 0xFFFD3A3B7814EB54, 0xFFFE9D1CC60DDAB1, 0xFFFF4E8E25879BFA,
    0xFFFFA7470363F451, 0xFFFFD3A37DDA0313, 0xFFFFE9D1BDF703AF, 0xFFFFF4E8DEBE025E,
    0xFFFFFA746F4FA150, 0xFFFFFD3A37A3F8B0, 0xFFFFFE9D1BD1065A, 0xFFFFFF4E8DE845AE,
    0xFFFFFFA746F41377, 0xFFFFFFD3A37A05E4, 0xFFFFFFE9D1BD01FC, 0xFFFFFFF4E8DE80C0,
    0xFFFFFFFA746F4051, 0xFFFFFFFD3A37A025, 0xFFFFFFFE9D1BD011, 0xFFFFFFFF4E8DE808,
};
constexpr std::uint32_t k_most_half_lives = 40; // after these not even a million points are left

} // namespace

std::uint64_t Decay::factor(std::uint32_t days, std::uint32_t half_life) {
  const auto whole = days / half_life;
  // The fraction of a half-life, bit by bit: each bit set is one root.
  const auto fraction = (std::uint64_t{days % half_life} << k_bits) / half_life;
  Wide value = (Wide{1} << 64) - 1;
  for (unsigned k = 0; k < k_bits; ++k) {
    if ((fraction >> (k_bits - 1 - k) & 1) != 0) {
      value = value * k_roots[k] >> 64;
    }
  }
  const auto shift = 64 - k_bits + whole;
  return shift >= 64 ? 0 : static_cast<std::uint64_t>((value + (Wide{1} << (shift - 1))) >> shift);
}

Decay::Decay(std::uint32_t half_life, Seconds as_of)
    : m_as_of(static_cast<std::uint32_t>(std::clamp<Seconds>(as_of, 0, 0xFFFFFFFF))) {
  if (half_life == 0) {
    return;
  }
  const auto days = std::min<std::uint64_t>(std::uint64_t{half_life} * k_most_half_lives,
                                            m_as_of / static_cast<std::uint32_t>(k_day) + 1);
  m_factors.reserve(days);
  for (std::uint32_t day = 0; day < days; ++day) {
    m_factors.push_back(factor(day, half_life));
  }
}

} // namespace mailfunnel
