#include "base/xml.hpp"

#include <doctest/doctest.h>

using namespace mailfunnel;

namespace {

XmlDocument parse(std::string_view text) {
  auto document = XmlDocument::parse(text, "x.xml");
  REQUIRE(document.has_value());
  return *std::move(document);
}

std::string refusal(std::string_view text) {
  const auto document = XmlDocument::parse(text, "x.xml");
  REQUIRE_FALSE(document.has_value());
  return document.error().text();
}

bool starts(const std::string& text, std::string_view front) {
  CAPTURE(text);
  return text.rfind(front, 0) == 0;
}

} // namespace

TEST_CASE("xml: names without prefix and case, the first child, attributes") {
  const auto document = parse("<s:A xmlns:s='u' n:Id='7'>\n<b>1</b><S:B>2</S:B></s:A>");
  const auto root = document.root();
  CHECK(local_name(root) == "A");
  CHECK(is_named(root, "a"));
  CHECK(attribute(root, "ID") == "7");
  CHECK(attribute(root, "none").empty());
  CHECK(child_text(root, "B") == "1");
  CHECK(child(root, "c").empty());
  CHECK(document.line(root) == 1);
  CHECK(document.line(child(root, "b")) == 2);
}

TEST_CASE("xml: text as it stands") {
  struct Row {
    const char *xml, *text;
  };
  for (const auto& row : {
           Row{"<r><a> x &amp; <![CDATA[<b>]]>&#233; </a></r>", " x & <b>\xC3\xA9 "},
           Row{"<r><a> <![CDATA[x]]></a></r>", "x"},
           Row{"<r><a/></r>", ""},
           Row{"<r/>", ""},
           Row{"<r><a xsi:nil=\"true\">x</a></r>", ""},
           Row{"<r><a>&nbsp;</a></r>", "&nbsp;"},
           Row{"<r><a>x<b>y</b>z</a></r>", "xz"},
           Row{"<r><a>1\r\n2</a></r>", "1\n2"},
       }) {
    CAPTURE(row.xml);
    CHECK(child_text(parse(row.xml).root(), "a") == row.text);
  }
}

TEST_CASE("xml: a DOCTYPE is refused with its line") {
  const std::string bomb = "<!DOCTYPE r [<!ENTITY a \"aaaa\">]>\n<r>&a;</r>";
  CHECK(refusal("<?xml version='1.0'?>\n" + bomb) == "x.xml:2: a DOCTYPE is not allowed");
  CHECK(refusal("<!-- \n -->\n<!doctype html><r/>") == "x.xml:3: a DOCTYPE is not allowed");
  CHECK(refusal("<r a='>'><!DOCTYPE r></r>") == "x.xml:1: a DOCTYPE is not allowed");
  CHECK(child_text(parse("<!-- <!DOCTYPE x> --><r><a><![CDATA[<!DOCTYPE x>]]></a></r>").root(),
                   "a") == "<!DOCTYPE x>");
}

TEST_CASE("xml: encodings") {
  const auto text = [](const std::string& xml) { return text_of(parse(xml).root()); };
  CHECK(text("<?xml version='1.0' encoding='windows-1252'?><r>\x80\xE9</r>") ==
        "\xE2\x82\xAC\xC3\xA9");
  CHECK(text("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><r>\xE9</r>") == "\xC3\xA9");
  CHECK(text("<?xml version='1.0' encoding='latin1'?><r>\xC3\xA9</r>") == "\xC3\xA9");
  CHECK(text("<r>\xE9</r>") == "\xEF\xBF\xBD");
  CHECK(text("\xEF\xBB\xBF<?xml version='1.0'?><r>\xC3\xA9</r>") == "\xC3\xA9");
  CHECK(starts(refusal("<?xml version='1.0' encoding='koi8-r'?><r>\xE9</r>"),
               "x.xml:1: the encoding koi8-r"));
  CHECK(starts(refusal(std::string("\xFF\xFE<\0r\0", 6)), "x.xml:1: UTF-16"));
}

TEST_CASE("xml: what is not well-formed is refused with its line") {
  CHECK(starts(refusal("<r>\n<a>\n</r>"), "x.xml:3: no well-formed XML: "));
  CHECK(starts(refusal(""), "x.xml:1: no well-formed XML: "));
  CHECK(starts(refusal("\n\ntext"), "x.xml:"));
}

TEST_CASE("xml: the bytes of an element, and where it is") {
  const std::string link = "<link a='/>'><![CDATA[</link>]]><!-- <link> --><link/></link >";
  for (const std::string bom : {"", "\xEF\xBB\xBF"}) {
    const auto document = parse(bom + "<r>\r\n" + link + "<b/>\n</r>\n");
    CHECK(document.raw(child(document.root(), "link")) == link);
    CHECK(document.raw(child(document.root(), "b")) == "<b/>");
    CHECK(document.raw(document.root()).size() == document.text().size() - 1 - bom.size());
    CHECK(document.raw({}).empty());
    CHECK(document.line(child(document.root(), "b")) == 2);
    CHECK(document.error(child(document.root(), "b"), "bad").text() == "x.xml:2: bad");
  }
}

TEST_CASE("xml: nested deeply, cut anywhere") {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) {
    deep += "<a>";
  }
  CHECK_FALSE(XmlDocument::parse(deep).has_value());
  const std::string whole = "<?xml version='1.0'?><r a='1'><!-- x --><b><![CDATA[y]]></b>&lt;</r>";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK_FALSE(XmlDocument::parse(std::string_view(whole).substr(0, size)).has_value());
  }
}
