#pragma once
// The members of a segment in the order of its file: hottest first, by score, then by address.

#include "base/large_memory.hpp"
#include "funnel/rules.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

namespace mailfunnel {

/// A row of a segment's file, which stays where it is as long as all are not in order.
class MemberRow {
public:
  /// Bytes in front of a row, for what is noted here about it; and behind its address, where
  /// anything may stand that can be read.
  static constexpr std::size_t k_front = 8, k_behind = 8;

  MemberRow() = default;
  /// At `front` there are k_front bytes, then the row. It begins with the address, or the address
  /// stands right behind it.
  MemberRow(char* front, std::size_t row_size, std::size_t email_size, bool email_behind);

  std::string_view text() const;
  std::string_view email() const;
  /// Eight bytes of the address from `at` on, zeros behind it: a number that compares as they do.
  std::uint64_t email_bytes(std::size_t at) const;
  /// Asks for it ahead of its use, as it is far away in memory.
  void fetch() const;
  bool operator==(const MemberRow&) const = default;

private:
  const char* m_text = nullptr;
};

struct SegmentMember {
  SegmentMember(Points score, MemberRow text)
      : place(std::uint64_t{order_of(score)} << 32 | text.email_bytes(0) >> 32), row(text) {}

  /// The score, hottest smallest; what is beyond two million points is as hot as that.
  static std::uint32_t order_of(Points score) {
    constexpr Points k_most = std::numeric_limits<std::int32_t>::max();
    return static_cast<std::uint32_t>(k_most - std::clamp(score, -k_most, k_most));
  }
  Points score() const {
    return Points{std::numeric_limits<std::int32_t>::max()} - static_cast<Points>(place >> 32);
  }

  std::uint64_t place; // score and the first four bytes of the address: compares as they do
  MemberRow row;
};

/// Members in parts of some thousands, of which each can be put in order by itself.
class MemberParts {
public:
  MemberParts() = default;
  /// The rows stay where they are; the pieces need not. `whole`: in one part.
  MemberParts(std::span<const std::span<const SegmentMember>> pieces, unsigned threads, bool whole);

  std::size_t size() const { return m_members.size(); } // members
  std::size_t parts() const { return m_ends.size(); }

  struct Member {
    std::uint64_t key = 0; // what comes first of that in which the members of its part differ
    MemberRow row;
  };
  /// Puts the members of a part in order; any thread, each part once.
  void sort(std::size_t part);
  std::span<const Member> members(std::size_t part) const;

private:
  struct Keys;
  Keys keys_of(std::size_t part) const;
  std::size_t begin_of(std::size_t part) const { return part == 0 ? 0 : m_ends[part - 1]; }

  std::vector<std::uint64_t> m_borders; // between the parts, as places; then such as are above all
  std::vector<std::size_t> m_ends;      // of the parts
  LargeVector<Member> m_members;        // part by part
};

} // namespace mailfunnel
