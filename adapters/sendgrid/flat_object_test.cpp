// What walk() takes, index() and each() take just so.

#include "flat_object.hpp"

#include "base/json.hpp"

#include <doctest/doctest.h>

#include <array>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace mailfunnel::sendgrid {
namespace {

using FieldList = std::vector<std::pair<std::string, std::string>>;

/// Names whose values are thought to be as long as any of them was.
class Guesses {
public:
  explicit Guesses(std::mt19937& random) : m_random(random) {}
  std::size_t find(const char* at, FlatObject& object) {
    const auto* const end = object.next_quote(at);
    return end == nullptr ? 0 : static_cast<std::size_t>(end - at);
  }
  std::uint32_t& value_size() { return m_sizes[m_random() % m_sizes.size()]; }

private:
  std::mt19937& m_random;
  std::array<std::uint32_t, 3> m_sizes{};
};

/// With room behind it, in which anything may stand.
std::string padded(const std::string& text, char behind) {
  std::string out = text;
  return out.append(k_padding, behind);
}

bool walked(FlatObject& object, std::string_view text, Guesses& guesses, FieldList& fields) {
  return object.walk(text, guesses, [&](std::string_view name, std::string_view value) {
    fields.emplace_back(name, value);
  });
}

bool indexed(FlatObject& object, std::string_view text, FieldList& fields) {
  return object.index(text) && object
                                   .each([&](std::string_view name, std::string_view value) {
                                     fields.emplace_back(name, value);
                                   })
                                   .empty();
}

std::string random_object(std::mt19937& random) {
  const auto one_of = [&random](auto... words) {
    const std::string all[] = {words...};
    return all[random() % sizeof...(words)];
  };
  std::string out = "{";
  const auto fields = 1 + random() % 8;
  for (std::size_t i = 0; i < fields; ++i) {
    out += i == 0 ? "" : one_of(",", ",", ",", ", ");
    out += "\"" + one_of("email", "event", "timestamp", "a", "of_the_sender_and_long") + "\"";
    out += one_of(":", ":", ":", ": ", " :");
    out += one_of("\"ab\"", "\"\"", "\"ann@example.com\"", "1704103200", "17041032001704103200",
                  "true", "null", "-1.5e+3", "[\"newsletter\"]", "[1,{\"x\":\"}\"}]", "{\"y\":[]}",
                  "\"" + std::string(random() % 80, 'x') + "\"");
  }
  return out + one_of("}", "}", "}", " }");
}

void change(std::string& text, std::mt19937& random) {
  constexpr std::string_view k_bytes = "\"\\{}[],: \n\t\x01\x7f\xc3\xa9x1";
  const auto at = random() % text.size();
  const auto byte = k_bytes[random() % k_bytes.size()];
  switch (random() % 3) {
  case 0:
    text[at] = byte;
    break;
  case 1:
    text.insert(at, 1, byte);
    break;
  default:
    text.erase(at, 1 + random() % 3);
  }
}

TEST_CASE(
    "what is walked through is what is found by brackets and quotes, also of broken objects") {
  std::mt19937 random(11);
  FlatObject one, other;
  Guesses guesses(random);
  int whole = 0, taken = 0, broken_taken = 0;
  for (int round = 0; round < 200'000; ++round) {
    auto text = random_object(random);
    const auto changes = random() % 3;
    for (std::size_t i = 0; i < changes && !text.empty(); ++i) {
      change(text, random);
    }
    const auto room = padded(text, "\"} ,x\n"[round % 6]);
    const std::string_view object(room.data(), text.size());
    FieldList by_walk, by_index;
    whole += changes == 0 ? 1 : 0;
    if (!walked(one, object, guesses, by_walk)) {
      continue;
    }
    taken += changes == 0 ? 1 : 0;
    broken_taken += changes != 0 ? 1 : 0;
    CAPTURE(text);
    REQUIRE(indexed(other, object, by_index));
    REQUIRE(by_walk == by_index);
  }
  CHECK_GT(taken, whole * 9 / 10); // a wrong guess may end at another quote
  CHECK_GT(broken_taken, 1000);    // not so broken
}

} // namespace
} // namespace mailfunnel::sendgrid
