#include "adapter/attributes.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mailfunnel;

namespace {

std::string text_of(Attributes& attributes) {
  std::string out;
  for (const auto& [name, value] : attributes.all()) {
    out.append(name).append("=").append(value).append(";");
  }
  return out;
}

} // namespace

TEST_CASE("attributes: of an object's members") {
  simdjson::dom::parser parser;
  const Json root = parser.parse(std::string(
      R"({"Job Title":"Head of","size":17,"vip":true,"none":null,"empty":"","nested":{"a":1},)"
      R"("tags":["a",2,null,"b"],"no tags":[],"---":"x"})"));
  Attributes attributes;
  attributes.add_members(root);
  CHECK(text_of(attributes) == "job_title=Head of;size=17;vip=true;tags=a, 2, b;");
  attributes.add("Country", "BE");
  CHECK(attributes.all().back().second == "BE");
}

TEST_CASE("attributes: no more than anybody has") {
  Attributes attributes;
  for (int i = 0; i < 1'000; ++i) {
    attributes.add("a" + std::to_string(i), "x");
  }
  CHECK(attributes.all().size() == 500);
  Attributes other;
  other.add(std::string(1'000, 'n'), "x");
  CHECK(other.all().front().first.size() == 100);
}
