#pragma once
// Builds what the funnel knows of the mailings: catalog rows + tagging rules -> campaigns with
// stages.

#include "adapter/registry.hpp"
#include "app/config.hpp"
#include "funnel/world.hpp"
#include "store/catalog.hpp"

namespace mailfunnel {

/// `tagging` may be other rules than the config's. `as_of`: what was set by hand later is not known
/// yet.
World build_world(Database& database, const Config& config, const TaggingRules& tagging,
                  const AdapterRegistry& registry, Seconds as_of);

} // namespace mailfunnel
