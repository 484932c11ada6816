#include "app/segment_members.hpp"

#include "base/parallel.hpp"

#include <boost/sort/pdqsort/pdqsort.hpp>

#include <bit>
#include <cstring>
#include <utility>

namespace mailfunnel {

std::uint64_t SegmentMember::word(std::size_t at) const {
  const auto email = this->email();
  std::uint64_t bytes;
  std::memcpy(&bytes, email.data() + at, sizeof bytes);
  bytes = __builtin_bswap64(bytes);
  const auto mine = email.size() > at ? email.size() - at : 0;
  if (mine >= sizeof bytes) {
    return bytes;
  }
  return mine == 0 ? 0 : bytes & ~(~std::uint64_t{0} >> (8 * mine));
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
      places.push_back(piece[next].place());
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

/// One word after the other: numbers in one place, and no branch that nobody can foresee; an
/// address elsewhere in memory is a cache miss.
void sort_by_words(std::span<MemberParts::Sorted> members, std::size_t word = 0) {
  if (word == MemberParts::k_words) {
    std::sort(members.begin(), members.end(),
              [](const auto& a, const auto& b) { return a.member->email() < b.member->email(); });
    return;
  }
  boost::sort::pdqsort_branchless(
      members.begin(), members.end(),
      [word](const auto& a, const auto& b) { return a.words[word] < b.words[word]; });
  for (std::size_t first = 0, end = 0; first < members.size(); first = end) {
    while (end < members.size() && members[end].words[word] == members[first].words[word]) {
      ++end;
    }
    if (end - first > 1) {
      sort_by_words(members.subspan(first, end - first), word + 1);
    }
  }
}

} // namespace

MemberParts::MemberParts(std::span<const std::span<const SegmentMember>> pieces, unsigned threads,
                         bool whole) {
  std::vector<std::size_t> begins; // of the pieces, among all
  for (const auto piece : pieces) {
    begins.push_back(m_size);
    m_size += piece.size();
  }
  constexpr std::size_t k_few = 65'536; // a thread takes longer to begin than they do
  threads = m_size < k_few ? 1 : threads;
  const auto borders = whole ? std::vector<std::uint64_t>() : borders_of(pieces, m_size);
  const auto parts = borders.size() + 1;
  // Of each piece, how many belong to each part; then where they go.
  std::vector<std::vector<std::size_t>> places(pieces.size());
  LargeVector<PartNumber> part(m_size);
  parallel_for(pieces.size(), threads, [&](std::size_t p, unsigned) {
    places[p].resize(parts);
    auto* at = part.data() + begins[p];
    for (const auto& member : pieces[p]) {
      *at = static_cast<PartNumber>(part_of(member.place(), borders));
      ++places[p][*at++];
    }
  });
  std::size_t end = 0;
  for (std::size_t i = 0; i < parts; ++i) {
    for (auto& of_piece : places) {
      end += std::exchange(of_piece[i], end);
    }
    m_ends.push_back(end);
  }
  m_members.resize(m_size);
  parallel_for(pieces.size(), threads, [&](std::size_t p, unsigned) {
    const auto* at = part.data() + begins[p];
    for (const auto& member : pieces[p]) {
      m_members[places[p][*at++]++] = &member;
    }
  });
}

void MemberParts::sort(std::size_t part, std::vector<Sorted>& out) const {
  const auto begin = part == 0 ? 0 : m_ends[part - 1];
  const std::span members(m_members.data() + begin, m_ends[part] - begin);
  constexpr std::size_t k_near = 32, k_far = 64; // rows are all over the memory, members too
  out.resize(members.size());
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i + k_far < members.size()) {
      __builtin_prefetch(members[i + k_far]);
      const auto row = members[i + k_near]->row();
      __builtin_prefetch(row.data());
      __builtin_prefetch(row.data() + row.size());
    }
    const auto& member = *members[i];
    out[i] = {{member.place(), member.word(4), member.word(12)}, &member};
  }
  sort_by_words(out);
}

} // namespace mailfunnel
