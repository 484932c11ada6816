#include "app/job.hpp"

#include "app/api_connection.hpp"
#include "base/text.hpp"
#include "store/job_log.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

namespace mailfunnel {

namespace {

constexpr auto k_notify = "every 5m";
constexpr std::size_t k_output = 64 << 10; // bytes that are kept of a command
constexpr int k_look = 100;                // milliseconds, between two questions
constexpr std::chrono::seconds k_patience{6};
constexpr int k_partly = 3, k_first_signal = 128;
constexpr int k_stdout = 1, k_stderr = 2, k_first_other = 3;

void keep_end(std::string& text) {
  if (text.size() > k_output) {
    text.erase(0, text.size() - k_output);
  }
}

/// A process and the end of the pipe that it writes into.
struct Child {
  pid_t id = -1;
  int output = -1;
};

Child spawn(const std::vector<std::string>& arguments) {
  std::array<int, 2> pipe{};
  if (pipe2(pipe.data(), O_CLOEXEC) != 0) {
    throw Failure({ErrorCode::io, std::string("no pipe: ") + std::strerror(errno)});
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], k_stdout);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], k_stderr);
  posix_spawn_file_actions_addclosefrom_np(&actions, k_first_other); // sockets above all
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
  posix_spawnattr_setpgroup(&attributes, 0); // Ctrl-C in the terminal is for us
  sigset_t usual;
  sigemptyset(&usual);
  sigaddset(&usual, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  std::vector<std::string> texts{"mailfunnel"};
  texts.insert(texts.end(), arguments.begin(), arguments.end());
  std::vector<char*> words;
  for (auto& text : texts) {
    words.push_back(text.data());
  }
  words.push_back(nullptr);
  Child child;
  const int fault =
      posix_spawn(&child.id, "/proc/self/exe", &actions, &attributes, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(pipe[1]);
  if (fault != 0) {
    close(pipe[0]);
    throw Failure({ErrorCode::io, std::string("can't run myself: ") + std::strerror(fault)});
  }
  child.output = pipe[0];
  return child;
}

int code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : k_first_signal + WTERMSIG(status);
}

} // namespace

std::vector<Job> jobs_of(const Workspace& workspace) {
  const auto& schedule = workspace.config.schedule;
  std::vector<Job> out;
  const auto add = [&](const std::string& name, std::vector<std::vector<std::string>> commands) {
    if (const auto found = schedule.jobs.find(name); found != schedule.jobs.end()) {
      out.push_back({name, found->second, std::move(commands)});
    }
  };
  std::vector<std::vector<std::string>> chain;
  if (!pulled_accounts(workspace).empty()) {
    chain.push_back({"sync", "-q"});
  }
  chain.push_back({"score", "-q"});
  add("sync", chain);
  add("score", {{"score", "-q"}});
  chain.push_back({"push", "-q", "--as", std::string(k_schedule)});
  add("push", chain);
  if (!workspace.config.notify.empty()) {
    // Also after a job that failed, and of what is wrong because nothing happens.
    out.push_back({"notify", Timetable::parse(k_notify).value(), {{"notify", "-q"}}});
  }
  return out;
}

CommandResult run_command(const std::vector<std::string>& arguments,
                          const std::function<bool()>& stopped) {
  const auto child = spawn(arguments);
  CommandResult result;
  std::array<char, 4096> part{};
  std::optional<std::chrono::steady_clock::time_point> asked;
  bool killed = false;
  for (bool open = true; open;) {
    pollfd waits{child.output, POLLIN, 0};
    if (poll(&waits, 1, k_look) > 0) {
      const auto got = read(child.output, part.data(), part.size());
      open = got > 0 || (got < 0 && errno == EINTR);
      if (got > 0) {
        result.output.append(part.data(), static_cast<std::size_t>(got));
        keep_end(result.output);
      }
    }
    const auto now = std::chrono::steady_clock::now();
    if (!asked && stopped && stopped()) {
      kill(child.id, SIGTERM);
      asked = now;
    } else if (asked && !killed && now - *asked > k_patience) {
      kill(-child.id, SIGKILL);
      killed = true;
    }
  }
  close(child.output);
  int status = 0;
  while (waitpid(child.id, &status, 0) < 0 && errno == EINTR) {
  }
  result.code = code_of(status);
  return result;
}

JobResult run_job(const Job& job, const std::vector<std::string>& where,
                  const std::function<bool()>& stopped) {
  JobResult result{"done", {}};
  for (const auto& command : job.commands) {
    auto arguments = command;
    arguments.insert(arguments.end(), where.begin(), where.end());
    const auto ran = run_command(arguments, stopped);
    result.log += fmt::format("$ mailfunnel {}\n{}", join(command, " "), ran.output);
    if (!ran.output.empty() && ran.output.back() != '\n') {
      result.log += '\n';
    }
    keep_end(result.log);
    if (stopped && stopped()) {
      result.outcome = "stopped";
      return result;
    }
    if (ran.code == k_partly) {
      result.outcome = "partly";
    } else if (ran.code != 0) {
      result.outcome = "failed";
      result.log += fmt::format("exit code {}\n", ran.code);
      return result;
    }
  }
  return result;
}

} // namespace mailfunnel
