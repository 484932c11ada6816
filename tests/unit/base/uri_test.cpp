#include "base/uri.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mailfunnel;

TEST_CASE("uri: lenient parsing") {
  struct Row {
    const char *name, *text, *scheme, *host, *port, *path, *query, *fragment;
  };
  for (const auto& row : {
           Row{"all parts", "https://u:p@Example.com:8443/a/b?x=1&y#top", "https", "Example.com",
               "8443", "/a/b", "x=1&y", "top"},
           Row{"host only", "http://example.com", "http", "example.com", "", "", "", ""},
           Row{"no path, a query", "https://example.com?a=1", "https", "example.com", "", "", "a=1",
               ""},
           Row{"no scheme", "//example.com/a", "", "example.com", "", "/a", "", ""},
           Row{"www alone", "www.example.com/a", "", "www.example.com", "", "/a", "", ""},
           Row{"host alone", "example.com/a", "", "example.com", "", "/a", "", ""},
           Row{"port without a scheme", "example.com:8080/a", "", "example.com", "8080", "/a", "",
               ""},
           Row{"a file is no host", "page.html?a=1", "", "", "", "page.html", "a=1", ""},
           Row{"relative", "/a/b", "", "", "", "/a/b", "", ""},
           Row{"mail address", "mailto:ada@example.com?subject=x", "mailto", "", "",
               "ada@example.com", "subject=x", ""},
           Row{"phone", "tel:+3212345678", "tel", "", "", "+3212345678", "", ""},
           Row{"spaces stay", " https://example.com/a b?c d ", "https", "example.com", "", "/a b",
               "c d", ""},
           Row{"IPv6", "http://[::1]:80/", "http", "[::1]", "80", "/", "", ""},
           Row{"empty", "", "", "", "", "", "", ""},
           Row{"scheme alone", "https://", "https", "", "", "", "", ""},
           Row{"merge tag", "{{url}}/a", "", "", "", "{{url}}/a", "", ""},
       }) {
    CAPTURE(row.name);
    const auto uri = parse_uri(row.text);
    CHECK(uri.scheme == row.scheme);
    CHECK(uri.host == row.host);
    CHECK(uri.port == row.port);
    CHECK(uri.path == row.path);
    CHECK(uri.query == row.query);
    CHECK(uri.fragment == row.fragment);
  }
}

TEST_CASE("uri: percent escapes") {
  CHECK(percent_decode("a%20b%2Fc") == "a b/c");
  CHECK(percent_decode("a+b") == "a+b");
  CHECK(percent_decode("a+b", true) == "a b");
  CHECK(percent_decode("100%") == "100%");
  CHECK(percent_decode("%zz%4") == "%zz%4");
  CHECK(percent_decode("caf%C3%A9") == "café");
  CHECK(percent_encode("a b/é~") == "a%20b%2F%C3%A9~");
}

TEST_CASE("uri: parameters") {
  using Parameters = std::vector<std::pair<std::string, std::string>>;
  CHECK(query_parameters("a=1&b=x+y&c&d=%26") ==
        Parameters{{"a", "1"}, {"b", "x y"}, {"c", ""}, {"d", "&"}});
  CHECK(query_parameters("a=1&amp;b=2;c=3") == Parameters{{"a", "1"}, {"b", "2"}, {"c", "3"}});
  CHECK(query_parameters("&&a==b&").size() == 1);
  CHECK(query_parameters("").empty());
  CHECK(query_parameter("A=1&a=2", "a") == "1");
  CHECK(query_parameter("utm%5Fsource=x", "utm_source") == "x");
  CHECK(query_parameter("ab=1", "a") == std::nullopt);
}

