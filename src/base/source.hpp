#pragma once
// Where bytes come from: files, folders, globs, standard input; plain, gzip, zstd, or the files in
// a zip. Text in UTF-16 with a byte order mark comes out as UTF-8.

#include "base/result.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

class ByteSource {
public:
  virtual ~ByteSource() = default;
  /// Fills up to `most` bytes; 0 at the end. Throws Failure (with the input's name) when the rest
  /// can't be read: a broken or cut off compression, a disk error, a ratio of compression that no
  /// log has.
  virtual std::size_t read(char* into, std::size_t most) = 0;
  /// Bytes of the file taken so far, and of the file (0: not known): for the progress bar.
  virtual std::uint64_t taken() const = 0;
  virtual std::uint64_t total() const = 0;
  /// Is reading work (compressed input is unpacked), so that it is better done ahead?
  virtual bool unpacks() const { return false; }
  /// Says that one thread alone reads and has other work too: what unpacks then does so in a thread
  /// of its own. Several readers need none: one of them unpacks while the others work.
  virtual void read_ahead() {}
};

std::unique_ptr<ByteSource> memory_source(std::string bytes);

/// One file's content. `name` is for people ("logs.zip:march.csv"), `file_name` the last part
/// without .gz or .zst.
struct Input {
  std::string name, file_name;
  ByteSource& bytes;
  /// When it was last written, as the file system or the archive tells; nullopt: a pipe. For logs
  /// whose times have no year.
  std::optional<Seconds> written{};
};

/// Files that a path stands for: itself, "-", what a folder holds (deep, by name, hidden ones left
/// out), what a glob matches.
Result<std::vector<std::string>> expand_path(const std::string& path);

/// Calls visit for the content of a file: once, or once a file for a zip. Returns the error when it
/// can't be opened.
Result<void> visit_inputs(const std::string& path, const std::function<void(Input&)>& visit);

/// A whole file; an error above `most` bytes.
Result<std::string> read_file(const std::string& path, std::size_t most = std::size_t{64} << 20);

/// A file that appears whole or not at all: written beside its name, where only this user can read
/// it if the file system knows rights, then moved into place, where it has those of the one that it
/// replaces. A link is followed first. What is no plain file (a device, a pipe) is written to as it
/// stands.
class NewFile {
public:
  explicit NewFile(std::string path);
  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&& other) = delete;
  ~NewFile(); // what is not finished goes

  void put(std::string_view bytes);
  /// Can nobody but this user read any of it before it is finished?
  bool hidden() const { return m_hidden; }
  /// Did all of it go well so far?
  Result<void> good() const;
  /// The first error on the way, if there was one. `synced`: it outlives a power cut too.
  Result<void> finish(bool synced);

private:
  void hand_over();
  std::string m_path;   // as it was given
  std::string m_target; // what it leads to
  std::string m_beside; // where it grows: a name that no other process has
  bool m_in_place = false, m_hidden = false;
  unsigned m_rights = 0; // of the file, once it is finished
  int m_file = -1;
  int m_error = 0; // errno of the first
  std::uint64_t m_size = 0,
                m_handed_over = 0; // bytes; of them such as are on their way to the disk
};

/// A NewFile at once, synced.
Result<void> write_file(const std::string& path, std::string_view bytes);

} // namespace mailfunnel
