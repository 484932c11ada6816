#pragma once
// Texts that may be long, for tables of a terminal or a page.

#include <string>
#include <string_view>

namespace mailfunnel {

/// Printable, and cut to so many columns, with an ellipsis where something is cut.
std::string shortened(std::string_view text, std::size_t columns);

} // namespace mailfunnel
