#pragma once
// Points fade: after one half-life they are worth half. By whole days and in integers only, so that
// neither order nor machine changes a score.

#include "base/time.hpp"
#include "funnel/rules.hpp"

#include <cstdint>
#include <vector>

namespace mailfunnel {

class Decay {
public:
  /// `half_life` in days; 0: nothing fades.
  Decay(std::uint32_t half_life, Seconds as_of);

  bool off() const { return m_factors.empty(); }
  /// What points given at `time` (not after the moment) are worth at the moment; rounded half away
  /// from zero.
  Points worth(Points points, std::uint32_t time) const {
    if (m_factors.empty()) {
      return points;
    }
    const auto days = (m_as_of - time) / static_cast<std::uint32_t>(k_day);
    return days < m_factors.size() ? faded(points, m_factors[days]) : 0;
  }

  /// 2^(-days / half_life) as a fraction of 2^32, rounded.
  static std::uint64_t factor(std::uint32_t days, std::uint32_t half_life);

private:
  static Points faded(Points points, std::uint64_t factor) {
    __extension__ using Wide = unsigned __int128;
    const auto size = static_cast<std::uint64_t>(points < 0 ? -points : points);
    const auto left =
        static_cast<Points>((Wide{size} * factor + (Wide{1} << (k_bits - 1))) >> k_bits);
    return points < 0 ? -left : left;
  }

  static constexpr unsigned k_bits = 32; // of a factor
  std::uint32_t m_as_of;
  std::vector<std::uint64_t> m_factors; // by age in days; beyond: 0
};

} // namespace mailfunnel
