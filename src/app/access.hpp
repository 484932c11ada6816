#pragma once
// `mailfunnel access`: everything that is kept of one person, for the person (art. 15 GDPR): as
// data, and as a letter (access_letter.hpp).

#include "app/access_log.hpp"
#include "app/explain.hpp"
#include "app/objection.hpp"

#include <string>
#include <vector>

namespace mailfunnel {

struct AccessReport {
  Seconds as_of = 0;
  std::vector<std::string> addresses;
  struct Contact {
    std::string account, id;
  };
  std::vector<Contact> contacts;
  std::vector<Recipients::Statement> attributes; // with their history; subscriptions among them
  std::vector<HandSuppression> suppressions;
  std::vector<PersonEvent> events;
  Explanation score;                 // with the ledger
  std::vector<std::string> segments; // of the config, in which the person is now
  struct Push {
    Seconds at = 0;
    std::string account, platform, segment, action, state, before, after; // values as JSON
  };
  std::vector<Push> pushes; // oldest first
  struct Run {
    std::int64_t id = 0;
    Seconds as_of = 0;
    std::vector<std::string> uses; // what left the program with it
  };
  std::vector<Run> runs; // kept runs that the person is in, oldest first
  std::vector<Access> accesses;
  struct Source {
    std::string account, platform;
  };
  std::vector<Source> sources; // accounts whose records tell of the person
};

/// Error not_found as in Person::find().
Result<AccessReport> access_report(Store& store, const Workspace& workspace, const std::string& who,
                                   Seconds now);

} // namespace mailfunnel