TEST_CASE("uri: redirect wrappers") {
  struct Row {
    const char *name, *url, *target;
  };
  for (const auto& row : {
           Row{"Outlook Safe Links",
               "https://eur01.safelinks.protection.outlook.com/"
               "?url=https%3A%2F%2Fwww.example.com%2Fprijzen%3Fa%3D1%26b%3D2&data=05%7C01&sdata=x%"
               "3D&reserved=0",
               "https://www.example.com/prijzen?a=1&b=2"},
           Row{"Proofpoint 1",
               "https://urldefense.proofpoint.com/v1/url?u=http://www.example.com/a&k=x",
               "http://www.example.com/a"},
           Row{"Proofpoint 2",
               "https://urldefense.proofpoint.com/v2/"
               "url?u=https-3A__www.example.com_demo-3Fa-3D1-26b-3D-5F&d=DwMFaQ&c=x",
               "https://www.example.com/demo?a=1&b=_"},
           Row{"Proofpoint 3",
               "https://urldefense.com/v3/__https://www.example.com/demo?a=1__;!!abc!def$",
               "https://www.example.com/demo?a=1"},
           Row{"Proofpoint 3, one replaced character",
               "https://urldefense.com/v3/__https://example.com/a*b__;Iw!!abc$",
               "https://example.com/a#b"},
           Row{"Proofpoint 3, a run of replaced characters",
               "https://urldefense.com/v3/__https://example.com/a**Bb__;IyMj!!abc$",
               "https://example.com/a###b"},
           Row{"Proofpoint 3, slashes folded",
               "https://urldefense.com/v3/__https:/example.com/x__;!!abc$",
               "https://example.com/x"},
           Row{"Google",
               "https://www.google.be/url?q=https://example.com/prijzen&sa=D&source=editors",
               "https://example.com/prijzen"},
           Row{"Google, other parameter",
               "https://www.google.com/url?sa=t&url=https%3A%2F%2Fexample.com%2F",
               "https://example.com/"},
           Row{"Barracuda",
               "https://linkprotect.cudasvc.com/url?a=https%3a%2f%2fexample.com%2fa&c=E,1,x&typo=1",
               "https://example.com/a"},
           Row{"Facebook",
               "https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.com%2Fblog%3Ffbclid%3Dx&h=AT",
               "https://example.com/blog?fbclid=x"},
           Row{"Cisco", "https://secure-web.cisco.com/1a2b3c/https%3A%2F%2Fexample.com%2Fa%3Fb%3D1",
               "https://example.com/a?b=1"},
           Row{"Sophos",
               "https://"
               "eu-west-1.protection.sophos.com?d=example.com&u=aHR0cHM6Ly9leGFtcGxlLmNvbS9hP2I9MQ="
               "=&i=x",
               "https://example.com/a?b=1"},
           Row{"Amazon SES",
               "https://x1.r.eu-west-1.awstrack.me/L0/https:%2F%2Fexample.com%2Fprijzen%3Fa=1/1/"
               "0102/abc=1",
               "https://example.com/prijzen?a=1"},
           Row{"Postmark", "https://click.pstmrk.it/3s/example.com%2Fprices%2F/abc/def/ghi",
               "https://example.com/prices/"},
           Row{"Avanan", "https://url.avanan.click/v2/___https://example.com/a?b=1___.YXAz",
               "https://example.com/a?b=1"},
           Row{"wrapper in a wrapper",
               "https://eur01.safelinks.protection.outlook.com/"
               "?url=https%3A%2F%2Flinkprotect.cudasvc.com%2Furl%3Fa%3Dhttps%253a%252f%252fexample."
               "com%252fa",
               "https://example.com/a"},
           Row{"HTML escape", "https://www.google.com/url?sa=D&amp;q=https://example.com/a",
               "https://example.com/a"},
           Row{"Mimecast tells the domain only",
               "https://protect-eu.mimecast.com/s/AbCd?domain=example.com",
               "https://protect-eu.mimecast.com/s/AbCd?domain=example.com"},
           Row{"no redirector of ours", "https://example.com/login?url=https://example.org/",
               "https://example.com/login?url=https://example.org/"},
           Row{"a script is no target", "https://www.google.com/url?q=javascript:alert(1)",
               "https://www.google.com/url?q=javascript:alert(1)"},
           Row{"no target", "https://www.google.com/url?sa=D", "https://www.google.com/url?sa=D"},
           Row{"plain", "https://example.com/a", "https://example.com/a"},
           Row{"empty", "", ""},
       }) {
    CAPTURE(row.name);
    CHECK(unwrap(row.url) == row.target);
  }
}

