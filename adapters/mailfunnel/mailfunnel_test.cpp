#include "adapter/decode_sink.hpp"
#include "adapter/framing.hpp"
#include "adapter/registry.hpp"
#include "base/json.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace mailfunnel::mailfunnel {
void register_adapter(AdapterRegistry& registry);
}

using namespace ::mailfunnel;

namespace {

const Adapter& adapter() {
  static const AdapterRegistry k_registry = [] {
    AdapterRegistry registry;
    ::mailfunnel::mailfunnel::register_adapter(registry);
    return registry;
  }();
  return *k_registry.find("mailfunnel");
}

std::unique_ptr<LogReader> open(std::string_view head) {
  return adapter().open_log(head, {});
}

/// The lines that `decode` prints; "not ours" when the adapter does not take it.
std::string decode(std::string text) {
  text.reserve(text.size() + k_padding);
  const auto reader = open(text);
  if (!reader) {
    return "not ours";
  }
  std::string out;
  DecodeSink sink("mailfunnel", "x", [&out](std::string_view line) { out += line; });
  sink.begin_chunk(text);
  read_text(*reader, text, sink);
  sink.end_chunk();
  return out;
}

bool has(const std::string& text, std::string_view part) {
  CAPTURE(text);
  return text.find(part) != std::string::npos;
}

/// Keeps what the lines of `decode` do not show.
struct Keeper : RecordSink {
  struct Click {
    std::uint16_t network;
    std::uint8_t system;
    bool agent_given;
    std::size_t tags;
    bool metadata;
  };
  std::vector<Click> clicks;
  std::vector<std::string> records;
  std::uint64_t rejected = 0, skipped = 0;
  bool details = false;
  Wants wants() const override { return {.details = details}; }
  void accept(const EventView& event) override {
    clicks.push_back({event.network, event.system, event.agent_given, event.tags.size(),
                      !event.metadata.empty()});
    records.emplace_back(event.record);
  }
  void accept(const RecipientView& /*recipient*/) override {}
  void accept(const Campaign& /*campaign*/, std::string_view record) override {
    records.emplace_back(record);
  }
  void reject(std::string_view /*why*/, std::string_view record) override {
    ++rejected;
    records.emplace_back(record);
  }
  void skip(std::string_view /*record*/) override { ++skipped; }
};

Keeper keep(std::string text, bool details = false) {
  text.reserve(text.size() + k_padding);
  const auto reader = open(text);
  REQUIRE(reader != nullptr);
  Keeper keeper;
  keeper.details = details;
  read_text(*reader, text, keeper);
  return keeper;
}

const std::string k_open =
    R"({"kind":"open","address":"ann@example.com","time":"2026-03-02T09:25:07Z")";
const std::string k_own = R"(<campaigns xmlns="urn:mailfunnel:campaign:1">)";

} // namespace

TEST_CASE("mailfunnel: what is ours") {
  struct Row {
    const char* name;
    std::string text;
    bool ours;
  };
  for (const auto& row : {
           Row{"an event", k_open + "}", true},
           Row{"in an array, over lines", "[\n " + k_open + "},\n" + k_open + "}]", true},
           Row{"behind a BOM and a bad line", "\xEF\xBB\xBF{\n" + k_open + "}\n", true},
           Row{"a reject", R"({"rejected":"x","source":{"adapter":"ses"},"raw":"{}"})", true},
           Row{"a reject of someone else", R"({"rejected":"x"})", false},
           Row{"a recipient", R"({"recipient":{"address":"a@example.com"}})", true},
           Row{"a recipient of someone else",
               R"({"recipient":{"address":"a@example.com"},"event":"open"})", false},
           Row{"a campaign", R"({"campaign":{"id":"1","kind":"test"}})", true},
           Row{"a campaign of someone else", R"({"campaign":{"id":"1"},"event":"open"})", false},
           Row{"a time that is a number", R"({"kind":"open","address":"a@b.c","time":17})", false},
           Row{"another word", R"({"event":"open","email":"a@b.c","timestamp":17})", false},
           Row{"nothing", "", false},
           Row{"text", "kind,address,time\n", false},
           Row{"by hand", "<campaigns><campaign id='1'/></campaigns>", true},
           Row{"one alone", "<?xml version='1.0'?>\n<!-- x --><campaign id='1'/>", true},
           Row{"ours", k_own + "</campaigns>", true},
           Row{"with a prefix", "<m:campaign xmlns:m='urn:mailfunnel:campaign:1' id='1'/>", true},
           Row{"the namespace comes second",
               "<campaigns xmlns:x='y' xmlns = \"urn:mailfunnel:campaign:1\"/>", true},
           Row{"of another namespace", "<campaigns xmlns='urn:other'/>", false},
           Row{"a prefix of nobody", "<m:campaigns/>", false},
           Row{"another root", "<Envelope><campaigns/></Envelope>", false},
           Row{"cut short", "<campa", false},
       }) {
    CAPTURE(row.name);
    CHECK((open(row.text) != nullptr) == row.ours);
  }
}

