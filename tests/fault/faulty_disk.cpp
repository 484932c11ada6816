// A disk that fails, and a machine that stops, for a program that knows nothing of it: loaded
// before the C library (LD_PRELOAD) it counts the calls by which files change, and lets one go
// wrong.
//
//   MF_FAULT_FOLDER   only files below it are looked at, and sockets
//   MF_FAULT          "<fault> <n>": what happens at the n-th such call; absent: nothing, all are
//   counted MF_FAULT_COUNT    a file: at the end of the process the number of calls is added to it,
//   as a line
//
//   kill      the process is killed before the call (SIGKILL)
//   torn      likewise, when the first half of what was to be written is
//   power     the machine loses its power before the call, or where there are fewer, at the end of
//   the
//             process: what was written and not synced is gone, and the process is killed. (What is
//             renamed, made or removed stays so.)
//   full      from that call on there is no space: ENOSPC
//   broken    from that call on nothing can be written or synced: EIO
//   glitch    that call alone fails: EIO
//   short     that write, where it is one, writes half of what it was given, which is no error
//   sync      the next fsync fails once, and what it should have made durable is lost when the
//   process
//             ends, whatever later fsyncs say: as Linux has it (https://lwn.net/Articles/752063/)
//
// Counted are open() of a new file, write, pwrite, writev, ftruncate, fsync, fdatasync, rename,
// unlink, and for what kills: sendmsg and recvmsg. What is written through a mapping is not seen:
// SQLite's -shm file, which is made anew after a crash.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

