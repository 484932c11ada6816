#include "app/traces.hpp"

#include "adapter/signature.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"
#include "model/address_scan.hpp"
#include "store/recipient_block.hpp"

#include <algorithm>

namespace mailfunnel {

namespace {

constexpr std::size_t k_shortest_id = 6;
constexpr int k_deepest = 3; // spellings within spellings

bool in_word(char c) {
  return is_alnum(c) || c == '-' || c == '_';
}

int hex_digit(char c) {
  const auto low = ascii_lower(c);
  return is_digit(low) ? low - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/// The ASCII sign that `digits` name, or 0.
char sign_of(std::string_view digits, int base) {
  int value = 0;
  for (const auto c : digits) {
    const auto digit = hex_digit(c);
    if (digit < 0 || digit >= base || value > 0x7F) {
      return 0;
    }
    value = value * base + digit;
  }
  return value <= 0x7F ? static_cast<char>(value) : '\0';
}

/// \u0040 and \/ of JSON.
std::string without_backslashes(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const auto sign =
        text[i + 1] == 'u' && i + 6 <= text.size() ? sign_of(text.substr(i + 2, 4), 16) : '\0';
    out += sign != 0                                                        ? sign
           : text[i + 1] == 'n' || text[i + 1] == 't' || text[i + 1] == 'r' ? ' '
                                                                            : text[i + 1];
    i += sign != 0 ? 5 : 1;
  }
  return out;
}

/// &#64; &#x40; and &commat; of HTML.
std::string without_entities(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto end = text[i] == '&' ? text.substr(i, 12).find(';') : std::string_view::npos;
    if (end == std::string_view::npos) {
      out += text[i];
      continue;
    }
    auto name = text.substr(i + 1, end - 1);
    char sign = name == "commat" ? '@' : name == "period" ? '.' : name == "amp" ? '&' : '\0';
    if (name.starts_with('#')) {
      name.remove_prefix(1);
      const bool hex = istarts_with(name, "x");
      sign = sign_of(name.substr(hex ? 1 : 0), hex ? 16 : 10);
    }
    out += sign != 0 ? sign : '&';
    i += sign != 0 ? end : 0;
  }
  return out;
}

/// =40 of quoted-printable, and the soft line ends in it.
std::string without_equals(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      out += text[i];
      continue;
    }
    const auto rest = text.substr(i + 1);
    if (rest.starts_with("\n")) {
      i += 1;
    } else if (rest.starts_with("\r\n")) {
      i += 2;
    } else if (const auto sign = rest.size() >= 2 ? sign_of(rest.substr(0, 2), 16) : '\0';
               sign != 0) {
      out += sign;
      i += 2;
    } else {
      out += '=';
    }
  }
  return out;
}

/// How an @ may be written, or an address be cut: what stands around it is undone and looked at
/// again. Not all of a text, as logs are long and full of such signs.
struct Spelling {
  std::string_view sign;
  std::string (*undo)(std::string_view);
};
constexpr auto k_percent = [](std::string_view text) { return percent_decode(text); };
constexpr Spelling k_spellings[] = {
    {"%40", k_percent},          {"%2540", k_percent},
    {"%252540", k_percent},      {"\\u0040", without_backslashes},
    {"&#64", without_entities},  {"&#x40", without_entities},
    {"&#X40", without_entities}, {"&commat", without_entities},
    {"=40", without_equals},     {"=\n", without_equals},
    {"=\r\n", without_equals},
};

} // namespace

Traces::Traces(const std::vector<std::string>& keys) {
  for (const auto& key : keys) {
    if (!is_contact_key(key)) {
      m_addresses.insert(key);
      for (const auto digest : {Digest::md5, Digest::sha1, Digest::sha256}) {
        m_words.insert(hex_encode(digest_of(digest, key)));
      }
      continue;
    }
    const auto id = lower(std::string_view(key).substr(key.rfind('\x1f') + 1));
    if (id.size() < k_shortest_id) {
      continue;
    }
    if (std::all_of(id.begin(), id.end(), in_word)) {
      m_words.insert(id);
    } else {
      m_odd.push_back(id);
    }
  }
  for (const auto& word : m_words) {
    m_sizes.resize(std::max(m_sizes.size(), word.size() + 1));
    m_sizes[word.size()] = true;
  }
}

bool Traces::plainly(std::string_view text) const {
  if (any_address(text, [this](std::string_view address, std::string_view) {
        return m_addresses.contains(address);
      })) {
    return true;
  }
  std::string word;
  for (std::size_t i = 0; i < text.size() && !m_words.empty();) {
    auto end = i;
    while (end < text.size() && in_word(text[end])) {
      ++end;
    }
    if (end - i < m_sizes.size() && m_sizes[end - i]) {
      word = lower(text.substr(i, end - i));
      if (m_words.contains(word)) {
        return true;
      }
    }
    i = end + 1;
  }
  return std::any_of(m_odd.begin(), m_odd.end(), [text](const std::string& id) {
    return icontains(text, id) || icontains(percent_decode(text), id);
  });
}

bool Traces::in_base64(std::string_view text) const {
  constexpr std::size_t k_shortest = 8, k_group = 4; // "a@b.nl"
  const auto in_alphabet = [](char c) { return in_word(c) || c == '+' || c == '/'; };
  for (std::size_t i = 0; i < text.size();) {
    auto end = i;
    while (end < text.size() && in_alphabet(text[end])) {
      ++end;
    }
    for (std::size_t shift = 0; shift < k_group && end - i >= k_shortest + shift; ++shift) {
      auto part = text.substr(i + shift, end - i - shift);
      part = part.substr(0, part.size() - (part.size() % k_group == 1 ? 1 : 0));
      if (const auto bytes = base64_decode(part);
          bytes && bytes->find('@') != std::string::npos && plainly(*bytes)) {
        return true;
      }
    }
    i = end + 1;
  }
  return false;
}

bool Traces::in(std::string_view text, int depth) const {
  constexpr std::size_t k_before = 300, k_behind = 600; // of a sign: as encoded
  if (plainly(text)) {
    return true;
  }
  for (const auto& [sign, undo] : k_spellings) {
    for (auto at = text.find(sign); at != std::string_view::npos && depth > 0;
         at = text.find(sign, at + sign.size())) {
      const auto first = at - std::min(at, k_before);
      if (in(undo(text.substr(first, at - first + k_behind)), depth - 1)) {
        return true;
      }
    }
  }
  return false;
}

bool Traces::in(std::string_view text) const {
  return in(text, k_deepest) || in_base64(text);
}

std::string Traces::without(std::string_view text) const {
  constexpr std::string_view k_instead = "erased";
  std::string out(text);
  bool found = true;
  while (found) {
    found = any_address(out, [&](std::string_view address, std::string_view written) {
      if (!m_addresses.contains(address)) {
        return false;
      }
      out.replace(static_cast<std::size_t>(written.data() - out.data()), written.size(), k_instead);
      return true;
    });
  }
  return in(out) ? std::string(k_instead) : out;
}

} // namespace mailfunnel