TEST_CASE("mailfunnel: how an input may be cut") {
  CHECK(open(k_open + "}\n")->framing() == Framing::lines);
  CHECK(open("[" + k_open + "}]")->framing() == Framing::json);
  CHECK(open(k_own)->framing() == Framing::document);
  CHECK(open(k_own)->clone() != nullptr);
}

TEST_CASE("mailfunnel: what is read of an event") {
  struct Row {
    std::string name, fields, part;
  };
  for (const auto& row : {
           Row{"an id as number", R"(,"campaign":1001)", R"("campaign":"1001")"},
           Row{"null is nothing", R"(,"campaign":null)", R"(Z","native")"},
           Row{"escapes", R"(,"scope":"\u00e9\ud83d\ude00\"")",
               "\"scope\":\"\xC3\xA9\xF0\x9F\x98\x80\\\"\""},
           Row{"of two the last one holds", R"(,"send":"1","send":"2")", R"("send":"2")"},
           Row{"fields unknown", R"(,"x":{"y":[1,{"z":"}"}]},"w":[[]],"send":"1")",
               R"("send":"1")"},
           Row{"metadata as it stands", R"(,"metadata": {"a" : 1.50, "b":[1,{}]} )",
               R"("metadata":{"a":1.50,"b":[1,{}]})"},
           Row{"an agent that is empty", R"(,"user_agent":"")", R"("evidence":["empty_agent"])"},
           Row{"a code", R"(,"bounce":{"code":1000})", R"("rejected":"\"code\" is not a number)"},
           Row{"a reason", R"(,"bounce":{"reason":"rain"})", "not a reason of bounces"},
           Row{"no object", R"(,"bounce":[])", R"("rejected":"\"bounce\" is not an object)"},
           Row{"no list", R"(,"tags":"a")", R"("rejected":"\"tags\" is not a list)"},
           Row{"no text", R"(,"link":{})", R"("rejected":"\"link\" is not a text)"},
           Row{"no number", R"(,"send":1x)", R"("rejected":"broken JSON)"},
           Row{"no word", R"(,"send":nul)", R"("rejected":"broken JSON)"},
           Row{"a control character", ",\"send\":\"a\x01\"", R"("rejected":"broken JSON)"},
           Row{"no UTF-8", ",\"send\":\"\xFF\"", R"("rejected":"broken JSON)"},
       }) {
    CAPTURE(row.name);
    CHECK(has(decode(k_open + "}\n" + k_open + row.fields + "}\n"), row.part));
  }
}

TEST_CASE("mailfunnel: records that are broken are rejected once each, and the rest is read") {
  for (const char* bad :
       {"{", "}", "{]", "{\"a\"}", "{\"a\":}", "{\"a\":1", "{\"a\" 1}", "{\"a\":\"b", "{}{}",
        "{\"a\":[}", "17", "\"text\"", "null", "{,}", "{1:2}", "[]"}) {
    CAPTURE(bad);
    const auto keeper = keep(k_open + "}\n" + bad + "\n" + k_open + "}\n");
    CHECK(keeper.clicks.size() == 2);
    CHECK(keeper.rejected == 1);
  }
  const auto twice = keep(k_open + "}\n" + k_open + "} " + k_open + "}\n");
  CHECK(twice.rejected == 1);
}

