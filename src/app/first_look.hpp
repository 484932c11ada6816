#pragma once
// What is in a store at first sight: for `try`, which has no config and keeps nothing.

#include "app/workspace.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace mailfunnel {

/// All point into the world that it was made from.
struct FirstLook {
  struct Mailing {
    const WorldCampaign* campaign = nullptr;
    std::uint64_t recipients = 0, clicks = 0;       // clicks on links that are known
    std::array<std::uint64_t, 5> clicks_by_stage{}; // by Stage; not by machines, like `clicks`
  };
  struct Link {
    const WorldCampaign* campaign = nullptr;
    const WorldLink* link = nullptr;
    std::uint64_t clicks = 0; // not by machines
  };
  std::vector<Mailing> mailings; // by time; days on which nothing was mailed are left out
  std::vector<Link> links;       // most clicked first
  std::uint64_t content_clicks = 0, untagged_clicks = 0;
  std::uint64_t opens = 0, machine_opens = 0, clicks = 0, machine_clicks = 0; // proxies: machines
};

FirstLook first_look(Store& store, const World& world, const RobotRules& rules, Seconds now);

} // namespace mailfunnel
