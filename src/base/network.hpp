#pragma once
// Network addresses as logs give them.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace mailfunnel {

/// 16 bytes in network order; an IPv4 address stands in IPv6's clothes ("::ffff:192.0.2.1"), which
/// is also how servers on both write it.
using AddressBytes = std::array<unsigned char, 16>;
std::optional<AddressBytes> parse_address(std::string_view text);

/// A list of networks, such as those of mail filters.
class AddressRanges {
public:
  /// "192.0.2.0/24", "2001:db8::/32", or one address; false: it is none of that.
  bool add(std::string_view cidr);
  bool contains(const AddressBytes& address) const;
  bool empty() const { return m_ranges.empty(); }

private:
  struct Range {
    AddressBytes first;
    unsigned bits;
  };
  std::vector<Range> m_ranges;
};

/// Networks of mail filters.
struct FilterNetworks {
  AddressRanges only, shared; // shared: people sit behind them too
};

/// The first 24 bits of an IPv4 address, or 48 of an IPv6 one: about what one organisation has.
struct NetworkPrefix {
  std::array<unsigned char, 6> bytes{};
  std::uint8_t size = 0; // of `bytes`; 0: none

  std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), size}; }
};

/// None of a private, loopback or link-local address: such a log tells its own proxy's and not the
/// reader's.
NetworkPrefix network_prefix(const AddressBytes& address);

} // namespace mailfunnel
