#pragma once
// Names of people for links, where who looks may not see addresses ([serve] mask_addresses): sealed
// with a key of this process (AES-256-GCM), so that a link tells nothing, can't be made by
// guessing, and is found back in constant work. A start of the program makes new ones.

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace mailfunnel {

class Handles {
public:
  Handles(); // Failure: the system gives no random bytes

  /// "~Jx3…", of letters, digits, - and _: the same for the same text.
  std::string seal(std::string_view text) const;
  /// Nothing: it was not sealed here.
  std::optional<std::string> open(std::string_view handle) const;

private:
  std::array<unsigned char, 32> m_key{}, m_nonce_key{};
};

/// "a…@example.com"
std::string masked_address(std::string_view address);

} // namespace mailfunnel
