#pragma once
// Texts in letters of few bits, each a place in an alphabet (recipient_block.cpp tells how they are
// packed), put together: it is done for everybody whenever a list is exported or a large log is
// read.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace mailfunnel {

/// Readable behind the packed letters, and written behind those that are put, at most.
constexpr std::size_t k_beyond_letters = 16;

struct PackedLetters {
  const char* packed;
  unsigned bits; // of a letter, 1 to 8
  const std::array<char, 256>* alphabet;
};
/// Puts letters `begin` to `end` at `to`.
using PutLetters = void (*)(const PackedLetters& letters, std::uint32_t begin, std::uint32_t end,
                            char* to);
/// All ways that this processor has, the fastest last.
std::span<const PutLetters> letter_ways();

} // namespace mailfunnel
