#pragma once
// The members of a segment in the order of its file: hottest first, by score, then by address.

#include "funnel/rules.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace mailfunnel {

/// A member with its rendered row, before all are put in order.
class SegmentMember {
public:
  SegmentMember() = default;
  /// `row` begins with the address, or the address stands right behind it.
  SegmentMember(Points score, std::string_view email, std::size_t row_size, bool email_behind)
      : m_row_size(static_cast<std::uint32_t>(row_size)),
        m_email(static_cast<std::uint32_t>(email.size()) | (email_behind ? k_behind : 0U)) {
    std::array<char, k_front> padded{};
    const auto* front = email.data();
    if (email.size() < k_front) {
      std::copy(email.begin(), email.end(), padded.begin());
      front = padded.data();
    }
    const auto word = [front](std::size_t at) {
      std::uint64_t bytes;
      std::memcpy(&bytes, front + at, sizeof bytes);
      return __builtin_bswap64(bytes); // so that numbers compare as the texts do
    };
    m_words = {std::uint64_t{order_of(score)} << 32 | word(0) >> 32, word(4), word(12)};
  }

  /// The score, hottest smallest; what is beyond two million points is as hot as that.
  static std::uint32_t order_of(Points score) {
    constexpr Points k_most = std::numeric_limits<std::int32_t>::max();
    return static_cast<std::uint32_t>(k_most - std::clamp(score, -k_most, k_most));
  }
  std::uint32_t order() const { return static_cast<std::uint32_t>(m_words[0] >> 32); }
  Points score() const {
    return Points{std::numeric_limits<std::int32_t>::max()} - static_cast<Points>(order());
  }

  void set_row(const char* row) { m_row = row; }
  const char* row() const { return m_row; }
  std::string_view text() const { return {m_row, m_row_size}; }
  std::string_view email() const {
    return {m_row + ((m_email & k_behind) != 0 ? m_row_size : 0), m_email & ~k_behind};
  }
  std::size_t bytes() const { // of the row and what stands behind it
    return m_row_size + ((m_email & k_behind) != 0 ? m_email & ~k_behind : 0U);
  }

  /// Score and the front of the address: what decides nearly always.
  using Words = std::array<std::uint64_t, 3>;
  const Words& words() const { return m_words; }

private:
  static constexpr std::size_t k_front = 20;
  static constexpr std::uint32_t k_behind = 1U << 31;

  Words m_words;
  const char* m_row;
  std::uint32_t m_row_size, m_email;
};

bool before(const SegmentMember& a, const SegmentMember& b);

/// Members in the order of the file.
class SortedMembers {
public:
  SortedMembers() = default;
  /// First into parts by score, each of which fits into a cache, and then those.
  explicit SortedMembers(const std::deque<std::vector<SegmentMember>>& pieces);

  std::span<const SegmentMember> all() const { return {m_members.get(), m_size}; }

private:
  std::unique_ptr<SegmentMember[]> m_members;
  std::size_t m_size = 0;
};

} // namespace mailfunnel
