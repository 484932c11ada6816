#include "base/html.hpp"

#include "base/lazy_library.hpp"
#include "base/text.hpp"

#include <libxml/HTMLparser.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

using namespace std::string_view_literals;

namespace mailfunnel {

namespace {

// What keeps libxml2 linear: it looks through the open elements at each misplaced end tag, and
// through the attributes of a tag at each further one.
constexpr int k_deepest = 256;
constexpr std::size_t k_most_attributes = 512;
constexpr std::size_t k_chunk = 16 * 1024;
constexpr std::size_t k_most_text = 1000;

// libxml2 closes an open <a> when a table starts in it, and is silent about its </a> then; mails
// make buttons that way. So each </a> is given an element of its own, which the parser reports
// anywhere.
constexpr auto k_end_of_link = "mailfunnel-end-of-link"sv;

constexpr std::array k_no_page{"mailto:"sv, "tel:"sv,  "sms:"sv,   "javascript:"sv,
                               "cid:"sv,    "data:"sv, "about:"sv, "#"sv};
constexpr std::array k_leaving{
    "unsubscribe"sv, "opt-out"sv,    "optout"sv,    "uitschrijven"sv, "uit te schrijven"sv,
    "afmelden"sv,    "desabonner"sv, "desinscri"sv, "abmelden"sv,     "abbestellen"sv};

std::string_view view(const xmlChar* text) {
  return text == nullptr ? std::string_view{}
                         : std::string_view(reinterpret_cast<const char*>(text));
}

std::string folded_spaces(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto space = is_space(c);
    if (!space) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (out.ends_with(' ')) {
    out.pop_back();
  }
  return out;
}

/// "stage: bofu" and "stage=bofu" in a comment.
std::string stage_of_comment(std::string_view comment) {
  comment = trim(comment);
  if (!istarts_with(comment, "stage")) {
    return {};
  }
  comment = trim(comment.substr(5));
  if (comment.empty() || (comment[0] != ':' && comment[0] != '=')) {
    return {};
  }
  const auto value = trim(comment.substr(1));
  return value.size() > 20 ? std::string{} : std::string(value);
}

bool says_leave(const HtmlLink& link) {
  const auto text = fold(link.text);
  const auto url = lower(link.url);
  return std::any_of(k_leaving.begin(), k_leaving.end(), [&](auto word) {
    return text.find(word) != std::string::npos || url.find(word) != std::string::npos;
  });
}

struct Attributes {
  std::string_view href, alt, title, stage, id, css_class;

  explicit Attributes(const xmlChar** given) {
    for (; given != nullptr && given[0] != nullptr; given += 2) {
      const std::pair<std::string_view, std::string_view*> known[] = {
          {"href", &href},   {"alt", &alt}, {"title", &title},    {"data-stage", &stage},
          {"stage", &stage}, {"id", &id},   {"class", &css_class}};
      for (const auto& [name, to] : known) {
        if (name == view(given[0]) && to->empty()) {
          *to = trim(view(given[1]));
        }
      }
    }
  }
};

/// Listens to the parser. Its stack has an entry for each of the parser's.
class Collector {
public:
  htmlParserCtxtPtr parser = nullptr;

  void start(std::string_view name, const Attributes& attributes) {
    const auto footer = (!m_open.empty() && m_open.back()) || name == "footer" ||
                        icontains(attributes.id, "footer") ||
                        icontains(attributes.css_class, "footer");
    m_open.push_back(footer);
    forget_one_when_deep();
    if (name == k_end_of_link) {
      finish();
    } else if (name == "a" || name == "area") {
      finish();
      begin(attributes, footer);
      if (name == "area") {
        add_alt(attributes.alt);
        finish();
      }
    } else if (name == "img") {
      add_alt(attributes.alt);
    } else if (name == "script" || name == "style" || name == "title") {
      ++m_unseen;
    } else if (name != "b" && name != "i" && name != "u" && name != "em" && name != "strong" &&
               name != "span" && name != "font") {
      add_text(" "); // a cell or a line of its own
    }
  }

  void end(std::string_view name) {
    if (!m_open.empty()) {
      m_open.pop_back();
    }
    if ((name == "script" || name == "style" || name == "title") && m_unseen > 0) {
      --m_unseen;
    }
  }

