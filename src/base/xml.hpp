#pragma once
// XML with pugixml, made safe for what comes from outside: any DOCTYPE is refused, names are
// compared without namespace prefix and case, and messages name the line.

#include "base/result.hpp"

#include <pugixml.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

class XmlDocument {
public:
  /// `source` is the file's name for messages.
  static Result<XmlDocument> parse(std::string_view text, std::string source = {});

  pugi::xml_node root() const { return m_document->document_element(); }
  std::uint64_t line(pugi::xml_node node) const;
  std::string_view text() const { return m_text; }
  /// The bytes of an element, from its '<' to the end of its end tag; for rejects.
  std::string_view raw(pugi::xml_node node) const;
  Error error(pugi::xml_node node, std::string message) const;

private:
  std::unique_ptr<pugi::xml_document> m_document;
  std::string m_text;
  std::string m_source;
  std::vector<std::size_t> m_lines; // offsets of line starts
};

/// "soap:Body" -> "Body"
std::string_view local_name(pugi::xml_node node);
bool is_named(pugi::xml_node node, std::string_view name); // local name, without case
/// The first child element of that local name, or a null node.
pugi::xml_node child(pugi::xml_node node, std::string_view name);
/// Its text, CDATA and all, as it stands; "" for a missing, empty or xsi:nil element.
std::string child_text(pugi::xml_node node, std::string_view name);
std::string text_of(pugi::xml_node node);
/// Attribute by local name, without case; "" where there is none.
std::string_view attribute(pugi::xml_node node, std::string_view name);

} // namespace mailfunnel
