#pragma once
// Base64 (RFC 4648) as it is written; reading it, with what ESPs make of it, is adapter/signature.

#include <string>
#include <string_view>

namespace mailfunnel {

std::string base64_encode(std::string_view bytes); // standard alphabet, padded

} // namespace mailfunnel
