#pragma once
// What a scoring run keeps of a chunk, so that segments need not score again. The times of the last
// open and click are not in it: they are large, and seldom asked for.

#include "funnel/scorer.hpp"

#include <string>
#include <string_view>

namespace mailfunnel {

std::string pack_scores(const ChunkScores& scores);

/// Fills every column but last_open and last_click, which are 0. Failure (io) when the block is
/// damaged.
void unpack_scores(std::string_view blob, const Scorer& scorer, ChunkScores& scores);

} // namespace mailfunnel
