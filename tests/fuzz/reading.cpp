#include "fuzz/reading.hpp"

#include "adapter/decode_sink.hpp"
#include "adapter/framing.hpp"
#include "adapter/web_tracker.hpp"

#include <cstdio>
#include <cstdlib>
#include <functional>

namespace mailfunnel::fuzz {

namespace {

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

/// Reads like a thread of an import.
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

} // namespace

const AdapterRegistry& registry() {
  static const AdapterRegistry k_registry = builtin_adapters();
  return k_registry;
}

LogContext context_of(std::string_view file_name) {
  LogContext context;
  context.file_name = file_name;
  context.profiles = &profiles();
  context.trackers = &trackers();
  context.written = k_now;
  return context;
}

std::vector<std::string> profile_examples() {
  return {"event;time;email\nopen;2026-03-02T10:00:00Z;ann@example.com\n"
          "click;\"2026-03-02 10:05:00\";\"bob\"\"x@example.com\"\nbounce;;\n",
          "{\"event\":\"open\",\"time\":\"2026-03-02T10:00:00Z\",\"email\":\"ann@example.com\"}\n"
          "{\"event\":\"sent\",\"time\":1772443507,\"email\":\"bob@example.com\"}\n",
          "mail,changed,company\nann@example.com,2026-03-02,\"Acme, Inc\"\nbob@example.com,,\n"};
}

void broken(const std::string& adapter, const char* what) {
  std::fprintf(stderr, "%s: %s\n", adapter.c_str(), what);
  std::abort();
}

Reading read_with(const AdapterRegistry::Entry& entry, const LogContext& context,
                  std::string_view head, std::string_view text, std::size_t chunk_size) {
  const auto reader = entry.adapter->open_log(head, context);
  if (!reader) {
    broken(entry.id, "does not take what it took before");
  }
  Reading reading;
  DecodeSink sink(entry.id, "fuzz", [&](std::string_view line) {
    if (!line.starts_with('{') || !line.ends_with("}\n")) {
      broken(entry.id, "a line that is no JSON object");
    }
    constexpr std::uint64_t k_factor = 0x9E3779B97F4A7C15;
    reading.lines = (reading.lines ^ std::hash<std::string_view>()(line)) * k_factor;
  });
  ChunkReader chunks(*reader, sink);
  read_text(chunks, text, sink, chunk_size);
  reading.records = sink.events + sink.recipients + sink.campaigns + sink.rejected;
  return reading;
}

} // namespace mailfunnel::fuzz
