#include "app/segment_members.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <random>
#include <string>

namespace mailfunnel {
namespace {

struct Person {
  Points score;
  std::string email;
};

/// Beyond this an order tells nobody apart.
Points limited(Points score) {
  constexpr Points k_most = std::numeric_limits<std::int32_t>::max();
  return std::clamp(score, -k_most, k_most);
}

/// Members over texts of their own, `behind` some of them with the address behind the row.
struct Members {
  std::deque<std::string> texts;
  std::vector<SegmentMember> members;

  void add(const Person& person, bool behind) {
    const std::string rest = "," + std::to_string(limited(person.score));
    const auto row = behind ? "x" + rest : person.email + rest;
    auto& text = texts.emplace_back(MemberRow::k_front, '~');
    text += behind ? row + person.email : row;
    text.append(MemberRow::k_behind, '~'); // what stands behind it does not count
    const MemberRow noted(text.data(), row.size(), person.email.size(), behind);
    CHECK_EQ(noted.text(), row);
    CHECK_EQ(noted.email(), person.email);
    CHECK_EQ(members.emplace_back(person.score, noted).score(), limited(person.score));
  }
};

std::vector<Person> in_order(MemberParts parts) {
  std::vector<Person> out;
  for (std::size_t part = 0; part < parts.parts(); ++part) {
    parts.sort(part);
    for (const auto& one : parts.members(part)) {
      const auto text = one.row.text();
      out.push_back({std::stoll(std::string(text.substr(text.rfind(',') + 1))),
                     std::string(one.row.email())});
    }
  }
  return out;
}

TEST_CASE("the hottest first, then by address, whatever the parts and the threads") {
  std::mt19937 random(11);
  const std::vector<std::string> fronts{"a", "ab", "anna", "anna.maria.von.und.zu", "z\xC3\xA9"};
  std::vector<Person> people;
  for (int i = 0; i < 30'000; ++i) { // few scores, and addresses that differ only far behind
    const auto name = fronts[random() % fronts.size()] + std::to_string(random() % 2000);
    people.push_back({static_cast<Points>(random() % 7 * 1000) - 3000,
                      (i % 3 == 0 ? "" : name) + "@" + std::to_string(i % 11) + ".example"});
  }
  people.push_back({Points{1} << 40, "hottest@example.com"});
  people.push_back({-(Points{1} << 40), "coldest@example.com"});
  Members all;
  for (std::size_t i = 0; i < people.size(); ++i) {
    all.add(people[i], i % 4 == 0);
  }
  auto expected = people;
  for (auto& person : expected) {
    person.score = limited(person.score);
  }
  const auto key = [](const Person& person) { return std::pair(-person.score, person.email); };
  std::sort(expected.begin(), expected.end(),
            [&](const Person& a, const Person& b) { return key(a) < key(b); });
  for (const auto threads : {1U, 3U}) {
    for (const auto pieces : {std::size_t{1}, std::size_t{8}}) {
      for (const bool whole : {false, true}) {
        CAPTURE(threads);
        CAPTURE(pieces);
        CAPTURE(whole);
        std::vector<std::span<const SegmentMember>> spans;
        for (std::size_t p = 0; p < pieces; ++p) {
          const auto first = all.members.size() * p / pieces,
                     end = all.members.size() * (p + 1) / pieces;
          spans.emplace_back(all.members.data() + first, end - first);
        }
        const MemberParts parts(spans, threads, whole);
        CHECK_EQ(parts.size(), people.size());
        CHECK((parts.parts() == 1) == whole);
        const auto found = in_order(parts);
        REQUIRE_EQ(found.size(), expected.size());
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < found.size(); ++i) {
          wrong += key(found[i]) != key(expected[i]) ? 1 : 0;
        }
        CHECK_EQ(wrong, 0);
      }
    }
  }
}

TEST_CASE("nobody") {
  const MemberParts parts({}, 2, false);
  CHECK_EQ(parts.size(), 0);
  CHECK(in_order(parts).empty());
}

} // namespace
} // namespace mailfunnel
