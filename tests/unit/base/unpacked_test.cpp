#include "base/unpacked.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mailfunnel;

namespace {

/// "hello, hello, hello\n", by gzip.
const std::string k_gzip("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\xd7\x51\xc8"
                         "\x40\xa2\xb8\x00\xe7\x42\x6e\x52\x14\x00\x00\x00",
                         30);

} // namespace

TEST_CASE("unpacked: plain bytes stay, gzip is undone") {
  CHECK(*unpacked("a,b\n1,2\n") == "a,b\n1,2\n");
  CHECK(*unpacked("") == "");
  const auto text = unpacked(k_gzip);
  REQUIRE_MESSAGE(text, (text ? "" : text.error().message));
  CHECK(*text == "hello, hello, hello\n");
}

TEST_CASE("unpacked: what is broken or too much is told") {
  CHECK(unpacked(k_gzip.substr(0, 14)).error().code == ErrorCode::bad_syntax);
  CHECK(unpacked(k_gzip, 5).error().code == ErrorCode::io);
}
