#pragma once
// The head of an answer as it goes over the wire.

#include "adapter/http_message.hpp"

#include <string>
#include <string_view>

namespace mailfunnel {

std::string_view reason_phrase(int status); // RFC 9110, 15
/// With Date, Content-Length and Connection. A header whose value could begin another one is left
/// out.
std::string response_head(const HttpResponse& response, bool keep_alive, bool head_only);

} // namespace mailfunnel
