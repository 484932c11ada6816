#include "app/traces.hpp"

#include "adapter/signature.hpp"
#include "base/base64.hpp"
#include "store/recipient_block.hpp"

#include <doctest/doctest.h>

namespace mailfunnel {
namespace {

const Traces& ann() {
  static const Traces k_ann({"ann.peeters@example.com", "ben@xn--bcher-kva.example",
                             contact_key(1, "c-778899"), contact_key(1, "12"),
                             contact_key(2, "urn:7/abcdef")});
  return k_ann;
}

TEST_CASE("traces: an address is found in every spelling in which it travels") {
  struct Row {
    const char* name;
    std::string text;
  };
  const Row k_rows[] = {
      {"as it is", "x,ann.peeters@example.com,y"},
      {"in capitals", "To: <Ann.Peeters@Example.COM>"},
      {"behind an equals sign", "https://x.example/?e=ann.peeters@example.com&a=1"},
      {"at the end of a sentence", "no reply from ann.peeters@example.com."},
      {"percent-encoded", "https://x.example/?e=ann.peeters%40example.com"},
      {"percent-encoded twice", "u=https%3A%2F%2Fx.example%2F%3Fe%3Dann.peeters%2540example.com"},
      {"as JSON may write it", R"({"email":"ann.peeters\u0040example.com"})"},
      {"as JSON within JSON", R"({"raw":"{\"email\":\"ann.peeters@example.com\"}"})"},
      {"as HTML may write it", "ann.peeters&#64;example.com"},
      {"likewise, in hexadecimal", "ann.peeters&#x40;example.com"},
      {"quoted-printable", "ann.peeters=40example.com"},
      {"over a soft line end", "ann.peeters@exa=\r\nmple.com"},
      {"an international domain", "ben@bücher.example"},
      {"base64", base64_encode("ann.peeters@example.com")},
      {"base64 within others", base64_encode("id=7;e=Ann.Peeters@example.com;x")},
      {"base64 behind a letter", "u" + base64_encode("ann.peeters@example.com")},
      {"MD5", "members/" + hex_encode(digest_of(Digest::md5, "ann.peeters@example.com"))},
      {"SHA-256", hex_encode(digest_of(Digest::sha256, "ann.peeters@example.com"))},
      {"contact id", R"({"contact":"C-778899"})"},
      {"contact id that is no word", "see urn:7/abcdef."},
  };
  for (const auto& row : k_rows) {
    CAPTURE(row.name);
    CHECK(ann().in(row.text));
    CHECK_FALSE(ann().in(ann().without(row.text)));
  }
}

TEST_CASE("traces: others are not taken for her") {
  struct Row {
    const char* name;
    const char* text;
  };
  const Row k_rows[] = {
      {"a longer local part", "joann.peeters@example.com"},
      {"a longer domain", "ann.peeters@example.com.au"},
      {"another person", "an.peeters@example.com"},
      {"a short contact id could be anything", "row 12 of 12"},
      {"part of a word", "xc-7788990"},
      {"nothing", ""},
      {"base64 of nobody", "aGVsbG8gd29ybGQgd2l0aG91dCBhbiBhZGRyZXNz"},
      {"cut off escapes", "%4 \\u004 &#64 =4 %"},
  };
  for (const auto& row : k_rows) {
    CAPTURE(row.name);
    CHECK_FALSE(ann().in(row.text));
    CHECK(ann().without(row.text) == row.text);
  }
}

TEST_CASE("traces: only she is taken out of a text that names her plainly") {
  CHECK(ann().without(
            "moved ann.peeters@example.com and Ann.Peeters@EXAMPLE.com, not bob@example.com") ==
        "moved erased and erased, not bob@example.com");
  CHECK(ann().without("https://x.example/?e=ann.peeters%40example.com") == "erased");
}

} // namespace
} // namespace mailfunnel
