#pragma once
// The jobs of [schedule]: chains of commands. Each command runs as a process of its own, as if it
// were typed: what it needs of memory goes back when it ends, and nothing that goes wrong in it
// takes the receiver of webhooks down.

#include "app/workspace.hpp"

#include <functional>
#include <string>
#include <vector>

namespace mailfunnel {

struct Job {
  std::string name;
  Timetable timetable;
  std::vector<std::vector<std::string>> commands; // "sync", "-q"
};

/// sync:  pull, score
/// score: score
/// push:  pull, score, push
/// notify, every few minutes, where there is a [[notify]]
/// Pulling is left out where no account can be pulled.
std::vector<Job> jobs_of(const Workspace& workspace);

struct CommandResult {
  int code = 0;       // exit code; 128 + N where a signal ended it
  std::string output; // the end of both its streams
};

/// Runs this program with these arguments; asks it to end, and after some seconds makes it, when
/// `stopped`.
CommandResult run_command(const std::vector<std::string>& arguments,
                          const std::function<bool()>& stopped);

struct JobResult {
  std::string outcome; // done, partly, failed, stopped
  std::string log;     // each command and what it said
};

/// One command after the other, to the first that fails. `where`: the options that name the
/// workspace, for each of them.
JobResult run_job(const Job& job, const std::vector<std::string>& where,
                  const std::function<bool()>& stopped);

} // namespace mailfunnel
