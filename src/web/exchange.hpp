#pragma once
// A request that came in and the way back to who sent it.

#include "adapter/http_message.hpp"

#include <functional>
#include <string>

namespace mailfunnel {

struct WebRequest {
  HttpRequest http;  // its url is whole: as the client wrote it, before any proxy
  std::string path;  // percent-decoded
  std::string query; // as it came
  std::string peer;  // address of the client, told by the proxy where that is trusted
  bool secure = false;
};

/// Called once, from any thread. Where it goes without being called, the client gets a 500.
using Reply = std::function<void(HttpResponse)>;

HttpResponse text_response(int status, std::string text);
HttpResponse json_response(int status, std::string json);
/// {"error": "…"}, and Retry-After where `seconds` is not 0.
HttpResponse error_response(int status, std::string_view why, unsigned seconds = 0);

} // namespace mailfunnel
