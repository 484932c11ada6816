#include "access_line.hpp"
#include "tracker_hit.hpp"

#include "adapter/adapter.hpp"
#include "adapter/registry.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

namespace mailfunnel::weblog {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

constexpr auto k_line = R"(203.0.113.7 - - [11/May/2026:08:29:41 +0200] "GET /a HTTP/1.1" 200 1)";

WebTracker tracker_of(const std::vector<std::pair<EventKind, const char*>>& rules) {
  WebTracker tracker;
  for (const auto& [kind, pattern] : rules) {
    tracker.rules.push_back({kind, *UrlPattern::parse(pattern)});
  }
  return tracker;
}

/// "click r17 https://…" or "none" for a request to a virtual host.
std::string hit_of(const std::vector<WebTracker>& trackers, const char* method, const char* target,
                   int status = 200, const char* vhost = "") {
  weblog::AccessLine line;
  line.method = method;
  line.target = target;
  line.status = status;
  line.vhost = vhost;
  const auto hit = weblog::find_hit(trackers, line);
  return hit.tracker == nullptr
             ? "none"
             : std::string(name_of(hit.kind)) + " " +
                   std::string(hit.fields[UrlField::contact_id]) + " " + weblog::link_of(hit);
}

} // namespace

TEST_CASE("weblog: the front of a line") {
  struct Row {
    const char* name;
    const char* front;
    const char* vhost;
    const char* client;
  };
  constexpr std::array k_rows{
      Row{"plain", "203.0.113.7 - - ", "", "203.0.113.7"},
      Row{"a user", "203.0.113.7 - ann ", "", "203.0.113.7"},
      Row{"a user with a space", "203.0.113.7 - ann b c ", "", "203.0.113.7"},
      Row{"nothing but the client", "203.0.113.7 ", "", "203.0.113.7"},
      Row{"IPv6", "2001:db8::7 - - ", "", "2001:db8::7"},
      Row{"a name", "host.example.net - - ", "", "host.example.net"},
      Row{"virtual host", "www.example.com 203.0.113.7 - - ", "www.example.com", "203.0.113.7"},
      Row{"virtual host and port", "www.example.com:443 2001:db8::7 - - ", "www.example.com:443",
          "2001:db8::7"},
      Row{"virtual host and a name", "www.example.com host.example.net - - ", "www.example.com",
          "host.example.net"},
      Row{"a list", "203.0.113.7, 10.0.0.1 - - ", "", "203.0.113.7"},
  };
  for (const auto& row : k_rows) {
    CAPTURE(row.name);
    weblog::AccessReader reader;
    weblog::AccessLine line;
    const auto text =
        row.front + std::string(R"([11/May/2026:08:29:41 +0200] "GET /a?b=c HTTP/1.1" 304 -)");
    CHECK(reader.read(text, line) == "");
    CHECK(line.vhost == row.vhost);
    CHECK(line.client == row.client);
    CHECK(format_instant(line.time) == "2026-05-11T06:29:41Z");
    CHECK(line.method == "GET");
    CHECK(line.target == "/a?b=c");
    CHECK(line.status == 304);
    CHECK_FALSE(line.has_agent);
  }
}

TEST_CASE("weblog: what stands behind the answer") {
  weblog::AccessReader reader;
  weblog::AccessLine line;
  auto text = k_line + std::string(R"( "-" "a \"b\" c")");
  CHECK(reader.read(text, line) == "");
  CHECK(line.has_agent);
  CHECK(line.agent == R"(a \"b\" c)");
  CHECK(line.forwarded == "");
  text = k_line + std::string(R"( "-" "-" "198.51.100.20, 10.0.0.1")");
  CHECK(reader.read(text, line) == "");
  CHECK(line.has_agent);
  CHECK(line.agent == "");
  CHECK(line.forwarded == "198.51.100.20");
  text = k_line + std::string(R"( "-" "cut off)");
  CHECK(reader.read(text, line) == "");
  CHECK_FALSE(line.has_agent);
}

TEST_CASE("weblog: what is no line, or no request, is survived") {
  weblog::AccessReader reader;
  weblog::AccessLine line;
  for (const char* text :
       {"", "x", "[", R"(a - - [11/May/2026:08:29:41] "GET / HTTP/1.1" 200 1)",
        R"(a - - [11/Mai/2026:08:29:41 +0200] "GET / HTTP/1.1" 200 1)",
        R"(a - - [32/May/2026:08:29:41 +0200] "GET / HTTP/1.1" 200 1)",
        R"(a - - [11/May/2026:24:29:41 +0200] "GET / HTTP/1.1" 200 1)",
        R"(a - - [11/May/2026:08:29:41 0200x] "GET / HTTP/1.1" 200 1)",
        "a - - [11/May/2026:08:29:41 +0200]", "a - - [11/May/2026:08:29:41 +0200] \"GET /",
        "a - - [11/May/2026:08:29:41 +0200] \"GET /\\\""}) {
    CAPTURE(text);
    CHECK(reader.read(text, line) != "");
  }
  for (const char* request : {"", "-", "GET", "GET /", " HTTP/1.1", "GET HTTP/1.1", "\\x16\\x03"}) {
    CAPTURE(request);
    const auto text = "a - - [11/May/2026:08:29:41 +0200] \"" + std::string(request) + "\" 400 0";
    CHECK(reader.read(text, line) == "");
    CHECK(line.target == "");
  }
}

