#include "model/recipient.hpp"

#include "base/text.hpp"
#include "base/uri.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace mailfunnel {

namespace {

constexpr std::array<std::string_view, 6> k_subscriptions{"unknown",      "subscribed", "pending",
                                                          "unsubscribed", "cleaned",    "archived"};
constexpr std::size_t k_longest = 320; // 64 + 1 + 255 (RFC 5321)

constexpr std::uint64_t k_ones = 0x0101010101010101, k_high = 0x8080808080808080;

/// Has a bit (of k_high) where a byte is no printable ASCII (0x21 to 0x7e), or is an upper case
/// letter.
std::uint64_t not_plain(std::uint64_t word) {
  const auto below = (word - 0x21 * k_ones) & ~word; // < 0x21 (exact for bytes under 0x80)
  const auto upper = (word + (0x80 - 'A') * k_ones) & ~(word + (0x7f - 'Z') * k_ones); // 'A' to 'Z'
  const auto del = word + k_ones;                                                      // 0x7f
  return (word | below | upper | del) & k_high;
}

/// Has some bit where there is an '@', and none where there is none.
std::uint64_t ats(std::uint64_t word) {
  const auto zero_at = word ^ '@' * k_ones;
  return (zero_at - k_ones) & ~zero_at & k_high;
}

/// What an address in its plain form neither begins nor ends with.
constexpr auto k_outside = [] {
  std::array<bool, 256> outside{};
  for (const char c : std::string_view("<>\"'(),;@")) {
    outside[static_cast<unsigned char>(c)] = true;
  }
  return outside;
}();

/// Nothing in it must be changed: an address as nearly all are written.
bool is_plain(std::string_view text) {
  if (text.size() < 8 || text.size() > k_longest ||
      k_outside[static_cast<unsigned char>(text.front())] ||
      k_outside[static_cast<unsigned char>(text.back())]) {
    return false;
  }
  std::uint64_t word, bad = 0, at_signs = 0; // eight bytes at a time, the last eight once more
  for (std::size_t at = 0; at + 8 < text.size(); at += 8) {
    std::memcpy(&word, text.data() + at, 8);
    bad |= not_plain(word);
    at_signs |= ats(word);
  }
  std::memcpy(&word, text.data() + text.size() - 8, 8);
  bad |= not_plain(word);
  at_signs |= ats(word);
  return bad == 0 && at_signs != 0 && !(text.front() == 'm' && text.starts_with("mailto:"));
}

bool has_parts(std::string_view text, std::size_t at) {
  return at != 0 && at != std::string_view::npos && at + 1 < text.size() &&
         text.size() <= k_longest;
}

} // namespace

std::string_view name_of(Subscription value) {
  return k_subscriptions[static_cast<std::size_t>(value)];
}

std::optional<Subscription> subscription(std::string_view name) {
  for (std::size_t i = 0; i < k_subscriptions.size(); ++i) {
    if (iequals(k_subscriptions[i], name)) {
      return static_cast<Subscription>(i);
    }
  }
  return std::nullopt;
}

std::string attribute_name(std::string_view name) {
  std::string out;
  for (const auto& word : words(name)) {
    out += (out.empty() ? "" : "_") + word;
  }
  return out;
}

std::string_view normalise_address(std::string_view text, std::string& scratch) {
  if (is_plain(text)) { // the usual case
    return text;
  }
  text = trim(text);
  if (const auto open = text.rfind('<'); open != std::string_view::npos && text.ends_with('>')) {
    text = text.substr(open + 1, text.size() - open - 2); // "Ann <ann@example.com>"
  }
  if (istarts_with(text, "mailto:")) {
    text.remove_prefix(7);
  }
  text = trim(text);
  if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'') {
    text = text.substr(1, text.size() - 2);
  }
  const auto at = text.rfind('@');
  if (!has_parts(text, at) || std::any_of(text.begin(), text.end(), [](char c) {
        return is_space(c) || static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '<' ||
               c == '>';
      })) {
    return {};
  }
  scratch = lower(text.substr(0, at)) + "@";
  const auto domain = text.substr(at + 1);
  if (is_ascii(domain)) {
    scratch += lower(domain);
  } else {
    const auto ascii = host_to_ascii(domain);
    if (ascii.empty() || !valid_utf8(text)) {
      return {};
    }
    scratch += ascii;
  }
  return scratch.size() <= k_longest ? std::string_view(scratch) : std::string_view();
}

} // namespace mailfunnel
