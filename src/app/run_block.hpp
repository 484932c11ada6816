#pragma once
// What a scoring run keeps of a chunk, so that segments need not score again. The times of the last
// open and click are not in it: they are large, and seldom asked for.

#include "funnel/scorer.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mailfunnel {

std::string pack_scores(const ChunkScores& scores);

/// Fills the columns that are wanted, and the score; the others are empty, but last_open and
/// last_click are 0 where all are wanted. Failure (io) when the block is damaged.
void unpack_scores(std::string_view blob, const Scorer& scorer, ChunkScores& scores,
                   ScoreColumns wanted = ScoreColumns::all());

/// The block with nothing known of these people (by number in the chunk) but that they were erased;
/// "" where it is damaged or of another version.
std::string without_people(std::string_view blob, std::span<const std::uint32_t> people);

} // namespace mailfunnel
