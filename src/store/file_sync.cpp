#include "store/file_sync.hpp"

#include "base/result.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace mailfunnel {

void sync_file(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = file >= 0 && fsync(file) == 0;
  const int reason = errno;
  if (file >= 0) {
    close(file);
  }
  if (!synced) {
    throw Failure({ErrorCode::io,
                   std::string("can't be written: ") + std::strerror(reason) +
                       ": see to the disk, then run the same command again",
                   path});
  }
}

void sync_folder_of(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  const int file = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file >= 0) {
    fsync(file);
    close(file);
  }
}

} // namespace mailfunnel
