#include "base/html.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mailfunnel;

namespace {

std::string repeated(std::string_view part, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) {
    out += part;
  }
  return out;
}

} // namespace

TEST_CASE("html: the links of a mail in order, with what is seen of them") {
  const auto links = html_links(R"(<!DOCTYPE html><html><head><title>May</title>
    <link href="https://example.com/style.css"><style>a { color: red }</style></head><body>
    <a href="https://example.com/blog/a?x=1&amp;y=2" title=" Read  on ">Read
       <b>th</b>is</a>
    <a href='https://example.com/demo'><img src="b.png" alt="Ask a demo"></a>
    <A HREF=https://example.com/prijzen>Onze&nbsp;prijzen &amp; meer</A>
    <a name="anchor">no link</a> <a href="#top">top</a> <a href="mailto:ada@example.com">mail</a>
    <a href="tel:+32">call</a><a href="">empty</a>
    <map><area href="https://example.com/map" alt="Map"></map>
    </body></html>)");
  REQUIRE(links.size() == 4);
  CHECK(links[0].url == "https://example.com/blog/a?x=1&y=2");
  CHECK(links[0].text == "Read this");
  CHECK(links[0].title == "Read on");
  CHECK(!links[0].footer);
  CHECK(links[1].url == "https://example.com/demo");
  CHECK(links[1].text == "Ask a demo");
  CHECK(links[2].url == "https://example.com/prijzen");
  CHECK(links[2].text == "Onze\u00a0prijzen & meer");
  CHECK(links[3].url == "https://example.com/map");
  CHECK(links[3].text == "Map");
}

TEST_CASE("html: visible text wins over alt text, and cells keep their distance") {
  const auto links = html_links(
      "<a href=https://example.com/a><img alt=Logo>Text</a>"
      "<a href=https://example.com/b><table><tr><td>one</td><td>two</td></tr></table></a>");
  REQUIRE(links.size() == 2);
  CHECK(links[0].text == "Text");
  CHECK(links[1].text == "one two");
}

TEST_CASE("html: the stage is told by an attribute or by a comment before the link") {
  const auto links = html_links(R"(<a href="https://example.com/a" data-stage="bofu">a</a>
    <a href="https://example.com/b" stage="mofu">b</a>
    <!-- stage: tofu --><p><a href="https://example.com/c">c</a></p>
    <a href="https://example.com/d">d</a>
    <!-- Stage=BOFU --><a href="https://example.com/e" data-stage="none">e</a><a href="https://example.com/f">f</a>
    <!-- stages of the rocket: 3 --><a href="https://example.com/g">g</a>)");
  REQUIRE(links.size() == 7);
  CHECK(links[0].stage == "bofu");
  CHECK(links[1].stage == "mofu");
  CHECK(links[2].stage == "tofu");
  CHECK(links[3].stage == "");
  CHECK(links[4].stage == "none"); // the attribute is nearer
  CHECK(links[5].stage == "");
  CHECK(links[6].stage == "");
}

TEST_CASE("html: the footer") {
  struct Row {
    const char *name, *html;
    std::string wanted; // f: footer, c: content
  };
  const std::string content =
      "<a href=https://example.com/1>1</a><a href=https://example.com/2>2</a>";
  for (const auto& row : {
           Row{"its element", "<footer><p><a href=https://example.com/3>Contact</a></p></footer>",
               "ccf"},
           Row{"its id",
               "<table id=Footer><tr><td><a href=https://example.com/3>Contact</a></table>", "ccf"},
           Row{"its class",
               "<div class='mail-footer x'><a href=https://example.com/3>Contact</a></div><a "
               "href=https://example.com/4>4</a>",
               "ccfc"},
           Row{"from the unsubscribe link on",
               "<a href=https://example.com/3>Uitschrijven</a><a "
               "href=https://example.com/4>Contact</a>",
               "ccff"},
           Row{"the URL tells",
               "<a href=https://example.com/unsubscribe/1>hier</a><a "
               "href=https://example.com/4>Contact</a>",
               "ccff"},
           Row{"accents",
               "<a href=https://example.com/3>Se d\xC3\xA9sinscrire</a><a "
               "href=https://example.com/4>Contact</a>",
               "ccff"},
           Row{"unsubscribe by mail",
               "<a href=mailto:x@example.com?subject=unsubscribe>hier</a><a "
               "href=https://example.com/4>Contact</a>",
               "ccf"},
           Row{"none", "<a href=https://example.com/3>3</a>", "ccc"},
       }) {
    CAPTURE(row.name);
    std::string got;
    for (const auto& link : html_links(content + row.html)) {
      got += link.footer ? 'f' : 'c';
    }
    CHECK(got == row.wanted);
  }
}

