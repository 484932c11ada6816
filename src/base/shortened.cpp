#include "base/shortened.hpp"

#include "base/text.hpp"

namespace mailfunnel {

std::string shortened(std::string_view text, std::size_t columns) {
  constexpr std::size_t k_longest = 4096;
  auto clean = printable(text, k_longest);
  if (display_width(clean) <= columns) {
    return clean;
  }
  std::size_t width = 0, at = 0;
  while (at < clean.size()) { // whole characters only
    auto end = at + 1;
    while (end < clean.size() && (static_cast<unsigned char>(clean[end]) & 0xC0) == 0x80) {
      ++end;
    }
    width += display_width(std::string_view(clean).substr(at, end - at));
    if (width + 1 > columns) {
      break;
    }
    at = end;
  }
  clean.resize(at);
  return clean + "…";
}

} // namespace mailfunnel
