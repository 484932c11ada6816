#include "app/segment_members.hpp"

#include "base/parallel.hpp"

#include <boost/sort/pdqsort/pdqsort.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace mailfunnel {

namespace {

/// What stands in front of a row.
struct RowFront {
  static constexpr std::uint32_t k_email_behind = 1U << 31;
  std::uint32_t row_size, email; // size of the address, and whether it stands behind the row
};

RowFront front_of(const char* row) {
  RowFront front;
  std::memcpy(&front, row - sizeof front, sizeof front);
  return front;
}

} // namespace

MemberRow::MemberRow(char* front, std::size_t row_size, std::size_t email_size, bool email_behind)
    : m_text(front + k_front) {
  static_assert(sizeof(RowFront) == k_front);
  const RowFront noted{static_cast<std::uint32_t>(row_size),
                       static_cast<std::uint32_t>(email_size) |
                           (email_behind ? RowFront::k_email_behind : 0U)};
  std::memcpy(front, &noted, sizeof noted);
}

std::string_view MemberRow::text() const {
  return {m_text, front_of(m_text).row_size};
}

std::string_view MemberRow::email() const {
  const auto front = front_of(m_text);
  return {m_text + ((front.email & RowFront::k_email_behind) != 0 ? front.row_size : 0),
          front.email & ~RowFront::k_email_behind};
}

std::uint64_t MemberRow::email_bytes(std::size_t at) const {
  const auto email = this->email();
  if (email.size() <= at) {
    return 0;
  }
  std::uint64_t bytes;
  static_assert(k_behind >= sizeof bytes);
  std::memcpy(&bytes, email.data() + at, sizeof bytes);
  bytes = __builtin_bswap64(bytes);
  const auto mine = email.size() - at;
  return mine >= sizeof bytes ? bytes : bytes & ~(~std::uint64_t{0} >> (8 * mine));
}

void MemberRow::fetch() const {
  constexpr std::size_t k_line = 64; // most rows reach into a second one
  __builtin_prefetch(m_text - k_front);
  __builtin_prefetch(m_text - k_front + k_line);
}

namespace {

constexpr std::size_t k_part = 2048; // members: with their rows they fit into a cache
using PartNumber = std::uint16_t;
constexpr std::size_t k_most_parts = 32'767;

/// Places that part the members, by a look at some of them; filled up as part_of() wants it.
std::vector<std::uint64_t> borders_of(std::span<const std::span<const SegmentMember>> pieces,
                                      std::size_t size) {
  constexpr std::size_t k_every = 61; // of so many one is looked at
  std::vector<std::uint64_t> places;
  places.reserve(size / k_every + 1);
  std::size_t next = 0;
  for (const auto piece : pieces) {
    for (; next < piece.size(); next += k_every) {
      places.push_back(piece[next].place);
    }
    next -= piece.size();
  }
  std::sort(places.begin(), places.end());
  std::vector<std::uint64_t> borders;
  const auto parts = size / std::max(k_part, size / k_most_parts) + 1;
  for (std::size_t part = 1; part < parts; ++part) {
    borders.push_back(places[part * places.size() / parts]);
  }
  borders.resize(std::bit_ceil(parts) - 1, ~std::uint64_t{0});
  return borders;
}

/// How many borders are at most `place`: the number of its part. There are so many that their
/// number is one less than a power of two. Without a branch: nobody could foresee it.
std::size_t part_of(std::uint64_t place, std::span<const std::uint64_t> borders) {
  const auto* first = borders.data();
  for (auto half = (borders.size() + 1) / 2; half > 0; half /= 2) {
    first += half * static_cast<std::size_t>(first[half - 1] <= place);
  }
  return static_cast<std::size_t>(first - borders.data());
}

using Member = MemberParts::Member;

void sort_by_key(std::span<Member> members, std::size_t behind);

/// By the bytes of their addresses from `at` on: those before are the same, and so is the score.
void sort_by_bytes(std::span<Member> members, std::size_t at) {
  constexpr std::size_t k_far = 28; // what differs only there is rare
  if (at >= k_far) {
    std::sort(members.begin(), members.end(),
              [](const Member& a, const Member& b) { return a.row.email() < b.row.email(); });
    return;
  }
  for (auto& one : members) {
    one.key = one.row.email_bytes(at);
  }
  sort_by_key(members, at + sizeof(Member::key));
}

/// By the keys, then by what stands in the addresses from `behind` on. Numbers in one place are
/// compared without a branch that nobody can foresee; an address elsewhere is a cache miss.
void sort_by_key(std::span<Member> members, std::size_t behind) {
  boost::sort::pdqsort_branchless(members.begin(), members.end(),
                                  [](const Member& a, const Member& b) { return a.key < b.key; });
  for (std::size_t first = 0, end = 0; first < members.size(); first = end) {
    while (end < members.size() && members[end].key == members[first].key) {
      ++end;
    }
    if (end - first > 1) {
      sort_by_bytes(members.subspan(first, end - first), behind);
    }
  }
}

} // namespace

