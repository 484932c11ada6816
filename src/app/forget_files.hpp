#pragma once
// The files of a workspace that may name somebody who is to be erased. Those that this program
// wrote for itself (rejected records, kept plans) are written anew without the person; in others
// nothing is changed: they are told, for their owner to see to.

#include "app/traces.hpp"
#include "app/workspace.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace mailfunnel {

struct CleanedFile {
  std::string path, what; // "rejected records", "members of a kept plan"
  std::uint64_t removed = 0;
};

struct FileTraces {
  std::vector<CleanedFile> cleaned;
  std::vector<std::string> left;      // others that name the person
  std::vector<std::string> not_known; // could not be looked into to their end
};

/// Looks into every file below the workspace's folder but the store's own; links are not followed.
/// Done again it finds nothing more to do. `dry_run`: says what it would do.
FileTraces clean_files(const Workspace& workspace, const Traces& traces, bool dry_run);

} // namespace mailfunnel
