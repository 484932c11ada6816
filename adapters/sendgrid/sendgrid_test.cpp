#include "support/adapter_case.hpp"

#include "adapter/decode_sink.hpp"
#include "adapter/framing.hpp"
#include "adapter/registry.hpp"
#include "base/json.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace mailfunnel::sendgrid {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const std::filesystem::path k_testdata = MF_SOURCE_DIR "/adapters/sendgrid/testdata";

const Adapter& adapter() {
  static const AdapterRegistry k_registry = [] {
    AdapterRegistry registry;
    sendgrid::register_adapter(registry);
    return registry;
  }();
  return *k_registry.find("sendgrid");
}

std::string padded(std::string text) {
  text.reserve(text.size() + k_padding);
  return text;
}

std::string read_file(const std::filesystem::path& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return padded(out.str());
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  return lines;
}

/// The lines that `decode` prints; "not ours" when the adapter does not take it.
std::string decode(const std::string& input, const std::string& file = "x") {
  const auto text = padded(input);
  const auto reader = adapter().open_log(text, {});
  if (!reader) {
    return "not ours";
  }
  std::string out;
  DecodeSink sink("sendgrid", file, [&out](std::string_view line) { out += line; });
  sink.begin_chunk(text);
  read_text(*reader, text, sink);
  sink.end_chunk();
  return out;
}

bool has(const std::string& text, const std::string& part) {
  CAPTURE(text);
  return text.find(part) != std::string::npos;
}

struct Counter : RecordSink {
  std::uint64_t accepted = 0, rejected = 0;
  bool details = false;
  Wants wants() const override { return {.details = details}; }
  void accept(const EventView& event) override {
    ++accepted;
    CHECK(event.message_id.empty() == !details);
  }
  void accept(const RecipientView& /*recipient*/) override {}
  void accept(const Campaign& /*campaign*/, std::string_view /*record*/) override {}
  void reject(std::string_view /*why*/, std::string_view /*record*/) override { ++rejected; }
};

const std::string k_open = R"({"email":"ann@example.com","timestamp":1772443507,"event":"open")";

} // namespace

TEST_CASE("sendgrid: testdata is read as expected") {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(k_testdata)) {
    auto expected = entry.path();
    expected.replace_extension(".expected.jsonl");
    if (!std::filesystem::exists(expected) || entry.path() == expected) {
      continue;
    }
    CAPTURE(entry.path().filename().string());
    ++files;
    const auto got = lines_of(decode(read_file(entry.path()), entry.path().filename().string()));
    const auto want = lines_of(read_file(expected));
    CHECK(got.size() == want.size());
    for (std::size_t i = 0; i < std::min(got.size(), want.size()); ++i) {
      CHECK(got[i] == want[i]);
    }
  }
  CHECK(files >= 3);
}

TEST_CASE("sendgrid: what is ours") {
  struct Row {
    const char* name;
    std::string text;
    bool ours;
  };
  for (const auto& row : {
           Row{"an id of SendGrid is enough", R"([{"sg_event_id":"a"}])", true},
           Row{"without ids: its words in its shape", "[" + k_open + "}]", true},
           Row{"a time as text",
               R"([{"event":"Processed","timestamp":"123456789","email":"a@example.com"}])", true},
           Row{"a broken first line", "{oops\n" + k_open + "}\n", true},
           Row{"BOM", "\xEF\xBB\xBF" + k_open + "}\n", true},
           Row{"suppressions", "status,reason,email,created\n", true},
           Row{"suppressions in quotes", "\"status\",\"reason\",\"email\",\"created\"\n", true},
           Row{"a stranger's id", k_open + R"(,"message_id":"1"})", false},
           Row{"a word of another ESP",
               R"({"event":"soft_bounce","timestamp":1,"email":"a@example.com"})", false},
           Row{"no time", R"({"event":"open","email":"a@example.com"})", false},
           Row{"an id inside of something else", R"({"a":{"sg_event_id":"b"}})", false},
           Row{"other CSV", "status,reason,email,created,list\n", false},
           Row{"nothing", "", false},
           Row{"an empty list", "[]", false},
           Row{"a number", "17", false},
           Row{"a string that never ends", "[{\"sg_event_id", false},
       }) {
    CAPTURE(row.name);
    CHECK((adapter().open_log(row.text, {}) != nullptr) == row.ours);
  }
}

