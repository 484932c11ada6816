#pragma once
// The mailings with what happened to them, and their links with stage and clicks: for `campaigns`,
// `links` and the API.

#include "app/workspace.hpp"
#include "store/catalog.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace mailfunnel {

struct CampaignLine {
  const WorldCampaign* campaign = nullptr; // of the world it was made from
  std::uint64_t sent = 0, delivered = 0, opens = 0, clicks = 0, bounces = 0, unsubscribes = 0;
};

/// By time. Without what waits in the inbox.
std::vector<CampaignLine> campaign_lines(Store& store, const World& world);
std::string to_json(const CampaignLine& line); // one object

struct LinkLine {
  const WorldCampaign* campaign = nullptr; // of the world it was made from, as `link`
  LinkNumber number = 0;
  const WorldLink* link = nullptr;
  std::uint64_t clicks = 0, machine = 0; // by people, or by nobody knows whom; by machines
};

/// Every link with its clicks: most clicked untagged first, then most clicked. `campaign`: id or
/// name of one mailing; "": of all.
std::vector<LinkLine> link_lines(Store& store, const World& world, const RobotRules& rules,
                                 Seconds now, const std::string& campaign);
std::string to_json(const LinkLine& line); // one object
/// With header; `links import` reads it.
std::string links_csv(const std::vector<LinkLine>& lines);

/// A link whose stage is another one than before.
struct RetaggedLink {
  LinkLine line;
  Stage before = Stage::untagged;
};
/// What two worlds of one store differ in, most clicked first.
std::vector<RetaggedLink> retagged_links(Store& store, const World& before, const World& after,
                                         const RobotRules& rules, Seconds now);

/// Stages set by hand, as one batch. Failure (locked): another run writes.
void set_links(Store& store, const std::vector<LinkByHand>& entries);

} // namespace mailfunnel
