#include "adapter/decode_sink.hpp"
#include "adapter/framing.hpp"
#include "adapter/registry.hpp"
#include "base/json.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

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

const std::filesystem::path k_testdata = MF_SOURCE_DIR "/adapters/acoustic/testdata";

std::string read_file(const std::filesystem::path& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  return lines;
}

std::string decode(std::string text, const LogContext& context = {}) {
  text.reserve(text.size() + k_padding);
  const auto reader = open(text, context);
  if (!reader) {
    return "not ours";
  }
  std::string out;
  DecodeSink sink("acoustic", std::string(context.file_name),
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

TEST_CASE("acoustic: testdata is read as expected") {
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
  CHECK(files >= 6);
}

TEST_CASE("acoustic: separators, odd rows") {
  const std::string row = "1|Normal|2|3||ann@example.com|Open|02/29/2028 23:59:59|||||||\n";
  auto header = k_header;
  std::replace(header.begin(), header.end(), ',', '|');
  CHECK(has(decode(header + row), "2028-02-29T23:59:59Z"));
  auto tabs = header + row;
  std::replace(tabs.begin(), tabs.end(), '|', '\t');
  CHECK(has(decode(tabs), R"("campaign":"2/3")"));
  const std::string open_row = "1,Normal,2,3,,ann@example.com,Open,05/11/2026 06:00:08";
  CHECK(has(decode(k_header + open_row + ",,,,,\n"), R"("kind":"open")")); // nameless ones absent
  CHECK(has(decode(k_header + open_row + ",,,,,,,,\n"), "not as many fields as the header"));
  CHECK(has(decode(k_header + open_row + ",\"\n"), "a quote is never closed"));
  CHECK(decode(k_header + "1,Seed,2,3,,ann@example.com,Open,05/11/2026 06:00:08,,,,,\n").empty());
}

TEST_CASE("acoustic: broken XML is rejected, at whatever byte it is cut") {
  for (const char* name : {"tracking.xml", "save_mailing.xml", "export.csv"}) {
    const auto whole = read_file(k_testdata / name);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      (void)decode(whole.substr(0, size));
    }
  }
  CHECK(has(decode("<Envelope><Body><RESULT><SUCCESS>TRUE</SUCCESS>"), "rejected"));
  CHECK(has(decode(read_file(k_testdata / "fault.xml")), "Session has expired"));
  const std::string preview =
      "<Envelope><Body><RESULT><SUCCESS>TRUE</SUCCESS><HTMLBody>x</HTMLBody>"
      "</RESULT></Body></Envelope>";
  CHECK(open(preview)->needs_campaign());
  CHECK(has(decode(preview, {.campaign = "7"}), R"("id":"7")"));
}