template<typename Function> Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}
#define MF_NEXT(name)                                                                              \
  (*[] {                                                                                           \
    static auto* s_next = next<decltype(::name)>(#name);                                           \
    return s_next;                                                                                 \
  }())

enum class Call { write, change, sync, socket };

/// What one write was about to replace, until it is synced.
struct Before {
  std::pair<dev_t, ino_t> file;
  off_t offset, size; // of the write; of the file before it
  std::size_t length;
  std::string bytes;
  bool lost = false; // by a sync that failed
};

class Disk {
public:
  Disk() {
    const char* folder = std::getenv("MF_FAULT_FOLDER");
    m_folder = folder == nullptr ? "" : folder;
    if (const char* fault = std::getenv("MF_FAULT"); fault != nullptr) {
      const std::string_view text = fault;
      m_fault = text.substr(0, text.find(' '));
      m_at = std::strtoul(text.substr(std::min(text.find(' '), text.size())).data(), nullptr, 10);
    }
    m_remembers = m_fault == "power" || m_fault == "sync";
    m_kills = m_fault == "kill" || m_fault == "torn" || m_fault == "power";
  }
  ~Disk() {
    if (m_fault == "power" || m_sync_failed) {
      undo([this](const Before& one) { return one.lost || m_fault == "power"; });
    }
    if (const char* count = std::getenv("MF_FAULT_COUNT"); count != nullptr) {
      const int file = MF_NEXT(open)(count, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
      const auto line = std::to_string(m_calls) + "\n";
      if (MF_NEXT(write)(file, line.data(), line.size()) < 0) {
        std::abort();
      }
      ::close(file);
    }
  }

  bool watches(int file) const {
    struct stat state {};
    if (m_folder.empty() || fstat(file, &state) != 0 || !S_ISREG(state.st_mode)) {
      return false;
    }
    char path[PATH_MAX];
    const auto link = "/proc/self/fd/" + std::to_string(file);
    const auto length = readlink(link.c_str(), path, sizeof path);
    return length > 0 && watches(std::string_view(path, static_cast<std::size_t>(length)));
  }
  bool watches(std::string_view path) const {
    return !m_folder.empty() && path.starts_with(m_folder);
  }
  bool watches_sockets() const { return !m_folder.empty() && (m_kills || m_fault.empty()); }

  /// Counts a call. An error number: it is to fail with that.
  std::optional<int> count(Call call) {
    const bool now = ++m_calls == m_at, over = m_at != 0 && m_calls >= m_at;
    if (now && (m_fault == "kill" || (m_fault == "torn" && call != Call::write))) {
      die();
    }
    if (now && m_fault == "power") {
      undo([](const Before&) { return true; });
      die();
    }
    if (over && m_fault == "full" && call != Call::sync) {
      return ENOSPC;
    }
    if ((over && m_fault == "broken") || (now && m_fault == "glitch")) {
      return EIO;
    }
    if (over && m_fault == "sync" && call == Call::sync && !std::exchange(m_sync_failed, true)) {
      return EIO;
    }
    m_half = now && (m_fault == "torn" || m_fault == "short");
    return std::nullopt;
  }

  /// How much of a write is done.
  std::size_t part(std::size_t length) const { return m_half ? (length + 1) / 2 : length; }
  void written() const {
    if (m_half && m_fault == "torn") {
      die();
    }
  }

  void before_write(int file, off_t offset, std::size_t length) {
    if (!m_remembers) {
      return;
    }
    struct stat state {};
    fstat(file, &state);
    Before before{
        {state.st_dev, state.st_ino}, offset, state.st_size, length, std::string(length, '\0')};
    before.bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(
        0, pread(descriptor_of(file, before.file), before.bytes.data(), length, offset))));
    m_before.push_back(std::move(before));
  }

  void synced(int file, bool done) {
    struct stat state {};
    fstat(file, &state);
    const std::pair id{state.st_dev, state.st_ino};
    for (auto& one : m_before) {
      one.lost = one.lost || (one.file == id && !done);
    }
    // What is lost stays so; behind it all writes are kept, as they may cover it.
    const bool keep = std::any_of(m_before.begin(), m_before.end(),
                                  [&](const Before& one) { return one.file == id && one.lost; });
    if (done && !keep) {
      std::erase_if(m_before, [&](const Before& one) { return one.file == id; });
    }
  }

  std::mutex mutex;

private:
  [[noreturn]] static void die() {
    ::kill(::getpid(), SIGKILL);
    for (;;) {
      ::pause();
    }
  }

  /// One of our own, which reads and writes, and is never closed: the program's locks would go with
  /// it.
  int descriptor_of(int file, std::pair<dev_t, ino_t> id) {
    for (const auto& [known, descriptor] : m_files) {
      if (known == id) {
        return descriptor;
      }
    }
    const auto link = "/proc/self/fd/" + std::to_string(file);
    return m_files.emplace_back(id, MF_NEXT(open)(link.c_str(), O_RDWR | O_CLOEXEC)).second;
  }

  /// Puts back what such writes replaced, the newest first, where none that stays wrote over it.
  template<typename Chosen> void undo(Chosen chosen) {
    for (auto one = m_before.rbegin(); one != m_before.rend(); ++one) {
      if (!chosen(*one)) {
        continue;
      }
      int file = -1;
      for (const auto& [id, descriptor] : m_files) {
        file = id == one->file ? descriptor : file;
      }
      std::vector<bool> covered(one->length);
      bool grown = false; // by a write that stays
      for (auto later = m_before.rbegin(); later != one; ++later) {
        if (later->file != one->file || chosen(*later)) {
          continue;
        }
        grown = true;
        for (std::size_t i = 0; i < one->length; ++i) {
          const auto at = one->offset + static_cast<off_t>(i);
          covered[i] = covered[i] || (at >= later->offset &&
                                      at < later->offset + static_cast<off_t>(later->length));
        }
      }
      for (std::size_t i = 0; i < one->bytes.size(); ++i) {
        if (!covered[i] &&
            MF_NEXT(pwrite)(file, &one->bytes[i], 1, one->offset + static_cast<off_t>(i)) != 1) {
          std::abort();
        }
      }
      if (!grown && MF_NEXT(ftruncate)(file, one->size) != 0) {
        std::abort();
      }
    }
    m_before.clear();
  }

  std::string m_folder, m_fault;
  unsigned long m_at = 0, m_calls = 0;
  bool m_half = false, m_remembers = false, m_kills = false, m_sync_failed = false;
  std::vector<Before> m_before;
  std::vector<std::pair<std::pair<dev_t, ino_t>, int>> m_files;
};

/// Made at the first call, which may be before any initialiser of ours.
Disk& disk() {
  static Disk s_disk;
  return s_disk;
}

