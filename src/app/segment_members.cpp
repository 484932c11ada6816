#include "app/segment_members.hpp"

#include "base/bytes.hpp"

#include <boost/sort/pdqsort/pdqsort.hpp>

#include <numeric>
#include <tuple>

namespace mailfunnel {

bool before(const SegmentMember& a, const SegmentMember& b) {
  return a.words() != b.words() ? a.words() < b.words() : a.email() < b.email();
}

namespace {

/// By the words, one after the other: numbers in one place, and no branch that nobody can foresee;
/// an address elsewhere in memory is a cache miss.
void sort_members(std::span<SegmentMember> members, std::size_t word = 0) {
  if (word == std::tuple_size_v<SegmentMember::Words>) {
    std::sort(members.begin(), members.end(),
              [](const SegmentMember& a, const SegmentMember& b) { return a.email() < b.email(); });
    return;
  }
  boost::sort::pdqsort_branchless(members.begin(), members.end(),
                                  [word](const SegmentMember& a, const SegmentMember& b) {
                                    return a.words()[word] < b.words()[word];
                                  });
  for (std::size_t first = 0, end = 0; first < members.size(); first = end) {
    while (end < members.size() && members[end].words()[word] == members[first].words()[word]) {
      ++end;
    }
    if (end - first > 1) {
      sort_members(members.subspan(first, end - first), word + 1);
    }
  }
}

} // namespace

SortedMembers::SortedMembers(const std::deque<std::vector<SegmentMember>>& pieces) {
  std::uint32_t lowest = ~0U, highest = 0;
  for (const auto& piece : pieces) {
    m_size += piece.size();
    for (const auto& member : piece) {
      lowest = std::min(lowest, member.order());
      highest = std::max(highest, member.order());
    }
  }
  if (m_size == 0) {
    return;
  }
  constexpr unsigned k_part_bits = 12;
  const auto bits = bits_of(highest - lowest);
  const auto shift = bits > k_part_bits ? bits - k_part_bits : 0;
  const auto part_of = [&](const SegmentMember& member) {
    return (member.order() - lowest) >> shift;
  };
  std::vector<std::size_t> ends(std::size_t{(highest - lowest) >> shift} + 2);
  for (const auto& piece : pieces) {
    for (const auto& member : piece) {
      ++ends[part_of(member) + 1];
    }
  }
  std::partial_sum(ends.begin(), ends.end(), ends.begin());
  m_members = std::make_unique_for_overwrite<SegmentMember[]>(m_size);
  for (const auto& piece : pieces) { // an end is where the next part begins, until it is filled
    for (const auto& member : piece) {
      m_members[ends[part_of(member)]++] = member;
    }
  }
  std::size_t begin = 0;
  for (const auto end : ends) {
    sort_members({m_members.get() + begin, end - begin});
    begin = end;
  }
}

} // namespace mailfunnel
