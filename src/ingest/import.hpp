#pragma once
// Reads one input into the store with several threads.

#include "adapter/adapter.hpp"
#include "base/source.hpp"
#include "ingest/session.hpp"
#include "ingest/worker.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mailfunnel {

struct StreamReport {
  ImportCounts counts;
  std::vector<std::string> accounts; // whose events came in, by name
  bool waits = false; // it is not written yet: Session::take_written() will tell what was new
  std::optional<Error>
      error; // the input could not be read to its end; what came before it is in the store
};

struct StreamHooks {
  std::function<void(const Rejected&)> rejected; // in the order of the input
  std::function<void(std::uint64_t taken, std::uint64_t total)>
      progress;                  // bytes of the file; from any thread
  std::function<bool()> stopped; // true: finish what is read and stop
  bool may_wait = false; // what tells of people and mailings alone may wait for the next input
};

/// `head` was read from `input` for detection. Each flush is one durable transaction: what it held
/// is there whatever happens later. A session that it left by an exception goes on with no other
/// input.
StreamReport import_stream(Session& session, Input& input, std::string head, LogReader& reader,
                           const StreamHooks& hooks);

} // namespace mailfunnel
