#include "net/secret_mask.hpp"

#include "base/base64.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel {

namespace {

constexpr std::string_view k_mask = "***";
constexpr std::size_t k_least_base64 = 6; // shorter ones are in every other word

bool is_unreserved(char c) {
  return is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

std::string percent_form(std::string_view text, std::string_view digits, bool plus_for_space) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else if (c == ' ' && plus_for_space) {
      out += '+';
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return out;
}

std::string json_form(std::string_view text, bool slash) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\' || (slash && c == '/')) {
      out += '\\';
    }
    out += c;
  }
  return out;
}

bool is_base64(char c) {
  return is_alnum(c) || c == '+' || c == '/' || c == '-' || c == '_';
}

std::string to_url_alphabet(std::string text) {
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

/// What the secret looks like within the base64 of any text that has it at an offset of 3n + shift:
/// the characters that hang on nothing but it.
std::string base64_form(std::string_view secret, std::size_t shift) {
  const auto text = base64_encode(std::string(shift, '\0').append(secret));
  const auto first = (shift * 8 + 5) / 6;
  const auto end = (shift + secret.size()) * 8 / 6;
  return text.substr(first, end - first);
}

void add_once(std::vector<std::string>& forms, std::string form) {
  if (std::ranges::find(forms, form) == forms.end()) {
    forms.push_back(std::move(form));
  }
}

/// Whole words of base64 in which a form stands.
void mask_base64(std::string& text, std::string_view form) {
  for (auto at = text.find(form); at != std::string::npos; at = text.find(form, at)) {
    auto first = at;
    auto end = at + form.size();
    while (first > 0 && is_base64(text[first - 1])) {
      --first;
    }
    while (end < text.size() && (is_base64(text[end]) || text[end] == '=')) {
      ++end;
    }
    text.replace(first, end - first, k_mask);
    at = first + k_mask.size();
  }
}

} // namespace

SecretMask::SecretMask(const std::vector<std::string>& secrets) {
  for (const auto& secret : secrets) {
    add(secret);
  }
}

void SecretMask::add(std::string_view secret) {
  if (secret.empty()) {
    return;
  }
  const std::lock_guard lock(m_mutex);
  add_once(m_forms, std::string(secret));
  for (const auto* digits : {"0123456789ABCDEF", "0123456789abcdef"}) {
    add_once(m_forms, percent_form(secret, digits, false));
    add_once(m_forms, percent_form(secret, digits, true));
  }
  add_once(m_forms, json_form(secret, false));
  add_once(m_forms, json_form(secret, true));
  std::ranges::stable_sort(m_forms, std::ranges::greater(), &std::string::size);
  for (const std::size_t shift : {0U, 1U, 2U}) {
    if (auto form = base64_form(secret, shift); form.size() >= k_least_base64) {
      add_once(m_base64, to_url_alphabet(form));
      add_once(m_base64, std::move(form));
    }
  }
}

std::string SecretMask::mask(std::string_view text) const {
  std::string out(text);
  const std::lock_guard lock(m_mutex);
  for (const auto& form : m_forms) {
    out = replace_all(out, form, k_mask);
  }
  for (const auto& form : m_base64) {
    mask_base64(out, form);
  }
  return out;
}

std::string SecretMask::mask_url(std::string_view url) const {
  constexpr std::size_t k_most = 500;
  std::string out(url);
  if (const auto slashes = out.find("://"); slashes != std::string::npos) {
    const auto authority = slashes + 3;
    const auto end = std::min(out.find_first_of("/?#", authority), out.size());
    if (const auto user = out.rfind('@', end); user != std::string::npos && user >= authority) {
      out.replace(authority, user - authority, k_mask);
    }
  }
  return printable(mask(out), k_most);
}

} // namespace mailfunnel
