#pragma once
// Where a record stands in its input. Several threads read an input at once; where its order
// decides (the first that says something is right), it is asked for here, and not who came first.

#include <cstdint>
#include <limits>

namespace mailfunnel {

/// The greater one stands later. Chunks are numbered from 0, what is asked for in one from 0 too.
using RecordPlace = std::uint64_t;
constexpr RecordPlace k_before_all = 0, k_nowhere = std::numeric_limits<RecordPlace>::max();

constexpr RecordPlace record_place(std::uint64_t chunk, std::uint32_t in_chunk) {
  return (chunk + 1) << 32 | in_chunk;
}
constexpr std::uint64_t chunk_of_place(RecordPlace place) {
  return (place >> 32) - 1;
}

} // namespace mailfunnel
