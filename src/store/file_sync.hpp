#pragma once
// What has to be on the disk before somebody relies on it.

#include <string>

namespace mailfunnel {

/// Failure (io) where the file's content is not on the disk when this returns.
void sync_file(const std::string& path);
/// So that the file's name is there after a crash; as far as its folder can be synced at all.
void sync_folder_of(const std::string& path);

} // namespace mailfunnel
