#pragma once
// What the build makes of the files: src/CMakeLists.txt writes the other half.

#include <span>
#include <string_view>

namespace mailfunnel {

struct Asset {
  std::string_view name; // "static/app.css"
  std::string_view bytes;
};
std::span<const Asset> asset_table();

} // namespace mailfunnel
