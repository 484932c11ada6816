#pragma once
// Documents of an API in XML, saved as they came: a reader for a whole document, and its elements
// as rows, so that one table of columns (row.hpp) reads the same record in XML, JSON and CSV.

#include "adapter/adapter.hpp"
#include "adapter/input_facts.hpp"
#include "adapter/row.hpp"
#include "base/xml.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace mailfunnel {

/// One document, as a format's read() gets it. Lent: valid during that call.
class XmlInput {
public:
  XmlInput(const XmlDocument& xml, std::string_view chunk, const InputFacts& input)
      : m_xml(xml), m_chunk(chunk), m_same(xml.text() == chunk), m_input(input) {}
  pugi::xml_node root() const { return m_xml.root(); }
  const InputFacts& input() const { return m_input; }
  /// The bytes of an element where they stand in the chunk; the whole chunk where the document had
  /// to be recoded, so that places in it are none in the chunk.
  std::string_view record(pugi::xml_node element) const;
  std::string_view whole() const { return m_chunk; }

private:
  const XmlDocument& m_xml;
  std::string_view m_chunk;
  bool m_same;
  const InputFacts& m_input;
};

/// The documents of one ESP: a constant, which outlives its readers.
struct XmlFormat {
  std::string_view name; // for people
  /// `root`: the local name of the first element; `head`: how the document begins.
  bool (*is_ours)(std::string_view root, std::string_view head);
  /// Ends each record of the document in a call of the sink.
  void (*read)(const XmlInput& document, RecordSink& sink);
  bool zoneless = false;     // times name no zone: the account's is asked for
  bool one_campaign = false; // records do not name their mailing: it is asked for
};

/// A reader for a document that starts like this; nullptr: it is not of this format, or no XML.
std::unique_ptr<LogReader> open_xml_log(std::string_view head, const XmlFormat& format,
                                        const LogContext& context);

/// Reads an element as a row of its children. Elements in them are columns too, by their path:
/// <List><ID>12</ID></List> is "List.ID", three levels deep. Of several of one name the first
/// holds.
void read_row(const RowFormat& format, pugi::xml_node element, std::string_view text,
              const InputFacts& input, RecordSink& sink);

/// The child elements, whatever they are called.
std::vector<pugi::xml_node> elements_of(pugi::xml_node node);
/// The first element of that local name in the tree below `node`, itself included; a null node:
/// none.
pugi::xml_node find_element(pugi::xml_node node, std::string_view name);
/// The trimmed text of a child; "" where there is none.
std::string trimmed_text(pugi::xml_node node, std::string_view name);
/// The whole number in a child; nothing: it is not there, or is none.
std::optional<std::uint64_t> number_in(pugi::xml_node node, std::string_view name);

} // namespace mailfunnel
