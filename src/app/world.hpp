#pragma once
// Builds what the funnel knows of the mailings: catalog rows + rules -> campaigns with stages.

#include "funnel/rules.hpp"
#include "funnel/world.hpp"
#include "store/catalog.hpp"
#include "store/store.hpp"

#include <map>
#include <memory>
#include <span>
#include <vector>

namespace mailfunnel {

struct Workspace;

/// `rules` may be others than the config's. `as_of`: what was set by hand later is not known yet.
/// The store must live as long as the world, whose crowds are looked for when first asked. `more`:
/// as if these were set by hand too, after all others.
World build_world(Store& store, const Workspace& workspace, const Rules& rules, Seconds as_of,
                  std::span<const LinkByHand> more = {});

/// Numbers of links, in order, by the mailing that they stand in.
using LinksOfMailings = std::map<CampaignId, std::vector<LinkNumber>>;
/// With these links alone, for who looks at no others: to tag those of many mailings takes longer
/// than to find one person's events.
World build_world(Store& store, const Workspace& workspace, const Rules& rules, Seconds as_of,
                  const LinksOfMailings& links);

/// The worlds of one set of rules at several moments: made anew only where a link was set by hand
/// between them, with crowds looked for once. What it is given must live as long.
class Worlds {
public:
  Worlds(Store& store, const Workspace& workspace, const Rules& rules);
  std::shared_ptr<const World> at(Seconds as_of);

private:
  Store& m_store;
  const Workspace& m_workspace;
  const Rules& m_rules;
  std::vector<Seconds> m_changes; // when links were set by hand
  std::shared_ptr<const World> m_last;
  Seconds m_last_moment = 0;
};

} // namespace mailfunnel
