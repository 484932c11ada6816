#pragma once
// What a stage set by hand would change, before it is stored: links, clicks on them, and the people
// whose points and status move.

#include "app/workspace.hpp"
#include "store/catalog.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace mailfunnel {

struct LinkPreview {
  std::uint64_t links = 0;                         // that get another stage
  std::uint64_t clicks = 0;                        // on them; not by machines
  std::uint64_t other_score = 0, other_status = 0; // people
  std::vector<std::string> statuses;
  std::vector<std::vector<std::uint64_t>> transitions; // [before][after]; empty: no link changes
};

/// Everybody is scored twice. Without what waits in the inbox. `entry` holds as of `as_of`.
LinkPreview preview_link(Store& store, const Workspace& workspace, LinkByHand entry, Seconds as_of);

} // namespace mailfunnel
