#pragma once
// The two readers of the folder: raw recipient data, and XML about mailings.

#include "adapter/api.hpp"

#include <memory>
#include <string_view>

namespace mailfunnel::acoustic {

/// Each returns nullptr when the input is not of that format.
std::unique_ptr<LogReader> open_export(std::string_view head);
std::unique_ptr<LogReader> open_mailings(std::string_view head, const LogContext& context);

/// The API of an account. Error usage: it lacks what OAuth needs.
Result<std::unique_ptr<Api>> open_api(const ApiAccount& account);

} // namespace mailfunnel::acoustic
