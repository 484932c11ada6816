#pragma once
// In which segments one person is, without a pass over the store.

#include "app/explain.hpp"

#include <string>
#include <vector>

namespace mailfunnel {

/// Names of the config's segments that hold the person at the moment, in the order of the config.
/// Nobody known is in none.
std::vector<std::string> segments_with(Store& store, const Workspace& workspace,
                                       const FoundPerson& who, Seconds as_of);

} // namespace mailfunnel
