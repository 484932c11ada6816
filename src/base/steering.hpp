#pragma once
// Signs that steer a terminal, end a line, or turn the direction of writing: what is printed holds
// none of a text from outside.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mailfunnel {

/// Does the text (UTF-8) begin with one: C0, DEL, C1, a separator of lines, a mark or an override
/// of direction (https://www.unicode.org/reports/tr9/)? Its bytes, and its code; 0: no.
std::size_t steering_sign(std::string_view text, std::uint16_t& code);

} // namespace mailfunnel
