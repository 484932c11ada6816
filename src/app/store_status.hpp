#pragma once
// Counts and health of a store: for `status` and the API.

#include "base/time.hpp"
#include "store/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mailfunnel {

struct AccountStatus {
  std::string name, adapter;
  std::uint64_t mailings = 0, events = 0;
  std::optional<Seconds> from, to; // what its sources told
};

struct StoreStatus {
  std::string path;
  std::uint64_t bytes = 0, recipients = 0, campaigns = 0;
  std::uint64_t events = 0, inbox = 0; // `inbox` of them are not in the blocks yet
  std::optional<Seconds> scored_as_of; // of the newest run
  bool scores_current = false;         // nothing changed since
  std::vector<AccountStatus> accounts;
};

StoreStatus status_of(Store& store);
std::string to_json(const StoreStatus& status); // one object

} // namespace mailfunnel
