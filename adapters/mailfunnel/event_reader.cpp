#include "event_reader.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "json_record.hpp"

#include <string>

namespace mailfunnel::mailfunnel {

using namespace std::string_view_literals;

namespace {

constexpr int k_most_looked_at = 20; // the first ones may be broken

std::string_view without_bom(std::string_view text) {
  constexpr auto k_bom = "\xEF\xBB\xBF"sv;
  return text.substr(0, k_bom.size()) == k_bom ? text.substr(k_bom.size()) : text;
}

/// One record a line (Values = JsonLines), or values in a row or in an array (JsonValues).
template<typename Values, Framing k_framing> class EventReader : public LogReader {
public:
  std::string_view format() const override {
    return k_framing == Framing::lines ? "events, NDJSON" : "events, JSON";
  }
  Framing framing() const override { return k_framing; }
  void read(const Chunk& chunk, RecordSink& sink) override {
    Values values(chunk.first ? without_bom(chunk.text) : chunk.text);
    for (std::string_view record; values.next(record);) {
      m_parser.read(record, sink);
    }
  }
  std::unique_ptr<LogReader> clone() const override { return std::make_unique<EventReader>(); }

private:
  RecordParser m_parser;
};
using LineReader = EventReader<JsonLines, Framing::lines>;
using ValueReader = EventReader<JsonValues, Framing::json>;

/// `head` has room behind it.
template<typename Values> bool has_records(std::string_view head) {
  RecordParser parser;
  Values values(head);
  std::string_view value;
  for (int i = 0; i < k_most_looked_at && values.next(value); ++i) {
    if (parser.is_ours(value)) {
      return true;
    }
  }
  return false;
}

} // namespace

std::unique_ptr<LogReader> open_events(std::string_view head) {
  std::string text(trim(without_bom(head)));
  if (text.empty() || (text.front() != '{' && text.front() != '[')) {
    return nullptr;
  }
  text.reserve(text.size() + k_padding);
  const bool values = has_records<JsonValues>(text);
  if (values && !looks_like_ndjson(head)) {
    return std::make_unique<ValueReader>();
  }
  if (values || has_records<JsonLines>(text)) { // a broken first line swallows the rest as a value
    return std::make_unique<LineReader>();
  }
  return nullptr;
}

} // namespace mailfunnel::mailfunnel
