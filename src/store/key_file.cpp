#include "store/key_file.hpp"

#include "base/result.hpp"
#include "store/file_sync.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace mailfunnel {

namespace {

bool write_whole(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto done = write(file, bytes.data(), bytes.size());
    if (done <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return fsync(file) == 0;
}

} // namespace

void write_key_file(const std::string& path, std::string_view key) {
  const auto draft = path + ".new";
  unlink(draft.c_str());
  const int file = open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool written = file >= 0 && write_whole(file, key);
  const int reason = errno;
  if (file >= 0) {
    close(file);
  }
  errno = written ? errno : reason;
  if (!written || rename(draft.c_str(), path.c_str()) != 0) {
    throw Failure({ErrorCode::io,
                   std::string("can't write the key file: ") + std::strerror(errno) +
                       ": see to the disk, then run the same command again",
                   path});
  }
  sync_folder_of(path);
}

} // namespace mailfunnel
