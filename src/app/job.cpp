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
constexpr std::size_t k_output = 64 << 10; // bytes that are kept of what commands say
constexpr std::size_t k_line = 8 << 10;    // of a line
constexpr std::size_t k_input = 4 << 10;   // what a pipe holds in any case
constexpr int k_look = 100;                // milliseconds, between two questions
constexpr std::chrono::seconds k_patience{6};
constexpr int k_partly = 3, k_first_signal = 128;
constexpr int k_stdout = 1, k_stderr = 2, k_first_other = 3;

/// A process and the end of the pipe that it writes into.
struct Child {
  pid_t id = -1;
  int output = -1;
};

std::array<int, 2> make_pipe() {
  std::array<int, 2> pipe{};
  if (pipe2(pipe.data(), O_CLOEXEC) != 0) {
    throw Failure({ErrorCode::io, std::string("no pipe: ") + std::strerror(errno)});
  }
  return pipe;
}

/// The end of a pipe from which all of `text` can be read.
int pipe_with(std::string_view text) {
  const auto pipe = make_pipe();
  const bool good = text.size() <= k_input &&
                    write(pipe[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(pipe[1]);
  if (!good) {
    close(pipe[0]);
    throw Failure({ErrorCode::io, "the input of a command is too long"});
  }
  return pipe[0];
}

Child spawn(const std::vector<std::string>& arguments, std::string_view input_text) {
  const auto input = input_text.empty() ? -1 : pipe_with(input_text);
  const auto pipe = make_pipe();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (input >= 0) {
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  } else {
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
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
  if (input >= 0) {
    close(input);
  }
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

/// What a command writes, line by line; progress goes its own way.
class Lines {
public:
  Lines(std::string& log, const JobHooks& hooks) : m_log(log), m_hooks(hooks) {}

  void add(std::string_view text) {
    m_rest += text;
    for (auto end = m_rest.find('\n'); end != std::string::npos; end = m_rest.find('\n')) {
      one(std::string_view(m_rest).substr(0, end));
      m_rest.erase(0, end + 1);
    }
    if (m_rest.size() > k_line) {
      finish();
    }
  }
  void finish() {
    if (!m_rest.empty()) {
      one(m_rest);
      m_rest.clear();
    }
  }

private:
  void one(std::string_view line) {
    if (const auto progress = parse_progress(line)) {
      if (m_hooks.progress) {
        m_hooks.progress(*progress);
      }
      return;
    }
    const auto text = m_hooks.rewrite ? m_hooks.rewrite(line) : std::string(line);
    m_log += text + '\n';
    keep_end(m_log);
    if (m_hooks.line) {
      m_hooks.line(text);
    }
  }

  std::string& m_log;
  const JobHooks& m_hooks;
  std::string m_rest;
};

} // namespace

std::vector<Job> jobs_of(const Workspace& workspace) {
  const auto& schedule = workspace.config.schedule;
  std::vector<Job> out;
  const auto add = [&](const std::string& name, Commands commands) {
    if (const auto found = schedule.jobs.find(name); found != schedule.jobs.end()) {
      out.push_back({name, found->second, std::move(commands)});
    }
  };
  Commands chain;
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

void keep_end(std::string& text) {
  if (text.size() <= k_output) {
    return;
  }
  const auto line = text.find('\n', text.size() - k_output);
  text.erase(0, line == std::string::npos ? text.size() - k_output : line + 1);
}

CommandResult run_command(const std::vector<std::string>& arguments, const CommandHooks& hooks,
                          std::string_view input) {
  const auto child = spawn(arguments, input);
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
        const std::string_view text(part.data(), static_cast<std::size_t>(got));
        result.output += text;
        keep_end(result.output);
        if (hooks.wrote) {
          hooks.wrote(text);
        }
      }
    }
    const auto now = std::chrono::steady_clock::now();
    if (!asked && hooks.stopped && hooks.stopped()) {
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

JobResult run_job(const Commands& commands, const std::vector<std::string>& where,
                  const JobHooks& hooks, std::string_view input) {
  JobResult result{"done", {}};
  Lines lines(result.log, hooks);
  for (const auto& command : commands) {
    auto arguments = command;
    arguments.insert(arguments.begin() + 1, where.begin(), where.end()); // "--" may follow
    lines.add(fmt::format("$ mailfunnel {}\n", join(command, " ")));
    const auto code =
        run_command(arguments,
                    {hooks.stopped, [&lines](std::string_view text) { lines.add(text); }}, input)
            .code;
    lines.finish();
    if (hooks.stopped && hooks.stopped()) {
      result.outcome = "stopped";
      return result;
    }
    if (code == k_partly) {
      result.outcome = "partly";
    } else if (code != 0) {
      result.outcome = "failed";
      lines.add(fmt::format("exit code {}\n", code));
      return result;
    }
  }
  return result;
}

} // namespace mailfunnel
