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

TEST_CASE("a value is the same one, whatever may be read behind it") {
  AttributeChanges changes(7);
  changes.begin(1, 1);
  const std::string text = "Vice President of Sales, and more that is not part of any value";
  for (std::size_t size = 1; size < 24; ++size) {
    const auto value = std::string_view(text).substr(0, size);
    changes.add(1, value, true);
    changes.add(1, std::string(value));
  }
  CHECK_EQ(changes.values(), 23);
  std::vector<std::uint32_t> numbers;
  changes.each_number(changes.people()[0],
                      [&](std::uint32_t number) { numbers.push_back(number); });
  REQUIRE(numbers.size() == 46);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    CHECK_EQ(numbers[i], i / 2);
    CHECK_EQ(changes.value(numbers[i]).view(), std::string_view(text).substr(0, i / 2 + 1));
  }
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