  void add_text(std::string_view text) {
    if (m_link && m_unseen == 0 && m_text.size() < k_most_text) {
      m_text += text.substr(0, k_most_text - m_text.size());
    }
  }

  void comment(std::string_view text) {
    if (auto stage = stage_of_comment(text); !stage.empty()) {
      m_stage = std::move(stage);
    }
  }

  std::vector<HtmlLink> take() {
    finish();
    mark_footer();
    std::erase_if(m_links, [](const HtmlLink& link) { return link.url.empty(); });
    return std::move(m_links);
  }

private:
  /// The parser's second innermost element is overwritten by the innermost: it forgets one, and
  /// later takes its end tag for a misplaced one.
  void forget_one_when_deep() {
    if (parser == nullptr || parser->nameNr <= k_deepest || m_open.size() < 2) {
      return;
    }
    parser->nameTab[parser->nameNr - 2] = parser->nameTab[parser->nameNr - 1];
    --parser->nameNr;
    m_open.erase(m_open.end() - 2);
  }

  void begin(const Attributes& attributes, bool footer) {
    if (attributes.href.empty()) {
      return;
    }
    m_link = HtmlLink{};
    m_link->url = attributes.href;
    m_link->title = folded_spaces(attributes.title);
    m_link->stage =
        attributes.stage.empty() ? std::exchange(m_stage, {}) : std::string(attributes.stage);
    m_link->footer = footer;
    m_stage.clear();
    m_text.clear();
    m_alt.clear();
  }

  void add_alt(std::string_view alt) {
    if (m_link && m_alt.size() < k_most_text) {
      m_alt.append(m_alt.empty() ? "" : " ").append(alt.substr(0, k_most_text));
    }
  }

  void finish() {
    if (!m_link) {
      return;
    }
    m_link->text = folded_spaces(m_text);
    if (m_link->text.empty()) {
      m_link->text = folded_spaces(m_alt);
    }
    const auto no_page = std::any_of(k_no_page.begin(), k_no_page.end(),
                                     [&](auto start) { return istarts_with(m_link->url, start); });
    m_leaving.push_back(says_leave(*m_link));
    if (no_page) {
      m_link->url
          .clear(); // kept until the end: a mailto:unsubscribe@ tells where the footer starts
    }
    m_links.push_back(std::move(*m_link));
    m_link.reset();
  }

  /// From the first unsubscribe link of the second half on; one at the top belongs to the
  /// preheader.
  void mark_footer() {
    const auto half = (m_links.size() - std::min<std::size_t>(m_links.size(), 1)) / 2;
    bool footer = false;
    for (auto at = half; at < m_links.size(); ++at) {
      footer = footer || m_leaving[at];
      m_links[at].footer = m_links[at].footer || footer;
    }
  }

