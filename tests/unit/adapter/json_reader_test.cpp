#include "adapter/json_reader.hpp"

#include "adapter/decode_sink.hpp"
#include "adapter/framing.hpp"
#include "base/json.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace mailfunnel;

namespace {

bool is_ours(const Json& record) {
  return is_there(record["id"]);
}

/// {"id":"a"}: an event of which only its word is known; an id of 0 is skipped.
void read(const JsonRecord& record, RecordSink& sink) {
  if (const JsonScalar id(record.root["id"]); std::string_view(id) == "0") {
    sink.skip(record.text);
    return;
  }
  EventView view;
  view.native = text_of(record.root["id"]);
  view.record = record.text;
  if (view.native.empty()) {
    sink.reject(mismatch("id", record.root["id"], "a string"), record.text);
    return;
  }
  sink.accept(view);
}

constexpr JsonFormat k_plain{"plain, JSON", "", is_ours, read};
constexpr JsonFormat k_envelope{"envelope, JSON", "events", is_ours, read};
constexpr JsonFormat k_nested{"lists in lists, JSON", "users.events", is_ours, read};

/// Ids of events by '+', rejects as '-', skipped values as '.'.
class Trace : public RecordSink {
public:
  std::string out;
  std::vector<std::string> why;
  Wants wants() const override { return {}; }
  void accept(const EventView& event) override { out.append("+").append(event.native); }
  void accept(const RecipientView& /*recipient*/) override {}
  void accept(const Campaign& /*campaign*/, std::string_view /*record*/) override {}
  void reject(std::string_view reason, std::string_view /*record*/) override {
    out += "-";
    why.emplace_back(reason);
  }
  void skip(std::string_view /*record*/) override { out += "."; }
};

std::string padded(std::string text) {
  text.reserve(text.size() + k_padding);
  return text;
}

std::string trace(const std::string& input, const JsonFormat& format, std::size_t chunk_size = 0) {
  const auto text = padded(input);
  const auto reader = open_json_log(text, format);
  if (!reader) {
    return "not ours";
  }
  Trace sink;
  read_text(*reader, text, sink, chunk_size);
  return sink.out;
}

} // namespace

TEST_CASE("json reader: bodies in every shape in which they are saved") {
  struct Row {
    const char* name;
    const char* text;
    const JsonFormat& format;
    const char* want;
  };
  for (const auto& row : {
           Row{"one object", R"({"id":"a"})", k_plain, "+a"},
           Row{"one object on many lines", "{\n \"id\": \"a\"\n}\n", k_plain, "+a"},
           Row{"a list", R"([{"id":"a"},{"id":"b"}])", k_plain, "+a+b"},
           Row{"lists one after the other", "[{\"id\":\"a\"}]\n[{\"id\":\"b\"}]", k_plain, "+a+b"},
           Row{"one a line", "{\"id\":\"a\"}\r\n\r\n{\"id\":\"b\"}\r\n", k_plain, "+a+b"},
           Row{"one a line, BOM", "\xEF\xBB\xBF{\"id\":\"a\"}\n{\"id\":\"b\"}\n", k_plain, "+a+b"},
           Row{"a broken line", "{\"id\":\"a\"}\n{oops\n{\"id\":\"b\"}\n", k_plain, "+a-+b"},
           Row{"a broken first line", "{oops\n{\"id\":\"b\"}\n", k_plain, "-+b"},
           Row{"a broken element", R"([{"id":"a"},17,{"id" 1},{"id":"b"}])", k_plain, "+a--+b"},
           Row{"one that is skipped", R"([{"id":0},{"id":"a"}])", k_plain, ".+a"},
           Row{"cut off", R"([{"id":"a"},{"id":"b)", k_plain, "+a-"},
           Row{"an envelope", R"({"n":2,"events":[{"id":"a"},{"id":"b"}]})", k_envelope, "+a+b"},
           Row{"envelopes, one a line", "{\"events\":[{\"id\":\"a\"}]}\n{\"events\":[]}\n",
               k_envelope, "+a."},
           Row{"without its envelope", "{\"id\":\"a\"}\n{\"id\":\"b\"}\n", k_envelope, "+a+b"},
           Row{"one event in the envelope, no list", R"({"events":{"id":"a"}})", k_envelope, "+a"},
           Row{"nonsense in the envelope", R"([{"events":[{"id":"a"}]},{"events":17}])", k_envelope,
               "+a-"},
           Row{"an envelope that is cut off", R"({"events":[{"id":"a"},{"id":"b)", k_envelope,
               "+a-"},
           Row{"lists in lists", R"({"users":[{"events":[{"id":"a"}]},{"events":[{"id":"b"}]}]})",
               k_nested, "+a+b"},
           Row{"lists in lists, one empty", R"({"users":[{"events":[]},{"events":[{"id":"b"}]}]})",
               k_nested, "+b"},
           Row{"somebody else's", R"({"name":"a"})", k_plain, "not ours"},
           Row{"an empty list", "[]", k_plain, "not ours"},
           Row{"CSV", "id,name\na,b\n", k_plain, "not ours"},
           Row{"nothing", "", k_plain, "not ours"},
       }) {
    CAPTURE(row.name);
    CHECK(trace(row.text, row.format) == row.want);
  }
}

