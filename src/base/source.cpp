#include "base/source.hpp"

#include "base/archive_library.hpp"
#include "base/read_ahead.hpp"
#include "base/utf16.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <glob.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <new>
#include <utility>

namespace mailfunnel {

namespace {

// No log compresses better than this; what does is a bomb.
constexpr std::uint64_t k_most_ratio = 2000, k_free_bytes = std::uint64_t{256} << 20;

class FileHandle {
public:
  explicit FileHandle(int handle) : m_handle(handle) {}
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;
  ~FileHandle() {
    if (m_handle > 2) {
      close(m_handle);
    }
  }
  int get() const { return m_handle; }

private:
  int m_handle;
};

class PlainSource : public ByteSource {
public:
  PlainSource(int handle, std::string name, std::string head)
      : m_handle(handle), m_name(std::move(name)), m_head(std::move(head)) {
    struct stat info {};
    m_regular = fstat(handle, &info) == 0 && S_ISREG(info.st_mode);
    m_total = m_regular ? static_cast<std::uint64_t>(info.st_size) : 0;
    if (m_regular) {
      m_written = info.st_mtime;
    }
  }
  std::size_t read(char* into, std::size_t most) override {
    if (m_head_at < m_head.size()) {
      const auto part = m_head.copy(into, most, m_head_at);
      m_head_at += part;
      m_taken += part;
      return part;
    }
    ssize_t got;
    do {
      if (!wait()) {
        return 0;
      }
      got = ::read(m_handle, into, most);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
      throw Failure({ErrorCode::io, std::string("can't be read: ") + std::strerror(errno), m_name});
    }
    m_taken += static_cast<std::uint64_t>(got);
    return static_cast<std::size_t>(got);
  }
  std::uint64_t taken() const override { return m_taken; }
  std::uint64_t total() const override { return m_total; }

  /// A file proper: reading it does not wait for anybody.
  bool regular() const { return m_regular; }
  std::optional<Seconds> written() const { return m_written; }
  /// From another thread: a read() that waits for a pipe comes back soon, and each gives 0 from now
  /// on.
  void interrupt() { m_interrupted = true; }

private:
  /// False when it is interrupted before there is something to read.
  bool wait() const {
    constexpr int k_look_every = 50; // ms
    pollfd entry{m_handle, POLLIN, 0};
    while (!m_regular && !m_interrupted && poll(&entry, 1, k_look_every) == 0) {
    }
    return !m_interrupted;
  }

  int m_handle;
  bool m_regular = false;
  std::atomic<bool> m_interrupted{false};
  std::string m_name, m_head;
  std::size_t m_head_at = 0;
  std::optional<Seconds> m_written;
  std::atomic<std::uint64_t> m_taken{0}; // also read by who shows progress
  std::uint64_t m_total = 0;
};

class MemorySource : public ByteSource {
public:
  explicit MemorySource(std::string bytes) : m_bytes(std::move(bytes)) {}
  std::size_t read(char* into, std::size_t most) override {
    const auto part = m_bytes.copy(into, most, m_at);
    m_at += part;
    return part;
  }
  std::uint64_t taken() const override { return m_at; }
  std::uint64_t total() const override { return m_bytes.size(); }

private:
  std::string m_bytes;
  std::size_t m_at = 0;
};

/// What libarchive reads from: the bytes already seen, then the file.
struct Feed {
  PlainSource& source;
  std::vector<char> buffer = std::vector<char>(1 << 18);
};

la_ssize_t feed_archive(archive* handle, void* context, const void** buffer) {
  auto& feed = *static_cast<Feed*>(context);
  *buffer = feed.buffer.data();
  try {
    return static_cast<la_ssize_t>(feed.source.read(feed.buffer.data(), feed.buffer.size()));
  } catch (const Failure& failure) {
    archives().archive_set_error(handle, EIO, "%s", failure.error.message.c_str());
    return -1;
  }
}

/// What is compressed, as it is unpacked.
class PackedSource : public ByteSource {
public:
  PackedSource(const PlainSource& file, std::string name) : m_file(file), m_name(std::move(name)) {}
  std::size_t read(char* into, std::size_t most) override {
    // A step that meets broken data gives nothing: a small one loses little that is right.
    constexpr std::size_t k_step = std::size_t{64} << 10;
    const auto got = unpack(into, std::min(most, k_step));
    m_given += got;
    m_taken = taken_now();
    if (m_given > k_free_bytes && m_given / std::max<std::uint64_t>(m_taken, 1) > k_most_ratio) {
      throw Failure(
          {ErrorCode::io,
           fmt::format(
               "is compressed more than {} times: no log is; unpack it yourself if it is right",
               k_most_ratio),
           m_name});
    }
    return got;
  }
  std::uint64_t taken() const override { return m_taken; }
  std::uint64_t total() const override { return m_file.total(); }
  bool unpacks() const override { return true; }

protected:
  [[noreturn]] void broken(const char* why) const {
    throw Failure(
        {ErrorCode::io,
         fmt::format("the compressed data is broken or cut off after {} bytes ({}): what stood "
                     "before was read",
                     m_given, why != nullptr ? why : "no reason given"),
         m_name});
  }

private:
  virtual std::size_t unpack(char* into, std::size_t most) = 0;
  virtual std::uint64_t taken_now() const = 0; // without what waits in a buffer

