#pragma once
// SQLite over files and memory that fail: a VFS of our own in front of the system's, and an
// allocator likewise. Only SQLite notices; of the rest of the program faulty_disk.cpp takes care.

#include <cstdint>
#include <string_view>

namespace mailfunnel::fault {

enum class Fault {
  full,       // from the n-th call on: no space
  broken,     // from the n-th call on: nothing is written or synced
  glitch,     // the n-th call alone fails
  half_write, // that write, or the next one, writes half and tells that it failed
  sync,       // the next sync after n calls fails once
  memory,     // the n-th allocation fails, alone
};
std::string_view name_of(Fault fault);

/// Before anything opens a database; once a process.
void install_faulty_sqlite();

/// From now on calls are counted, of all threads: writes, syncs, truncations, new and removed
/// files; or for `memory` allocations. The n-th goes wrong, n from 1.
void arm(Fault fault, std::uint64_t n);
/// All is well from now on. Returns whether anything went wrong.
bool disarm();

} // namespace mailfunnel::fault
