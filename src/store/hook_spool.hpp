#pragma once
// Webhook requests that came in and are not in the store yet: a SQLite file of its own beside the
// store, <store>.hooks, so that taking them in waits for no import. What append() wrote is durable.
//
// Requests stand as they came, many in a row: a row is what was written at once, packed.

#include "base/time.hpp"
#include "store/database.hpp"

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mailfunnel {

struct SpooledHook {
  std::string account;
  Seconds received = 0;
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  std::size_t bytes() const { return url.size() + body.size(); } // about
};

class HookSpool {
public:
  static std::string path_of(const std::string& store_path) { return store_path + ".hooks"; }
  /// Do requests wait beside this store?
  static bool waiting(const std::string& store_path);

  /// Makes the file where there is none. One process at a time has a HookSpool of a store: hold the
  /// HookLease (app/account_lease.hpp).
  explicit HookSpool(const std::string& store_path);

  // All of these from any thread.

  /// Returns when all of it is on the disk. Throws Failure where it can't be: then none of it is.
  void append(const std::vector<const SpooledHook*>& hooks);

  struct Batch {
    std::int64_t last = 0; // up to which drop() may go; 0: nothing waits
    std::vector<SpooledHook> hooks;
    std::vector<std::string> damaged; // rows that can't be read any more
  };
  /// The oldest rows: about `most` bytes of requests, but at least one row.
  Batch read(std::size_t most);
  /// Rows up to this one are in the store. They are overwritten, and the log is emptied once
  /// nothing waits.
  void drop(std::int64_t last);

  struct Waiting {
    std::uint64_t requests = 0, bytes = 0; // bytes as packed
    std::optional<Seconds> oldest;
  };
  Waiting waiting();

private:
  std::mutex m_mutex;
  Database m_database;
};

} // namespace mailfunnel
