#pragma once
// HTTP requests and answers as values; src/net sends them, src/web receives them.

#include "base/text.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailfunnel {

struct HttpRequest {
  std::string method = "POST";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body; // raw bytes; k_padding more may be read behind them (reserve)

  /// Value of the first header of that name, without case; "" where there is none.
  std::string_view header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (iequals(key, name)) {
        return value;
      }
    }
    return {};
  }
};

} // namespace mailfunnel
