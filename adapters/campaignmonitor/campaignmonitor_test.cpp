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

namespace mailfunnel::campaignmonitor {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const std::filesystem::path k_testdata = MF_SOURCE_DIR "/adapters/campaignmonitor/testdata";

const Adapter& adapter() {
  static const AdapterRegistry k_registry = [] {
    AdapterRegistry registry;
    campaignmonitor::register_adapter(registry);
    return registry;
  }();
  return *k_registry.find("campaignmonitor");
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

std::unique_ptr<LogReader> open(std::string_view text, const LogContext& context = {}) {
  return adapter().open_log(text, context);
}

/// The lines that `decode` prints; "not ours" when the adapter does not take it.
std::string decode(const std::string& input, const LogContext& context = {}) {
  const auto text = padded(input);
  const auto reader = open(text, context);
  if (!reader) {
    return "not ours";
  }
  std::string out;
  DecodeSink sink("campaignmonitor", std::string(context.file_name),
                  [&out](std::string_view line) { out += line; });
  sink.begin_chunk(text);
  read_text(*reader, text, sink);
  sink.end_chunk();
  return out;
}

bool has(const std::string& text, const std::string& part) {
  CAPTURE(text);
  return text.find(part) != std::string::npos;
}

std::string page(const std::string& row) {
  return R"({"Results":[)" + row + R"(],"ResultsOrderedBy":"date"})";
}

constexpr auto k_id = "ba5052d3e91f4c0a9b1e2d3c4b5a6978";

} // namespace

TEST_CASE("campaignmonitor: testdata is read as expected") {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(k_testdata)) {
    auto expected = entry.path();
    expected.replace_extension(".expected.jsonl");
    if (!std::filesystem::exists(expected) || entry.path() == expected) {
      continue;
    }
    const auto name = entry.path().filename().string();
    CAPTURE(name);
    ++files;
    const auto got = lines_of(decode(read_file(entry.path()), {.file_name = name}));
    const auto want = lines_of(read_file(expected));
    CHECK(got.size() == want.size());
    for (std::size_t i = 0; i < std::min(got.size(), want.size()); ++i) {
      CHECK(got[i] == want[i]);
    }
  }
  CHECK(files >= 12);
}

TEST_CASE("campaignmonitor: what is ours") {
  struct Row {
    const char* name;
    std::string text;
    bool ours;
  };
  for (const auto& row : {
           Row{"a page", page(R"({"EmailAddress":"a@example.com","ListID":"1"})"), true},
           Row{"an empty page", page(""), true},
           Row{"a BOM", "\xEF\xBB\xBF" + page(""), true},
           Row{"nobody's page", R"({"Results":[{"email":"a@example.com","Date":"x"}]})", false},
           Row{"other events", R"({"Events":[{"Type":"Open","EmailAddress":"a"}]})", false},
           Row{"an error", R"({"Code":121,"Message":"Expired OAuth Token"})", true},
           Row{"XML",
               "<a><Results><b><EmailAddress>a@example.com</EmailAddress><ListID>1</ListID></b></"
               "Results></a>",
               true},
           Row{"Salesforce",
               "<Results><SubscriberKey>1</SubscriberKey><EmailAddress>a</EmailAddress><ListID/></"
               "Results>",
               false},
           Row{"another's campaigns", "<campaigns><campaign><id>1</id></campaign></campaigns>",
               false},
           Row{"CSV", "EmailAddress,Date\na@example.com,x\n", false},
           Row{"nothing", "", false},
       }) {
    CAPTURE(row.name);
    CHECK((open(row.text) != nullptr) == row.ours);
  }
}

