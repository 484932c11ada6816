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
  std::optional<Error>
      error; // the input could not be read to its end; what came before it is in the store
};

struct StreamHooks {
  std::function<void(const Rejected&)> rejected; // in the order of the input
  std::function<void(std::uint64_t taken, std::uint64_t total)>
      progress;                  // bytes of the file; from any thread
  std::function<bool()> stopped; // true: finish what is read and stop
};

/// `head` was read from `input` for detection. Each flush is one transaction, and durable before
/// the next: what it held is there whatever happens later. The last one is once Session::settle()
/// says so. A session that was left by an exception goes on with no other input.
StreamReport import_stream(Session& session, Input& input, std::string head, LogReader& reader,
                           const StreamHooks& hooks);

} // namespace mailfunnel
