#include "model/recipient.hpp"

#include "base/text.hpp"
#include "base/uri.hpp"
#include "model/plain_address.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace mailfunnel {

namespace {

constexpr std::array<std::string_view, 6> k_subscriptions{"unknown",      "subscribed", "pending",
                                                          "unsubscribed", "cleaned",    "archived"};
bool has_parts(std::string_view text, std::size_t at) {
  return at != 0 && at != std::string_view::npos && at + 1 < text.size() &&
         text.size() <= k_longest_address;
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
  return scratch.size() <= k_longest_address ? std::string_view(scratch) : std::string_view();
}

std::string_view normalise_address(std::string_view text, std::string& scratch) {
  return is_plain_address(text) ? text : normalise_other(text, scratch);
}

} // namespace mailfunnel
