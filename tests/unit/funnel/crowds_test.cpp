// One network that clicks for many people at once.

#include "funnel/crowds.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>

using namespace mailfunnel;

namespace {

constexpr std::uint32_t k_ever = ~0U;

/// By the rule's own words: is there a moment at most 10 s later, and not after `limit`, at which
/// 5 people had clicked within 10 s, this click among them?
bool by_hand(const std::vector<NetworkClick>& all, const NetworkClick& one, std::uint32_t limit) {
  return std::any_of(all.begin(), all.end(), [&](const NetworkClick& last) {
    if (last.network != one.network || last.time < one.time || last.time > one.time + 10 ||
        last.time > limit) {
      return false;
    }
    std::set<RecipientId> people;
    for (const auto& other : all) {
      if (other.network == one.network && other.time <= last.time && other.time + 10 >= last.time) {
        people.insert(other.recipient);
      }
    }
    return people.size() >= 5;
  });
}

} // namespace

TEST_CASE("five people within ten seconds are a crowd; four, eleven seconds or two networks not") {
  const auto clicks = [](std::uint32_t people, std::uint32_t step, std::uint16_t networks = 1) {
    std::vector<NetworkClick> out;
    for (std::uint32_t i = 0; i < people; ++i) {
      out.push_back({static_cast<std::uint16_t>(7 + i % networks), 1000 + i * step, i});
    }
    return CrowdTimes(out);
  };
  CHECK(clicks(5, 2).holds(7, 1000, k_ever)); // 8 s
  CHECK(clicks(5, 2).holds(7, 1008, k_ever));
  CHECK_FALSE(clicks(5, 2).holds(8, 1000, k_ever));
  CHECK(clicks(4, 2).empty());
  CHECK(clicks(5, 3).empty()); // 12 s
  CHECK(clicks(8, 2, 2).empty());
  CHECK(CrowdTimes().empty());
  // One person's five clicks are no crowd.
  CHECK(CrowdTimes(std::vector<NetworkClick>(9, {7, 1000, 3})).empty());
  // Nothing that comes after the moment counts.
  CHECK_FALSE(clicks(5, 2).holds(7, 1000, 1007));
  CHECK(clicks(5, 2).holds(7, 1000, 1008));
}

TEST_CASE("random clicks at random moments: as the rule's words say") {
  std::mt19937 random(11);
  for (unsigned round = 0; round < 200; ++round) {
    std::vector<NetworkClick> clicks(random() % 60);
    for (auto& one : clicks) {
      one = {static_cast<std::uint16_t>(1 + random() % 3),
             static_cast<std::uint32_t>(500 + random() % 60),
             static_cast<RecipientId>(random() % 9)};
    }
    const CrowdTimes found(clicks);
    for (const auto limit : {std::uint32_t{520}, std::uint32_t{540}, k_ever}) {
      for (const auto& one : clicks) {
        if (one.time <= limit) {
          CHECK(found.holds(one.network, one.time, limit) == by_hand(clicks, one, limit));
        }
      }
    }
  }
}