  const PlainSource& m_file;
  std::string m_name;
  std::uint64_t m_given = 0;
  std::atomic<std::uint64_t> m_taken{0}; // also read by who shows progress
};

class ArchiveSource : public PackedSource {
public:
  ArchiveSource(archive* handle, const PlainSource& file, std::string name)
      : PackedSource(file, std::move(name)), m_handle(handle) {}

private:
  std::size_t unpack(char* into, std::size_t most) override {
    const auto got = archives().archive_read_data(m_handle, into, most);
    if (got < 0) {
      broken(archives().archive_error_string(m_handle));
    }
    return static_cast<std::size_t>(got);
  }
  std::uint64_t taken_now() const override {
    return static_cast<std::uint64_t>(
        std::max<la_int64_t>(archives().archive_filter_bytes(m_handle, -1), 0));
  }

  archive* m_handle;
};

/// zstd by itself: what libarchive unpacked would be copied once more.
class ZstdSource : public PackedSource {
public:
  ZstdSource(PlainSource& file, std::string name)
      : PackedSource(file, std::move(name)), m_file(file), m_stream(ZSTD_createDStream()) {
    if (m_stream == nullptr) {
      throw std::bad_alloc();
    }
  }

private:
  std::size_t unpack(char* into, std::size_t most) override {
    ZSTD_outBuffer out{into, most, 0};
    while (out.pos == 0 && most != 0) {
      if (m_in.pos == m_in.size && !m_more) { // all was taken, and nothing waits in the stream
        m_in = {m_buffer.data(), m_file.read(m_buffer.data(), m_buffer.size()), 0};
        m_read += m_in.size;
        if (m_in.size == 0) {
          if (m_in_frame) {
            broken("it ends within a frame");
          }
          return 0;
        }
      }
      const auto left = ZSTD_decompressStream(m_stream.get(), &out, &m_in);
      if (ZSTD_isError(left) != 0) {
        broken(ZSTD_getErrorName(left));
      }
      m_in_frame = left != 0;
      m_more = out.pos == out.size && m_in_frame;
    }
    return out.pos;
  }
  std::uint64_t taken_now() const override { return m_read - (m_in.size - m_in.pos); }

  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };
  PlainSource& m_file;
  std::unique_ptr<ZSTD_DStream, Free> m_stream;
  std::vector<char> m_buffer = std::vector<char>(ZSTD_DStreamInSize());
  ZSTD_inBuffer m_in{nullptr, 0, 0};
  std::uint64_t m_read = 0;
  bool m_in_frame = false;
  bool m_more = false; // may wait in the stream, as there was no room for it
};

std::string without_compression(std::string name) {
  for (const std::string_view ending : {".gz", ".zst", ".zstd"}) {
    if (name.size() > ending.size() && name.ends_with(ending)) {
      name.resize(name.size() - ending.size());
    }
  }
  return name;
}

std::string last_part(const std::string& path) {
  return without_compression(std::filesystem::path(path).filename().string());
}

enum class Packing { none, gzip, zstd, zip };

Packing packing_of(std::string_view head) {
  using namespace std::string_view_literals;
  return head.starts_with("\x1f\x8b"sv)           ? Packing::gzip
         : head.starts_with("\x28\xb5\x2f\xfd"sv) ? Packing::zstd
         : head.starts_with("PK\x03\x04"sv)       ? Packing::zip
                                                  : Packing::none;
}

/// What one file holds that is compressed as a whole.
void visit_stream(PackedSource& source, PlainSource& file, const std::string& path,
                  std::optional<Seconds> written, const std::function<void(Input&)>& visit) {
  ReadAhead ahead(source, [&file] { file.interrupt(); });
  Utf16Source text(ahead);
  Input input{path, last_part(path), text, written};
  visit(input);
}

Result<void> visit_archive(PlainSource& file, Packing packing, const std::string& path,
                           const std::function<void(Input&)>& visit) {
  const Archive handle(archives().archive_read_new());
  if (packing == Packing::zip) {
    archives().archive_read_support_format_zip(handle.get());
  } else {
    archives().archive_read_support_filter_gzip(handle.get());
    archives().archive_read_support_format_raw(handle.get());
    archives().archive_read_support_format_empty(handle.get());
  }
  Feed feed{file};
  const auto fail = [&] {
    return Error{ErrorCode::io,
                 std::string("can't be unpacked: ") +
                     (archives().archive_error_string(handle.get()) != nullptr
                          ? archives().archive_error_string(handle.get())
                          : "broken"),
                 path};
  };
  if (archives().archive_read_open(handle.get(), &feed, nullptr, feed_archive, nullptr) !=
      ARCHIVE_OK) {
    return fail();
  }
  archive_entry* entry = nullptr;
  for (int code;
       (code = archives().archive_read_next_header(handle.get(), &entry)) != ARCHIVE_EOF;) {
    if (code < ARCHIVE_WARN) {
      return fail();
    }
    // A zip and most gzip headers keep the time that a copy of the file loses.
    const auto written = archives().archive_entry_mtime_is_set(entry) != 0 &&
                                 archives().archive_entry_mtime(entry) > 0
                             ? std::optional<Seconds>(archives().archive_entry_mtime(entry))
                             : file.written();
    if (packing == Packing::zip) {
      const char* inner = archives().archive_entry_pathname(entry);
      if (archives().archive_entry_filetype(entry) != AE_IFREG || inner == nullptr ||
          std::string_view(inner).starts_with("__MACOSX/")) {
        continue;
      }
      const auto name = path + ":" + inner;
      ArchiveSource source(handle.get(), file, name);
      if (!file.regular()) { // not ahead: an interrupted pipe would not give the next file
        Utf16Source text(source);
        Input input{name, last_part(inner), text, written};
        visit(input);
        continue;
      }
      ReadAhead ahead(source);
      Utf16Source text(ahead);
      Input input{name, last_part(inner), text, written};
      visit(input);
    } else {
      ArchiveSource source(handle.get(), file, path);
      visit_stream(source, file, path, written, visit);
    }
  }
  return {};
}

} // namespace

