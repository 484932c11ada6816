#include "fault/faulty_sqlite.hpp"

#include <sqlite3.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

namespace mailfunnel::fault {

namespace {

enum class Call { write, sync, other, memory };

std::atomic<bool> g_armed, g_hit;
std::atomic<std::uint64_t> g_calls, g_at;
std::atomic<Fault> g_fault;

/// Counts it. Is it to fail?
bool fails(Call call) {
  if (!g_armed || (call == Call::memory) != (g_fault == Fault::memory)) {
    return false;
  }
  const auto number = ++g_calls;
  const bool now = number == g_at, over = number >= g_at;
  bool out = false;
  switch (g_fault) {
  case Fault::full:
    out = over && call != Call::sync;
    break;
  case Fault::broken:
    out = over;
    break;
  case Fault::glitch:
  case Fault::memory:
    out = now;
    break;
  case Fault::half_write:
    out = over && call == Call::write && !g_hit;
    break;
  case Fault::sync:
    out = over && call == Call::sync && !g_hit;
    break;
  }
  g_hit = g_hit || out;
  return out;
}

int error_of(int usual) {
  return g_fault == Fault::full ? SQLITE_FULL : usual;
}

// ---- files -------------------------------------------------------------------------------------

sqlite3_vfs* g_system;

/// A file of the system's VFS lies right behind ours.
struct File {
  sqlite3_file base;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
File* ours(sqlite3_file* file) {
  return reinterpret_cast<File*>(file);
}
template<typename Result, typename... Parameters, typename... Arguments>
Result pass(Result (*sqlite3_io_methods::*method)(sqlite3_file*, Parameters...), sqlite3_file* file,
            Arguments... arguments) {
  auto* real = ours(file)->real();
  return (real->pMethods->*method)(real, arguments...);
}

int write_file(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  if (!fails(Call::write)) {
    return pass(&sqlite3_io_methods::xWrite, file, bytes, size, offset);
  }
  if (g_fault == Fault::half_write) {
    pass(&sqlite3_io_methods::xWrite, file, bytes, size / 2, offset);
  }
  return error_of(SQLITE_IOERR_WRITE);
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  return fails(Call::other) ? error_of(SQLITE_IOERR_TRUNCATE)
                            : pass(&sqlite3_io_methods::xTruncate, file, size);
}
int sync_file(sqlite3_file* file, int flags) {
  return fails(Call::sync) ? SQLITE_IOERR_FSYNC : pass(&sqlite3_io_methods::xSync, file, flags);
}

/// What is not written passes through.
template<auto Method> struct Through;
template<typename Result, typename... Parameters,
         Result (*sqlite3_io_methods::*Method)(sqlite3_file*, Parameters...)>
struct Through<Method> {
  static Result call(sqlite3_file* file, Parameters... arguments) {
    return pass(Method, file, arguments...);
  }
};
#define MF_THROUGH(name) Through<&sqlite3_io_methods::name>::call

const sqlite3_io_methods k_methods{3,
                                   MF_THROUGH(xClose),
                                   MF_THROUGH(xRead),
                                   write_file,
                                   truncate_file,
                                   sync_file,
                                   MF_THROUGH(xFileSize),
                                   MF_THROUGH(xLock),
                                   MF_THROUGH(xUnlock),
                                   MF_THROUGH(xCheckReservedLock),
                                   MF_THROUGH(xFileControl),
                                   MF_THROUGH(xSectorSize),
                                   MF_THROUGH(xDeviceCharacteristics),
                                   MF_THROUGH(xShmMap),
                                   MF_THROUGH(xShmLock),
                                   MF_THROUGH(xShmBarrier),
                                   MF_THROUGH(xShmUnmap),
                                   MF_THROUGH(xFetch),
                                   MF_THROUGH(xUnfetch)};

int open_file(sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* file, int flags, int* given) {
  auto* mine = ours(file);
  mine->base.pMethods = nullptr;
  if ((flags & SQLITE_OPEN_CREATE) != 0 && fails(Call::other)) {
    return error_of(SQLITE_CANTOPEN);
  }
  const int code = g_system->xOpen(g_system, name, mine->real(), flags, given);
  if (mine->real()->pMethods != nullptr) {
    mine->base.pMethods = &k_methods;
  }
  return code;
}
int delete_file(sqlite3_vfs* /*vfs*/, const char* name, int sync) {
  return fails(Call::other) ? SQLITE_IOERR_DELETE : g_system->xDelete(g_system, name, sync);
}

void install_files() {
  g_system = sqlite3_vfs_find(nullptr);
  static sqlite3_vfs s_vfs = *g_system; // what is not of files stays the system's
  s_vfs.zName = "faulty";
  s_vfs.pNext = nullptr;
  s_vfs.szOsFile = static_cast<int>(sizeof(File)) + g_system->szOsFile;
  s_vfs.xOpen = open_file;
  s_vfs.xDelete = delete_file;
  if (sqlite3_vfs_register(&s_vfs, 1) != SQLITE_OK) {
    std::abort();
  }
}

// ---- memory ------------------------------------------------------------------------------------

sqlite3_mem_methods g_memory;

void install_memory() {
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &g_memory);
  auto mine = g_memory;
  mine.xMalloc = [](int size) { return fails(Call::memory) ? nullptr : g_memory.xMalloc(size); };
  mine.xRealloc = [](void* old, int size) {
    return fails(Call::memory) ? nullptr : g_memory.xRealloc(old, size);
  };
  if (sqlite3_config(SQLITE_CONFIG_MALLOC, &mine) != SQLITE_OK) {
    std::abort();
  }
}

} // namespace

std::string_view name_of(Fault fault) {
  constexpr std::array<std::string_view, 6> k_names{"full",       "broken", "glitch",
                                                    "half write", "sync",   "memory"};
  return k_names[static_cast<std::size_t>(fault)];
}

void install_faulty_sqlite() {
  install_memory();
  install_files();
}

void arm(Fault fault, std::uint64_t n) {
  g_fault = fault;
  g_at = n;
  g_calls = 0;
  g_hit = false;
  g_armed = true;
}

bool disarm() {
  g_armed = false;
  return g_hit;
}

} // namespace mailfunnel::fault
