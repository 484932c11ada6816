#pragma once
// Most addresses of a log stand there in their normal form. Seen at once, 16 letters at a time, and
// without a call: an import asks it of every event.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace mailfunnel {

constexpr std::size_t k_longest_address = 320; // 64 + 1 + 255 (RFC 5321)

namespace plain_address_detail {

/// What an address in its plain form neither begins nor ends with.
inline constexpr auto k_outside = [] {
  std::array<bool, 256> outside{};
  for (const char c : std::string_view("<>\"'(),;@")) {
    outside[static_cast<unsigned char>(c)] = true;
  }
  return outside;
}();

/// What is seen of the letters of a text, 16 at a time.
class SeenLetters {
public:
  using Bytes [[gnu::vector_size(16)]] = unsigned char;

  void look(const char* at) {
    Bytes bytes;
    std::memcpy(&bytes, at, sizeof bytes);
    const auto from_first = bytes - k_first, from_a = bytes - 'A';
    m_farthest = from_first > m_farthest ? from_first : m_farthest;
    m_next_to_a = from_a < m_next_to_a ? from_a : m_next_to_a;
    m_at_signs |= bytes == '@';
  }
  /// All are printable ASCII (0x21 to 0x7e) and no upper case letters; and there is an '@'.
  bool are_plain() const {
    return !any((m_farthest > k_last - k_first) | (m_next_to_a < 26)) && any(m_at_signs);
  }

private:
  using Words [[gnu::vector_size(16)]] = std::uint64_t;
  using Marks [[gnu::vector_size(16)]] = signed char; // all ones, or none
  static bool any(Marks marks) {
    const auto words = reinterpret_cast<Words>(marks);
    return (words[0] | words[1]) != 0;
  }
  static constexpr unsigned char k_first = 0x21, k_last = 0x7e;
  Bytes m_farthest{};           // from k_first
  Bytes m_next_to_a = ~Bytes{}; // from 'A'
  Marks m_at_signs{};
};

} // namespace plain_address_detail

/// Is an address its own normal form, and none of those that take a closer look
/// (normalise_address)?
inline bool is_plain_address(std::string_view text) {
  namespace detail = plain_address_detail;
  constexpr auto k_step = sizeof(detail::SeenLetters::Bytes);
  constexpr std::string_view k_scheme = "mailto:";
  if (text.size() < 3 || text.size() > k_longest_address ||
      detail::k_outside[static_cast<unsigned char>(text.front())] ||
      detail::k_outside[static_cast<unsigned char>(text.back())] || text.starts_with(k_scheme)) {
    return false;
  }
  detail::SeenLetters seen;
  if (text.size() < k_step) {
    std::array<char, k_step> padded;
    padded.fill('x');
    std::memcpy(padded.data(), text.data(), text.size());
    seen.look(padded.data());
  } else {
    for (std::size_t at = 0; at + k_step < text.size(); at += k_step) {
      seen.look(text.data() + at);
    }
    seen.look(text.data() + text.size() - k_step); // some of it once more
  }
  return seen.are_plain();
}

} // namespace mailfunnel
