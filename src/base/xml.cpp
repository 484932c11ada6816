#include "base/xml.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel {

using namespace std::string_view_literals;

namespace {

constexpr auto k_bom = "\xEF\xBB\xBF"sv;

// ---- markup: just enough to find DOCTYPE and the ends of elements -------------------------------

enum class Mark { start, end, empty, other, doctype };

struct Piece {
  Mark mark;
  std::size_t begin, end; // from '<' to behind '>'
};

struct Section {
  std::string_view opening, closing;
};
/// What is closed by words of its own; there, '<' and quotes mean nothing.
constexpr std::array k_sections{Section{"<!--", "-->"}, Section{"<![CDATA[", "]]>"},
                                Section{"<?", "?>"}};

/// Walks over the tags of a text from `at` on.
class Markup {
public:
  explicit Markup(std::string_view text, std::size_t at = 0) : m_text(text), m_at(at) {}
  /// False at the end, and where a tag never ends.
  bool next(Piece& piece);

private:
  bool section(Piece& piece);
  std::size_t tag_end(std::size_t at) const;
  std::string_view m_text;
  std::size_t m_at;
};

bool Markup::section(Piece& piece) {
  for (const auto& [opening, closing] : k_sections) {
    if (m_text.substr(m_at, opening.size()) == opening) {
      const auto end = m_text.find(closing, m_at + opening.size());
      const bool open = end == std::string_view::npos;
      piece = {Mark::other, m_at, open ? m_text.size() : end + closing.size()};
      return true;
    }
  }
  return false;
}

/// Behind the '>' of the tag, which may stand in quotes before; npos: none.
std::size_t Markup::tag_end(std::size_t at) const {
  while ((at = m_text.find_first_of("\"'>", at)) != std::string_view::npos) {
    if (m_text[at] == '>') {
      return at + 1;
    }
    const auto closing = m_text.find(m_text[at], at + 1);
    if (closing == std::string_view::npos) {
      return closing;
    }
    at = closing + 1;
  }
  return at;
}

bool Markup::next(Piece& piece) {
  m_at = m_text.find('<', m_at);
  if (m_at == std::string_view::npos) {
    return false;
  }
  if (section(piece)) {
    m_at = piece.end;
    return true;
  }
  if (istarts_with(m_text.substr(m_at), "<!doctype"sv)) {
    piece = {Mark::doctype, m_at, m_at};
    return true;
  }
  const auto end = tag_end(m_at + 1);
  if (end == std::string_view::npos) {
    return false;
  }
  const bool closing = m_text.substr(m_at, 2) == "</"sv;
  const bool empty = m_text[end - 2] == '/';
  piece = {closing ? Mark::end : empty ? Mark::empty : Mark::start, m_at, end};
  m_at = end;
  return true;
}

std::size_t find_doctype(std::string_view text) {
  Markup markup(text);
  for (Piece piece{}; markup.next(piece);) {
    if (piece.mark == Mark::doctype) {
      return piece.begin;
    }
  }
  return std::string_view::npos;
}

// ---- encoding -----------------------------------------------------------------------------------

/// The encoding that the XML declaration names, or "".
std::string_view declared_encoding(std::string_view text) {
  constexpr auto k_word = "encoding"sv;
  if (text.substr(0, k_bom.size()) == k_bom) {
    text.remove_prefix(k_bom.size());
  }
  const auto head = text.substr(0, text.find("?>"));
  const auto word = head.find(k_word);
  if (head.substr(0, 5) != "<?xml"sv || word == std::string_view::npos) {
    return {};
  }
  const auto open = head.find_first_of("\"'", word + k_word.size());
  const auto close = open == std::string_view::npos ? open : head.find(head[open], open + 1);
  return close == std::string_view::npos ? ""sv : head.substr(open + 1, close - open - 1);
}

enum class Charset { utf8, latin1, other };
struct CharsetName {
  std::string_view name;
  Charset charset;
};
constexpr std::array k_charsets{
    CharsetName{"", Charset::utf8},
    CharsetName{"utf-8", Charset::utf8},
    CharsetName{"utf8", Charset::utf8},
    CharsetName{"us-ascii", Charset::utf8},
    CharsetName{"ascii", Charset::utf8},
    CharsetName{"windows-1252", Charset::latin1},
    CharsetName{"cp1252", Charset::latin1},
    CharsetName{"iso-8859-1", Charset::latin1},
    CharsetName{"iso8859-1", Charset::latin1},
    CharsetName{"latin1", Charset::latin1},
    CharsetName{"latin-1", Charset::latin1},
};

Charset charset_of(std::string_view name) {
  for (const auto& row : k_charsets) {
    if (iequals(row.name, name)) {
      return row.charset;
    }
  }
  return Charset::other;
}

bool is_wide(std::string_view text) { // UTF-16 and UTF-32, with a BOM or without
  const auto front = text.substr(0, 2);
  return front == "\xFF\xFE"sv || front == "\xFE\xFF"sv ||
         text.substr(0, 4).find('\0') != std::string_view::npos;
}

/// Declarations are often wrong: a text that is UTF-8 is taken for it, whatever it says of itself.
Result<std::string> read_as_utf8(std::string_view text, const std::string& source) {
  if (is_wide(text)) {
    return Error{ErrorCode::unsupported, "UTF-16 is not read: save the file as UTF-8", source, 1};
  }
  if (valid_utf8(text)) {
    return std::string(text);
  }
  const auto name = declared_encoding(text);
  switch (charset_of(name)) {
  case Charset::utf8:
    return to_utf8(text);
  case Charset::latin1:
    return latin1_to_utf8(text);
  case Charset::other:
    break;
  }
  return Error{ErrorCode::unsupported,
               "the encoding " + printable(name) + " is not read: save the file as UTF-8", source,
               1};
}

// ---- lines --------------------------------------------------------------------------------------

std::vector<std::size_t> line_starts(std::string_view text) {
  std::vector<std::size_t> starts{0};
  for (auto at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    starts.push_back(at + 1);
  }
  return starts;
}

std::uint64_t line_at(const std::vector<std::size_t>& starts, std::size_t offset) {
  const auto behind = std::upper_bound(starts.begin(), starts.end(), offset);
  return static_cast<std::uint64_t>(behind - starts.begin());
}

std::string_view without_prefix(std::string_view name) {
  return name.substr(name.rfind(':') + 1);
}

bool is_nil(pugi::xml_node node) {
  const auto value = attribute(node, "nil");
  return value == "true"sv || value == "1"sv;
}

// Ends of lines and white space in attributes as XML 1.0 has them (2.11, 3.3.3).
constexpr unsigned k_flags =
    pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol | pugi::parse_wconv_attribute;

} // namespace

