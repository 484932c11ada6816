#include "adapter/decode_sink.hpp"
#include "adapter/framing.hpp"
#include "adapter/registry.hpp"
#include "base/json.hpp"

#include <doctest/doctest.h>

#include <string>

namespace mailfunnel::acoustic {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const std::string k_header =
    "Recipient Id,Recipient Type,Mailing Id,Report Id,Campaign Id,Email,Event Type,"
    "Event Timestamp,Body Type,Content Id,Click Name,URL,Suppression Reason,,\n";

std::unique_ptr<LogReader> open(std::string_view text, const LogContext& context = {}) {
  AdapterRegistry registry;
  acoustic::register_adapter(registry);
  return registry.find("acoustic")->open_log(text, context);
}

std::string decode(std::string text, const LogContext& context = {}) {
  text.reserve(text.size() + k_padding);
  const auto reader = open(text, context);
  if (!reader) {
    return "not ours";
  }
  std::string out;
  DecodeSink sink("acoustic", "x", [&out](std::string_view line) { out += line; });
  sink.begin_chunk(text);
  read_text(*reader, text, sink);
  sink.end_chunk();
  return out;
}

bool has(const std::string& text, const std::string& part) {
  CAPTURE(text);
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("acoustic: each event type of the export has its word") {
  struct Row {
    const char* type;
    const char* expected;
  };
  for (const auto& row : {
           Row{"Sent", R"("kind":"sent")"},
           Row{"sent", R"("kind":"sent")"},
           Row{"Hard Bounce", R"("class":"hard")"},
           Row{"Soft Bounce", R"("class":"soft")"},
           Row{"Reply Mail Block", R"("class":"block")"},
           Row{"Reply Mail Restriction", R"("reason":"content")"},
           Row{"Reply Abuse", R"("kind":"complaint")"},
           Row{"Opt Out", R"("kind":"unsubscribe")"},
           Row{"Suppressed", R"("reason":"suppressed")"},
           Row{"Clickstream", R"("kind":"page")"},
           Row{"Forward", R"("kind":"unknown")"},
           Row{"", R"("rejected":"no Event Type")"},
       }) {
    CAPTURE(row.type);
    const auto line =
        std::string("1,Normal,2,3,,ann@example.com,") + row.type + ",05/11/2026 06:00:08,,,,,,,\n";
    CHECK(has(decode(k_header + line), row.expected));
  }
}

TEST_CASE("acoustic: a bad timestamp is rejected, not guessed") {
  for (const std::string time : {"13/01/2026 06:00:08", "02/30/2026 06:00:08",
                                 "05/11/2026 24:00:00", "05/11/2026", "05/11/2026 06:00:0x", ""}) {
    CAPTURE(time);
    CHECK(has(decode(k_header + "1,Normal,2,3,,ann@example.com,Open," + time + ",,,,,,,\n"),
              "rejected"));
  }
}

TEST_CASE("acoustic: what is asked of the user") {
  const std::string save =
      "<SaveMailing><Header><MailingName>x</MailingName></Header></SaveMailing>";
  CHECK(open(save)->needs_campaign());
  CHECK(has(decode(save), "rejected"));
  CHECK(has(decode(save, {.campaign = "77"}), R"("id":"77")"));
  const std::string sent =
      "<Envelope><Body><RESULT><SUCCESS>TRUE</SUCCESS></RESULT></Body></Envelope>";
  CHECK(open(sent)->assumes_utc());
  CHECK_FALSE(open(sent, {.zone_given = true})->assumes_utc());
  CHECK_FALSE(open(k_header)->assumes_utc());
}

TEST_CASE("acoustic: other people's files are left alone") {
  for (const std::string text :
       {"", "<campaigns/>", "email,event\n",
        "<soap:Envelope><soap:Body><Retrieve/></soap:Body></soap:Envelope>",
        "Recipient Id,Mailing Id\n1,2\n", "{\"a\":1}"}) {
    CAPTURE(text);
    CHECK(open(text) == nullptr);
  }
}
