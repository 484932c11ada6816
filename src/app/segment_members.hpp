#pragma once
// The members of a segment in the order of its file: hottest first, by score, then by address.

#include "base/large_memory.hpp"
#include "funnel/rules.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

namespace mailfunnel {

/// A member with its row, as long as all are not in order.
class SegmentMember {
public:
  /// `row` begins with the address, or the address stands right behind it. From there on k_front
  /// bytes can be read.
  SegmentMember(Points score, std::string_view row, std::size_t email_size, bool email_behind)
      : m_row(row.data()), m_row_size(static_cast<std::uint32_t>(row.size())),
        m_email(static_cast<std::uint32_t>(email_size) | (email_behind ? k_behind : 0U)),
        m_place(std::uint64_t{order_of(score)} << 32 | word(0) >> 32) {}

  /// The score, hottest smallest; what is beyond two million points is as hot as that.
  static std::uint32_t order_of(Points score) {
    constexpr Points k_most = std::numeric_limits<std::int32_t>::max();
    return static_cast<std::uint32_t>(k_most - std::clamp(score, -k_most, k_most));
  }
  Points score() const {
    return Points{std::numeric_limits<std::int32_t>::max()} - static_cast<Points>(m_place >> 32);
  }

  std::string_view row() const { return {m_row, m_row_size}; }
  std::string_view email() const {
    return {m_row + ((m_email & k_behind) != 0 ? m_row_size : 0), m_email & ~k_behind};
  }

  static constexpr std::size_t k_front = 20;
  /// Score and the first four bytes of the address: a number that compares as they do.
  std::uint64_t place() const { return m_place; }
  /// Eight bytes of the address, zeros behind it, likewise; `at` at most k_front - 8.
  std::uint64_t word(std::size_t at) const;

private:
  static constexpr std::uint32_t k_behind = 1U << 31;

  const char* m_row;
  std::uint32_t m_row_size, m_email;
  std::uint64_t m_place;
};

/// Members in parts of some thousands, of which each can be put in order by itself.
class MemberParts {
public:
  MemberParts() = default;
  /// The members of the pieces stay where they are. `whole`: in one part.
  MemberParts(std::span<const std::span<const SegmentMember>> pieces, unsigned threads, bool whole);

  std::size_t size() const { return m_size; } // members
  std::size_t parts() const { return m_ends.size(); }

  /// A member among others of its part: what decides nearly always stands in it.
  static constexpr std::size_t k_words = 3;
  struct Sorted {
    std::array<std::uint64_t, k_words> words;
    const SegmentMember* member;
  };
  /// The members of a part in order.
  void sort(std::size_t part, std::vector<Sorted>& out) const;

private:
  std::size_t m_size = 0;
  std::vector<std::size_t> m_ends;             // of the parts
  LargeVector<const SegmentMember*> m_members; // part by part
};

} // namespace mailfunnel
