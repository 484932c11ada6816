#include "adapter/url_pattern.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

using namespace mailfunnel;

namespace {

std::string fields_of(const UrlFields& fields) {
  std::string out;
  for (std::size_t i = 0; i < k_url_fields; ++i) {
    const auto field = static_cast<UrlField>(i);
    if (!fields[field].empty()) {
      out += std::string(out.empty() ? "" : " ") + std::string(name_of(field)) + "=" +
             std::string(fields[field]);
    }
  }
  return out;
}

std::string match(const UrlPattern& pattern, std::string_view url) {
  const auto question = std::min(url.find('?'), url.size());
  UrlFields fields;
  const bool matches = pattern.match(url.substr(0, question),
                                     url.substr(std::min(question + 1, url.size())), fields);
  return matches ? "yes " + fields_of(fields) : "no" + fields_of(fields);
}

} // namespace

TEST_CASE("url pattern: what matches, and the fields found") {
  struct Row {
    const char* pattern;
    const char* url;
    const char* found;
  };
  constexpr std::array k_rows{
      Row{"/go", "/go", "yes "},
      Row{"/go", "/go?a=1", "yes "},
      Row{"/go", "/GO", "yes "},
      Row{"/go", "/gone", "no"},
      Row{"/go", "/", "no"},
      Row{"/*", "/", "yes "},
      Row{"/*", "/a/b.html", "yes "},
      Row{"*.pdf", "/files/a.pdf", "yes "},
      Row{"*.pdf", "/files/a.pdf/b", "no"},
      Row{"/a*c*", "/abcd", "yes "},
      Row{"/a.c", "/abc", "no"},
      Row{"/o/{campaign}/{contact_id}.gif", "/o/spring/r17.gif",
          "yes contact_id=r17 campaign=spring"},
      Row{"/o/{campaign}/{contact_id}.gif", "/o/spring/r.17.gif",
          "yes contact_id=r.17 campaign=spring"},
      Row{"/o/{campaign}/{contact_id}.gif", "/o/a/b/r17.gif", "no"},
      Row{"/o/{contact_id}", "/o/", "no"},
      Row{"/o-{contact_id}*", "/o-7/more", "yes contact_id=7"},
      Row{"/t.php?action=click&u={contact_id}", "/t.php?u=7&x=1&action=click", "yes contact_id=7"},
      Row{"/t.php?action=click&u={contact_id}", "/t.php?u=7&action=open", "no"},
      Row{"/t.php?action=click&u={contact_id}", "/t.php?action=click", "no"},
      Row{"/t.php?action=click&u={contact_id}", "/t.php?action=click&u=", "no"},
      Row{"/t?u={link}", "/t?u=https%3A%2F%2Fx.example%2F%3Fa%3Db%26c",
          "yes link=https%3A%2F%2Fx.example%2F%3Fa%3Db%26c"},
      Row{"/t?u={link}", "/t?u=https://x.example/?a=b", "yes link=https://x.example/?a=b"},
      Row{"/t?id=c{campaign}-r{contact_id}", "/t?id=c12-r7", "yes contact_id=7 campaign=12"},
      Row{"/t?open", "/t?open", "yes "},
      Row{"/t?open=*", "/t?open=1", "yes "},
      Row{"/t?open", "/t?open=1", "no"},
      Row{"/\xC3\xA9{send}", "/\xC3\xA9\xFF", "yes send=\xFF"},
  };
  for (const auto& row : k_rows) {
    CAPTURE(row.pattern);
    CAPTURE(row.url);
    const auto pattern = UrlPattern::parse(row.pattern);
    REQUIRE(pattern.has_value());
    CHECK(match(*pattern, row.url) == row.found);
  }
}

TEST_CASE("url pattern: what is wrong with one is told") {
  struct Row {
    std::string pattern;
    const char* word;
  };
  for (const auto& row : {
           Row{"", "begins with"},
           Row{"c/*", "begins with"},
           Row{"https://x.example/c", "begins with"},
           Row{"/{person}", "{person} is no field"},
           Row{"/{contact_id", "{contact_id is no field"},
           Row{"/t?u={}", "is no field"},
           Row{"/{campaign}/{campaign}", "twice"},
           Row{"/{campaign}?c={campaign}", "twice"},
           Row{"/" + std::string(1000, 'a'), "1,000"},
       }) {
    CAPTURE(row.pattern);
    const auto pattern = UrlPattern::parse(row.pattern);
    REQUIRE_FALSE(pattern.has_value());
    CHECK(pattern.error().message.find(row.word) != std::string::npos);
  }
}

TEST_CASE("url pattern: it knows what it tells") {
  const auto pattern = UrlPattern::parse("/{campaign}/*?r={contact_id}");
  REQUIRE(pattern.has_value());
  CHECK(pattern->tells(UrlField::campaign));
  CHECK(pattern->tells(UrlField::contact_id));
  CHECK_FALSE(pattern->tells(UrlField::link));
}

TEST_CASE("url pattern: a long path of a stranger's takes no time to speak of") {
  const auto pattern = UrlPattern::parse("*a*a*a*a*a*a*a*a*{contact_id}*b");
  REQUIRE(pattern.has_value());
  UrlFields fields;
  CHECK_FALSE(pattern->match("/" + std::string(100'000, 'a'), "", fields));
}

TEST_CASE("url pattern: a parameter as it stands") {
  CHECK(raw_parameter("a=1&B=2%20&c", "b") == "2%20");
  CHECK(raw_parameter("a=&a=2", "a") == "2");
  CHECK(raw_parameter("ab=1", "a") == "");
  CHECK(raw_parameter("", "a") == "");
  CHECK(raw_parameter("a", "a") == "");
}