TEST_CASE("mailfunnel: nested to any depth, of any length") {
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  CHECK(keep(k_open + ",\"x\":" + deep + "}\n").clicks.size() == 1);
  CHECK(keep(k_open + "}\n" + k_open + ",\"tags\":" + deep + "}\n", true).rejected == 1);
  CHECK(has(decode(k_open + ",\"send\":\"" + std::string(100'000, 'x') + "\"}\n"), "xxx\""));
}

TEST_CASE("mailfunnel: clicks of an export keep network and system") {
  const auto keeper = keep(k_open + R"(,"network":65535,"system":15,"tags":["a","b"],)" +
                           R"("metadata":{"a":1}})" + "\n");
  REQUIRE(keeper.clicks.size() == 1);
  CHECK(keeper.clicks[0].network == 65535);
  CHECK(keeper.clicks[0].system == 15);
  CHECK_FALSE(keeper.clicks[0].agent_given);
  CHECK(keeper.clicks[0].tags == 0); // an import is spared them
  CHECK_FALSE(keeper.clicks[0].metadata);
  CHECK(keep(k_open + R"(,"tags":["a","b"],"metadata":{"a":1}})", true).clicks[0].tags == 2);
  CHECK(keep(k_open + "}\n" + k_open + R"(,"system":16})").rejected == 1);
}

TEST_CASE("mailfunnel: rejects of an earlier run are passed over") {
  const auto keeper =
      keep(R"({"rejected":"x","source":{"adapter":"ses","line":1},"raw":"{\"kind\":1}"})");
  CHECK(keeper.skipped == 1);
  CHECK(keeper.rejected == 0);
}

TEST_CASE("mailfunnel: campaigns with the namespace have the long form only") {
  struct Row {
    std::string xml, part;
  };
  for (const auto& row : {
           Row{"<campaign id='1' sent='2024-01-01T00:00:00Z'/>", "unknown attribute \\\"sent\\\""},
           Row{"<campaign id='1'><links><link url='https://a.b/'/></links></campaign>",
               "unknown attribute \\\"url\\\""},
           Row{"<campaign id='1'><links><link><url>https://a.b/</url>x</link></links></campaign>",
               "text where only elements may be"},
           Row{"<campaign id='1'><links><link><url> </url></link></links></campaign>", "no url"},
           Row{"<campaign xmlns='urn:other'/><campaign id='1'/>", R"({"campaign":{"id":"1")"},
           Row{"<x:campaign/><campaign id='1'><x:name/></campaign>", R"({"campaign":{"id":"1")"},
           Row{"<campaign id='1'><body type='text'>a</body><body type='text'>b</body></campaign>",
               "a second body"},
           Row{"<campaign id='1'><audience exclude='x'/></campaign>", "exclude is not true"},
       }) {
    CAPTURE(row.xml);
    CHECK(has(decode(k_own + row.xml + "</campaigns>"), row.part));
  }
  CHECK(has(decode("<campaigns version='2'/>"), "version is not 1"));
  CHECK(has(decode("<campaigns>x</campaigns>"), "text where only elements"));
}

TEST_CASE("mailfunnel: XML as a whole is refused with its line") {
  CHECK(has(decode("<!DOCTYPE campaigns [\n<!ENTITY a 'b'>]>\n<campaigns/>"),
            R"({"rejected":"line 1: a DOCTYPE is not allowed")"));
  CHECK(has(decode("<campaigns>\n<campaign>\n</campaigns>"), R"("line":3,"offset":23},"raw":"<)"));
}

TEST_CASE("mailfunnel: places are those of the input, whatever its encoding") {
  const std::string declaration = "<?xml version='1.0' encoding='windows-1252'?>\r\n<campaigns>\n";
  const std::string good = "<campaign id='1'><name>caf\xE9 \x80</name></campaign>";
  const std::string bad = "<campaign id='2'><nam>\xE9</nam></campaign>";
  const auto text = declaration + good + bad + good + "</campaigns>";
  const auto keeper = keep(text);
  CHECK(keeper.records == std::vector<std::string>{good, bad, good});
  CHECK(has(decode(text), "\"name\":\"caf\xC3\xA9 \xE2\x82\xAC\""));
  CHECK(has(decode(text), "\"line\":3"));
}