std::unique_ptr<ByteSource> memory_source(std::string bytes) {
  return std::make_unique<MemorySource>(std::move(bytes));
}

Result<std::vector<std::string>> expand_path(const std::string& path) {
  namespace fs = std::filesystem;
  if (path == "-") {
    return std::vector{path};
  }
  std::error_code error;
  if (fs::is_directory(path, error)) {
    std::vector<std::string> files;
    auto walk = fs::recursive_directory_iterator(
        path, fs::directory_options::skip_permission_denied, error);
    for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
      const auto name = walk->path().filename().string();
      if (name.starts_with('.')) {
        walk.disable_recursion_pending();
      } else if (walk->is_regular_file()) {
        files.push_back(walk->path().string());
      }
    }
    std::sort(files.begin(), files.end());
    return files;
  }
  if (fs::exists(path, error)) {
    return std::vector{path};
  }
  glob_t found{};
  std::vector<std::string> files;
  if (path.find_first_of("*?[") != std::string::npos &&
      glob(path.c_str(), 0, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) {
      files.emplace_back(found.gl_pathv[i]);
    }
  }
  globfree(&found);
  if (files.empty()) {
    return Error{ErrorCode::not_found, "no such file or folder", path};
  }
  return files;
}

Result<void> visit_inputs(const std::string& path, const std::function<void(Input&)>& visit) {
  const FileHandle file(path == "-" ? 0 : open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    return Error{ErrorCode::io, std::string("can't be opened: ") + std::strerror(errno), path};
  }
  posix_fadvise(file.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  std::string head(8, '\0');
  std::size_t size = 0;
  for (ssize_t got; size < head.size() &&
                    (got = ::read(file.get(), head.data() + size, head.size() - size)) > 0;) {
    size += static_cast<std::size_t>(got);
  }
  head.resize(size);
  const auto packing = packing_of(head);
  const auto name = path == "-" ? std::string("standard input") : path;
  PlainSource source(file.get(), name, head);
  if (packing == Packing::zstd) {
    ZstdSource unpacked(source, name);
    visit_stream(unpacked, source, name, source.written(), visit);
    return {};
  }
  if (packing != Packing::none) {
    return visit_archive(source, packing, name, visit);
  }
  Utf16Source text(source);
  Input input{name, last_part(path), text, source.written()};
  visit(input);
  return {};
}

Result<std::string> read_file(const std::string& path, std::size_t most) {
  const FileHandle file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    return Error{ErrorCode::io, std::string("can't be opened: ") + std::strerror(errno), path};
  }
  std::string bytes;
  std::array<char, 65'536> part;
  for (ssize_t got; (got = ::read(file.get(), part.data(), part.size())) != 0;) {
    if (got < 0) {
      return Error{ErrorCode::io, std::string("can't be read: ") + std::strerror(errno), path};
    }
    bytes.append(part.data(), static_cast<std::size_t>(got));
    if (bytes.size() > most) {
      return Error{ErrorCode::io, fmt::format("is larger than {} MiB", most >> 20), path};
    }
  }
  return bytes;
}

