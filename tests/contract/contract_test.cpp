// What every adapter must keep to, run for each that is registered and each golden file it has:
// X.ext with X.expected.jsonl beside it in adapters/<id>/testdata. MF_GOLDEN=write in the
// environment writes those anew.

#include "adapter/decode_sink.hpp"
#include "adapter/framing.hpp"
#include "adapter/registry.hpp"
#include "adapter/web_tracker.hpp"
#include "adapter/webhook.hpp"
#include "adapter/webhook_sender.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "support/padded.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace mailfunnel;

namespace {

namespace fs = std::filesystem;

const fs::path k_adapters = MF_SOURCE_DIR "/adapters";
constexpr std::size_t k_head = std::size_t{64} << 10;

const AdapterRegistry& registry() {
  static const AdapterRegistry k_registry = builtin_adapters();
  return k_registry;
}

std::string read_file(const fs::path& path) {
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

/// A [[web]] as a config could have it, for logs of web servers.
const std::vector<WebTracker>& trackers() {
  static const std::vector<WebTracker> k_trackers = [] {
    WebTracker tracker;
    tracker.host = "www.example.com";
    tracker.rules = {{EventKind::click, *UrlPattern::parse("/c/{campaign}/{contact_id}?u={link}")},
                     {EventKind::click, *UrlPattern::parse("/go/*")},
                     {EventKind::open, *UrlPattern::parse("/o/{campaign}/{contact_id}.gif")},
                     {EventKind::download, *UrlPattern::parse("*.pdf")},
                     {EventKind::conversion, *UrlPattern::parse("/order?a={address}")},
                     {EventKind::page, *UrlPattern::parse("/*")}};
    tracker.parameters[static_cast<std::size_t>(UrlField::contact_id)] = "rid";
    tracker.parameters[static_cast<std::size_t>(UrlField::campaign)] = "utm_campaign";
    return std::vector{tracker};
  }();
  return k_trackers;
}

struct Golden {
  const AdapterRegistry::Entry* entry;
  fs::path file, expected;
  std::string name() const { return file.filename().string(); }
  LogContext context(const std::string& file_name) const {
    LogContext context;
    context.file_name = file_name;
    context.trackers = &trackers();
    context.written = 1'782'864'000; // 1 July 2026: of logs whose times have no year
    return context;
  }
};

std::vector<Golden> golden_of(const AdapterRegistry::Entry& entry) {
  std::vector<Golden> all;
  const auto folder = k_adapters / entry.id / "testdata";
  if (!fs::is_directory(folder)) {
    return all;
  }
  for (const auto& file : fs::directory_iterator(folder)) {
    auto expected = file.path();
    expected.replace_extension(".expected.jsonl");
    if (fs::exists(expected) && file.path() != expected) {
      all.push_back({&entry, file.path(), expected});
    }
  }
  return all;
}

template<typename Visit> void each_golden(Visit visit) {
  for (const auto& entry : registry().all()) {
    for (const auto& golden : golden_of(entry)) {
      CAPTURE(entry.id);
      CAPTURE(golden.name());
      visit(golden);
    }
  }
}

/// Passes chunks on to a reader, or to a clone of it for each as threads do, and tells the sink
/// where each begins and ends.
class TellingReader : public LogReader {
public:
  TellingReader(LogReader& reader, DecodeSink& sink) : m_reader(reader), m_sink(sink) {}
  std::string_view format() const override { return m_reader.format(); }
  Framing framing() const override { return m_reader.framing(); }
  char csv_quote() const override { return m_reader.csv_quote(); }
  void read(const Chunk& chunk, RecordSink& /*sink*/) override {
    const auto clone = m_reader.clone();
    m_sink.begin_chunk(chunk.text);
    (clone ? *clone : m_reader).read(chunk, m_sink);
    m_sink.end_chunk();
  }

private:
  LogReader& m_reader;
  DecodeSink& m_sink;
};

/// The lines that `decode` prints; none when the adapter does not take the text.
std::string decode(const Golden& golden, std::string_view text, std::size_t chunk_size = 0) {
  const auto file_name = golden.name();
  const Padded padded(text);
  const Padded head(text.substr(0, k_head));
  const auto reader = golden.entry->adapter->open_log(head.text(), golden.context(file_name));
  std::string out;
  if (reader) {
    DecodeSink sink(golden.entry->id, file_name, [&out](std::string_view line) { out += line; });
    TellingReader telling(*reader, sink);
    read_text(telling, padded.text(), sink, chunk_size);
  }
  return out;
}

void check_lines(const std::vector<std::string>& got, const std::vector<std::string>& want) {
  CHECK(got.size() == want.size());
  for (std::size_t i = 0; i < std::min(got.size(), want.size()); ++i) {
    CHECK(got[i] == want[i]);
  }
}

/// The lines without their place and raw text, which line ends change; and line ends in quoted
/// fields are alike.
std::vector<std::string> without_source(const std::string& text) {
  auto lines = lines_of(replace_all(text, "\\r\\n", "\\n"));
  for (auto& line : lines) {
    line.resize(std::min(line.find(",\"source\":{\"adapter\""), line.size()));
  }
  return lines;
}

std::vector<std::string> without_rejects(std::vector<std::string> lines) {
  std::erase_if(lines, [](const std::string& line) { return line.rfind("{\"rejected\"", 0) == 0; });
  return lines;
}

std::string with_crlf(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' && (out.empty() || out.back() != '\r')) {
      out += '\r';
    }
    out += c;
  }
  return out;
}

} // namespace