TEST_CASE("sendgrid: odd records") {
  struct Row {
    const char* name;
    std::string record;
    const char* part;
  };
  for (
      const auto& row : {
          Row{"a word that is new",
              R"({"email":"a@example.com","timestamp":1,"event":"teleported"})",
              R"("kind":"unknown","address":"a@example.com","time":"1970-01-01T00:00:01Z","native":"teleported")"},
          Row{"milliseconds",
              R"({"email":"a@example.com","timestamp":1591726752372,"event":"open"})",
              "2020-06-09T18:19:12.372Z"},
          Row{"of two the last one holds", k_open + R"(,"email":"bo@example.com"})",
              "bo@example.com"},
          Row{"escapes", k_open + R"(,"category":["\u00e9t\ud83d\ude00\n\ud800"]})",
              "\"tags\":[\"\xC3\xA9t\xF0\x9F\x98\x80\\n\xEF\xBF\xBD\"]"},
          Row{"white space all around",
              "{ \"email\" : \"ann@example.com\" , \"timestamp\" : 1772443507 , \"event\" : "
              "\"open\" }",
              R"("kind":"open","address":"ann@example.com")"},
          Row{"arguments of any shape", k_open + R"(,"a":{"b":[1, 2]},"c":null,"d":"x"})",
              R"("metadata":{"a":{"b":[1,2]},"c":null,"d":"x"})"},
          Row{"an agent that is empty", k_open + R"(,"useragent":""})",
              R"("evidence":["empty_agent"])"},
          Row{"no agent field says nothing", k_open + "}",
              R"("time":"2026-03-02T09:25:07Z","native")"},
          Row{"a machine", k_open + R"(,"sg_machine_open":true})",
              R"("evidence":["esp_machine_flag"])"},
          Row{"blocked",
              R"({"email":"a@example.com","timestamp":1,"event":"bounce","type":"blocked","reason":"550 no"})",
              R"("bounce":{"class":"block","code":550,"reason":"policy","diagnostic":"550 no"})"},
          Row{"blocked for now",
              R"({"email":"a@example.com","timestamp":1,"event":"bounce","type":"blocked","status":"4.7.1","reason":"x"})",
              R"("bounce":{"class":"soft")"},
          Row{"no email", R"({"timestamp":1,"event":"open","sg_event_id":"a"})",
              R"({"rejected":"no email")"},
          Row{"no time", R"({"email":"a@example.com","event":"open","sg_event_id":"a"})",
              R"("rejected":"no time)"},
          Row{"a huge time",
              R"({"email":"a@example.com","timestamp":99999999999999999999999,"event":"open","sg_event_id":"a"})",
              R"("rejected":"no time)"},
          Row{"no event", R"({"email":"a@example.com","timestamp":1,"sg_event_id":"a"})",
              R"({"rejected":"no event")"},
      }) {
    CAPTURE(row.name);
    CHECK(has(decode("[" + k_open + "},\n" + row.record + "]"), row.part));
    CHECK(has(decode(k_open + "}\n" + row.record + "\n"), row.part));
  }
}

TEST_CASE("sendgrid: records that are broken are rejected once each, and the rest is read") {
  for (const char* bad : {"{",          "}",          "{]",
                          "{\"a\"}",    "{\"a\":}",   "{\"a\":1",
                          "{\"a\":1,}", "{\"a\" 1}",  "{\"email\":\"a",
                          "{}{}",       "{\"a\":[}",  "{\"a\":{\"b\":1}",
                          "17",         "\"text\"",   "{\"a\":\"\xff\"}",
                          "{,}",        "{\"a\":,}",  "{1:2}",
                          "null",       "{\"a\":1}x", "{\"\":1}"}) {
    CAPTURE(bad);
    const auto text = padded(k_open + "}\n" + bad + "\n" + k_open + "}\n");
    Counter counter;
    read_text(*adapter().open_log(text, {}), text, counter);
    CHECK(counter.accepted == 2);
    CHECK(counter.rejected == 1);
  }
}

