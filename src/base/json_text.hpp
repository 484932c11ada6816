#pragma once
// A text as a value of JSON, where one is put together by fmt::format.

#include "base/json.hpp"

#include <string>
#include <string_view>

namespace mailfunnel {

/// As append_json_string().
inline std::string json_text(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

} // namespace mailfunnel
