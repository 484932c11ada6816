#include "store/backup.hpp"

#include "store/file_sync.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace mailfunnel {

namespace {

namespace fs = std::filesystem;

constexpr int k_piece = 256; // pages of 16 KiB
constexpr std::array k_beside{"",           "-wal",       "-shm",       "-journal",
                              ".key",       ".lock",      ".hooks",     ".hooks.lock",
                              ".hooks-wal", ".hooks-shm", ".erased.key"};

[[noreturn]] void fail(const std::string& file) {
  throw Failure({ErrorCode::io,
                 std::string("can't be written: ") + std::strerror(errno) +
                     ": see to the disk, then run the same command again",
                 file});
}

void refuse_own_files(const std::string& store, const std::string& file) {
  for (const auto* ending : k_beside) {
    std::error_code none;
    if (fs::equivalent(store + ending, file, none)) {
      throw Failure({ErrorCode::usage, "is a file of the store itself: name another", file});
    }
  }
}

/// What SQLite keeps beside a database would be taken for that of the new one.
void remove_logs(const std::string& file) {
  for (const auto* ending : {"-wal", "-shm", "-journal"}) {
    unlink((file + ending).c_str());
  }
}

/// The file under way: ours alone while it is open, gone where it was not kept.
class Draft {
public:
  explicit Draft(const std::string& file) : m_path(file + ".new") {
    struct stat opened {
    }, named{};
    if (stat(file.c_str(), &named) == 0 && !S_ISREG(named.st_mode)) {
      throw Failure({ErrorCode::usage, "is no plain file: a backup needs one of its own", file});
    }
    m_file = open(m_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (m_file < 0) {
      fail(m_path);
    }
    const bool ours = flock(m_file, LOCK_EX | LOCK_NB) == 0 && fstat(m_file, &opened) == 0 &&
                      stat(m_path.c_str(), &named) == 0 && opened.st_ino == named.st_ino;
    if (!ours) { // under way, or moved into place just now
      close(m_file);
      throw Failure({ErrorCode::locked, "another backup into this file is under way", file});
    }
    remove_logs(m_path);
    if (ftruncate(m_file, 0) != 0) { // of one that was killed
      fail(m_path);
    }
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() {
    if (!m_kept) {
      unlink(m_path.c_str());
    }
    close(m_file);
  }

  const std::string& path() const { return m_path; }

  std::uint64_t move_to(const std::string& file) {
    struct stat written {};
    if (fsync(m_file) != 0 || fstat(m_file, &written) != 0) {
      fail(file);
    }
    remove_logs(file);
    if (rename(m_path.c_str(), file.c_str()) != 0) {
      fail(file);
    }
    m_kept = true;
    sync_folder_of(file);
    return static_cast<std::uint64_t>(written.st_size);
  }

private:
  std::string m_path;
  int m_file = -1;
  bool m_kept = false;
};

void copy_pages(Database& from, Database& to, const BackupSettings& settings) {
  auto* backup = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
  if (backup == nullptr) {
    to.fail("backup");
  }
  int code = SQLITE_OK;
  bool stopped = false;
  while (code == SQLITE_OK && !stopped) {
    code = sqlite3_backup_step(backup, k_piece);
    const auto all = static_cast<std::uint64_t>(sqlite3_backup_pagecount(backup));
    const auto left = static_cast<std::uint64_t>(sqlite3_backup_remaining(backup));
    stopped = settings.go_on && !settings.go_on(all - left, all);
  }
  const bool done = code == SQLITE_DONE;
  if (sqlite3_backup_finish(backup); !done && !stopped) {
    to.fail("backup");
  }
  if (!done) {
    throw Failure({ErrorCode::stopped, "stopped: no backup was made"});
  }
}

} // namespace

std::uint64_t back_up(const Store& store, const std::string& file, const BackupSettings& settings) {
  refuse_own_files(store.path(), file);
  if (!settings.replace && Store::exists(file)) {
    throw Failure({ErrorCode::conflict, "is there already: name another file, or --force", file});
  }
  Draft draft(file);
  {
    auto from = store.reader();
    from.execute(
        "SELECT count(*) FROM sqlite_schema"); // its moment begins here, not with each piece
    Database to(draft.path(), Database::Access::write);
    // What is cut off is thrown away: no journal on the disk, and synced once at the end.
    to.execute("PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF");
    copy_pages(from, to, settings);
  }
  return draft.move_to(file);
}

} // namespace mailfunnel