TEST_CASE("contract: golden files are read as expected") {
  const char* const mode = std::getenv("MF_GOLDEN");
  const bool write = mode != nullptr && std::string_view(mode) == "write";
  each_golden([write](const Golden& golden) {
    const auto got = decode(golden, read_file(golden.file));
    if (write) {
      std::ofstream(golden.expected, std::ios::binary) << got;
    }
    CHECK_FALSE(got.empty());
    check_lines(lines_of(got), lines_of(read_file(golden.expected)));
  });
}

TEST_CASE("contract: chunks are read like the whole, with the same lines and offsets") {
  each_golden([](const Golden& golden) {
    for (const std::size_t chunk : {64, 200, 1000}) {
      CAPTURE(chunk);
      check_lines(lines_of(decode(golden, read_file(golden.file), chunk)),
                  lines_of(read_file(golden.expected)));
    }
  });
}

TEST_CASE("contract: a place names the record's own line") {
  each_golden([](const Golden& golden) {
    const auto text = read_file(golden.file);
    for (const auto& line : lines_of(read_file(golden.expected))) {
      const auto place = line.rfind(",\"line\":");
      if (place == std::string::npos) {
        continue;
      }
      CAPTURE(line);
      unsigned long number = 0, offset = 0;
      REQUIRE(std::sscanf(line.c_str() + place, ",\"line\":%lu,\"offset\":%lu", &number, &offset) ==
              2);
      REQUIRE(offset <= text.size());
      const auto before = text.begin() + static_cast<std::ptrdiff_t>(offset);
      CHECK(static_cast<unsigned long>(std::count(text.begin(), before, '\n')) + 1 == number);
    }
  });
}

TEST_CASE("contract: CRLF changes nothing but places") {
  each_golden([](const Golden& golden) {
    check_lines(without_source(decode(golden, with_crlf(read_file(golden.file)))),
                without_source(read_file(golden.expected)));
  });
}

TEST_CASE("contract: its own adapter takes the file, and no other") {
  each_golden([](const Golden& golden) {
    const auto file_name = golden.name();
    const Padded head(read_file(golden.file).substr(0, k_head));
    std::vector<std::string> takers;
    for (const auto& match : registry().detect(head.text(), golden.context(file_name))) {
      takers.push_back(match.entry->id);
    }
    check_lines(takers, {golden.entry->id});
  });
}

TEST_CASE("contract: what decode prints can be read back") {
  for (const auto& own : registry().all()) {
    if (own.id != "mailfunnel") {
      continue;
    }
    each_golden([&own](const Golden& golden) {
      const auto lines = read_file(golden.expected);
      check_lines(without_source(decode({&own, golden.expected, {}}, lines)),
                  without_rejects(without_source(lines)));
    });
  }
}

TEST_CASE("contract: a text cut at any byte is survived") {
  constexpr std::size_t k_small = 8 << 10, k_step = 37;
  each_golden([](const Golden& golden) {
    const auto text = read_file(golden.file);
    for (std::size_t size = 0; size<text.size(); size += text.size()> k_small ? k_step : 1) {
      (void)decode(golden, std::string_view(text).substr(0, size));
    }
  });
}

TEST_CASE("contract: bytes that are changed at random are survived") {
  constexpr int k_rounds = 1000;
  constexpr unsigned k_seed = 20260302;
  each_golden([](const Golden& golden) {
    const auto text = read_file(golden.file);
    std::mt19937 random(k_seed);
    for (int i = 0; i < k_rounds; ++i) {
      auto changed = text;
      for (auto changes = random() % 4 + 1; changes > 0; --changes) {
        changed[random() % changed.size()] = static_cast<char>(random() % 256);
      }
      (void)decode(golden, changed);
    }
  });
}

TEST_CASE("contract: every adapter has a README and a golden file") {
  for (const auto& entry : registry().all()) {
    CAPTURE(entry.id);
    CHECK(fs::exists(k_adapters / entry.id / "README.md"));
    CHECK((entry.id == "generic" || !golden_of(entry).empty()));
    CHECK_FALSE(entry.adapter->title().empty());
    CHECK_FALSE(entry.adapter->formats().empty());
  }
}