/// All members of a part begin alike: mostly with the same score, and with the same first letters.
/// So their keys are the eight bytes behind that.
struct MemberParts::Keys {
  static constexpr std::size_t k_in_place = 4; // bytes of the address
  std::size_t alike;                           // bytes of the place

  std::uint64_t of(const SegmentMember& member) const {
    if (alike == 0) {
      return member.place;
    }
    const auto next = member.row.email_bytes(k_in_place);
    return alike == sizeof next ? next
                                : member.place << (8 * alike) | next >> (8 * (sizeof next - alike));
  }
  /// Where in the address goes on what is behind a key.
  std::size_t behind() const { return k_in_place + alike; }
};

MemberParts::Keys MemberParts::keys_of(std::size_t part) const {
  constexpr auto k_last = ~std::uint64_t{0};
  const auto first = part == 0 ? 0 : m_borders[part - 1];
  const auto behind = part < m_borders.size() ? m_borders[part] : k_last;
  return {static_cast<std::size_t>(std::countl_zero(first ^ std::max(first, behind - 1))) / 8};
}

MemberParts::MemberParts(std::span<const std::span<const SegmentMember>> pieces, unsigned threads,
                         bool whole) {
  std::vector<std::size_t> begins; // of the pieces, among all
  std::size_t size = 0;
  for (const auto piece : pieces) {
    begins.push_back(size);
    size += piece.size();
  }
  constexpr std::size_t k_few = 65'536; // a thread takes longer to begin than they do
  threads = size < k_few ? 1 : threads;
  m_borders = whole ? std::vector<std::uint64_t>() : borders_of(pieces, size);
  const auto parts = m_borders.size() + 1;
  // Of each piece, how many belong to each part; then where they go.
  std::vector<std::vector<std::size_t>> places(pieces.size());
  LargeVector<PartNumber> part(size);
  parallel_for(pieces.size(), threads, [&](std::size_t p, unsigned) {
    places[p].resize(parts);
    auto* at = part.data() + begins[p];
    for (const auto& member : pieces[p]) {
      *at = static_cast<PartNumber>(part_of(member.place, m_borders));
      ++places[p][*at++];
    }
  });
  std::vector<Keys> keys;
  std::size_t end = 0;
  for (std::size_t i = 0; i < parts; ++i) {
    for (auto& of_piece : places) {
      end += std::exchange(of_piece[i], end);
    }
    m_ends.push_back(end);
    keys.push_back(keys_of(i));
  }
  m_members.resize(size);
  parallel_for(pieces.size(), threads, [&](std::size_t p, unsigned) {
    const auto* at = part.data() + begins[p];
    for (const auto& member : pieces[p]) {
      const auto number = *at++;
      m_members[places[p][number]++] = {keys[number].of(member), member.row};
    }
  });
}

void MemberParts::sort(std::size_t part) {
  const auto begin = begin_of(part);
  const std::span members(m_members.data() + begin, m_ends[part] - begin);
  for (const auto& one : members) {
    one.row.fetch();
  }
  sort_by_key(members, keys_of(part).behind());
}

std::span<const Member> MemberParts::members(std::size_t part) const {
  const auto begin = begin_of(part);
  return {m_members.data() + begin, m_ends[part] - begin};
}

} // namespace mailfunnel
