#pragma once
// Builds what the funnel knows of the mailings: catalog rows + rules -> campaigns with stages.

#include "funnel/rules.hpp"
#include "funnel/world.hpp"
#include "store/store.hpp"

namespace mailfunnel {

struct Workspace;

/// `rules` may be others than the config's. `as_of`: what was set by hand later is not known yet.
/// The store must live as long as the world, whose crowds are looked for when first asked.
World build_world(Store& store, const Workspace& workspace, const Rules& rules, Seconds as_of);

} // namespace mailfunnel
