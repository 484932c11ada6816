#pragma once
// What a request to a server tells by the [[web]] sections of the config.

#include "access_line.hpp"

#include "adapter/web_tracker.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel::weblog {

/// A request of somebody who is known.
struct TrackerHit {
  const WebTracker* tracker = nullptr;
  EventKind kind = EventKind::unknown;
  UrlFields fields;        // as they stand in the target, but for what answers to a parameter
  std::string_view host{}; // without the port; empty: not known
  std::string_view path{}, query{};
};

/// The first section and rule that the request matches and that tell who it was. `tracker` of the
/// hit is nullptr when there is none: an asset, a visitor whom nobody knows, a failure, a form.
TrackerHit find_hit(const std::vector<WebTracker>& trackers, const AccessLine& line);

/// The link that was followed: what the hit says of it, else its own URL, without what differs from
/// reader to reader.
std::string link_of(const TrackerHit& hit);

} // namespace mailfunnel::weblog
