#include "base/json.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace mailfunnel;

TEST_CASE("json_member: the text of a value, as it stands there") {
  struct Row {
    const char* name;
    const char* object;
    const char* want; // of "a"
  };
  for (const auto& row : {
           Row{"a string, with its quotes", R"({"a":"x"})", R"("x")"},
           Row{"a number at the end", R"({"b":1,"a":2.50})", "2.50"},
           Row{"an object, with its spaces", R"({"a" : { "b" : 1 } ,"c":2})", R"({ "b" : 1 })"},
           Row{"a list", R"({"a":[1,[2,"]"]],"b":3})", R"([1,[2,"]"]])"},
           Row{"the first of two", R"({"a":1,"a":2})", "1"},
           Row{"not one further down", R"({"b":{"a":1}})", ""},
           Row{"not a value that looks like the name", R"({"b":"a","c":1})", ""},
           Row{"behind a name with a quote in it", R"({"\"a":1,"a":2})", "2"},
           Row{"white space in front", "\r\n\t {\n\"a\"\n:\nnull\n}", "null"},
           Row{"cut off", R"({"a":[{"b":1},{"c)", R"([{"b":1},{"c)"},
           Row{"cut off before the value", R"({"a":)", ""},
           Row{"cut off in the name", R"({"a)", ""},
           Row{"no colon", R"({"a" 1})", ""},
           Row{"no comma", R"({"b":1 "a":2})", ""},
           Row{"no object", R"(["a"])", ""},
           Row{"an empty object", "{}", ""},
           Row{"nothing", "", ""},
           Row{"only the bracket", "{", ""},
       }) {
    CAPTURE(row.name);
    CHECK(json_member(row.object, "a") == row.want);
  }
}

TEST_CASE("json_member: linear on what is nested deeply") {
  const std::string deep(1'000'000, '[');
  CHECK(json_member("{\"b\":" + deep, "a").empty());
  CHECK(json_member("{\"a\":" + deep, "a").size() == deep.size());
}

TEST_CASE("JsonMembers: names and values in their order") {
  JsonMembers members(R"( { "a" : 1 , "b":{"c":[2]},"a":"x","d)");
  std::string out;
  for (std::string_view name, value; members.next(name, value);) {
    out.append(name).append("=").append(value).append(";");
  }
  CHECK(out == R"(a=1;b={"c":[2]};a="x";)");
  std::string_view name, value;
  CHECK_FALSE(JsonMembers("[1]").next(name, value));
  CHECK_FALSE(JsonMembers("").next(name, value));
}

TEST_CASE("close_json: a text that is cut off becomes a whole one") {
  struct Row {
    const char* cut;
    const char* want;
  };
  for (const auto& row : {
           Row{R"({"a":1,"b":{"c":[1,{"d":"x"},{"e)", R"({"a":1,"b":{"c":[1,{"d":"x"},{}]}})"},
           Row{R"({"a":"1,]","b":"2,)", R"({"a":"1,]"})"},
           Row{R"({"a":1)", "{}"},
           Row{R"({"a":[1,2)", R"({"a":[1]})"},
           Row{R"({"a":[[)", R"({"a":[[]]})"},
           Row{R"({"a":1})", R"({"a":1})"},
           Row{R"("a)", ""},
           Row{"", ""},
           Row{"]]", "]]"},
       }) {
    CAPTURE(row.cut);
    CHECK(close_json(row.cut) == row.want);
  }
}

TEST_CASE("JsonValues: values of a list, of a stream, of a piece of a list") {
  struct Row {
    const char* text;
    std::vector<std::string> want;
  };
  for (const auto& row : {
           Row{R"([{"a":1},{"b":[2]}])", {R"({"a":1})", R"({"b":[2]})"}},
           Row{"{\"a\":1}\n{\"b\":2}", {R"({"a":1})", R"({"b":2})"}},
           Row{R"(,{"a":"]}"},17,"x"])", {R"({"a":"]}"})", "17", R"("x")"}},
           Row{R"([{"a":1},{"b)", {R"({"a":1})", R"({"b)"}},
           Row{"[]", {}},
       }) {
    CAPTURE(row.text);
    JsonValues values(row.text);
    std::vector<std::string> got;
    for (std::string_view value; values.next(value);) {
      got.emplace_back(value);
    }
    CHECK(got == row.want);
  }
}

TEST_CASE("json: where a text may be cut between values") {
  struct Row {
    const char* name;
    std::string text;
    std::size_t want;
  };
  const std::string bom = "\xEF\xBB\xBF";
  for (const auto& row : {
           Row{"behind the last whole value", R"({"a":1},{"b)", 7},
           Row{"behind the last line", "{\"a\":1}\n{\"b\":1}\n", 16},
           Row{"an object may end where the text does", R"({"a":1})", 7},
           Row{"a number may go on", "17", 0},
           Row{"in an envelope nowhere", R"({"list":[{"a":1},{"b":2},)", 0},
           Row{"a byte order mark is part of no value", bom + R"({"list":[{"a":1},)", 0},
           Row{"behind a value behind a byte order mark", bom + R"({"a":1},{"b")", 10},
           Row{"a byte order mark alone", bom, 0},
           Row{"nothing", "", 0},
       }) {
    CAPTURE(row.name);
    CHECK(whole_json_values(row.text) == row.want);
  }
}
