#include "fuzz/target.hpp"

#include "adapter/decode_sink.hpp"
#include "adapter/framing.hpp"
#include "adapter/registry.hpp"
#include "adapter/web_tracker.hpp"
#include "base/text.hpp"
#include "support/padded.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace mailfunnel::fuzz {

namespace {

constexpr std::size_t k_head = std::size_t{64} << 10;
constexpr std::size_t k_small_chunk = 256;
constexpr Seconds k_now = 1'782'864'000; // 2026-07-01

const AdapterRegistry& registry() {
  static const AdapterRegistry k_registry = builtin_adapters();
  return k_registry;
}

/// A config that makes readers take more: tables and NDJSON by a profile, logs of a web server.
const std::vector<MappingProfile>& profiles() {
  static const std::vector<MappingProfile> k_profiles = [] {
    MappingProfile events;
    events.name = "events";
    events.fields = {{"kind", "event"}, {"time", "time"}, {"address", "email"}};
    MappingProfile people;
    people.name = "people";
    people.records = "recipients";
    people.fields = {{"address", "mail"}, {"changed_at", "changed"}};
    return std::vector{events, people};
  }();
  return k_profiles;
}

const std::vector<WebTracker>& trackers() {
  static const std::vector<WebTracker> k_trackers = [] {
    WebTracker tracker;
    tracker.rules = {{EventKind::click, *UrlPattern::parse("/c/{campaign}/{contact_id}?u={link}")},
                     {EventKind::page, *UrlPattern::parse("/*")}};
    tracker.parameters[static_cast<std::size_t>(UrlField::contact_id)] = "rid";
    return std::vector{tracker};
  }();
  return k_trackers;
}

Family family_of(const LogReader& reader, std::string_view text) {
  text = text.substr(text.starts_with("\xEF\xBB\xBF") ? 3 : 0);
  text = text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  const char first = text.empty() ? '\0' : text[0];
  const char second = text.size() < 2 ? '\0' : text[1];
  switch (reader.framing()) {
  case Framing::csv:
    return Family::csv;
  case Framing::json:
    return Family::json;
  case Framing::mbox:
    return Family::mime;
  case Framing::lines:
  case Framing::document:
    break;
  }
  if (first == '{' || first == '[') {
    return Family::json;
  }
  if (first == '<' && !is_digit(second)) { // <22>: a priority of syslog
    return Family::xml;
  }
  return reader.framing() == Framing::document ? Family::mime : Family::syslog;
}

[[noreturn]] void broken(const std::string& adapter, const char* what) {
  std::fprintf(stderr, "%s: %s\n", adapter.c_str(), what);
  std::abort();
}

/// Reads like a thread of an import: with a clone for each chunk, where there are clones.
class ChunkReader : public LogReader {
public:
  ChunkReader(LogReader& reader, DecodeSink& sink) : m_reader(reader), m_sink(sink) {}
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

/// Records read of a text, each of which gave one line.
std::uint64_t records(const AdapterRegistry::Entry& entry, const LogContext& context,
                      std::string_view head, std::string_view text, std::size_t chunk_size) {
  const auto reader = entry.adapter->open_log(head, context);
  if (!reader) {
    broken(entry.id, "does not take what it took before");
  }
  DecodeSink sink(entry.id, "fuzz", [&entry](std::string_view line) {
    if (!line.starts_with('{') || !line.ends_with("}\n")) {
      broken(entry.id, "a line that is no JSON object");
    }
  });
  ChunkReader chunks(*reader, sink);
  read_text(chunks, text, sink, chunk_size);
  return sink.events + sink.recipients + sink.campaigns + sink.rejected;
}

} // namespace

std::size_t read_all(Family family, std::string_view text) {
  const Padded padded(text), head(text.substr(0, k_head));
  LogContext context;
  context.file_name = "export-2026.csv";
  context.profiles = &profiles();
  context.trackers = &trackers();
  context.written = k_now;
  context.contacts = family == Family::csv;
  std::size_t takers = 0;
  for (const auto& match : registry().detect(head.text(), context)) {
    if (family_of(*match.reader, text) != family) {
      continue;
    }
    ++takers;
    const auto whole = records(*match.entry, context, head.text(), padded.text(), 0);
    if (records(*match.entry, context, head.text(), padded.text(), k_small_chunk) != whole) {
      broken(match.entry->id, "other records in chunks than in the whole");
    }
  }
  return takers;
}

namespace {

constexpr std::string_view k_secret = "fuzz-secret";

bool post(const AdapterRegistry::Entry& entry, HttpRequest request, std::string_view body) {
  const Secrets secrets{{"bearer_token", std::string(k_secret)},
                        {"signing_secret", std::string(k_secret)},
                        {"webhook_secret", std::string(k_secret)}};
  request.body.reserve(body.size() + k_padding);
  request.body = body;
  DecodeSink sink(entry.id, "fuzz", [](std::string_view) {});
  sink.begin_chunk(request.body);
  return entry.adapter->read_webhook(request, secrets, k_now, sink).has_value();
}

HttpRequest request_of(std::string_view headers) {
  HttpRequest request;
  request.url = "https://example.com/hook";
  while (!headers.empty()) {
    const auto line = headers.substr(0, headers.find('\n'));
    headers.remove_prefix(std::min(line.size() + 1, headers.size()));
    const auto colon = std::min(line.find(':'), line.size());
    request.headers.emplace_back(std::string(line.substr(0, colon)),
                                 std::string(trim(line.substr(std::min(colon + 1, line.size())))));
  }
  return request;
}

} // namespace

std::size_t post_all(std::string_view text) {
  const auto empty_line = std::min(text.find("\n\n"), text.size());
  const auto behind = std::min(empty_line + 2, text.size());
  std::size_t taken = 0;
  for (const auto& entry : registry().all()) {
    if (!entry.adapter->has_webhook()) {
      continue;
    }
    auto with_secret = request_of("Authorization: Bearer fuzz-secret");
    taken += post(entry, std::move(with_secret), text) ? 1 : 0;
    taken += post(entry, request_of(text.substr(0, empty_line)), text.substr(behind)) ? 1 : 0;
  }
  return taken;
}

} // namespace mailfunnel::fuzz

/// What libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mailfunnel::fuzz::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
