#include "store/attribute_changes.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <vector>

namespace mailfunnel {
namespace {

struct Told {
  RecipientId recipient;
  std::uint32_t valid_from;
  std::vector<std::pair<std::uint16_t, std::string>> values;
  bool operator==(const Told&) const = default;
};

std::vector<Told> all_of(const AttributeChanges& changes) {
  std::vector<Told> out;
  for (const auto& person : changes.people()) {
    auto& told = out.emplace_back(Told{person.recipient, person.valid_from, {}});
    changes.each_value(person, [&](const AttributeChanges::Value& value) {
      told.values.emplace_back(value.attribute, value.view());
    });
  }
  return out;
}

TEST_CASE("what is told of people comes back as it was told") {
  AttributeChanges changes(20261130);
  std::vector<Told> wanted;
  const auto tell = [&](RecipientId who, std::uint16_t attribute, const std::string& value) {
    wanted.back().recipient = who;
    wanted.back().values.emplace_back(attribute, value);
    changes.add(attribute, value);
  };
  for (std::uint32_t i = 0; i < 30'000; ++i) {
    changes.begin(i, 1000 + i);
    wanted.push_back({i, 1000 + i, {}});
    if (i % 7 == 0) { // nothing, but that he is there
      continue;
    }
    tell(i, 1, i % 2 == 0 ? "Director" : "Manager");
    tell(i, 2, "Director"); // the same text of another attribute
    tell(i, 3, fmt::format("own value {}", i));
    tell(i, 4, "");
  }
  CHECK(all_of(changes) == wanted);

  changes.begin(1, 1);
  changes.add(9, "to be rejected");
  changes.abandon();
  CHECK(all_of(changes) == wanted);

  const auto bytes = changes.bytes();
  changes.begin(5, 5);
  changes.add(1, "Director"); // known: a number, no text
  CHECK_EQ(changes.bytes(), bytes + sizeof(AttributeChanges::Person) + sizeof(std::uint32_t));
  changes.erase_people(
      [](const AttributeChanges::Person& person) { return person.recipient != 3; });
  CHECK(all_of(changes) == std::vector<Told>{wanted[3]});

  changes.clear();
  CHECK(changes.people().empty());
  CHECK_EQ(changes.bytes(), 0);
  changes.begin(8, 8);
  changes.add(1, "Director");
  CHECK(all_of(changes) == std::vector<Told>{{8, 8, {{1, "Director"}}}});
}

TEST_CASE("a value has one hash in all parts, and one of its own") {
  AttributeChanges a(7), b(7);
  a.begin(1, 1);
  b.begin(2, 1);
  a.add(1, "first");
  a.add(1, "Director");
  b.add(1, "Director");
  b.add(2, "Director");
  std::vector<std::uint32_t> hashes;
  for (const auto* changes : {&a, &b}) {
    changes->each_value(changes->people()[0], [&](const AttributeChanges::Value& value) {
      hashes.push_back(value.hash);
    });
  }
  REQUIRE(hashes.size() == 4);
  CHECK(hashes[1] == hashes[2]);
  CHECK(hashes[0] != hashes[1]);
  CHECK(hashes[2] != hashes[3]);
}

} // namespace
} // namespace mailfunnel
