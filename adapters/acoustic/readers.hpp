#pragma once
// The two readers of the folder: raw recipient data, and XML about mailings.

#include "adapter/adapter.hpp"

#include <memory>
#include <string_view>

namespace mailfunnel::acoustic {

/// Each returns nullptr when the input is not of that format.
std::unique_ptr<LogReader> open_export(std::string_view head);
std::unique_ptr<LogReader> open_mailings(std::string_view head, const LogContext& context);

} // namespace mailfunnel::acoustic
