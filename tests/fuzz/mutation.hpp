#pragma once
// Texts that are nearly those of an adapter: one of them, changed at a few places in the ways that
// files are damaged and that readers are attacked. The same seed gives the same texts.

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace mailfunnel::fuzz {

class Mutator {
public:
  /// `texts`: not empty, and lent.
  Mutator(const std::vector<std::string>& texts, std::uint64_t seed)
      : m_texts(texts), m_random(seed) {}
  /// The next text: one of them with one to six changes, of 64 KiB at most. `of`: which one.
  std::string next(std::size_t& of);
  /// A text in which a piece is repeated until it is a MiB long: what is not linear shows there.
  std::string flooded(const std::string& text);

private:
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : m_random() % bound; }
  void change(std::string& text);

  const std::vector<std::string>& m_texts;
  std::mt19937_64 m_random;
};

} // namespace mailfunnel::fuzz