TEST_CASE("sendgrid: cut at any byte, nested to any depth") {
  const auto whole = read_file(k_testdata / "events.json");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    (void)decode(whole.substr(0, size));
  }
  const auto deep =
      k_open + ",\"a\":" + std::string(200'000, '[') + std::string(200'000, ']') + "}";
  CHECK(has(decode(deep), R"("kind":"open")"));
  CHECK(has(decode(k_open + "}\n" + k_open + ",\"a\":" + std::string(200'000, '[') + "\n"),
            "rejected"));
}

TEST_CASE("sendgrid: an import is spared the details, chunks are read alike") {
  const auto text = read_file(k_testdata / "lines.ndjson");
  constexpr std::uint64_t k_records = 20;
  for (const std::size_t chunk : {0, 100, 1000}) {
    Counter counter;
    read_text(*adapter().open_log(text, {})->clone(), text, counter, chunk);
    CHECK(counter.accepted + counter.rejected == k_records);
  }
}

namespace {

HttpRequest signed_request() {
  // The published vector of SendGrid's own client libraries.
  HttpRequest request;
  request.headers = {{"x-twilio-email-event-webhook-signature",
                      "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+"
                      "luQAbPIqHh89M15TluLtEZtM="},
                     {"x-twilio-email-event-webhook-timestamp", "1600112502"}};
  request.body =
      padded("[{\"email\":\"hello@world.com\",\"event\":\"dropped\",\"reason\":\"Bounced "
             "Address\",\"sg_event_id\":\"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA\","
             "\"sg_message_id\":\"LRzXl_"
             "NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0\",\"smtp-id\":"
             "\"<LRzXl_NHStOGhQ4kofSm_A@"
             "ismtpd0039p1iad1.sendgrid.net>\",\"timestamp\":1600112492}]\r\n");
  return request;
}

const Secrets k_secrets{{"webhook_key",
                         "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/"
                         "7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="}};
constexpr Seconds k_moment = 1600112502;

ErrorCode refusal(const HttpRequest& request, const Secrets& secrets, Seconds now) {
  Counter counter;
  const auto result = take_webhook(adapter(), request, secrets, {now}, counter);
  CHECK(counter.accepted == 0);
  REQUIRE_FALSE(result.has_value());
  return result.error().code;
}

} // namespace

TEST_CASE("sendgrid: a webhook that is signed well is read") {
  Counter counter;
  counter.details = true;
  CHECK(take_webhook(adapter(), signed_request(), k_secrets, {k_moment}, counter).has_value());
  CHECK(
      take_webhook(adapter(), signed_request(), k_secrets, {k_moment + 300}, counter).has_value());
  CHECK(counter.accepted == 2);
  AdapterCase("sendgrid", sendgrid::register_adapter)
      .check_either_key(signed_request(), k_secrets.at("webhook_key"), k_moment);
}

TEST_CASE("sendgrid: a webhook that is not signed well is refused") {
  CHECK(refusal(signed_request(), {}, k_moment) == ErrorCode::unauthorized);
  CHECK(refusal(signed_request(), {{"webhook_key", "nonsense"}}, k_moment) ==
        ErrorCode::unauthorized);
  CHECK(refusal(signed_request(), k_secrets, k_moment + 301) == ErrorCode::unauthorized);
  CHECK(refusal(signed_request(), k_secrets, k_moment - 301) == ErrorCode::unauthorized);
  auto changed = signed_request();
  changed.body.resize(changed.body.size() - 2);
  CHECK(refusal(changed, k_secrets, k_moment) == ErrorCode::unauthorized);
  auto unsigned_one = signed_request();
  unsigned_one.headers.clear();
  CHECK(refusal(unsigned_one, k_secrets, k_moment) == ErrorCode::unauthorized);
  auto no_time = signed_request();
  no_time.headers.pop_back();
  CHECK(refusal(no_time, k_secrets, k_moment) == ErrorCode::unauthorized);
}

TEST_CASE("sendgrid: a value of nothing but what only C calls space") {
  const AdapterCase sendgrid("sendgrid", sendgrid::register_adapter);
  const std::string text = "{\"email\":\"ann@example.com\",\"timestamp\":\f,\"event\":\"open\","
                           "\"sg_event_id\":\"e1\"}\n";
  check_has(sendgrid.line(text), "\"rejected\"");
}

TEST_CASE("sendgrid: links belong to the Single Send that the user names") {
  const AdapterCase sendgrid("sendgrid", sendgrid::register_adapter);
  const std::string text = R"({"results":[{"url":"https://www.example.com/","url_location":0,)"
                           R"("ab_phase":"all","clicks":1}]})";
  CHECK(sendgrid.adapter().open_log(text, {})->needs_campaign());
  check_has(sendgrid.line(text, {.campaign = "2f6d"}),
            R"({"campaign":{"id":"2f6d","links":[{"url":"https://www.example.com/")");
  CHECK_FALSE(sendgrid.takes(R"({"results":[{"id":"1","ab_phase":"all","stats":{}}]})")); // totals
}
