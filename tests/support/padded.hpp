#pragma once
// A text with exactly k_padding bytes behind it, at which no allocator's room hides a read too far.

#include "base/json.hpp" // k_padding

#include <cstring>
#include <memory>
#include <string_view>

namespace mailfunnel {

class Padded {
public:
  explicit Padded(std::string_view text)
      : m_bytes(std::make_unique<char[]>(text.size() + k_padding)), m_size(text.size()) {
    std::memcpy(m_bytes.get(), text.data(), text.size());
  }
  std::string_view text() const { return {m_bytes.get(), m_size}; }

private:
  std::unique_ptr<char[]> m_bytes;
  std::size_t m_size;
};

} // namespace mailfunnel
