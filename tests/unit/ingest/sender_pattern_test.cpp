#include "ingest/sender_pattern.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mailfunnel;

namespace {

/// "campaign|send|contact_id|address" of a sender; "no": the pattern does not match.
std::string fields_of(const char* pattern, const char* sender) {
  const auto parsed = SenderPattern::parse(pattern);
  REQUIRE(parsed.has_value());
  SenderFields fields;
  if (!parsed->match(sender, fields)) {
    return "no";
  }
  return fields.campaign + "|" + fields.send + "|" + fields.contact_id + "|" + fields.address;
}

std::string fault_of(const std::string& pattern) {
  const auto parsed = SenderPattern::parse(pattern);
  return parsed ? "none" : parsed.error().message;
}

} // namespace

TEST_CASE("sender patterns: what matches, and what it tells") {
  struct Row {
    const char* name;
    const char* pattern;
    const char* sender;
    const char* want;
  };
  for (const auto& row : {
           Row{"a plain one", "*@news.example.com", "bounce+1@News.Example.com", "|||"},
           Row{"another domain", "*@news.example.com", "bounce@shop.example.com", "no"},
           Row{"an exact one is whole", "a@b.example", "a@b.example.com", "no"},
           Row{"one character", "b?@x.example", "b1@x.example", "|||"},
           Row{"one character beside a field", "b?-{campaign}@x.example", "b1-c@x.example", "c|||"},
           Row{"mailing and person", "bounce+{campaign}-{contact_id}@*",
               "bounce+c12-4711@n.example", "c12||4711|"},
           Row{"capitals of the pattern do not matter", "Bounce+{campaign}@*",
               "bOUNCE+C12@n.example", "C12|||"},
           Row{"the earlier field is the longer one", "{campaign}-{contact_id}@*",
               "a-b-7@n.example", "a-b||7|"},
           Row{"a sending", "b-{campaign}.{send}@*", "b-spring.2@n.example", "spring|2||"},
           Row{"an address", "list+{address}@lists.example.com",
               "list+ann=example.com@lists.example.com", "|||ann@example.com"},
           Row{"an address with an equals sign of its own", "{address}@b.example",
               "a=b=example.com@b.example", "|||a=b@example.com"},
           Row{"an address that is none", "list+{address}@*", "list+ann@lists.example.com", "|||"},
           Row{"an address that lacks a domain", "list+{address}@*", "list+ann=@l.example", "|||"},
           Row{"a field is not empty", "bounce+{campaign}@*", "bounce+@n.example", "no"},
           Row{"a field ends before the domain", "{campaign}.example", "a@b.example", "no"},
           Row{"signs of regular expressions are plain", "b.{campaign}(1)@*", "bx7(1)@n.example",
               "no"},
           Row{"no sender", "{campaign}@*", "", "no"},
           Row{"no sender is any sender", "*", "", "|||"},
       }) {
    CAPTURE(row.name);
    CHECK(fields_of(row.pattern, row.sender) == row.want);
  }
}

TEST_CASE("sender patterns: what other patterns told stays") {
  SenderFields fields;
  CHECK(SenderPattern::parse("{campaign}+*@x.example")->match("c1+9@x.example", fields));
  CHECK(SenderPattern::parse("*+{contact_id}@x.example")->match("c1+9@x.example", fields));
  CHECK_FALSE(SenderPattern::parse("{campaign}@x.example")->match("c2@y.example", fields));
  CHECK(fields.campaign == "c1");
  CHECK(fields.contact_id == "9");
}

TEST_CASE("sender patterns: mistakes") {
  CHECK(fault_of("bounce+{job}@*") ==
        "{job} is no field: there are {campaign}, {send}, {contact_id} and {address}");
  CHECK(fault_of("bounce+{campaign").starts_with("{campaign is no field"));
  CHECK(fault_of("{send}{send}@*") == "{send} stands in it twice");
  CHECK(fault_of(std::string(501, 'a')) == "a pattern has 500 bytes at most");
  CHECK(fault_of(std::string(500, 'a')) == "none");
}
