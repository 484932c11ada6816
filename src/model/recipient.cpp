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

/// What an address in its plain form neither begins nor ends with.
constexpr auto k_outside = [] {
  std::array<bool, 256> outside{};
  for (const char c : std::string_view("<>\"'(),;@")) {
    outside[static_cast<unsigned char>(c)] = true;
  }
  return outside;
}();

using Bytes [[gnu::vector_size(16)]] = signed char;
using Words [[gnu::vector_size(16)]] = std::uint64_t;
static_assert(sizeof(Bytes) == sizeof(Words));

/// All ones where a byte is no printable ASCII (0x21 to 0x7e), or is an upper case letter.
Bytes not_plain(Bytes text) {
  using Unsigned [[gnu::vector_size(16)]] = unsigned char;
  const auto from_a = reinterpret_cast<Unsigned>(text) - 'A';
  return (text < 0x21) | (text == 0x7f) | reinterpret_cast<Bytes>(from_a < 26);
}

bool any(Bytes bytes) {
  const auto words = reinterpret_cast<Words>(bytes);
  return (words[0] | words[1]) != 0;
}

/// Nothing in it must be changed: an address as nearly all are written.
bool is_plain(std::string_view text) {
  if (text.size() < 3 || text.size() > k_longest ||
      k_outside[static_cast<unsigned char>(text.front())] ||
      k_outside[static_cast<unsigned char>(text.back())]) {
    return false;
  }
  Bytes bytes, bad{}, at_signs{};
  const auto look = [&](const char* at) {
    std::memcpy(&bytes, at, sizeof bytes);
    bad |= not_plain(bytes);
    at_signs |= bytes == '@';
  };
  if (text.size() < sizeof bytes) {
    std::array<char, sizeof bytes> padded;
    padded.fill('x');
    std::memcpy(padded.data(), text.data(), text.size());
    look(padded.data());
  } else {
    for (std::size_t at = 0; at + sizeof bytes < text.size(); at += sizeof bytes) {
      look(text.data() + at);
    }
    look(text.data() + text.size() - sizeof bytes); // some of it once more
  }
  return !any(bad) && any(at_signs) && !(text.front() == 'm' && text.starts_with("mailto:"));
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

[[gnu::noinline]] static std::string_view normalise_other(std::string_view text,
                                                          std::string& scratch) {
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

std::string_view normalise_address(std::string_view text, std::string& scratch) {
  return is_plain(text) ? text : normalise_other(text, scratch);
}

} // namespace mailfunnel
