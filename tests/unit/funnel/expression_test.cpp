#include "funnel/expression.hpp"

#include <doctest/doctest.h>

namespace mailfunnel {
namespace {

TEST_CASE("expressions that parse") {
  for (const char* text : {
           "score >= 20",
           "status = MQL and not suppressed",
           "phase = TOFU and (clicked(within 90d) or opened(campaign = \"mei*\", at least 2))",
           "attribute(\"country\") in (\"BE\", \"NL\")",
           "attribute(\"lifecyclestage\") != 'customer'",
           "clicked(stage = BOFU, link = \"*pricing*\", after 2026-01-01 before 2026-02-01)",
           "bounced(hard) or unsubscribed or complained()",
           "last_click within 30d and last_open before 2026-03-01",
           "subscribed and domain like \"*.be\"",
           "subscribed(\"nieuwsbrief\") or email contains \"info@\"",
           "grade >= B and level <= 2 and non_opens_in_a_row < 5",
           "not not score = -3.5",
           "(form(kind = contact, within 30d) or replied(within 30d)) and fit >= 0",
           "true",
           "status was SQL 30d ago and not status = SQL",
           "score was >= 20 30d ago or score < 10 90d ago",
           "phase was in (TOFU, MOFU) 2w ago and grade >= B 1y ago",
           "clicked(by = machine, within 30d) and not opened(by = PROXY)",
           "silent_days >= 90 and silent_mails > 3 and proxy_reader",
       }) {
    CAPTURE(text);
    const auto parsed = parse_expression(text);
    CHECK_MESSAGE(parsed.expression != nullptr, parsed.error.text(text));
  }
}

TEST_CASE("mistakes are told with the place and a suggestion") {
  struct Row {
    const char* text;
    std::size_t column;
    const char* message;
  };
  for (const auto& row : {
           Row{"scor >= 20", 0, "did you mean `score`?"},
           Row{"score >= ", 9, "a value is missing"},
           Row{"score >= twenty", 9, "is a number"},
           Row{"score 20", 6, "a comparison should stand here"},
           Row{"clicked(stage = TOP)", 16, "is no stage"},
           Row{"clicked(within 90)", 15, "90d"},
           Row{"clicked(wthin 90d)", 8, "did you mean `within`?"},
           Row{"(score > 1", 10, "\")\" is missing"},
           Row{"score > 1 status = MQL", 10, "`and` or `or`"},
           Row{"attribute(\"x) = 1", 10, "never closed"},
           Row{"", 0, "a condition is missing"},
           Row{"score > 1 and", 13, "missing at the end"},
           Row{"last_click = 3", 11, "within 90d"},
           Row{"score > 1 & fit > 2", 10, "means nothing here"},
           Row{"phase = DEEP", 8, "is no phase"},
           Row{"status was SQL", 7, "`status was SQL 30d ago`"},
           Row{"status was SQL soon ago", 15, "wants a time"},
           Row{"email was \"x\" 30d ago", 6, "can't be asked"},
           Row{"opened(by = dog)", 12, "is nobody"},
       }) {
    CAPTURE(row.text);
    const auto parsed = parse_expression(row.text);
    CHECK(parsed.expression == nullptr);
    CHECK(parsed.error.column == row.column);
    const auto text = parsed.error.text(row.text);
    CHECK_MESSAGE(text.find(row.message) != std::string::npos, text);
    CHECK(text.find(std::string(row.column, ' ') + "^") != std::string::npos);
  }
}

TEST_CASE("an expression too deep is refused, not a crash") {
  CHECK(parse_expression(std::string(100'000, '(')).expression == nullptr);
  std::string nots;
  for (int i = 0; i < 10'000; ++i) {
    nots += "not ";
  }
  CHECK(parse_expression(nots + "suppressed").expression == nullptr);
}

TEST_CASE("sets of bits") {
  Bits a(130), b(130);
  a.set(0);
  a.set(64);
  a.set(129);
  b.set(64);
  CHECK(a.count() == 3);
  a.and_not(b);
  CHECK(a.count() == 2);
  a.flip();
  CHECK(a.count() == 128);
  CHECK_FALSE(a.test(129));
  Bits all(130);
  all.set_all();
  CHECK(all.count() == 130);
}

TEST_CASE("sets are filled by a test of each, and of no more") {
  for (const std::size_t size : {0U, 1U, 7U, 63U, 64U, 65U, 130U, 512U}) {
    CAPTURE(size);
    std::size_t beyond = 0;
    const auto in_set = [&](std::size_t i) {
      beyond += i >= size ? 1 : 0;
      return i % 3 == 0 || i % 64 == 63;
    };
    Bits bits(size);
    bits.set_all(); // what was set goes
    bits.fill(in_set);
    std::size_t count = 0;
    for (std::size_t i = 0; i < size; ++i) {
      CHECK_EQ(bits.test(i), in_set(i));
      count += in_set(i) ? 1 : 0;
    }
    CHECK_EQ(bits.count(), count);
    CHECK_EQ(beyond, 0);
  }
}

} // namespace
} // namespace mailfunnel
