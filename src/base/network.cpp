#include "base/network.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>

namespace mailfunnel {

namespace {

constexpr AddressBytes k_mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr std::size_t k_mapped_bytes = 12;
constexpr unsigned k_all_bits = 128;

bool is_v4(const AddressBytes& address) {
  return std::equal(k_mapped.begin(), k_mapped.begin() + k_mapped_bytes, address.begin());
}

bool same_bits(const AddressBytes& a, const AddressBytes& b, unsigned bits) {
  const auto whole = bits / 8, rest = bits % 8;
  return std::equal(a.begin(), a.begin() + whole, b.begin()) &&
         (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

/// What no reader of a mail comes from, as a log on the internet sees them (RFC 6890).
const AddressRanges& not_public() {
  static const AddressRanges k_ranges = [] {
    AddressRanges ranges;
    for (const auto* range :
         {"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
          "172.16.0.0/12", "192.168.0.0/16", "::/127", "fc00::/7", "fe80::/10"}) {
      ranges.add(range);
    }
    return ranges;
  }();
  return k_ranges;
}

} // namespace

std::optional<AddressBytes> parse_address(std::string_view text) {
  char buffer[INET6_ADDRSTRLEN];
  if (text.empty() || text.size() >= sizeof buffer) {
    return std::nullopt;
  }
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  auto out = k_mapped;
  if (inet_pton(AF_INET, buffer, out.data() + k_mapped_bytes) == 1 ||
      inet_pton(AF_INET6, buffer, out.data()) == 1) {
    return out;
  }
  return std::nullopt;
}

bool AddressRanges::add(std::string_view cidr) {
  const auto slash = cidr.find('/');
  const auto first = parse_address(cidr.substr(0, slash));
  if (!first) {
    return false;
  }
  const auto offset = is_v4(*first) ? k_all_bits - 32 : 0;
  auto bits = k_all_bits;
  if (slash != std::string_view::npos) {
    const auto text = cidr.substr(slash + 1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
    if (error != std::errc() || end != text.data() + text.size() || bits > k_all_bits - offset) {
      return false;
    }
    bits += offset;
  }
  m_ranges.push_back({*first, bits});
  return true;
}

bool AddressRanges::contains(const AddressBytes& address) const {
  return std::any_of(m_ranges.begin(), m_ranges.end(), [&](const Range& range) {
    return same_bits(range.first, address, range.bits);
  });
}

NetworkPrefix network_prefix(const AddressBytes& address) {
  if (not_public().contains(address)) {
    return {};
  }
  NetworkPrefix out;
  out.size = is_v4(address) ? 3 : 6;
  std::copy_n(address.begin() + (is_v4(address) ? k_mapped_bytes : 0), out.size, out.bytes.begin());
  return out;
}

} // namespace mailfunnel
