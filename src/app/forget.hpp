#pragma once
// `mailfunnel forget`: erasure. What is known of a person is removed from store and workspace, and
// a keyed hash stays so that nothing brings the person back (docs/privacy.md).
//
// In this order, so that a crash anywhere leaves a state from which the same command, given again,
// ends as if nothing had happened:
//   1. files of the workspace, while the store still tells whom to look for
//   2. one transaction: tombstones, and all else that the store holds of the person
//   3. the store's file is built anew and its write-ahead log emptied; when the program ends before
//      that, whatever next opens the store for writing does it

#include "app/forget_files.hpp"

#include <functional>
#include <string>
#include <vector>

namespace mailfunnel {

struct ForgetRequest {
  std::vector<std::string> people; // addresses or contact ids
  bool dry_run = false;            // what would go; nothing does
  std::string user;                // for the access log
  Seconds now = 0;
};

/// A person at an account, for erasing there as well.
struct PlatformErasure {
  std::string account, adapter, title;
  std::string address, contact_id; // before they are gone
  bool archived = false;           // the platform was left
  std::string how;                 // what is to be done there, in words
};

struct ForgetResult {
  std::uint64_t erased = 0;  // people
  std::uint64_t unknown = 0; // of them, those of whom nothing was known: kept out from now on
  std::uint64_t before = 0;  // erased at an earlier time
  std::uint64_t keys = 0, events = 0, attributes = 0, suppressions = 0, pushes = 0, plans = 0,
                tasks = 0, texts = 0, runs = 0;
  FileTraces files;
  std::vector<PlatformErasure> platforms;
  bool scrubbed = true;   // false: a reader was in the way of step 3
  bool hooks_read = true; // false: webhooks still wait that may name the person
};

struct ForgetHooks {
  std::function<void(const std::string& what, std::uint64_t done, std::uint64_t total)> progress;
};

/// Failure (usage): one of the names is no address, nor a contact id that is known; then nobody is
/// erased.
ForgetResult forget(Store& store, const Workspace& workspace, const ForgetRequest& request,
                    const ForgetHooks& hooks);

/// Somebody who was erased comes back by his or her own wish: new records are kept again. Returns
/// whether there was such an erasure.
bool lift_erasure(Store& store, const std::string& who, const std::string& user, Seconds now);

} // namespace mailfunnel
