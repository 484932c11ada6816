#pragma once
// Who saw, exported or erased whom (docs/privacy.md). Every way of the program to one person's data
// writes a line here, and so does every list that leaves it. People are kept as numbers, so that
// who is erased is nowhere named.

#include "model/activity.hpp"
#include "store/erasures.hpp"
#include "store/store.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mailfunnel {

struct Access {
  Seconds at = 0;
  std::string who;  // the user: of the system (system_user()), or of the web API
  std::string what; // "explain", "access", "export", "forget"
  std::string
      person; // an address or contact id as find_person() takes it; "": of many, or nobody's
  std::uint64_t people = 1;
  std::string detail; // "segment sales-calls, to calls.csv"
};

/// Notes one. Takes the writer lock for a moment. Error: it could not be noted, as the store can't
/// be written; whether the caller goes on is his to say (the command line does, and says so).
Result<void> note_access(const std::string& store_path, const Access& access);
/// The same about who is known by that number, in a store that is open to read and holds no moment.
/// The line is on the disk only after sync_log() (store/writing.hpp).
Result<void> note_reading(Store& store, const Access& access, RecipientId person);
/// The same within a transaction of the caller's; `recipient` or `hash` tells whom.
void note_access(Database& database, const Access& access, std::optional<std::uint32_t> recipient,
                 const std::optional<KeyedHash>& hash);

/// The newest first. `person`: "" is everybody. Of who was erased Access::person is "erased".
/// Error not_found: nobody is known by that name, nor was anybody erased who had it.
Result<std::vector<Access>> accesses(Store& store, const std::string& person, std::size_t most);

/// The name of the system's user who runs the program; behind sudo, who called it.
std::string system_user();

} // namespace mailfunnel
