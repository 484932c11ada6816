#include "fuzz/memory_files.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <vector>

namespace mailfunnel::fuzz {

namespace {

/// A disk that is full then, as a damaged store may ask for terabytes.
constexpr std::size_t k_most_bytes = std::size_t{16} << 20;

struct File {
  std::string bytes;
  // Who holds what, by SQLite's five levels.
  int shared = 0;
  bool reserved = false, exclusive = false;
  // What a -shm file would hold, and its locks: how many readers, or -1 for a writer.
  std::vector<std::unique_ptr<char[]>> regions;
  std::array<int, SQLITE_SHM_NLOCK> locks{};
};

std::map<std::string, std::shared_ptr<File>, std::less<>>& files() {
  static std::map<std::string, std::shared_ptr<File>, std::less<>> s_files;
  return s_files;
}

struct Handle : sqlite3_file {
  std::shared_ptr<File> file;
  int level = SQLITE_LOCK_NONE;
  std::array<int, SQLITE_SHM_NLOCK> mine{}; // of `locks`: 1 as a reader, -1 as the writer
};

Handle& handle_of(sqlite3_file* file) {
  return *static_cast<Handle*>(file);
}
std::string& bytes_of(sqlite3_file* file) {
  return handle_of(file).file->bytes;
}

int read(sqlite3_file* file, void* out, int size, sqlite3_int64 from) {
  const auto& bytes = bytes_of(file);
  const auto begin = std::min(bytes.size(), static_cast<std::size_t>(from));
  const auto wanted = static_cast<std::size_t>(size),
             there = std::min(bytes.size() - begin, wanted);
  std::memcpy(out, bytes.data() + begin, there);
  std::memset(static_cast<char*>(out) + there, 0, wanted - there);
  return there == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 to) {
  auto& bytes = bytes_of(file);
  const auto end = static_cast<std::size_t>(to) + static_cast<std::size_t>(size);
  if (end > k_most_bytes) {
    return SQLITE_FULL;
  }
  bytes.resize(std::max(bytes.size(), end));
  std::memcpy(bytes.data() + to, from, static_cast<std::size_t>(size));
  return SQLITE_OK;
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  auto& bytes = bytes_of(file);
  bytes.resize(std::min(bytes.size(), static_cast<std::size_t>(size)));
  return SQLITE_OK;
}

int lock(sqlite3_file* of, int level) {
  auto& handle = handle_of(of);
  auto& file = *handle.file;
  if (level <= handle.level) {
    return SQLITE_OK;
  }
  if (level == SQLITE_LOCK_SHARED) {
    if (file.exclusive) {
      return SQLITE_BUSY;
    }
    ++file.shared;
  } else {
    if (file.reserved && handle.level < SQLITE_LOCK_RESERVED) {
      return SQLITE_BUSY;
    }
    if (level == SQLITE_LOCK_EXCLUSIVE && file.shared > 1) {
      return SQLITE_BUSY;
    }
    file.reserved = true;
    file.exclusive = level == SQLITE_LOCK_EXCLUSIVE;
  }
  handle.level = level;
  return SQLITE_OK;
}

int unlock(sqlite3_file* of, int level) {
  auto& handle = handle_of(of);
  auto& file = *handle.file;
  if (level >= handle.level) {
    return SQLITE_OK;
  }
  if (handle.level > SQLITE_LOCK_SHARED) {
    file.reserved = file.exclusive = false;
  }
  if (level == SQLITE_LOCK_NONE) {
    --file.shared;
  }
  handle.level = level;
  return SQLITE_OK;
}

int is_reserved(sqlite3_file* file, int* out) {
  *out = handle_of(file).file->reserved ? 1 : 0;
  return SQLITE_OK;
}

int map_shared(sqlite3_file* file, int region, int size, int extend, void volatile** out) {
  auto& regions = handle_of(file).file->regions;
  const auto index = static_cast<std::size_t>(region);
  while (extend != 0 && regions.size() <= index) {
    regions.push_back(std::make_unique<char[]>(static_cast<std::size_t>(size)));
  }
  *out = index < regions.size() ? regions[index].get() : nullptr;
  return SQLITE_OK;
}

int lock_shared(sqlite3_file* of, int first, int count, int flags) {
  auto& handle = handle_of(of);
  auto& locks = handle.file->locks;
  const int wanted = (flags & SQLITE_SHM_EXCLUSIVE) != 0 ? -1 : 1;
  const auto begin = static_cast<std::size_t>(first), end = begin + static_cast<std::size_t>(count);
  if ((flags & SQLITE_SHM_LOCK) != 0) {
    for (auto i = begin; i < end; ++i) {
      if (handle.mine[i] == 0 && (wanted < 0 ? locks[i] != 0 : locks[i] < 0)) {
        return SQLITE_BUSY;
      }
    }
  }
  for (auto i = begin; i < end; ++i) {
    auto& mine = handle.mine[i];
    const int held = (flags & SQLITE_SHM_LOCK) == 0 ? 0 : mine != 0 ? mine : wanted;
    locks[i] += held - mine;
    mine = held;
  }
  return SQLITE_OK;
}

int unmap_shared(sqlite3_file* of, int remove) {
  lock_shared(of, 0, SQLITE_SHM_NLOCK, SQLITE_SHM_UNLOCK);
  if (remove != 0) {
    handle_of(of).file->regions.clear();
  }
  return SQLITE_OK;
}

int close(sqlite3_file* file) {
  unlock(file, SQLITE_LOCK_NONE);
  unmap_shared(file, 0);
  handle_of(file).~Handle();
  return SQLITE_OK;
}

const sqlite3_io_methods k_methods = {
    2,
    close,
    read,
    write,
    truncate,
    [](sqlite3_file*, int) { return SQLITE_OK; }, // sync
    [](sqlite3_file* file, sqlite3_int64* size) {
      *size = static_cast<sqlite3_int64>(bytes_of(file).size());
      return SQLITE_OK;
    },
    lock,
    unlock,
    is_reserved,
    [](sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }, // a control of other file systems
    [](sqlite3_file*) { return 4096; },
    [](sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; },
    map_shared,
    lock_shared,
    [](sqlite3_file*) {}, // a barrier between threads
    unmap_shared,
    nullptr,
    nullptr,
};

int open(sqlite3_vfs*, const char* name, sqlite3_file* out, int flags, int* flags_out) {
  std::shared_ptr<File> file;
  if (name == nullptr) { // a temporary one
    file = std::make_shared<File>();
  } else if (const auto found = files().find(name); found != files().end()) {
    file = found->second;
  } else if ((flags & SQLITE_OPEN_CREATE) != 0) {
    file = files()[name] = std::make_shared<File>();
  } else {
    out->pMethods = nullptr;
    return SQLITE_CANTOPEN;
  }
  auto* handle = new (out) Handle;
  handle->pMethods = &k_methods;
  handle->file = std::move(file);
  if (flags_out != nullptr) {
    *flags_out = flags;
  }
  return SQLITE_OK;
}

int remove(sqlite3_vfs*, const char* name, int) {
  return files().erase(name) != 0 ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
}

int exists(sqlite3_vfs*, const char* name, int, int* out) {
  *out = files().contains(name) ? 1 : 0;
  return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* name, int size, char* out) {
  sqlite3_snprintf(size, out, "%s", name);
  return SQLITE_OK;
}

int random_bytes(sqlite3_vfs*, int size, char* out) {
  std::memset(out, 7, static_cast<std::size_t>(size));
  return size;
}

} // namespace

void use_memory_files(Seconds now) {
  static Seconds s_now;
  s_now = now;
  static sqlite3_vfs s_vfs = [] {
    sqlite3_vfs vfs{};
    vfs.iVersion = 2;
    vfs.szOsFile = sizeof(Handle);
    vfs.mxPathname = 512;
    vfs.zName = "memory files";
    vfs.xOpen = open;
    vfs.xDelete = remove;
    vfs.xAccess = exists;
    vfs.xFullPathname = full_path;
    vfs.xRandomness = random_bytes;
    vfs.xSleep = [](sqlite3_vfs*, int microseconds) { return microseconds; }; // nobody to wait for
    vfs.xCurrentTimeInt64 = [](sqlite3_vfs*, sqlite3_int64* out) {
      constexpr sqlite3_int64 k_epoch = 210'866'760'000'000; // 1970 in SQLite's milliseconds
      *out = k_epoch + 1000 * s_now;
      return SQLITE_OK;
    };
    return vfs;
  }();
  sqlite3_vfs_register(&s_vfs, 1);
}

void put_database(const std::string& path, std::string_view bytes) {
  auto& file = files()[path];
  if (!file) {
    file = std::make_shared<File>();
  }
  file->bytes = bytes;
  if (const auto log = files().find(path + "-wal"); log != files().end()) {
    log->second->bytes.clear();
  }
  // An index of the log that is none: whoever reads next makes it anew, and forgets all pages.
  constexpr std::size_t k_header = 136;
  for (const auto& region : file->regions) {
    std::memset(region.get(), 0, k_header);
  }
}

void remove_database(const std::string& path) {
  for (const auto* beside : {"", "-wal", "-journal"}) {
    files().erase(path + beside);
  }
}

} // namespace mailfunnel::fuzz