TEST_CASE("json reader: chunks of any size give the same") {
  std::string list, lines;
  for (int i = 0; i < 50; ++i) {
    const auto event = R"({"id":")" + std::to_string(i) + "\"}";
    list.append(list.empty() ? "[" : ",\n").append(event);
    lines.append(event).append("\n");
  }
  list += "]";
  for (const std::size_t size : {1, 16, 100}) {
    CAPTURE(size);
    CHECK(trace(list, k_plain, size) == trace(list, k_plain));
    CHECK(trace(lines, k_plain, size) == trace(lines, k_plain));
  }
}

TEST_CASE("json reader: an envelope larger than what is looked at is recognised") {
  std::string body = R"({"events":[{"id":"a"})";
  while (body.size() < 200'000) {
    body += R"(,{"id":"b"})";
  }
  body += "]}";
  CHECK(open_json_log(body.substr(0, 65'536), k_envelope) != nullptr);
}

TEST_CASE("json reader: a record larger than what is looked at is recognised by its front") {
  const auto record = R"({"id":"a","html":")" + std::string(100'000, 'x') + "\"}";
  CHECK(open_json_log(record.substr(0, 65'536), k_plain) != nullptr);
  CHECK(open_json_log((R"({"events":[)" + record).substr(0, 65'536), k_envelope) != nullptr);
  CHECK(open_json_log(("{\"html\":" + record).substr(0, 65'536), k_plain) == nullptr);
}

TEST_CASE("json reader: what a format asks of the user") {
  constexpr JsonFormat k_asking{"asking, JSON", "", is_ours, read, true, true};
  const auto text = padded(R"({"id":"a"})");
  CHECK_FALSE(open_json_log(text, k_plain)->assumes_utc());
  CHECK_FALSE(open_json_log(text, k_plain)->needs_campaign());
  CHECK(open_json_log(text, k_asking)->assumes_utc());
  CHECK(open_json_log(text, k_asking)->clone()->needs_campaign());
  const auto told = open_json_log(text, k_asking, {.campaign = "c", .zone_given = true});
  CHECK_FALSE(told->assumes_utc());
  CHECK_FALSE(told->clone()->needs_campaign());
}

TEST_CASE("json reader: a reject says what is wrong") {
  const auto text = padded("[{\"id\":\"a\"},nonsense,{\"id\" 1},{\"id\":[1]}]");
  Trace sink;
  read_text(*open_json_log(text, k_plain), text, sink);
  REQUIRE(sink.why.size() == 3);
  CHECK(sink.why[0] == "\"nonsense\", not a JSON object");
  CHECK(sink.why[1].starts_with("JSON that can't be read: "));
  CHECK(sink.why[2] == R"("id" is [1], not a string)");
}

TEST_CASE(
    "fill_event: the word, the recipient and the time, or a reject that names what is missing") {
  struct Row {
    const char* name;
    const char* json;
    std::string want; // "": filled
  };
  for (const auto& row : {
           Row{"all there", R"({"e":"open","to":"ann@example.com","at":1772443507})", ""},
           Row{"no word", R"({"to":"ann@example.com","at":1772443507})",
               R"(no "e" (the kind of event))"},
           Row{"no recipient", R"({"e":"open","to":null,"at":1772443507})",
               R"("to" is null, not the recipient)"},
           Row{"no time", R"({"e":"open","to":"ann@example.com","at":"now"})",
               R"("at" is "now", not a time)"},
       }) {
    CAPTURE(row.name);
    simdjson::dom::parser parser;
    const Json root = parser.parse(std::string(row.json));
    Trace sink;
    EventView view;
    const bool filled = fill_event(view, {root, row.json, {}}, {"e", root["e"]}, {"to", root["to"]},
                                   {"at", root["at"]}, sink);
    CHECK(filled == row.want.empty());
    CHECK((sink.why.empty() ? "" : sink.why.front()) == row.want);
    if (filled) {
      CHECK(view.native == "open");
      CHECK(view.address == "ann@example.com");
      CHECK(view.time == Instant{.seconds = 1772443507});
      CHECK(view.record == row.json);
    }
  }
}

TEST_CASE("json reader: nested to any depth") {
  const auto text = padded("{\"id\":\"a\"}\n{\"id\":" + std::string(1'000'000, '[') + "\n");
  Trace sink;
  read_text(*open_json_log(text, k_plain), text, sink);
  CHECK(sink.out == "+a-");
}

TEST_CASE("json bodies: read as they are, unless they are no JSON") {
  Trace sink;
  CHECK(read_json_body(padded(R"({"events":[{"id":"a"},{"id":1}]})"), k_envelope, sink));
  CHECK(read_json_body(padded("{\"id\":\"b\"}\n{oops\n{\"id\":\"c\"}\n"), k_envelope, sink));
  CHECK(sink.out == "+a-+b-+c");
  for (const char* body : {"", "id=a", "17"}) {
    CAPTURE(body);
    const auto result = read_json_body(padded(body), k_plain, sink);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code == ErrorCode::bad_syntax);
  }
}