TEST_CASE("campaignmonitor: what is asked of the user") {
  const auto click = page(R"({"EmailAddress":"a@example.com","URL":"https://x","Date":"x"})");
  const auto subscriber = page(R"({"EmailAddress":"a@example.com","State":"Active","Date":"x"})");
  CHECK(open(click)->needs_campaign());
  CHECK_FALSE(open(click, {.campaign = "7"})->needs_campaign());
  CHECK_FALSE(
      open(click, {.file_name = "x-ba5052d3e91f4c0a9b1e2d3c4b5a6978.json"})->needs_campaign());
  CHECK_FALSE(open(subscriber)->needs_campaign());
  CHECK(open(click)->assumes_utc());
  CHECK_FALSE(open(click, {.zone_given = true})->assumes_utc());
}

TEST_CASE("campaignmonitor: the zone holds for every time") {
  const auto zone = find_zone("Australia/Sydney");
  REQUIRE(zone);
  const LogContext context{.campaign = k_id, .zone = *zone, .zone_given = true};
  CHECK(
      has(decode(page(R"({"EmailAddress":"a@example.com","URL":"u","Date":"2026-05-11 08:29:00"})"),
                 context),
          "2026-05-10T22:29:00Z"));
}

TEST_CASE("campaignmonitor: rows alike are told apart by the file's name, else refused") {
  struct Row {
    const char* file;
    const char* part;
  };
  const auto text =
      page(R"({"EmailAddress":"a@example.com","ListID":"1","Date":"2026-05-11 08:29:00"})");
  for (const auto& row : {
           Row{"campaign_spam.json", R"("kind":"complaint")"},
           Row{"unsubscribes.json", R"("kind":"unsubscribe")"},
           Row{"sent_campaign_opens.json", R"("kind":"open")"},
           Row{"Recipients.json", R"("kind":"sent")"},
           Row{"x.json", R"({"rejected":"these fields are those of several answers)"},
       }) {
    CAPTURE(row.file);
    CHECK(has(decode(text, {.file_name = row.file}), row.part));
  }
  const auto no_time = page(R"({"EmailAddress":"a@example.com","ListID":"1"})");
  CHECK(has(decode(no_time, {.file_name = "recipients.json"}), R"({"rejected":"no time)"));
}

TEST_CASE("campaignmonitor: broken rows are rejected, the rest is read") {
  const std::string good =
      R"({"EmailAddress":"ann@example.com","URL":"https://x","Date":"2026-05-11 08:29:00"})";
  for (const char* bad : {"{", "17", "\"text\"", "null", "{}", "{\"EmailAddress\":}", "[1]",
                          "{\"EmailAddress\":\"\xff\"}", R"({"Code":1,"Message":"no"})"}) {
    CAPTURE(bad);
    const auto out = decode(page(good + ",\n" + bad + ",\n" + good));
    CHECK(has(out, R"("kind":"click")"));
    CHECK(has(out, "rejected"));
  }
  CHECK(has(decode("<Results><a><EmailAddress>a</EmailAddress><ListID>1</ListID>"), "rejected"));
  CHECK(has(decode(page(good) + "\n" + page("{\"a\":" + std::string(100'000, '[')) + "\n"),
            "rejected"));
}

TEST_CASE("campaignmonitor: cut at any byte") {
  for (const char* name : {"webhooks.json", "subscribers.json", "sent.xml"}) {
    const auto whole = read_file(k_testdata / name);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      (void)decode(whole.substr(0, size));
    }
  }
}

TEST_CASE("campaignmonitor: a list's webhook, JSON or XML") {
  const AdapterCase monitor("campaignmonitor", campaignmonitor::register_adapter);
  HttpRequest request;
  request.url = "/hooks/cm?key=open-sesame";
  request.body =
      R"({"Events":[{"Date":"2026-05-12 09:03:00","EmailAddress":"di@example.com","State":"Unsubscribed",)"
      R"("Type":"Deactivate"}],"ListID":"512a3bc577a58fdf689c654329b50fa0"})";
  monitor.check_either_key(request, "open-sesame");
  check_has(monitor.refusal(request, {}), "no secret is set");
  const Secrets secrets{{"webhook_key", "open-sesame"}};
  auto lines = monitor.webhook(request, secrets, {0, *find_zone("Europe/Amsterdam"), true});
  REQUIRE(lines.size() == 2);
  check_has(lines[0],
            R"({"kind":"unsubscribe","address":"di@example.com","time":"2026-05-12T07:03:00Z")");
  check_has(lines[1], R"("subscription":"unsubscribed")");
  request.body = "<Root><Events><Event><Type>Subscribe</Type><Date>2026-05-12 09:03:00</Date>"
                 "<EmailAddress>ed@example.com</EmailAddress></Event></Events>"
                 "<ListID>512a3bc577a58fdf689c654329b50fa0</ListID></Root>";
  lines = monitor.webhook(request, secrets);
  REQUIRE(lines.size() == 2);
  check_has(lines[0], R"("kind":"resubscribe","address":"ed@example.com")");
  request.body = "Events=1"; // neither of the two
  HttpRequest other = request;
  other.body.reserve(other.body.size() + k_padding);
  std::string out;
  DecodeSink sink("campaignmonitor", "x", [&out](std::string_view line) { out += line; });
  const auto read = monitor.adapter().read_webhook(other, {}, sink);
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().code == ErrorCode::bad_syntax);
}
