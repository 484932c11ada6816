#pragma once
// Webhook requests from the spool into the store: read by their adapters, as a sync's answers are.
//
// A row of the spool goes once its events are in the store; where a crash comes between the two, it
// is read again, and an import is a union: nothing is there twice.

#include "app/workspace.hpp"
#include "ingest/session.hpp"
#include "store/hook_spool.hpp"

#include <functional>
#include <string>
#include <vector>

namespace mailfunnel {

struct DrainReport {
  std::uint64_t requests = 0;
  ImportCounts counts;
  std::vector<std::string> remarks; // what could not be read, and where it went
  std::string rejects;              // the file, when there are any
};

/// Until nothing waits or `stopped`. Takes the writer lock for each batch; Failure (locked) where
/// another run keeps it, (io) where the disk is full: what waits stays in the spool.
DrainReport drain_hooks(Store& store, const Workspace& workspace, unsigned threads,
                        HookSpool& spool, Seconds now, const std::function<bool()>& stopped = {});

/// For commands that read activity: what `serve` left behind when it was killed. Does nothing while
/// a `serve` runs, which does it itself within a second or two.
void drain_left_hooks(Store& store, const Workspace& workspace, Seconds now);

/// The account's webhooks were received up to now: its activity is complete since they began, or
/// since the last time that nobody was there to receive them for longer than ESPs try again.
void cover_hooks(Store& store, const AccountConfig& account, Seconds now);

} // namespace mailfunnel
