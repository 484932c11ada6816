#include "adapter/form.hpp"

#include "base/text.hpp"
#include "base/uri.hpp"

#include <algorithm>

namespace mailfunnel {

namespace {

constexpr std::size_t k_most_fields = 2'000;
constexpr int k_most_looked_at = 5; // lines; the first ones may be broken

/// Hands out the lines, trimmed, without the empty ones.
class Lines {
public:
  explicit Lines(std::string_view text) : m_rest(text) {}
  bool next(std::string_view& line) {
    for (line = {}; line.empty() && !m_rest.empty();) {
      const auto end = std::min(m_rest.find('\n'), m_rest.size());
      line = trim(m_rest.substr(0, end));
      m_rest.remove_prefix(std::min(end + 1, m_rest.size()));
    }
    return !line.empty();
  }

private:
  std::string_view m_rest;
};

/// JSON, XML and tables have no "name=" at the front.
bool looks_like_form(std::string_view line) {
  const auto equals = line.find('=');
  const auto name = line.substr(0, equals);
  return equals != std::string_view::npos && !name.empty() &&
         name.find_first_of(" \t,;\"'<{&") == std::string_view::npos;
}

class FormReader : public LogReader {
public:
  FormReader(const FormFormat& format, InputFacts input, bool zoneless)
      : m_format(format), m_input(std::move(input)), m_zoneless(zoneless) {}
  std::string_view format() const override { return m_format.name; }
  Framing framing() const override { return Framing::lines; }
  bool assumes_utc() const override { return m_zoneless && !m_input.zone_given; }
  void read(const Chunk& chunk, RecordSink& sink) override {
    Lines lines(chunk.first ? without_bom(chunk.text) : chunk.text);
    for (std::string_view line; lines.next(line);) {
      if (looks_like_form(line)) {
        m_format.read({Form(line), line, m_input}, sink);
      } else {
        sink.reject("not the fields of a form (name=value&name=value)", line);
      }
    }
  }
  std::unique_ptr<LogReader> clone() const override {
    return std::make_unique<FormReader>(m_format, m_input, m_zoneless);
  }

private:
  const FormFormat& m_format;
  InputFacts m_input;
  bool m_zoneless;
};

} // namespace

Form::Form(std::string_view body) : m_fields(query_parameters(body)) {
  m_fields.resize(std::min(m_fields.size(), k_most_fields));
}

std::string_view Form::operator[](std::string_view name) const {
  const auto found = std::find_if(m_fields.begin(), m_fields.end(),
                                  [name](const auto& field) { return field.first == name; });
  return found == m_fields.end() ? std::string_view{} : std::string_view(found->second);
}

bool Form::has(std::string_view name) const {
  return std::any_of(m_fields.begin(), m_fields.end(),
                     [name](const auto& field) { return field.first == name; });
}

std::vector<std::string_view> Form::list(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : m_fields) {
    const std::string_view text = key;
    const bool in_list = text.starts_with(name) && text.substr(name.size()).starts_with('[');
    if ((in_list || text == name) && !value.empty()) {
      values.emplace_back(value);
    }
  }
  return values;
}

std::unique_ptr<LogReader> open_form_log(std::string_view head, const FormFormat& format,
                                         const LogContext& context) {
  Lines lines(without_bom(head));
  std::string_view line;
  for (int looked_at = 0; looked_at < k_most_looked_at && lines.next(line); ++looked_at) {
    if (const Form form(looks_like_form(line) ? line : std::string_view{}); format.is_ours(form)) {
      const bool zoneless = !format.time.empty() && !names_zone(form[format.time]);
      return std::make_unique<FormReader>(format, InputFacts(context), zoneless);
    }
  }
  return nullptr;
}

Result<void> read_form_body(std::string_view body, const FormFormat& format, RecordSink& sink,
                            const InputFacts& input) {
  const auto text = trim(body);
  if (!looks_like_form(text)) {
    return Error{ErrorCode::bad_syntax, "the body holds no fields of a form"};
  }
  format.read({Form(text), text, input}, sink);
  return {};
}

} // namespace mailfunnel