TEST_CASE("uri: link identity") {
  struct Row {
    const char *name, *url, *identity;
  };
  for (const auto& row : {
           Row{"the example", "https://www.Example.com/Prijzen/?utm_source=n&b=2&a=1#top",
               "//www.example.com/Prijzen?a=1&b=2"},
           Row{"merge tag as a value", "https://example.com/demo?c={id}&utm_content=bofu-demo",
               "//example.com/demo?c=*"},
           Row{"short number stays", "https://example.com/demo?c=77", "//example.com/demo?c=77"},
           Row{"http and https", "http://example.com/a", "//example.com/a"},
           Row{"default port", "https://example.com:443/a", "//example.com/a"},
           Row{"default port, http", "http://example.com:80/a", "//example.com/a"},
           Row{"other port", "https://example.com:8443/a", "//example.com:8443/a"},
           Row{"no path", "https://example.com", "//example.com/"},
           Row{"no path, a query", "https://example.com?x=1", "//example.com/?x=1"},
           Row{"no scheme", "www.example.com/a", "//www.example.com/a"},
           Row{"user left out", "https://ada:pw@example.com/a", "//example.com/a"},
           Row{"IDN", "https://Bücher.example/a", "//xn--bcher-kva.example/a"},
           Row{"trimmed", "  https://example.com/a\n", "//example.com/a"},
           Row{"&amp;", "https://example.com/a?b=2&amp;a=1", "//example.com/a?a=1&b=2"},
           Row{"click ids", "https://example.com/a?gclid=x&fbclid=y&mc_eid=z&MC_CID=w&_hsenc=v&k=1",
               "//example.com/a?k=1"},
           Row{"UTM names in capitals", "https://example.com/a?UTM_Source=x&x=1",
               "//example.com/a?x=1"},
           Row{"duplicates keep their order", "https://example.com/?b=2&a=9&b=1",
               "//example.com/?a=9&b=2&b=1"},
           Row{"no value", "https://example.com/?b&a=", "//example.com/?a&b"},
           Row{"unreserved escapes", "https://example.com/%70rijzen/%7Ea",
               "//example.com/prijzen/~a"},
           Row{"letters of other scripts", "https://example.com/caf\xC3\xA9",
               "//example.com/caf%C3%A9"},
           Row{"the same, escaped", "https://example.com/caf%c3%a9", "//example.com/caf%C3%A9"},
           Row{"escaped slash stays", "https://example.com/a%2fb", "//example.com/a%2Fb"},
           Row{"space", "https://example.com/a b?q=x+y", "//example.com/a%20b?q=x%20y"},
           Row{"path case stays", "https://example.com/Ab", "//example.com/Ab"},
           Row{"path number stays", "https://example.com/artikel/4711",
               "//example.com/artikel/4711"},
           Row{"short id stays", "https://example.com/a?lid=4", "//example.com/a?lid=4"},
           Row{"eight hex digits stay", "https://example.com/a?k=1a2b3c4d",
               "//example.com/a?k=1a2b3c4d"},
           Row{"a video stays", "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
               "//www.youtube.com/watch?v=dQw4w9WgXcQ"},
           Row{"date stays", "https://example.com/2026/05/01/nieuws",
               "//example.com/2026/05/01/nieuws"},
           Row{"sha1", "https://example.com/u/da39a3ee5e6b4b0d3255bfef95601890afd80709/x",
               "//example.com/u/*/x"},
           Row{"UUID", "https://example.com/u/123e4567-e89b-12d3-a456-426614174000",
               "//example.com/u/*"},
           Row{"UUID with a file type",
               "https://example.com/123e4567-e89b-12d3-a456-426614174000.pdf",
               "//example.com/*.pdf"},
           Row{"base64", "https://example.com/a?t=YWRhQGV4YW1wbGUuY29t", "//example.com/a?t=*"},
           Row{"base64 with escapes", "https://example.com/a?t=YWRhQGV4YW1wbGUuY29tL2E%2FYg%3D%3D",
               "//example.com/a?t=*"},
           Row{"URL-safe base64", "https://example.com/a?t=x9-Kd8f_3Lq0ZpWv7RtB2",
               "//example.com/a?t=*"},
           Row{"numbers as long as a card's", "https://example.com/a?t=12345678901234567890",
               "//example.com/a?t=*"},
           Row{"a long slug is words", "https://example.com/wat-kost-een-nieuwe-badkamer-in-2026",
               "//example.com/wat-kost-een-nieuwe-badkamer-in-2026"},
           Row{"a slug with short numbers", "https://example.com/b2b-marketing-covid19-4tips-top10",
               "//example.com/b2b-marketing-covid19-4tips-top10"},
           Row{"a very long word", "https://example.com/arbeidsongeschiktheidsverzekering",
               "//example.com/arbeidsongeschiktheidsverzekering"},
           Row{"words run together", "https://example.com/ThisIsALongCamelCaseTitle",
               "//example.com/ThisIsALongCamelCaseTitle"},
           Row{"address", "https://example.com/a?e=ada.lovelace@example.com",
               "//example.com/a?e=*"},
           Row{"address, escaped", "https://example.com/a?e=ada%2Bx%40example.com",
               "//example.com/a?e=*"},
           Row{"address in the path", "https://example.com/u/ada@example.com/x",
               "//example.com/u/*/x"},
           Row{"a name after @ is no address", "https://example.com/@ada", "//example.com/@ada"},
           Row{"merge tags of many",
               "https://example.com/?a={{x}}&b=%%y%%&c=*|Z|*&d=[w]&e={$v}&f=%EMAIL%",
               "//example.com/?a=*&b=*&c=*&d=*&e=*&f=*"},
           Row{"merge tag, escaped", "https://example.com/?a=%7B%7Bx%7D%7D&d=%5Bw%5D",
               "//example.com/?a=*&d=*"},
           Row{"merge tag holding a query's signs", "https://example.com/?a={{ x?y&z#1 }}&b=1",
               "//example.com/?a=*&b=1"},
           Row{"merge tag in the path", "https://example.com/u/{{id}}/x", "//example.com/u/*/x"},
           Row{"brackets in a name stay", "https://example.com/?f[colour]=red",
               "//example.com/?f[colour]=red"},
           Row{"a whole tag stays", "{{unsubscribe_url}}", "{{unsubscribe_url}}"},
           Row{"another whole tag", "*|UNSUB|*", "*|UNSUB|*"},
           Row{"wrapped", "https://www.google.com/url?q=https://example.com/a?utm_source%3Dx",
               "//example.com/a"},
           Row{"mail address", "mailto:ada@example.com?subject=x", "mailto:*"},
           Row{"relative", "/a/?b=1", "/a?b=1"},
           Row{"empty", "", ""},
       }) {
    CAPTURE(row.name);
    CHECK(link_identity(row.url) == row.identity);
  }
}

