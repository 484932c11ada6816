#include "adapter/json_value.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mailfunnel;

namespace {

/// One parsed text.
struct Parsed {
  explicit Parsed(const std::string& text) : root(parser.parse(text)) {}
  simdjson::dom::parser parser;
  Json root;
};

} // namespace

TEST_CASE("json values: what is missing or of another type is nothing") {
  const Parsed json(R"({"text":"a","number":1,"null":null,"list":["x",2,"","y"],"true":true})");
  CHECK(text_of(json.root["text"]) == "a");
  CHECK(text_of(json.root["number"]).empty());
  CHECK(text_of(json.root["null"]).empty());
  CHECK(text_of(json.root["text"]["deeper"]["still"]).empty());
  CHECK(text_of(json.root["list"]["x"]).empty());
  CHECK(is_true(json.root["true"]));
  CHECK_FALSE(is_true(json.root["number"]));
  CHECK_FALSE(is_true(json.root["none"]));
  CHECK(is_there(json.root["null"]));
  CHECK_FALSE(is_there(json.root["none"]));
  CHECK(texts_of(json.root["list"]) == std::vector<std::string_view>{"x", "y"});
  CHECK(texts_of(json.root["text"]) == std::vector<std::string_view>{"a"});
  CHECK(texts_of(json.root["number"]).empty());
  CHECK(texts_of(json.root).empty());
}

TEST_CASE("json values: lists and objects are walked, others are not") {
  const Parsed json(R"({"list":[1,2],"object":{"a":1,"b":2}})");
  std::string seen;
  each_element(json.root["list"], [&](const Json& value) { seen += JsonScalar(value); });
  each_element(json.root["object"], [&](const Json& /*value*/) { seen += "!"; });
  each_member(json.root["object"], [&](std::string_view name, const Json& value) {
    seen.append(name).append("=").append(JsonScalar(value));
  });
  each_member(json.root["list"],
              [&](std::string_view /*name*/, const Json& /*value*/) { seen += "!"; });
  CHECK(seen == "12a=1b=2");
}

TEST_CASE("json scalars: numbers as text") {
  struct Row {
    const char* json;
    const char* want;
  };
  for (const auto& row :
       {Row{"\"x\"", "x"}, Row{"1564", "1564"}, Row{"-9223372036854775808", "-9223372036854775808"},
        Row{"18446744073709551615", "18446744073709551615"},
        Row{"1606753101.961181", "1606753101.961181"}, Row{"1.5e9", "1500000000"},
        Row{"true", "true"}, Row{"false", "false"}, Row{"null", ""}, Row{"[1]", ""},
        Row{"1e300", ""}}) {
    CAPTURE(row.json);
    const Parsed json(R"({"a":)" + std::string(row.json) + "}");
    CHECK(std::string_view(JsonScalar(json.root["a"])) == row.want);
  }
}

TEST_CASE("json times: seconds, milliseconds, ISO 8601, RFC 5322") {
  struct Row {
    const char* json;
    const char* want; // "": none
  };
  for (const auto& row :
       {Row{"1772443507", "2026-03-02T09:25:07Z"}, Row{"\"1772443507\"", "2026-03-02T09:25:07Z"},
        Row{"1772443507.25", "2026-03-02T09:25:07.25Z"},
        Row{"1772443507250", "2026-03-02T09:25:07.250Z"},
        Row{"\"2026-03-02T10:25:07.5+01:00\"", "2026-03-02T09:25:07.5Z"},
        Row{"\"Mon, 02 Mar 2026 10:25:07 +0100\"", "2026-03-02T09:25:07Z"},
        Row{"\"Mon, 2 Mar 2026 09:25:07 GMT\"", "2026-03-02T09:25:07Z"}, Row{"\"now\"", ""},
        Row{"-1", ""}, Row{"true", ""}, Row{"null", ""}, Row{"{}", ""}}) {
    CAPTURE(row.json);
    const Parsed json(R"({"a":)" + std::string(row.json) + "}");
    const auto time = time_of(json.root["a"]);
    CHECK((time ? format_instant(*time) : "") == row.want);
  }
}

TEST_CASE("json reply codes: three digits of SMTP, or 0") {
  const Parsed json(R"([550,"451",99,600,"5.1.1",-550,null,99999999999999999999])");
  const Parsed good(R"([550,"451",99,600,"5.1.1",-550,null])");
  CHECK_FALSE(is_there(json.root)); // a number of more than 64 bits is no JSON to simdjson
  std::vector<int> codes;
  each_element(good.root, [&](const Json& value) { codes.push_back(reply_code_of(value)); });
  CHECK(codes == std::vector<int>{550, 451, 0, 0, 0, 0, 0});
}

TEST_CASE("mismatch tells what stands there and what was expected") {
  const Parsed json(R"({"ts":{"a": [1]},"long":")" + std::string(99, 'x') + "\"}");
  CHECK(mismatch("ts", json.root["ts"], "a time") == R"("ts" is {"a":[1]}, not a time)");
  CHECK(mismatch("at", json.root["at"], "a time") == R"(no "at" (a time))");
  CHECK(mismatch("long", json.root["long"], "a time").size() < 80);
}

TEST_CASE("elements and members come with their texts") {
  const std::string text = R"({ "a" : [ {"x":1} , {"x" : 2} ],"b":{"y":[ ]} })";
  const Parsed json(text);
  std::string out;
  each_member(json.root, text, [&](std::string_view name, const Json& value, std::string_view in) {
    out.append(name).append(":");
    each_element(value, in, [&](const Json& element, std::string_view written) {
      out.append(JsonScalar(element["x"])).append(written).append(";");
    });
  });
  CHECK(out == R"(a:1{"x":1};2{"x" : 2};b:)");
}
