#include "base/large_memory.hpp"

#include "base/result.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numeric>
#include <span>
#include <utility>

namespace mailfunnel {
namespace {

TEST_CASE("a vector keeps what stands in it, from small to large and back") {
  LargeVector<std::uint32_t> numbers;
  for (std::uint32_t i = 0; i < 1'000'000; ++i) { // past the size from which memory is large
    numbers.push_back(i);
  }
  auto moved = std::move(numbers);
  numbers = LargeVector<std::uint32_t>(moved.begin(), moved.begin() + 1000);
  moved.erase(moved.begin() + 10, moved.end());
  moved.shrink_to_fit();
  CHECK_EQ(std::accumulate(moved.begin(), moved.end(), 0U), 45);
  CHECK_EQ(numbers.size(), 1000);
  CHECK_EQ(numbers.back(), 999);
}

TEST_CASE("what has a value of its own gets it, and a value that is given is set") {
  const LargeVector<std::vector<int>> lists(60'000); // such are made, not left as memory was
  CHECK(std::all_of(lists.begin(), lists.end(), [](const auto& list) { return list.empty(); }));
  const LargeVector<std::uint64_t> sevens(300'000, 7);
  CHECK(std::all_of(sevens.begin(), sevens.end(), [](std::uint64_t n) { return n == 7; }));
}

TEST_CASE("what is given back is taken again while it is asked for, and by nobody twice") {
  constexpr std::size_t k_mebibyte = std::size_t{1} << 20;
  const auto taken = [](std::size_t mebibytes) {
    const auto bytes = mebibytes * k_mebibyte;
    return std::pair{static_cast<char*>(take_large_again(bytes)), bytes};
  };
  {
    const LargeReuse outer;
    const auto whole = taken(12);
    whole.first[0] = 'x';
    {
      const LargeReuse inner; // its end gives nothing away
      give_large(whole.first, whole.second);
    }
    // Parts of it, each in whole huge pages.
    const auto first = taken(3), second = taken(8), third = taken(1);
    CHECK_EQ(first.first, whole.first);
    CHECK_EQ(second.first, whole.first + 4 * k_mebibyte);
    CHECK((third.first < whole.first || third.first >= whole.first + whole.second));
    CHECK_EQ(first.first[0], 'x');
    for (const auto& [memory, bytes] : {first, second, third}) {
      std::memset(memory, 'y', bytes);
      give_large(memory, bytes);
    }
    const auto much = taken(200); // more than is kept: the rest goes back to the system
    std::memset(much.first, 'z', much.second);
    give_large(much.first, much.second);
    auto* const zeroed = static_cast<char*>(take_large(2 * k_mebibyte)); // never one of those
    CHECK(std::all_of(zeroed, zeroed + 2 * k_mebibyte, [](char c) { return c == 0; }));
    give_large(zeroed, 2 * k_mebibyte);
  }
  const auto fresh = taken(2);
  CHECK(std::all_of(fresh.first, fresh.first + fresh.second, [](char c) { return c == 0; }));
  give_large(fresh.first, fresh.second);
}

TEST_CASE("more memory than there is: an error that says what to do") {
  CHECK_THROWS_AS(take_large(std::numeric_limits<std::size_t>::max() / 4), Failure);
}

TEST_CASE("pieces of an arena never move and never share a byte") {
  LargeArena arena;
  std::vector<std::span<std::uint64_t>> pieces;
  std::size_t asked = 0;
  for (std::size_t i = 0; i < 3000; ++i) {
    const auto size = i * 37 % 1000 + (i % 500 == 0 ? 700'000 : 0); // some larger than any slab
    auto* const bytes = arena.take<char>(i % 7); // so that the next has to be aligned
    std::memset(bytes, 0xFF, i % 7);
    auto* const piece = arena.take<std::uint64_t>(size);
    asked += i % 7 + size * sizeof(std::uint64_t);
    CHECK_EQ(reinterpret_cast<std::uintptr_t>(piece) % alignof(std::uint64_t), 0);
    std::fill_n(piece, size, i);
    pieces.emplace_back(piece, size);
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    CHECK(std::all_of(pieces[i].begin(), pieces[i].end(), [i](auto n) { return n == i; }));
  }
  CHECK_GE(arena.taken(), asked);
  CHECK_LE(arena.taken(), asked + 3000 * alignof(std::uint64_t));
  arena.clear();
  CHECK_EQ(arena.taken(), 0);
  CHECK(arena.take<char>(1) != nullptr);
}

TEST_CASE("what stands in a large list stays where it is") {
  LargeList<std::uint32_t> list;
  std::vector<const std::uint32_t*> places;
  for (std::uint32_t i = 0; i < 300'000; ++i) {
    list.push_back(i);
    places.push_back(&list.back());
  }
  REQUIRE_EQ(list.size(), 300'000);
  for (std::uint32_t i = 0; i < 300'000; ++i) {
    REQUIRE_EQ(list[i], i);
    REQUIRE_EQ(&list[i], places[i]);
  }
  for (const auto& [first, count] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{
           {0, 300'000}, {4095, 1}, {4095, 2}, {4096, 1}, {4000, 10'000}, {299'999, 1}, {17, 0}}) {
    CAPTURE(first);
    auto next = first;
    list.each(first, count, [&next](std::uint32_t value) { REQUIRE_EQ(value, next++); });
    CHECK_EQ(next, first + count);
  }
  list.truncate(4097); // within a slab, and then at its end
  list.push_back(5);
  CHECK_EQ(list[4097], 5);
  list.truncate(4096);
  list.push_back(7);
  CHECK_EQ(list.size(), 4097);
  CHECK_EQ(list[4095], 4095);
  CHECK_EQ(list[4096], 7);
  list.clear();
  CHECK_EQ(list.size(), 0);
  list.push_back(1);
  CHECK_EQ(list[0], 1);
}

TEST_CASE("memory that is touched by several threads is as it was") {
  constexpr std::size_t k_bytes = (std::size_t{9} << 20) + 5;
  auto* const memory = static_cast<char*>(take_large(k_bytes));
  touch_large(memory, k_bytes, 3);
  CHECK(std::all_of(memory, memory + k_bytes, [](char c) { return c == 0; }));
  give_large(memory, k_bytes);
}

TEST_CASE("a little memory is zeroed and given back as well") {
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{64}, std::size_t{4097},
                                  (std::size_t{1} << 20) - 1, std::size_t{1} << 20}) {
    CAPTURE(bytes);
    auto* const memory = static_cast<char*>(take_large(bytes));
    CHECK(std::all_of(memory, memory + bytes, [](char c) { return c == 0; }));
    memory[bytes - 1] = 1;
    give_large(memory, bytes);
  }
}

} // namespace
} // namespace mailfunnel
