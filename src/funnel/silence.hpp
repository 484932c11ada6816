#pragma once
// For how long people have shown no sign of life, and who reads through a proxy, so that opens say
// nothing about them. For segments that send less, win back, or propose to stop (docs/segments.md).

#include "funnel/robots.hpp"
#include "funnel/scorer.hpp"

#include <cstdint>
#include <vector>

namespace mailfunnel {

/// Since the last open or click by a person (or, of an open, nobody knows whom), reply, page,
/// download, form, webinar, sign-up or conversion; of who never did any of it since the first mail.
struct SilenceColumns {
  std::vector<std::uint32_t> days;  // 0 for whom no mail has reached
  std::vector<std::uint32_t> mails; // that arrived since then
};
/// `scores` with the times of the last open and click.
SilenceColumns silence_of(const World& world, ChunkSource& source, const ChunkScores& scores,
                          Seconds as_of);

/// Whose last three opens, or all if fewer, came through a privacy proxy; nobody without an open.
std::vector<bool> proxy_readers(const World& world, ChunkSource& source, const RobotRules& robots,
                                Seconds as_of);

} // namespace mailfunnel