Result<XmlDocument> XmlDocument::parse(std::string_view text, std::string source) {
  auto utf8 = read_as_utf8(text, source);
  if (!utf8) {
    return std::move(utf8).error();
  }
  XmlDocument document;
  document.m_text = *std::move(utf8);
  document.m_source = std::move(source);
  document.m_lines = line_starts(document.m_text);
  const auto refuse = [&document](std::string why, std::size_t offset) {
    const auto line = line_at(document.m_lines, offset);
    return Error{ErrorCode::bad_syntax, std::move(why), document.m_source, line};
  };
  if (const auto doctype = find_doctype(document.m_text); doctype != std::string::npos) {
    return refuse("a DOCTYPE is not allowed", doctype);
  }
  document.m_document = std::make_unique<pugi::xml_document>();
  const auto result = document.m_document->load_buffer(
      document.m_text.data(), document.m_text.size(), k_flags, pugi::encoding_utf8);
  if (!result) {
    const auto offset = static_cast<std::size_t>(std::max<std::ptrdiff_t>(result.offset, 0));
    return refuse("no well-formed XML: " + lower(result.description()), offset);
  }
  return document;
}

std::uint64_t XmlDocument::line(pugi::xml_node node) const {
  const auto offset = node.offset_debug();
  return offset < 0 ? 0 : line_at(m_lines, static_cast<std::size_t>(offset));
}

std::string_view XmlDocument::raw(pugi::xml_node node) const {
  const auto name = node.offset_debug();
  const std::string_view text = m_text;
  if (name <= 0 || node.type() != pugi::node_element) {
    return {};
  }
  const auto begin = text.rfind('<', static_cast<std::size_t>(name));
  std::size_t depth = 0;
  Markup markup(text, begin);
  for (Piece piece{}; markup.next(piece);) {
    depth += piece.mark == Mark::start ? 1 : 0;
    depth -= piece.mark == Mark::end ? 1 : 0;
    if (depth == 0) {
      return text.substr(begin, piece.end - begin);
    }
  }
  return text.substr(begin);
}

Error XmlDocument::error(pugi::xml_node node, std::string message) const {
  return Error{ErrorCode::bad_syntax, std::move(message), m_source, line(node)};
}

std::string_view local_name(pugi::xml_node node) {
  return without_prefix(node.name());
}

bool is_named(pugi::xml_node node, std::string_view name) {
  return iequals(local_name(node), name);
}

pugi::xml_node child(pugi::xml_node node, std::string_view name) {
  return node.find_child([name](pugi::xml_node one) {
    return one.type() == pugi::node_element && is_named(one, name);
  });
}

std::string child_text(pugi::xml_node node, std::string_view name) {
  return text_of(child(node, name));
}

std::string text_of(pugi::xml_node node) {
  std::string text;
  if (is_nil(node)) {
    return text;
  }
  for (const auto part : node.children()) {
    if (part.type() == pugi::node_pcdata || part.type() == pugi::node_cdata) {
      text += part.value();
    }
  }
  return text;
}

std::string_view attribute(pugi::xml_node node, std::string_view name) {
  for (const auto one : node.attributes()) {
    if (iequals(without_prefix(one.name()), name)) {
      return one.value();
    }
  }
  return {};
}

} // namespace mailfunnel
