#include "adapter/attribute_list.hpp"

#include <doctest/doctest.h>

using namespace mailfunnel;

TEST_CASE("attribute list: texts, numbers and truths of an object") {
  simdjson::dom::parser parser;
  const Json root = parser.parse(std::string(
      R"({"Job Title":"buyer","AGE":26,"vip":true,"none":null,"empty":"","list":["a"],"more":{}})"));
  AttributeList list;
  list.add("name", root["Job Title"]);
  list.add("Tags", std::string_view("a, b"));
  list.add("nothing", std::string_view());
  list.add_members(root);
  list.add_members(root["AGE"]); // no object
  std::string seen;
  for (const auto& [name, value] : list.view()) {
    seen.append(name).append("=").append(value).append(" ");
  }
  CHECK(seen == "name=buyer tags=a, b job_title=buyer age=26 vip=true ");
}
