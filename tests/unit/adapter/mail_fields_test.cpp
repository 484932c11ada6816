#include "adapter/mail_fields.hpp"

#include <doctest/doctest.h>

#include <string_view>

using namespace mailfunnel;

TEST_CASE("mail fields: a block and what stands in it") {
  std::string_view text = "\nA: 1\n\tmore\nno field\nb : 2\n\nC: 3\n";
  const auto block = take_fields(text);
  CHECK(block.get("a") == "1 more no field");
  CHECK(block.get("B") == "2");
  CHECK(text == "C: 3\n");
  struct Address {
    const char* text;
    const char* want;
  };
  for (const auto& row : {
           Address{"Ann <ann@example.com>", "ann@example.com"},
           Address{"\"bo@x\" <ann@example.com> (hi)", "ann@example.com"},
           Address{"see ann@example.com.", "ann@example.com"},
           Address{"'ann@example.com'", "ann@example.com"},
           Address{"\"a b\"@example.com", "\"a b\"@example.com"},
           Address{"ann@[192.0.2.1]", "ann@[192.0.2.1]"},
           Address{"ann@bücher.example", "ann@bücher.example"},
           Address{"ann@example.com您好", "ann@example.com"},
           Address{"a@ b@example.com", "b@example.com"},
           Address{"@", ""},
           Address{"<>", ""},
       }) {
    CAPTURE(row.text);
    CHECK(find_address(row.text) == row.want);
  }
  CHECK(parse_mail_date("Thu, 9 Apr 2026 23:34:45 JST")->seconds ==
        parse_mail_date("Thu, 9 Apr 2026 14:34:45 +0000")->seconds);
  CHECK_FALSE(parse_mail_date("yesterday"));
}
