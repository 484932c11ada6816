#pragma once
// The files of templates/ and static/, which stand in the program itself (src/CMakeLists.txt).

#include <optional>
#include <string>
#include <string_view>

namespace mailfunnel {

/// "templates/frame.html"; nothing: there is no such file. Never goes away.
std::optional<std::string_view> find_asset(std::string_view name);

/// A file of static/ as it is sent. Its address has the hash in it, so that it is kept for ever.
struct StaticFile {
  std::string name, type, hash; // "app.css", "text/css; charset=utf-8"
  std::string_view plain;
  std::string packed; // gzip
};
const StaticFile* find_static(std::string_view name);
std::string static_path(std::string_view name); // "/static/0a1b2c3d4e5f/app.css"

} // namespace mailfunnel
