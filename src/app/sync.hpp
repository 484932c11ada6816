#pragma once
// `mailfunnel sync`: pulls campaigns, recipients and activity of accounts over their ESPs' APIs.
//
// Each answer's records, the marks of the streams and the list of what is still to be asked are
// written in one transaction, a mailing at a time: a sync that is cut off anywhere goes on where it
// was. The newest mailing comes first.

#include "app/api_connection.hpp"
#include "app/twins.hpp"
#include "ingest/session.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mailfunnel {

struct SyncRequest {
  std::string account;
  std::optional<Seconds> since; // nothing older; absent: the account's `history`
  bool full = false;            // all of it again, as if nothing had been pulled before
  bool allow_twins = false;     // mailings that a file seems to have brought are pulled too
  Seconds now = 0;
  std::string rejects; // file for rejected records; empty: one in the workspace
};

struct SyncSummary {
  std::string account, adapter;
  ImportCounts counts;
  std::uint64_t requests = 0;
  std::size_t left = 0;           // tasks that are still to be asked
  std::vector<std::string> notes; // the adapter's words to the user
  std::vector<TaskError> failed;  // asked again the next time
  std::vector<Twins> twins;       // held back: a file seems to have brought them already
  std::optional<Error> error;     // why it went on no further
  std::string rejects;            // the file, when there are any
  bool complete() const { return left == 0 && failed.empty() && !error; }
};

struct SyncHooks {
  /// What is being read, and how many requests are known to be left.
  std::function<void(const std::string& what, std::uint64_t requests, std::size_t left)> progress;
};

/// Failure (locked): another sync or push of the account is running.
SyncSummary sync_account(Store& store, const Workspace& workspace, const SyncRequest& request,
                         const ConnectionSettings& settings, const SyncHooks& hooks);

/// What a sync would ask, without keeping anything: mailings are listed, the rest is counted.
struct SyncEstimate {
  std::string account, adapter;
  std::uint64_t mailings = 0;
  double calls = 0;
  double seconds = 0;             // at the ESP's rate and the account's share of it
  std::optional<double> of_a_day; // share of what the ESP allows a day, where it says
  std::map<std::string, double> by_step;
  std::optional<Error> error;
};
SyncEstimate estimate_sync(Store& store, const Workspace& workspace, const SyncRequest& request,
                           const ConnectionSettings& settings);

} // namespace mailfunnel
