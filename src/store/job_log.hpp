#pragma once
// What `serve` ran, by its timetable or because somebody asked: when, how it ended, what it said.
// The callers hold the writer lock where they write.

#include "base/time.hpp"
#include "store/database.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

/// Who asked for the runs of the timetable.
inline constexpr std::string_view k_schedule = "schedule";

struct JobRun {
  std::int64_t id = 0;
  std::string job;
  Seconds due = 0;     // the moment of the timetable; of a task: when it was asked for
  Seconds started = 0; // while it waits: as `due`
  std::optional<Seconds> ended;
  std::string outcome; // waiting, running, done, partly, failed, stopped
  std::string log;
  std::string by{k_schedule}; // or a person
  std::string title;          // of a task, in words
};

/// One object; with the log where it was read.
std::string to_json(const JobRun& run);

class JobLog {
public:
  explicit JobLog(Database& database) : m_database(database) {}

  std::int64_t begin(std::string_view job, Seconds due, Seconds now);
  /// A task of `by`, which waits until start().
  std::int64_t ask(std::string_view job, std::string_view title, std::string_view by, Seconds now);
  void start(std::int64_t id, Seconds now);
  /// Old runs go: a few hundred of each job stay.
  void end(std::int64_t id, std::string_view outcome, std::string_view log, Seconds now);
  /// Runs of a process that is gone end as stopped. Returns how many there were.
  std::int64_t close_left(Seconds now);

  /// Newest first, without their logs. `job` "": of all.
  std::vector<JobRun> newest(std::string_view job, std::size_t most) { return list(job, "", most); }
  /// Of the timetable alone.
  std::vector<JobRun> newest_scheduled(std::string_view job, std::size_t most) {
    return list(job, "asked_by = 'schedule'", most);
  }
  /// Of people alone.
  std::vector<JobRun> newest_asked(std::size_t most) {
    return list("", "asked_by <> 'schedule'", most);
  }
  std::optional<JobRun> run(std::int64_t id);

private:
  std::vector<JobRun> list(std::string_view job, std::string_view where, std::size_t most);

  Database& m_database;
};

} // namespace mailfunnel
