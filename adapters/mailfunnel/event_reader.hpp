#pragma once
// NDJSON of our own: what `export events` and `decode` write is read back.

#include "adapter/adapter.hpp"

#include <memory>
#include <string_view>

namespace mailfunnel::mailfunnel {

/// A reader for an input that starts with `head`, or nullptr when no record in it is ours.
std::unique_ptr<LogReader> open_events(std::string_view head);

} // namespace mailfunnel::mailfunnel
