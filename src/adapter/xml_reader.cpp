#include "adapter/xml_reader.hpp"

#include "base/text.hpp"
#include "model/recipient.hpp"

#include <algorithm>
#include <charconv>
#include <deque>

namespace mailfunnel {

namespace {

constexpr int k_deepest = 3;              // levels of elements that become columns
constexpr std::size_t k_most_cells = 500; // of a row

class DocumentReader : public LogReader {
public:
  DocumentReader(const XmlFormat& format, InputFacts input)
      : m_format(format), m_input(std::move(input)) {}
  std::string_view format() const override { return m_format.name; }
  Framing framing() const override { return Framing::document; }
  bool assumes_utc() const override { return m_format.zoneless && !m_input.zone_given; }
  bool needs_campaign() const override { return m_format.one_campaign && m_input.campaign.empty(); }
  void read(const Chunk& chunk, RecordSink& sink) override {
    const auto xml = XmlDocument::parse(chunk.text);
    if (!xml) {
      sink.reject(xml.error().text(), chunk.text);
      return;
    }
    m_format.read(XmlInput(*xml, chunk.text, m_input), sink);
  }

private:
  const XmlFormat& m_format;
  InputFacts m_input;
};

/// The local name of the first element; "": there is none.
std::string_view root_name(std::string_view head) {
  for (auto at = head.find('<'); at != std::string_view::npos && at + 1 < head.size();
       at = head.find('<', at + 1)) {
    if (head.substr(at, 4) == "<!--") { // in which elements may stand
      at = head.find("-->", at);
    } else if (head[at + 1] != '?' && head[at + 1] != '!') {
      const auto name = head.substr(at + 1, head.find_first_of(" \t\r\n/>", at) - at - 1);
      return name.substr(name.rfind(':') + 1);
    }
    if (at == std::string_view::npos) {
      break;
    }
  }
  return {};
}

/// The cells of a row, which own their texts.
class Cells {
public:
  explicit Cells(const RowFormat& format, Row& row) : m_format(format), m_row(row) {}

  void take(pugi::xml_node element, const std::string& path, int depth) {
    for (const auto child : elements_of(element)) {
      if (m_texts.size() >= k_most_cells) {
        return;
      }
      const auto name = path + std::string(local_name(child));
      if (depth < k_deepest && !elements_of(child).empty()) {
        take(child, name + '.', depth + 1);
      } else {
        put(name, text_of(child));
      }
    }
  }

private:
  void put(const std::string& name, std::string value) {
    const auto text = trim(m_texts.emplace_back(std::move(value)));
    if (const auto column = column_named(m_format, name)) {
      m_row.fields[*column] = m_row.fields[*column].empty() ? text : m_row.fields[*column];
    } else if (!text.empty()) {
      m_row.others.emplace_back(m_names.emplace_back(attribute_name(name)), text);
    }
  }

  const RowFormat& m_format;
  Row& m_row;
  std::deque<std::string> m_texts, m_names;
};

} // namespace

std::string_view XmlInput::record(pugi::xml_node element) const {
  const auto raw = m_xml.raw(element);
  return m_same && !raw.empty()
             ? m_chunk.substr(static_cast<std::size_t>(raw.data() - m_xml.text().data()),
                              raw.size())
             : m_chunk;
}

std::unique_ptr<LogReader> open_xml_log(std::string_view head, const XmlFormat& format,
                                        const LogContext& context) {
  head = trim(without_bom(head));
  return head.starts_with('<') && format.is_ours(root_name(head), head)
             ? std::make_unique<DocumentReader>(format, InputFacts(context))
             : nullptr;
}

void read_row(const RowFormat& format, pugi::xml_node element, std::string_view text,
              const InputFacts& input, RecordSink& sink) {
  Row row;
  row.fields.resize(format.columns.size());
  row.text = text;
  row.input = &input;
  Cells cells(format, row);
  cells.take(element, {}, 1);
  format.read(row, sink);
}

std::vector<pugi::xml_node> elements_of(pugi::xml_node node) {
  std::vector<pugi::xml_node> elements;
  for (const auto child : node.children()) {
    if (child.type() == pugi::node_element) {
      elements.push_back(child);
    }
  }
  return elements;
}

pugi::xml_node find_element(pugi::xml_node node, std::string_view name) {
  return is_named(node, name)
             ? node
             : node.find_node([name](pugi::xml_node one) { return is_named(one, name); });
}

std::string trimmed_text(pugi::xml_node node, std::string_view name) {
  return std::string(trim(child_text(node, name)));
}

std::optional<std::uint64_t> number_in(pugi::xml_node node, std::string_view name) {
  const auto text = trimmed_text(node, name);
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = failed == std::errc() && !text.empty() && end == text.data() + text.size();
  return whole ? std::optional(number) : std::nullopt;
}

} // namespace mailfunnel
