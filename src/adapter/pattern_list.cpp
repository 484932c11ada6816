#include "adapter/pattern_list.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <vector>

namespace mailfunnel {

namespace {

std::unique_ptr<const re2::RE2> matcher_of(std::string_view pattern) {
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_never_capture(true);
  return std::make_unique<const re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()),
                                          options);
}

/// Where a class ("[^a-z]") or a group that begins at `at` has ended; npos: it does not, or is not
/// understood here.
std::size_t behind_class(std::string_view pattern, std::size_t at) {
  ++at;
  at += pattern.substr(at, 1) == "^" ? 1 : 0;
  at += pattern.substr(at, 1) == "]" ? 1 : 0; // the first one is a letter of it
  for (; at < pattern.size(); ++at) {
    if (pattern[at] == '[') { // "[[:alpha:]]"
      return std::string_view::npos;
    }
    if (pattern[at] == ']') {
      return at + 1;
    }
    at += pattern[at] == '\\' ? 1 : 0;
  }
  return std::string_view::npos;
}
std::size_t behind_group(std::string_view pattern, std::size_t at) {
  for (std::size_t depth = 0; at < pattern.size();) {
    const char c = pattern[at];
    if (c == '[') {
      at = behind_class(pattern, at);
      if (at == std::string_view::npos) {
        return at;
      }
      continue;
    }
    at += c == '\\' ? 2 : 1;
    depth += c == '(' ? 1 : 0;
    depth -= c == ')' ? 1 : 0;
    if (depth == 0) {
      return at;
    }
  }
  return std::string_view::npos;
}

} // namespace

std::string needed_word(std::string_view pattern, bool& plain) {
  constexpr std::size_t k_shortest = 3;
  constexpr std::string_view k_repeats = "?*+{", k_classes = "bBdDwWsS";
  std::string word, longest;
  plain = true;
  const auto end_word = [&] {
    longest = word.size() > longest.size() ? word : longest;
    word.clear();
  };
  const auto unsure = [&plain] {
    plain = false;
    return std::string();
  };
  for (std::size_t at = 0; at < pattern.size();) {
    const char c = pattern[at];
    const bool escaped = c == '\\';
    const bool special = std::string_view("([.^$").find(c) != std::string_view::npos ||
                         (escaped && at + 1 < pattern.size() && is_alnum(pattern[at + 1]));
    if (c == '|' || c == ')' || k_repeats.find(c) != std::string_view::npos ||
        pattern.substr(at, 2) == "(?" || (escaped && at + 1 == pattern.size())) {
      return unsure();
    }
    if (!special) {
      word += pattern[escaped ? at + 1 : at];
      at += escaped ? 2 : 1;
    } else if (c == '(') {
      at = behind_group(pattern, at);
    } else if (c == '[') {
      at = behind_class(pattern, at);
    } else if (escaped && k_classes.find(pattern[at + 1]) == std::string_view::npos) {
      return unsure(); // "\x41", "\Q"
    } else {
      at += escaped ? 2 : 1;
    }
    if (at == std::string_view::npos) {
      return unsure();
    }
    const bool repeated =
        at < pattern.size() && k_repeats.find(pattern[at]) != std::string_view::npos;
    if (repeated && !special && pattern[at] != '+') {
      word.pop_back(); // there may be none of it
    }
    if (special || repeated) {
      plain = false;
      end_word();
    }
    while (at < pattern.size() && k_repeats.find(pattern[at]) != std::string_view::npos) {
      at = pattern[at] == '{' ? pattern.find('}', at) : at;
      if (at == std::string_view::npos) {
        return unsure();
      }
      ++at;
    }
  }
  end_word();
  if (longest.size() < k_shortest) {
    return unsure();
  }
  return longest;
}

PatternList::PatternList(std::span<const std::string_view> patterns) {
  m_first.fill(k_none);
  std::string others;
  for (const auto source : patterns) {
    bool plain = false;
    auto word = needed_word(source, plain);
    if (word.empty() || m_patterns.size() == k_none) {
      others.append(others.empty() ? "(?:" : "|(?:").append(source) += ')';
      continue;
    }
    const auto place = place_of(word.data());
    m_begins.set(place);
    auto& first = m_first[place];
    auto& pattern = m_patterns.emplace_back();
    pattern.source = source;
    pattern.word = std::move(word);
    pattern.plain = plain;
    pattern.next = first;
    first = static_cast<std::uint16_t>(m_patterns.size() - 1);
  }
  if (!others.empty()) {
    m_others = matcher_of(others);
  }
}

std::size_t PatternList::place_of(const char* begin) {
  const auto letter = [begin](std::size_t i) {
    return std::uint32_t{static_cast<unsigned char>(begin[i])};
  };
  constexpr std::uint32_t k_factor = 0x9E3779B1, k_bits = 16;
  static_assert(k_places == 1U << k_bits);
  return (letter(0) | letter(1) << 8 | letter(2) << 16) * k_factor >> (32 - k_bits);
}

bool PatternList::match(std::string_view text) const {
  std::vector<std::uint16_t> tried; // of those that are no plain word
  const re2::StringPiece whole(text.data(), text.size());
  for (std::size_t at = 0; at + k_begin <= text.size(); ++at) {
    const auto place = place_of(text.data() + at);
    if (!m_begins[place]) {
      continue;
    }
    for (auto i = m_first[place]; i != k_none; i = m_patterns[i].next) {
      auto& pattern = m_patterns[i];
      if (!text.substr(at).starts_with(pattern.word)) {
        continue;
      }
      if (pattern.plain) {
        return true;
      }
      if (std::find(tried.begin(), tried.end(), i) != tried.end()) {
        continue;
      }
      tried.push_back(i);
      std::call_once(pattern.made, [&pattern] { pattern.matcher = matcher_of(pattern.source); });
      if (re2::RE2::PartialMatch(whole, *pattern.matcher)) {
        return true;
      }
    }
  }
  return m_others && re2::RE2::PartialMatch(whole, *m_others);
}

} // namespace mailfunnel
