#pragma once
// The jobs of [schedule]: chains of commands. Each command runs as a process of its own, as if it
// were typed: what it needs of memory goes back when it ends, and nothing that goes wrong in it
// takes the receiver of webhooks down.

#include "app/progress_line.hpp"
#include "app/workspace.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

using Commands = std::vector<std::vector<std::string>>;

struct Job {
  std::string name;
  Timetable timetable;
  Commands commands; // "sync", "-q"
};

/// sync:  pull, score
/// score: score
/// push:  pull, score, push
/// notify, every few minutes, where there is a [[notify]]
/// Pulling is left out where no account can be pulled.
std::vector<Job> jobs_of(const Workspace& workspace);

struct CommandHooks {
  std::function<bool()> stopped;                 // it is to end
  std::function<void(std::string_view)> wrote{}; // what came of both its streams, as it came
};

struct CommandResult {
  int code = 0;       // exit code; 128 + N where a signal ended it
  std::string output; // the end of both its streams
};

/// Runs this program with these arguments and `input` (a few kilobytes at most) to read; asks it to
/// end, and after some seconds makes it, when it is stopped.
CommandResult run_command(const std::vector<std::string>& arguments, const CommandHooks& hooks,
                          std::string_view input = {});

struct JobHooks {
  std::function<bool()> stopped{};
  std::function<void(const ProgressLine&)> progress{}; // of commands that are asked for it
  std::function<void(std::string_view)> line{};        // each that stands in the log, as it comes
  /// What is to stand in the log in place of a line.
  std::function<std::string(std::string_view)> rewrite{};
};

struct JobResult {
  std::string outcome; // done, partly, failed, stopped
  std::string log;     // each command and the end of what it said
};

/// The end of a text that grows is kept, from the start of a line.
void keep_end(std::string& text);

/// One command after the other, to the first that fails. `where`: the options that name the
/// workspace, for each of them. `input`: of each.
JobResult run_job(const Commands& commands, const std::vector<std::string>& where,
                  const JobHooks& hooks, std::string_view input = {});

} // namespace mailfunnel
