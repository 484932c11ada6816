#include "adapter/json_reader.hpp"

#include "adapter/framing.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace mailfunnel {

namespace {

/// Calls visit(record) with the text of each record in a value until it returns false; how many
/// there were.
template<typename Visit>
std::size_t each_record(std::string_view value, std::string_view path, const Visit& visit) {
  const auto dot = path.find('.');
  const auto list = path.empty() ? std::string_view{} : json_member(value, path.substr(0, dot));
  if (list.empty()) {
    visit(value);
    return 1;
  }
  const auto rest = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
  std::size_t count = 0;
  JsonValues elements(list);
  for (std::string_view element; elements.next(element);) {
    count += each_record(element, rest, visit);
  }
  return count;
}

std::string not_json(std::string_view record, simdjson::error_code error) {
  constexpr std::size_t k_most = 40;
  if (record.front() != '{') {
    return "\"" + printable(record, k_most) + "\", not a JSON object";
  }
  return std::string("JSON that can't be read: ") + simdjson::error_message(error);
}

/// One value a line (Values = JsonLines), or a list of them, or one after the other (JsonValues).
template<typename Values, Framing k_framing> class EventReader : public LogReader {
public:
  EventReader(const JsonFormat& format, InputFacts input)
      : m_format(format), m_input(std::move(input)) {}
  std::string_view format() const override { return m_format.name; }
  Framing framing() const override { return k_framing; }
  bool assumes_utc() const override { return m_format.zoneless && !m_input.zone_given; }
  bool needs_campaign() const override { return m_format.one_campaign && m_input.campaign.empty(); }
  void read(const Chunk& chunk, RecordSink& sink) override {
    Values values(chunk.first ? without_bom(chunk.text) : chunk.text);
    for (std::string_view value; values.next(value);) {
      const auto count = each_record(value, m_format.list,
                                     [&](std::string_view record) { read_record(record, sink); });
      if (count == 0) { // an envelope around nothing
        sink.skip(value);
      }
    }
  }
  std::unique_ptr<LogReader> clone() const override {
    return std::make_unique<EventReader>(m_format, m_input);
  }

private:
  void read_record(std::string_view record, RecordSink& sink) {
    // k_padding bytes are behind the chunk
    const Json root = m_parser.parse(record.data(), record.size(), false);
    if (!root.is_object()) {
      sink.reject(not_json(record, root.error()), record);
      return;
    }
    m_format.read({root, record, m_input}, sink);
  }

  const JsonFormat& m_format;
  InputFacts m_input;
  simdjson::dom::parser m_parser;
};
using LineReader = EventReader<JsonLines, Framing::lines>;
using BodyReader = EventReader<JsonValues, Framing::json>;

constexpr int k_most_looked_at = 20; // the first ones may be broken

template<typename Values> bool has_events(std::string_view head, const JsonFormat& format) {
  Values values(head);
  simdjson::dom::parser parser;
  int looked_at = 0;
  bool found = false;
  const auto look = [&](std::string_view record) {
    if (found || ++looked_at > k_most_looked_at || record.empty() || record.front() != '{') {
      return;
    }
    Json root = parser.parse(record);
    if (!is_there(root) &&
        record.end() == trim(head).end()) { // a large one, of which this is the front
      root = parser.parse(close_json(record));
    }
    found = is_there(root) && format.is_ours(root);
  };
  for (std::string_view value; looked_at < k_most_looked_at && !found && values.next(value);) {
    if (each_record(value, format.list, look) == 0) {
      ++looked_at;
    }
  }
  return found;
}

bool looks_like_json(std::string_view text) {
  const auto begin = trim(text).substr(0, 1);
  return begin == "{" || begin == "[";
}

} // namespace

bool fill_event(EventView& view, const JsonRecord& record, const JsonField& word,
                const JsonField& address, const JsonField& time, RecordSink& sink) {
  const auto refuse = [&](const JsonField& field, std::string_view expected) {
    sink.reject(mismatch(field.name, field.value, expected), record.text);
    return false;
  };
  view.record = record.text;
  view.native = text_of(word.value);
  if (view.native.empty()) {
    return refuse(word, "the kind of event");
  }
  view.address = text_of(address.value);
  if (view.address.empty()) {
    return refuse(address, "the recipient");
  }
  const auto when = time_of(time.value);
  if (!when) {
    return refuse(time, "a time");
  }
  view.time = *when;
  return true;
}

std::unique_ptr<LogReader> open_json_log(std::string_view head, const JsonFormat& format,
                                         const LogContext& context) {
  head = without_bom(head);
  if (!looks_like_json(head)) {
    return nullptr;
  }
  const bool values = has_events<JsonValues>(head, format);
  if (values && !looks_like_ndjson(head)) {
    return std::make_unique<BodyReader>(format, InputFacts(context));
  }
  // A first line that is broken swallows the rest as a value.
  if (values || has_events<JsonLines>(head, format)) {
    return std::make_unique<LineReader>(format, InputFacts(context));
  }
  return nullptr;
}

Result<void> read_json_body(std::string_view body, const JsonFormat& format, RecordSink& sink,
                            const InputFacts& input) {
  if (!looks_like_json(without_bom(body))) {
    return Error{ErrorCode::bad_syntax, "the body is no JSON"};
  }
  if (looks_like_ndjson(body)) {
    LineReader lines(format, input);
    read_text(lines, body, sink);
  } else {
    BodyReader values(format, input);
    read_text(values, body, sink);
  }
  return {};
}

} // namespace mailfunnel
