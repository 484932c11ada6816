#include "base/network.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mailfunnel;

namespace {

std::string prefix_of(std::string_view text) {
  const auto address = parse_address(text);
  std::string out;
  if (address) {
    const auto prefix = network_prefix(*address);
    for (const unsigned char byte : prefix.view()) {
      out += (out.empty() ? "" : ".") + std::to_string(byte);
    }
  }
  return out;
}

} // namespace

TEST_CASE("the network of an address, and none where it says nothing about the reader") {
  struct Row {
    const char *address, *prefix;
  };
  constexpr Row k_rows[] = {
      {"192.0.2.77", "192.0.2"},
      {"::ffff:192.0.2.77", "192.0.2"},
      {"2001:db8:12:34::1", "32.1.13.184.0.18"},
      {"10.1.2.3", ""},
      {"::ffff:10.1.2.3", ""},
      {"100.63.255.1", "100.63.255"},
      {"100.64.0.1", ""},
      {"100.127.9.9", ""},
      {"100.128.0.1", "100.128.0"},
      {"127.0.0.1", ""},
      {"169.254.1.1", ""},
      {"172.15.0.1", "172.15.0"},
      {"172.16.0.1", ""},
      {"172.31.255.255", ""},
      {"172.32.0.1", "172.32.0"},
      {"192.168.4.4", ""},
      {"0.0.0.0", ""},
      {"::", ""},
      {"::1", ""},
      {"::2", "0.0.0.0.0.0"},
      {"fe80::1", ""},
      {"fec0::1", "254.192.0.0.0.0"},
      {"fd12:3456::1", ""},
      {"", ""},
      {"-", ""},
      {"192.0.2", ""},
      {"192.0.2.1, 203.0.113.9", ""},
      {"2001:db8:12:34:56:78:9a:bc:de:f0:12:34:56:78:9a:bc:de:f0", ""},
  };
  for (const auto& row : k_rows) {
    CAPTURE(row.address);
    CHECK(prefix_of(row.address) == row.prefix);
  }
}

TEST_CASE("ranges: in and out by the last bit, and what is no range") {
  AddressRanges ranges;
  CHECK(ranges.add("192.0.2.128/25"));
  CHECK(ranges.add("203.0.113.7"));
  CHECK(ranges.add("2001:db8:8000::/33"));
  const auto in = [&](std::string_view text) {
    const auto address = parse_address(text);
    return address && ranges.contains(*address);
  };
  CHECK(in("192.0.2.128"));
  CHECK(in("192.0.2.255"));
  CHECK_FALSE(in("192.0.2.127"));
  CHECK(in("203.0.113.7"));
  CHECK_FALSE(in("203.0.113.6"));
  CHECK(in("2001:db8:8000::1"));
  CHECK(in("2001:db8:ffff::1"));
  CHECK_FALSE(in("2001:db8:7fff::1"));
  for (const auto* bad : {"", "x", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/8x",
                          "2001:db8::/129", "192.0.2.0/4294967288"}) {
    CAPTURE(bad);
    CHECK_FALSE(AddressRanges().add(bad));
  }
  AddressRanges all;
  CHECK(all.add("0.0.0.0/0"));
  CHECK(all.contains(*parse_address("198.51.100.1")));
  CHECK_FALSE(all.contains(*parse_address("2001:db8::1")));
}