TEST_CASE("uri: what has the same identity keeps it") {
  for (const auto url : {"https://www.Example.com/Prijzen/?utm_source=n&b=2&a=1#top",
                         "https://example.com/caf%c3%a9?e=a@b.be",
                         "https://example.com/a b?q=x+y&t=YWRhQGV4YW1wbGUuY29t"}) {
    CAPTURE(url);
    const auto once = link_identity(url);
    CHECK(link_identity(once) == once);
  }
}

TEST_CASE("uri: names to leave out are the user's too") {
  const LinkStripping more{{"trk_*", "sid"}};
  CHECK(link_identity("https://example.com/a?trk_id=1&SID=2&b=3", more) == "//example.com/a?b=3");
  CHECK(link_identity("https://example.com/a?trk_id=1", more) == "//example.com/a");
}

TEST_CASE("uri: host names") {
  CHECK(host_to_ascii("WWW.Example.COM") == "www.example.com");
  CHECK(host_to_ascii("example.com.") == "example.com");
  CHECK(host_to_ascii("münchen.example") == "xn--mnchen-3ya.example");
  CHECK(host_to_ascii("straße.example") == "xn--strae-oqa.example");
  CHECK(host_to_ascii("XN--MNCHEN-3YA.example") == "xn--mnchen-3ya.example");
  for (const auto bad : {"", ".", "a..b", "a b", "exa/mple", "\xff.example"}) {
    CAPTURE(bad);
    CHECK(host_to_ascii(bad).empty());
  }
}

TEST_CASE("uri: hostile input takes linear time") {
  for (const auto part :
       {"{", "[", "*|", "%%", "@", "a@", "a@b.", "%", "&", "?", "/", "http://", "-a1", "&amp;"}) {
    std::string url = "https://example.com/?a=";
    while (url.size() < 200'000) {
      url += part;
    }
    CHECK(!link_identity(url).empty());
    CHECK(!unwrap(url).empty());
  }
}
