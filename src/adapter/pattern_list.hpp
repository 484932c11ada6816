#pragma once
// Does one of many patterns match somewhere in a text? For long lists of which nearly every pattern
// is a plain word, or needs one: what does not have the word is not matched, and a matcher is made
// when it is wanted. Of 1,500 patterns it is ready in a fifth of a millisecond, where one matcher
// of all of them takes three or four.

#include <re2/re2.h>

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

namespace mailfunnel {

class PatternList {
public:
  /// Of patterns in RE2's syntax, which outlive it.
  explicit PatternList(std::span<const std::string_view> patterns);
  PatternList(const PatternList&) = delete;
  PatternList& operator=(const PatternList&) = delete;

  /// From any thread. A pattern is matched once at most, however often its word stands there.
  bool match(std::string_view text) const;

private:
  struct Pattern {
    std::string_view source;
    std::string word;       // stands in whatever matches
    bool plain = false;     // it is all that there is
    std::uint16_t next = 0; // another one whose word begins alike; k_none: none
    std::once_flag made;    // matcher
    std::unique_ptr<const re2::RE2> matcher;
  };
  static constexpr std::uint16_t k_none = 0xFFFF;
  static constexpr std::size_t k_begin = 3; // letters by which a word is looked up
  static constexpr std::size_t k_places = 1 << 16;
  static std::size_t place_of(const char* begin);

  mutable std::deque<Pattern> m_patterns;
  std::bitset<k_places> m_begins;              // some word begins so: asked at every letter
  std::array<std::uint16_t, k_places> m_first; // by place_of()
  std::unique_ptr<const re2::RE2> m_others;    // without a word
};

/// The longest word (three letters or more) that stands in every text that a pattern matches; "":
/// none is sure. `plain`: the pattern is this word and nothing else.
std::string needed_word(std::string_view pattern, bool& plain);

} // namespace mailfunnel
