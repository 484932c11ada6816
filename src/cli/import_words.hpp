#pragma once
// What an import or sync says of what came in.

#include "ingest/session.hpp"

#include <string>

namespace mailfunnel::cli {

/// "1,200 open, 340 click"
std::string kinds_of(const ImportCounts& counts);

} // namespace mailfunnel::cli