namespace {

/// Why a request with this body and these headers is refused.
std::string refusal(const AdapterRegistry::Entry& entry, const std::string& body,
                    const HttpHeaders& headers, const Secrets& secrets) {
  HttpRequest request;
  request.url = "https://hooks.example.com/in";
  request.headers = headers;
  request.body = body;
  request.body.reserve(body.size() + k_padding);
  const auto result = entry.adapter->check_webhook(request, secrets, 0);
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == ErrorCode::unauthorized);
  return result.error().message;
}

} // namespace

TEST_CASE(
    "contract: webhook_key or webhook_secret alone is a secret, and only a good one is taken") {
  for (const auto& entry : registry().all()) {
    if (!entry.adapter->has_webhook()) {
      continue;
    }
    CAPTURE(entry.id);
    for (const std::string name : {"webhook_key", "webhook_secret"}) {
      CAPTURE(name);
      const Secrets secrets{{name, "open sesame"}, {"webhook_account", "1234"}};
      for (const std::string body : {"[]", "{}", "a=b", "<a/>", ""}) {
        const auto why =
            refusal(entry, body, {{"Authorization", "Basic b3Blbjpzb21ldGhpbmc="}}, secrets);
        CAPTURE(why);
        CHECK(why.find("no secret") == std::string::npos);
      }
      CHECK(refusal(entry, "{}", {}, {{name, ""}}).find("no secret") != std::string::npos);
    }
  }
}

TEST_CASE("contract: what is signed for a try is taken; who signs by a key of its own says so") {
  // As a platform would send it: a JSON object or a form, with what those sign that sign in it.
  constexpr std::string_view k_json = R"({"signature":{},"auth":"0","events":[]})";
  constexpr std::string_view k_form = "type=subscribe&mandrill_events=[]";
  std::set<std::string> unsigned_ones;
  for (const auto& entry : registry().all()) {
    if (!entry.adapter->has_webhook()) {
      continue;
    }
    CAPTURE(entry.id);
    const auto& sender = webhook_sender(*entry.adapter);
    for (const std::string name : {"webhook_key", "webhook_secret", "basic_auth", "url_secret"}) {
      for (const auto body : {k_json, k_form}) {
        CAPTURE(name);
        const Secrets secrets{{name, "dXNlcjpwYXNz"}}; // good base64 too
        HttpRequest request;
        request.url = "http://127.0.0.1:8765/hooks/in";
        request.headers = {{"Content-Type", body == k_json ? "application/json"
                                                           : "application/x-www-form-urlencoded"}};
        request.body = body;
        const auto done = sender.sign_webhook(request, secrets, 1'774'958'400);
        if (!done) {
          CHECK(done.error().code != ErrorCode::io);
          if (done.error().code == ErrorCode::unsupported) {
            unsigned_ones.insert(entry.id);
          }
          continue;
        }
        request.body.reserve(request.body.size() + k_padding);
        const auto taken = entry.adapter->check_webhook(request, secrets, 1'774'958'400);
        CAPTURE((taken ? std::string() : taken.error().message));
        CHECK(taken.has_value());
        auto changed = request; // the secret was not left out of it
        changed.headers.clear();
        changed.url = "http://127.0.0.1:8765/hooks/in";
        changed.body = body;
        changed.body.reserve(changed.body.size() + k_padding);
        CHECK_FALSE(entry.adapter->check_webhook(changed, secrets, 1'774'958'400).has_value());
      }
    }
    CHECK(sender.sign_webhook(*std::make_unique<HttpRequest>(), {}, 0).has_value() == false);
  }
  CHECK(unsigned_ones == std::set<std::string>{"copernica", "postal", "sendgrid", "ses"});
}

TEST_CASE("contract: nothing is fetched for a webhook that names no address of its platform") {
  for (const auto& entry : registry().all()) {
    for (const std::string body :
         {"", "{}", "[]", R"({"Type":"Notification","SigningCertURL":"https://example.com/a.pem"})",
          R"({"Type":"SubscriptionConfirmation","SubscribeURL":"http://127.0.0.1/"})"}) {
      CAPTURE(entry.id);
      HttpRequest request;
      request.body = body;
      request.body.reserve(body.size() + k_padding);
      const auto needs = entry.adapter->webhook_needs(request, {});
      CHECK((!needs || (needs->certificate.empty() && needs->confirmation.empty())));
    }
  }
}

TEST_CASE("contract: a webhook without its secret is refused, and nothing is read") {
  for (const auto& entry : registry().all()) {
    if (!entry.adapter->has_webhook()) {
      continue;
    }
    CAPTURE(entry.id);
    std::string out;
    DecodeSink sink(entry.id, "webhook", [&out](std::string_view line) { out += line; });
    for (const std::string body : {"[]", "{}", ""}) {
      HttpRequest request;
      request.body = body;
      request.body.reserve(body.size() + k_padding);
      const auto result = take_webhook(*entry.adapter, request, {}, {}, sink);
      REQUIRE_FALSE(result.has_value());
      CHECK(result.error().code == ErrorCode::unauthorized);
    }
    CHECK(out.empty());
  }
}
