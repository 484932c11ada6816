// Attributes of many people at once, beside a model that keeps them as they were told.

#include "store/recipients.hpp"
#include "store/store.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

namespace mailfunnel {
namespace {

namespace fs = std::filesystem;

struct Folder {
  Folder() : path(fs::temp_directory_path() / fmt::format("mailfunnel-attributes-{}", getpid())) {
    fs::create_directories(path);
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  /// An empty one.
  Store store() const {
    const auto file = (path / "a.db").string();
    Store::create(file);
    return Store::open_writing(file);
  }
  fs::path path;
};

/// By person and attribute: moment to value. Of two values at one moment the greater text wins.
using Model = std::map<std::pair<RecipientId, std::uint16_t>, std::map<std::uint32_t, std::string>>;

class Telling {
public:
  Telling(AttributeChanges& changes, Model& model) : m_changes(changes), m_model(model) {}
  void begin(RecipientId who, std::uint32_t since) {
    m_changes.begin(who, since);
    m_who = who;
    m_since = since;
  }
  void add(std::uint16_t attribute, const std::string& value) {
    m_changes.add(attribute, value);
    auto& known = m_model[{m_who, attribute}][m_since];
    known = std::max(known, value);
  }

private:
  AttributeChanges& m_changes;
  Model& m_model;
  RecipientId m_who = 0;
  std::uint32_t m_since = 0;
};

/// Without those that only repeat the value before them.
std::vector<std::pair<std::string, Seconds>>
kept(const std::map<std::uint32_t, std::string>& told) {
  std::vector<std::pair<std::string, Seconds>> out;
  for (const auto& [since, value] : told) {
    if (out.empty() || out.back().first != value) {
      out.emplace_back(value, since);
    }
  }
  return out;
}

void check(Recipients& recipients, const Model& model, RecipientId people) {
  for (RecipientId who = 0; who < people; ++who) {
    CAPTURE(who);
    std::map<std::string, std::vector<std::pair<std::string, Seconds>>> found, wanted;
    for (const auto& statement : recipients.statements_of(who)) {
      found[statement.name].emplace_back(statement.value, statement.valid_from);
    }
    for (auto told = model.lower_bound({who, 0}); told != model.end() && told->first.first == who;
         ++told) {
      wanted[fmt::format("a{}", told->first.second)] = kept(told->second);
    }
    REQUIRE(found == wanted);
  }
}

TEST_CASE("attributes of many, told in parts, are those that were told") {
  const Folder folder;
  auto store = folder.store();
  Recipients recipients(store.database());
  constexpr std::uint16_t k_attributes = 6;
  for (std::uint16_t a = 1; a <= k_attributes; ++a) {
    REQUIRE(recipients.attribute_id(fmt::format("a{}", a)) == a);
  }
  std::mt19937 random(20261130); // NOLINT: the same every time
  constexpr RecipientId k_people = 3 * k_recipient_block + 17;
  Model model;
  for (const bool twice : {false, true}) { // then people are told of again, at other moments
    AttributeChanges first(7), second(7);
    std::vector<RecipientId> order(k_people);
    for (RecipientId who = 0; who < k_people; ++who) {
      order[who] = who;
    }
    std::shuffle(order.begin(), order.end(), random);
    Telling parts[] = {{first, model}, {second, model}};
    for (const auto who : order) {
      for (unsigned times = twice && random() % 3 == 0 ? 2 : 1; times != 0; --times) {
        auto& part = parts[random() % 2];
        part.begin(who, twice ? 1000 + random() % 4 : 1000);
        part.add(1, who % 2 == 0 ? "even" : "odd"); // the same texts in both parts
        part.add(2, fmt::format("{}", random() % 400));
        part.add(6, fmt::format("id {}", who)); // as many values as people
        if (random() % 3 == 0) {
          part.add(3, fmt::format("own {}", who));
        }
        if (random() % 50 == 0) {
          part.add(4, std::string(random() % 40, 'x'));
        }
      }
    }
    if (!twice) {
      parts[0].begin(k_people - 1, 2000); // nothing else is told of the last block then
      parts[0].add(5, "late");
    }
    const AttributeChanges* const all[] = {&first, &second};
    CHECK(recipients.change_attributes(all, 2) != 0);
    check(recipients, model, k_people);
    const auto blocks = [&] {
      std::vector<std::string> out;
      for (std::uint32_t block = 0; block * k_recipient_block < k_people; ++block) {
        out.push_back(recipients.attribute_block(block));
      }
      return out;
    };
    const auto before = blocks();
    CHECK(recipients.change_attributes(all, 1) == 0);
    CHECK(blocks() == before);
  }
}

TEST_CASE("a table tells the same of all, and what only looks like one is read as it is") {
  const Folder folder;
  auto store = folder.store();
  Recipients recipients(store.database());
  for (std::uint16_t a = 1; a <= 3; ++a) {
    REQUIRE(recipients.attribute_id(fmt::format("a{}", a)) == a);
  }
  // Each block has one odd person, but for the first.
  enum class Odd : std::uint8_t {
    nobody,
    other_order,
    one_more,
    one_fewer,
    twice_one,
    told_twice,
    later
  };
  constexpr Odd k_odd[] = {Odd::nobody,    Odd::other_order, Odd::one_more, Odd::one_fewer,
                           Odd::twice_one, Odd::told_twice,  Odd::later};
  constexpr RecipientId k_people = std::size(k_odd) * k_recipient_block;
  Model model;
  AttributeChanges first(7), second(7);
  Telling parts[] = {{first, model}, {second, model}};
  for (RecipientId who = 0; who < k_people; ++who) {
    const bool here = who % k_recipient_block == 300;
    const auto odd = here ? k_odd[who / k_recipient_block] : Odd::nobody;
    auto& part = parts[who / 100 % 2];
    part.begin(who, odd == Odd::later ? 2000 : 1000);
    // The same texts in both attributes: they are other values.
    const auto even = fmt::format("v{}", who % 2), seventh = fmt::format("v{}", who % 7);
    part.add(odd == Odd::other_order ? 2 : 1, even);
    if (odd != Odd::one_fewer) {
      part.add(odd == Odd::other_order || odd == Odd::twice_one ? 1 : 2, seventh);
    }
    if (odd == Odd::one_more) {
      part.add(3, "more");
    }
    if (odd == Odd::told_twice) {
      part.begin(who, 1500);
      part.add(1, "again");
      part.add(2, seventh);
    }
  }
  const AttributeChanges* const all[] = {&first, &second};
  CHECK(recipients.change_attributes(all, 2) != 0);
  check(recipients, model, k_people);
}

TEST_CASE("nothing told of anybody changes nothing") {
  const Folder folder;
  auto store = folder.store();
  Recipients recipients(store.database());
  AttributeChanges changes(7);
  const AttributeChanges* const all[] = {&changes};
  CHECK(recipients.change_attributes(all, 2) == 0);
  changes.begin(3, 1000);
  CHECK(recipients.change_attributes(all, 2) == 0);
  CHECK(recipients.attribute_block(0).empty());
}

TEST_CASE("more values than are united, and more of one attribute of one person than a block has") {
  const Folder folder;
  auto store = folder.store();
  Recipients recipients(store.database());
  REQUIRE(recipients.attribute_id("a1") == 1);
  REQUIRE(recipients.attribute_id("a2") == 2);
  constexpr RecipientId k_people = 34'000;
  Model model;
  AttributeChanges first(7), second(7);
  Telling parts[] = {{first, model}, {second, model}};
  for (RecipientId who = 0; who < k_people; ++who) {
    auto& part = parts[who % 2];
    part.begin(who, 1000);
    part.add(1, fmt::format("own {}", who));
    part.add(2, who == 777 ? "" : fmt::format("also {}", who / 2)); // of two people, a part each
    for (int i = 0; who == 777 && i < 5000; ++i) {
      part.add(1, fmt::format("value {}", i));
    }
  }
  REQUIRE(first.values() + second.values() > 65'536);
  const AttributeChanges* const changes[] = {&first, &second};
  CHECK(recipients.change_attributes(changes, 2) == 2 * k_people);
  check(recipients, model, 3 * k_recipient_block);
}

} // namespace
} // namespace mailfunnel