  std::vector<bool> m_open; // is it in a footer?
  std::vector<HtmlLink> m_links;
  std::vector<bool> m_leaving; // for each of m_links
  std::optional<HtmlLink> m_link;
  std::string m_text, m_alt, m_stage;
  int m_unseen = 0;
};

Collector& collector(void* context) {
  return *static_cast<Collector*>(context);
}
void on_start(void* context, const xmlChar* name, const xmlChar** attributes) {
  collector(context).start(view(name), Attributes(attributes));
}
void on_end(void* context, const xmlChar* name) {
  collector(context).end(view(name));
}
void on_text(void* context, const xmlChar* text, int size) {
  collector(context).add_text(
      {reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)});
}
void on_comment(void* context, const xmlChar* text) {
  collector(context).comment(view(text));
}

/// One tag from its '<' on, seen the way libxml2 sees it: quotes count after '=' only.
struct TagScan {
  std::size_t end = 0; // after its '>', or of the text
  std::size_t cut = 0; // where its attributes become too many; 0: nowhere
};

TagScan scan_tag(std::string_view html, std::size_t at) {
  TagScan scan;
  std::size_t attributes = 0;
  char quote = 0, before = 0;
  for (; at < html.size(); ++at) {
    const char c = html[at];
    if (quote != 0) {
      quote = c == quote ? '\0' : quote;
      attributes += quote == 0 ? 1 : 0;
      before = 'x';
    } else if (c == '>') {
      scan.end = at + 1;
      return scan;
    } else if ((c == '"' || c == '\'') && before == '=') {
      quote = c;
    } else {
      attributes += is_space(c) && !is_space(before) ? 1 : 0;
      before = is_space(c) && before == '=' ? '=' : c;
    }
    if (attributes > k_most_attributes && scan.cut == 0) {
      scan.cut = at;
    }
  }
  scan.end = html.size();
  return scan;
}

/// "<?xml:namespace … ?>" of word processors, which libxml2 would read again and again when it has
/// no end. At least its "<?"; never the end of a comment.
std::size_t instruction_length(std::string_view html) {
  const auto end = html.find('>');
  return end == std::string_view::npos || html[end - 1] == '-' ? 2 : end + 1;
}

/// "</a>" and "</A >"
bool is_end_of_link(std::string_view html) {
  return html.size() == 4 && istarts_with(html, "</a") && (html[3] == '>' || is_space(html[3]));
}

/// A copy in UTF-8, without NULs and without the endless part of tags with hundreds of attributes.
std::string prepared(std::string_view html) {
  const auto converted = valid_utf8(html) ? std::string{} : latin1_to_utf8(html);
  if (!converted.empty()) {
    html = converted;
  }
  std::string out;
  out.reserve(html.size());
  for (std::size_t at = 0; at < html.size();) {
    const auto is_tag = html[at] == '<' && at + 1 < html.size() && is_alnum(html[at + 1]);
    if (html.substr(at, 2) == "<?") {
      at += instruction_length(html.substr(at, 200));
      continue;
    }
    if (is_end_of_link(html.substr(at, 4))) {
      out.append("</a><").append(k_end_of_link).append("/>");
      at = std::min(html.find('>', at), html.size() - 1) + 1;
      continue;
    }
    if (!is_tag) {
      out += html[at] == '\0' ? ' ' : html[at];
      ++at;
      continue;
    }
    const auto scan = scan_tag(html, at + 1);
    if (scan.cut == 0) {
      out += html.substr(at, scan.end - at);
    } else { // its end may be that of a comment: the dashes stay
      out += html.substr(at, scan.cut - at);
      out += ' ';
      out += html.substr(std::max(scan.cut, scan.end - std::min<std::size_t>(scan.end, 3)),
                         scan.end - std::max(scan.cut, scan.end - 3));
    }
    at = scan.end;
  }
  std::replace(out.begin(), out.end(), '\0', ' ');
  return out;
}

struct Libxml : LazyLibrary {
  Libxml() : LazyLibrary("libxml2.so.2", "libxml2") {}
  MF_LAZY_FUNCTION(htmlCreatePushParserCtxt);
  MF_LAZY_FUNCTION(htmlCtxtUseOptions);
  MF_LAZY_FUNCTION(htmlFreeParserCtxt);
  MF_LAZY_FUNCTION(htmlParseChunk);
};

const Libxml& libxml() {
  static const Libxml s_libxml;
  return s_libxml;
}

struct FreeParser {
  void operator()(htmlParserCtxtPtr parser) const { libxml().htmlFreeParserCtxt(parser); }
};

} // namespace

std::vector<HtmlLink> html_links(std::string_view html) {
  const auto text = prepared(html);
  Collector links;
  htmlSAXHandler handler{};
  handler.startElement = on_start;
  handler.endElement = on_end;
  handler.characters = on_text;
  handler.ignorableWhitespace = on_text;
  handler.comment = on_comment;
  const std::unique_ptr<htmlParserCtxt, FreeParser> parser(libxml().htmlCreatePushParserCtxt(
      &handler, &links, nullptr, 0, nullptr, XML_CHAR_ENCODING_UTF8));
  if (!parser) {
    throw std::bad_alloc();
  }
  libxml().htmlCtxtUseOptions(parser.get(), HTML_PARSE_RECOVER | HTML_PARSE_NOERROR |
                                                HTML_PARSE_NOWARNING | HTML_PARSE_NONET |
                                                HTML_PARSE_IGNORE_ENC);
  links.parser = parser.get();
  for (std::size_t at = 0; at < text.size(); at += k_chunk) {
    const auto size = std::min(k_chunk, text.size() - at);
    libxml().htmlParseChunk(parser.get(), text.data() + at, static_cast<int>(size), 0);
  }
  libxml().htmlParseChunk(parser.get(), nullptr, 0, 1);
  return links.take();
}

} // namespace mailfunnel