int failed(int error) {
  errno = error;
  return -1;
}

template<typename Write>
ssize_t change_bytes(int file, std::optional<off_t> offset, std::size_t length, Write write) {
  auto& d = disk();
  if (!d.watches(file)) {
    return write(length);
  }
  const std::lock_guard lock(d.mutex);
  if (const auto error = d.count(Call::write)) {
    return failed(*error);
  }
  const auto part = d.part(length);
  d.before_write(file, offset.value_or(lseek(file, 0, SEEK_CUR)), part);
  const auto done = write(part);
  d.written();
  return done;
}

template<typename Do> int change_path(const char* path, Do act) {
  auto& d = disk();
  if (path == nullptr || !d.watches(std::string_view(path))) {
    return act();
  }
  const std::lock_guard lock(d.mutex);
  const auto error = d.count(Call::change);
  return error ? failed(*error) : act();
}

template<typename Do> int sync_file(int file, Do act) {
  auto& d = disk();
  if (!d.watches(file)) {
    return act();
  }
  const std::lock_guard lock(d.mutex);
  const auto error = d.count(Call::sync);
  const int done = error ? failed(*error) : act();
  const int reason = errno;
  d.synced(file, done == 0);
  errno = reason;
  return done;
}

template<typename Do> ssize_t talk(Do act) {
  auto& d = disk();
  if (d.watches_sockets()) {
    const std::lock_guard lock(d.mutex);
    d.count(Call::socket);
  }
  return act();
}

int open_file(const char* path, int flags, mode_t mode) {
  const auto act = [&] { return MF_NEXT(open)(path, flags, mode); };
  const bool is_new = (flags & O_CREAT) != 0 && access(path, F_OK) != 0;
  return is_new ? change_path(path, act) : act();
}

} // namespace

extern "C" {

ssize_t write(int file, const void* bytes, size_t length) {
  return change_bytes(file, std::nullopt, length,
                      [&](size_t part) { return MF_NEXT(write)(file, bytes, part); });
}
ssize_t pwrite(int file, const void* bytes, size_t length, off_t offset) {
  return change_bytes(file, offset, length,
                      [&](size_t part) { return MF_NEXT(pwrite)(file, bytes, part, offset); });
}
ssize_t pwrite64(int file, const void* bytes, size_t length, off64_t offset) {
  return pwrite(file, bytes, length, offset);
}
ssize_t writev(int file, const iovec* pieces, int count) { // as one write
  std::string all;
  for (int i = 0; i < count; ++i) {
    all.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
  }
  return write(file, all.data(), all.size());
}
int ftruncate(int file, off_t size) {
  auto& d = disk();
  if (!d.watches(file)) {
    return MF_NEXT(ftruncate)(file, size);
  }
  const std::lock_guard lock(d.mutex);
  if (const auto error = d.count(Call::change)) {
    return failed(*error);
  }
  struct stat state {};
  fstat(file, &state);
  d.before_write(file, size, static_cast<std::size_t>(std::max<off_t>(0, state.st_size - size)));
  return MF_NEXT(ftruncate)(file, size);
}
int ftruncate64(int file, off64_t size) {
  return ftruncate(file, size);
}

int fsync(int file) {
  return sync_file(file, [&] { return MF_NEXT(fsync)(file); });
}
int fdatasync(int file) {
  return sync_file(file, [&] { return MF_NEXT(fdatasync)(file); });
}
int rename(const char* from, const char* to) {
  return change_path(to, [&] { return MF_NEXT(rename)(from, to); });
}
int unlink(const char* path) {
  return change_path(path, [&] { return MF_NEXT(unlink)(path); });
}
int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const auto mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : mode_t{0};
  va_end(rest);
  return open_file(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const auto mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : mode_t{0};
  va_end(rest);
  return open_file(path, flags, mode);
}
ssize_t sendmsg(int socket, const msghdr* message, int flags) {
  return talk([&] { return MF_NEXT(sendmsg)(socket, message, flags); });
}
ssize_t recvmsg(int socket, msghdr* message, int flags) {
  return talk([&] { return MF_NEXT(recvmsg)(socket, message, flags); });
}

} // extern "C"
