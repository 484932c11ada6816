#pragma once
// `export events|scores|links`: everything out again, in the documented formats, in canonical
// order.

#include "app/workspace.hpp"

#include <functional>
#include <string_view>

namespace mailfunnel {

using Write = std::function<void(std::string_view)>;

/// Every event as NDJSON (schema/event.schema.json), by (address, time, campaign, kind, link): byte
/// for byte the same whatever the order of imports was. Folds the inbox first. Returns how many.
std::uint64_t export_events(Store& store, const Workspace& workspace, const Write& write);

} // namespace mailfunnel