TEST_CASE("html: an unsubscribe link at the top belongs to the preheader") {
  const auto links = html_links(
      "<a href=https://example.com/u>Unsubscribe</a><a href=https://example.com/v>View online</a>"
      "<a href=https://example.com/1>1</a><a href=https://example.com/2>2</a>");
  REQUIRE(links.size() == 4);
  CHECK(!links[2].footer);
}

TEST_CASE("html: broken mark-up, other encodings, nothing") {
  CHECK(html_links("").empty());
  CHECK(html_links("plain text").empty());
  CHECK(html_links("<a href='https://example.com/a").size() <= 1);
  CHECK(html_links("<a href=https://example.com/a>one<a href=https://example.com/b>two").size() ==
        2);
  const auto latin =
      html_links("<meta charset=iso-8859-1><a href=https://example.com/a>caf\xE9</a>");
  REQUIRE(latin.size() == 1);
  CHECK(latin[0].text == "café");
  const auto utf8 = html_links(
      "<html><head><meta http-equiv=Content-Type content='text/html; charset=iso-8859-1'></head>"
      "<a href=https://example.com/a>café</a>");
  REQUIRE(utf8.size() == 1);
  CHECK(utf8[0].text == "café");
  const auto nul = html_links(std::string("<a href=https://example.com/a>x") + '\0' +
                              "y</a><a href=https://example.com/b>");
  REQUIRE(nul.size() == 2);
  CHECK(nul[0].text == "x y");
  CHECK(html_links("<script>var a = '<a href=https://example.com/a>';</script>").empty());
  CHECK(html_links("<!-- <a href=https://example.com/a>x</a> -->").empty());
}

TEST_CASE("html: merge tags stay as they are") {
  const auto links = html_links("<a href='{{ unsubscribe_url }}'>a</a><a href='*|UNSUB|*'>b</a><a "
                                "href='https://example.com/?c={id}&d=%%x%%'>c</a>");
  REQUIRE(links.size() == 3);
  CHECK(links[0].url == "{{ unsubscribe_url }}");
  CHECK(links[1].url == "*|UNSUB|*");
  CHECK(links[2].url == "https://example.com/?c={id}&d=%%x%%");
}

TEST_CASE("html: 300,000 nested tags") {
  const auto links =
      html_links(repeated("<div>", 300'000) + "<a href=https://example.com/a>deep</a>" +
                 repeated("</div>", 300'000) + "<a href=https://example.com/b>after</a>");
  REQUIRE(links.size() == 2);
  CHECK(links[0].text == "deep");
  CHECK(links[1].text == "after");
}

TEST_CASE("html: hostile input takes linear time") {
  std::string many_attributes = "<p ";
  for (int i = 0; i < 200'000; ++i) {
    many_attributes += "a" + std::to_string(i) + "=1 ";
  }
  std::string tight = "<p ";
  for (int i = 0; i < 200'000; ++i) {
    tight += "a" + std::to_string(i) + "='1'";
  }
  for (const auto& hostile : {repeated("<b>", 100'000) + repeated("</i>", 100'000),
                              repeated("<a href=x>", 100'000),
                              repeated("<table><tr><td>", 50'000),
                              repeated("<", 300'000),
                              repeated("<!--", 100'000),
                              repeated("<!-- -", 100'000),
                              repeated("<![CDATA[", 50'000),
                              repeated("<?", 200'000),
                              repeated("&", 300'000),
                              repeated("&amp", 100'000),
                              repeated("</p>", 100'000),
                              repeated("<p>", 100'000),
                              repeated("<li>", 100'000),
                              repeated("<form>", 100'000),
                              repeated("<script>", 100'000),
                              repeated("<body>", 100'000),
                              repeated("<a href='", 100'000),
                              many_attributes + ">",
                              many_attributes,
                              tight + ">",
                              "<a href='" + repeated("x", 2'000'000),
                              repeated("<p x='>", 100'000),
                              repeated("<span><b></span>", 60'000)}) {
    const auto links = html_links(hostile + " --></script>'><a href=https://example.com/a>x</a>");
    INFO(hostile.substr(0, 30));
    CHECK(links.size() <= 100'001);
  }
}

TEST_CASE("html: a tag with too many attributes does not hide what follows") {
  std::string html = "<p ";
  for (int i = 0; i < 2'000; ++i) {
    html += "a" + std::to_string(i) + "=1 ";
  }
  CHECK(html_links(html + "><a href=https://example.com/a>x</a>").size() == 1);
  CHECK(html_links("<!-- <b " + repeated("word ", 2'000) + "--><a href=https://example.com/a>x</a>")
            .size() == 1);
}
