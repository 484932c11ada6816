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

using Bytes [[gnu::vector_size(16)]] = unsigned char;
using Words [[gnu::vector_size(16)]] = std::uint64_t;
static_assert(sizeof(Bytes) == sizeof(Words));

/// What is seen of the letters of a text, 16 at a time.
class SeenLetters {
public:
  void look(const char* at) {
    Bytes bytes;
    std::memcpy(&bytes, at, sizeof bytes);
    const auto from_first = bytes - k_first, from_a = bytes - 'A';
    m_farthest = from_first > m_farthest ? from_first : m_farthest;
    m_next_to_a = from_a < m_next_to_a ? from_a : m_next_to_a;
    m_colons |= bytes == ':';
    m_at_signs |= bytes == '@';
  }
  /// All are printable ASCII (0x21 to 0x7e) and no upper case letters; and there is an '@'.
  bool are_plain() const {
    return !any((m_farthest > k_last - k_first) | (m_next_to_a < 26)) && any(m_at_signs);
  }
  bool have_colon() const { return any(m_colons); }

private:
  using Marks [[gnu::vector_size(16)]] = signed char; // all ones, or none
  static bool any(Marks marks) {
    const auto words = reinterpret_cast<Words>(marks);
    return (words[0] | words[1]) != 0;
  }
  static constexpr unsigned char k_first = 0x21, k_last = 0x7e;
  Bytes m_farthest{};           // from k_first
  Bytes m_next_to_a = ~Bytes{}; // from 'A'
  Marks m_colons{}, m_at_signs{};
};

/// Nothing in it must be changed: an address as nearly all are written.
bool is_plain(std::string_view text) {
  if (text.size() < 3 || text.size() > k_longest ||
      k_outside[static_cast<unsigned char>(text.front())] ||
      k_outside[static_cast<unsigned char>(text.back())]) {
    return false;
  }
  constexpr auto k_step = sizeof(Bytes);
  SeenLetters seen;
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
  return seen.are_plain() && !(seen.have_colon() && text.starts_with("mailto:"));
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