NewFile::NewFile(std::string path) : m_path(std::move(path)), m_target(m_path) {
  struct stat found {};
  if (lstat(m_path.c_str(), &found) == 0 && S_ISLNK(found.st_mode)) {
    std::error_code dangles; // then the link itself is what is replaced
    const auto target = std::filesystem::canonical(m_path, dangles);
    m_target = dangles ? m_path : target.string();
  }
  const bool is_there = stat(m_path.c_str(), &found) == 0;
  m_in_place = is_there && !S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode);
  m_beside = fmt::format("{}.{}.new", m_target, getpid());
  // What is no plain file is opened by the name that was given: a pipe of /dev/stdout has no other.
  m_file = m_in_place ? open(m_path.c_str(), O_WRONLY | O_CLOEXEC)
                      : open(m_beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (m_file < 0) {
    m_error = errno;
  } else if (!m_in_place) {
    struct stat made {};
    const bool replaces = is_there && S_ISREG(found.st_mode);
    if (!replaces && fstat(m_file, &made) != 0) {
      m_error = errno;
    }
    m_rights = (replaces ? found : made).st_mode & 0777;
    m_hidden = fchmod(m_file, S_IRUSR | S_IWUSR) == 0; // some file systems know no rights
  }
}

NewFile::NewFile(NewFile&& other) noexcept
    : m_path(std::move(other.m_path)), m_target(std::move(other.m_target)),
      m_beside(std::move(other.m_beside)), m_in_place(other.m_in_place), m_hidden(other.m_hidden),
      m_rights(other.m_rights), m_file(std::exchange(other.m_file, -1)), m_error(other.m_error),
      m_size(other.m_size), m_handed_over(other.m_handed_over) {}

NewFile::~NewFile() {
  if (m_file >= 0) {
    close(m_file);
    if (!m_in_place) {
      unlink(m_beside.c_str());
    }
  }
}

void NewFile::put(std::string_view bytes) {
  while (m_error == 0 && !bytes.empty()) {
    const auto written = write(m_file, bytes.data(), bytes.size());
    if (written < 0) {
      m_error = errno;
    } else {
      bytes.remove_prefix(static_cast<std::size_t>(written));
      m_size += static_cast<std::uint64_t>(written);
    }
  }
  hand_over();
}

/// What takes the place of another file is on its way to the disk before it does: file systems see
/// to that, so that after a power cut there is no empty one. Begun early, it costs the end no time.
void NewFile::hand_over() {
#ifdef __linux__
  constexpr std::uint64_t k_least = std::uint64_t{4} << 20;
  if (m_error == 0 && !m_in_place && m_size - m_handed_over >= k_least) {
    sync_file_range(m_file, static_cast<off_t>(m_handed_over),
                    static_cast<off_t>(m_size - m_handed_over), SYNC_FILE_RANGE_WRITE);
    m_handed_over = m_size;
  }
#endif
}

Result<void> NewFile::good() const {
  if (m_error != 0) {
    return Error{ErrorCode::io, std::string("can't be written: ") + std::strerror(m_error), m_path};
  }
  return {};
}

Result<void> NewFile::finish(bool synced) {
  if (m_error == 0 && !m_in_place &&
      ((m_hidden && fchmod(m_file, m_rights) != 0) || (synced && fsync(m_file) != 0) ||
       rename(m_beside.c_str(), m_target.c_str()) != 0)) {
    m_error = errno;
  }
  MF_CHECK(good());
  close(std::exchange(m_file, -1));
  return {};
}

Result<void> write_file(const std::string& path, std::string_view bytes) {
  NewFile file(path);
  file.put(bytes);
  return file.finish(true);
}

} // namespace mailfunnel
