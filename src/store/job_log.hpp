#pragma once
// What the scheduler ran: when, for which moment of the timetable, how it ended, what it said. The
// callers hold the writer lock where they write.

#include "base/time.hpp"
#include "store/database.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

struct JobRun {
  std::int64_t id = 0;
  std::string job;
  Seconds due = 0, started = 0;
  std::optional<Seconds> ended;
  std::string outcome; // running, done, partly, failed, stopped
  std::string log;
};

/// One object; with the log where it was read.
std::string to_json(const JobRun& run);

class JobLog {
public:
  explicit JobLog(Database& database) : m_database(database) {}

  std::int64_t begin(std::string_view job, Seconds due, Seconds now);
  /// Old runs go: a few hundred of each job stay.
  void end(std::int64_t id, std::string_view outcome, std::string_view log, Seconds now);
  /// Runs of a process that is gone end as stopped. Returns how many there were.
  std::int64_t close_left(Seconds now);

  /// Newest first, without their logs. `job` "": of all.
  std::vector<JobRun> newest(std::string_view job, std::size_t most);
  std::optional<JobRun> run(std::int64_t id);

private:
  Database& m_database;
};

} // namespace mailfunnel
