#pragma once
// HTTP requests and answers as values; src/net sends them, src/web receives them.

#include "base/text.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailfunnel {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// Value of the first header of that name, without case; "" where there is none.
inline std::string_view header_of(const HttpHeaders& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (iequals(key, name)) {
      return value;
    }
  }
  return {};
}

struct HttpRequest {
  std::string method = "POST";
  std::string url;
  HttpHeaders headers;
  std::string body; // raw bytes; k_padding more may be read behind them (reserve)
  /// Sending it twice does no more than sending it once: it may be repeated when no answer comes.
  /// GET and HEAD are so without saying.
  bool repeatable = false;

  std::string_view header(std::string_view name) const { return header_of(headers, name); }
};

struct HttpResponse {
  int status = 0;
  HttpHeaders headers;
  std::string body; // decoded (gzip); k_padding more may be read behind it

  std::string_view header(std::string_view name) const { return header_of(headers, name); }
  bool ok() const { return status >= 200 && status < 300; }
};

} // namespace mailfunnel
