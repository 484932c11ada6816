#pragma once
// Campaigns and their links as XML: our own format (schema/campaign.xsd), and the short form of it
// without namespace that people write by hand.

#include "adapter/adapter.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace mailfunnel::mailfunnel {

/// A reader for an input that starts with `head`, or nullptr when its root element is not ours.
std::unique_ptr<LogReader> open_campaigns(std::string_view head, std::string_view file_name);

} // namespace mailfunnel::mailfunnel
