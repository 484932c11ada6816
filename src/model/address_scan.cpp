#include "model/address_scan.hpp"

#include "base/text.hpp"
#include "model/recipient.hpp"

namespace mailfunnel {

namespace {

constexpr std::size_t k_longest = 320; // of an address

bool beyond_ascii(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

/// Of the characters in front of an @ that need no quotes (RFC 5322, atext).
bool in_local_part(char c) {
  return is_alnum(c) || beyond_ascii(c) ||
         std::string_view(".!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool in_domain(char c) {
  return is_alnum(c) || beyond_ascii(c) || c == '-' || c == '.';
}

} // namespace

bool any_address(
    std::string_view text,
    const std::function<bool(std::string_view address, std::string_view as_written)>& take) {
  std::string scratch;
  for (auto at = text.find('@'); at != std::string_view::npos; at = text.find('@', at + 1)) {
    auto first = at;
    while (first > 0 && at - first < k_longest && in_local_part(text[first - 1])) {
      --first;
    }
    auto end = at + 1;
    while (end < text.size() && end - at < k_longest && in_domain(text[end])) {
      ++end;
    }
    while (end > at + 1 && !is_alnum(text[end - 1]) && !beyond_ascii(text[end - 1])) {
      --end;
    }
    for (auto from = first; from < at; ++from) {
      if (from != first && is_alnum(text[from - 1])) {
        continue;
      }
      const auto written = text.substr(from, end - from);
      if (const auto address = normalise_address(written, scratch);
          !address.empty() && take(address, written)) {
        return true;
      }
    }
  }
  return false;
}

} // namespace mailfunnel
