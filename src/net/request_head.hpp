#pragma once
// The head of a request as HTTP/1.1 writes it (RFC 9112).

#include "adapter/http_message.hpp"
#include "base/result.hpp"
#include "net/target.hpp"

#include <string>

namespace mailfunnel {

/// Method and headers as they may stand in a head: names of RFC 9110, no line ends in values, and
/// none of those that we write ourselves (Host, Content-Length …). The error is `usage`.
Result<void> check_head(const HttpRequest& request);

/// For a request that check_head() lets pass. Adds Host, Content-Length, and User-Agent, Accept and
/// Accept-Encoding where they are not given.
std::string request_head(const HttpRequest& request, const Target& target);

} // namespace mailfunnel
