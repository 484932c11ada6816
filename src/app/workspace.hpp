#pragma once
// A folder with mailfunnel.toml and its store: what every command works on.

#include "adapter/registry.hpp"
#include "app/config.hpp"
#include "app/world.hpp"
#include "funnel/scorer.hpp"
#include "store/chunk_source.hpp"
#include "store/store.hpp"

#include <functional>
#include <string>

namespace mailfunnel {

struct Workspace {
  std::string folder = "."; // -C
  Config config;
  AdapterRegistry registry;
  unsigned threads = 1;
  std::uint64_t memory = std::uint64_t{1} << 30;

  std::string store_path() const;
};

/// Reads DIR/mailfunnel.toml (or `file`). Throws Failure (usage) with all problems in its message
/// when it is not good.
Workspace open_workspace(const std::string& folder, const std::string& file);

/// "2026-03-01", a full time, "now", or "latest" (the newest event of the store).
Result<Seconds> parse_as_of(Store& store, const std::string& text, Seconds now);

/// Calls `take` for every chunk of the store, several at a time, each thread with its own
/// connection; all of them see one moment. `fits` is asked at that moment: where it says no nothing
/// is taken, and false comes back.
bool each_chunk(
    Store& store, unsigned threads,
    const std::function<void(std::uint32_t chunk, StoreChunk&, Database&, unsigned thread)>& take,
    const std::function<bool(Database&)>& fits = {});

/// Before a look at everybody: crowds of all mailings, several at a time.
void prepare_crowds(const World& world, const RobotRules& rules, unsigned threads);

/// Scores every chunk, several at a time, and hands each to `take` (called from several threads,
/// with the thread's number). The inbox is folded first where `fold` says so.
void score_store(Store& store, const Workspace& workspace, const Rules& rules, const World& world,
                 Seconds as_of,
                 const std::function<void(std::uint32_t chunk, StoreChunk&, ChunkScores&,
                                          unsigned thread)>& take);

/// Suppressions by hand of one chunk's people, as of the moment; by number in the chunk.
class ManualSuppressions {
public:
  ManualSuppressions(Database& database, Seconds as_of);
  const ManualSuppression* of_chunk(std::uint32_t chunk) const;
  std::uint8_t of(RecipientId id) const;

private:
  std::unordered_map<std::uint32_t, ManualSuppression> m_by_chunk;
};

} // namespace mailfunnel
