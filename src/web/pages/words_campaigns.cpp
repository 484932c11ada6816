#include "web/pages/words.hpp"

#include <array>

namespace mailfunnel {

namespace {

constexpr std::array<Word, 0> k_words{};

} // namespace

std::span<const Word> campaign_words() {
  return k_words;
}

} // namespace mailfunnel