TEST_CASE("weblog: the first rule that tells somebody holds") {
  auto tracker = tracker_of({{EventKind::click, "/c/{contact_id}"},
                             {EventKind::open, "/o/{contact_id}.gif"},
                             {EventKind::download, "*.pdf"},
                             {EventKind::form, "/contact"},
                             {EventKind::page, "/*"}});
  tracker.parameters[static_cast<std::size_t>(UrlField::contact_id)] = "rid";
  tracker.parameters[static_cast<std::size_t>(UrlField::link)] = "u";
  const std::vector all{tracker};
  CHECK(hit_of(all, "GET", "/c/r17?u=%2Fprices", 302) == "click r17 /prices");
  CHECK(hit_of(all, "GET", "/c/r17?u=https%3A%2F%2Fx.example%2Fa", 302) ==
        "click r17 https://x.example/a");
  CHECK(hit_of(all, "GET", "/c/r17", 302) == "click r17 /c/{contact_id}"); // one link for all
  CHECK(hit_of(all, "GET", "/o/r17.gif") == "open r17 /o/{contact_id}.gif");
  CHECK(hit_of(all, "GET", "/a.pdf?rid=r17&page=2") == "download r17 /a.pdf?page=2");
  CHECK(hit_of(all, "GET", "/a.pdf") == "none");
  CHECK(hit_of(all, "POST", "/contact?rid=r17") == "form r17 /contact");
  CHECK(hit_of(all, "POST", "/prices?rid=r17") == "none");
  CHECK(hit_of(all, "OPTIONS", "/prices?rid=r17") == "none");
  CHECK(hit_of(all, "HEAD", "/prices?rid=r17") == "page r17 /prices");
  CHECK(hit_of(all, "GET", "/prices?rid=r17", 404) == "none");
  CHECK(hit_of(all, "GET", "/prices?rid=r17", 0) == "none");
  CHECK(hit_of({}, "GET", "/prices?rid=r17") == "none");
}

TEST_CASE("weblog: sections for several hosts") {
  auto shop = tracker_of({{EventKind::page, "/*?rid={contact_id}"}});
  shop.host = "shop.example";
  auto blogs = tracker_of({{EventKind::page, "/*?rid={contact_id}"}});
  blogs.host = "*.blog.example";
  const std::vector both{shop, blogs};
  CHECK(hit_of(both, "GET", "/a?rid=r1", 200, "SHOP.example:443") ==
        "page r1 https://SHOP.example/a");
  CHECK(hit_of(both, "GET", "/a?rid=r1", 200, "nl.blog.example") ==
        "page r1 https://nl.blog.example/a");
  CHECK(hit_of(both, "GET", "/a?rid=r1", 200, "other.example") == "none");
  CHECK(hit_of(both, "GET", "/a?rid=r1") == "page r1 https://shop.example/a"); // none told: any
  CHECK(hit_of(both, "GET", "https://nl.blog.example:8443/a?rid=r1") ==
        "page r1 https://nl.blog.example/a");
  CHECK(hit_of(both, "GET", "https://nl.blog.example?rid=r1") == "none");
}

TEST_CASE("weblog: without a [[web]] nothing is taken, and the user is told") {
  AdapterRegistry registry;
  weblog::register_adapter(registry);
  const auto& adapter = *registry.find("weblog");
  const std::vector<WebTracker> none;
  for (const auto& context : {LogContext{}, LogContext{.trackers = &none}}) {
    const auto reader = adapter.open_log(k_line, context);
    REQUIRE(reader);
    CHECK(reader->remark().find("[[web]]") != std::string_view::npos);
  }
  const std::vector one{tracker_of({{EventKind::page, "/*?rid={contact_id}"}})};
  const LogContext context{.trackers = &one};
  CHECK(adapter.open_log(k_line, context)->remark() == "");
  CHECK(adapter.open_log(k_line, context)->clone() != nullptr);
  CHECK(adapter.open_log("time,kind,email\n2026-05-11,open,ann@example.com\n", context) == nullptr);
}
