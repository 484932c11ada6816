#pragma once
// A folder of its own for the stores of a test.

#include <fmt/format.h>

#include <filesystem>
#include <string>

#include <unistd.h>

namespace mailfunnel {

struct Folder {
  Folder() {
    static int s_number = 0; // NOLINT
    path = std::filesystem::temp_directory_path() /
           fmt::format("mailfunnel-stores-{}-{}", getpid(), ++s_number);
    std::filesystem::create_directories(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string store(const std::string& name) const { return (path / name).string(); }
  std::filesystem::path path;
};

} // namespace mailfunnel
