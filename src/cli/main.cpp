// mailfunnel: reads e-mail logs, tags links, scores recipients, hands out segments.

#include "app/hook_drain.hpp"
#include "base/parallel.hpp"
#include "base/text.hpp"
#include "memory.hpp"
#include "option_table.hpp"
#include "stopwatch.hpp"
#include "store/database.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <new>

namespace mailfunnel::cli {

namespace {

using namespace std::string_view_literals;

std::atomic<bool> g_interrupted{false}; // NOLINT: written by the signal handler

void on_signal(int) {
  if (g_interrupted.exchange(true)) {
    _exit(130); // the second time: at once
  }
}

void print_commands() {
  std::cout << "mailfunnel reads the logs of e-mail platforms, tags each link with its funnel "
               "stage, scores every\n"
               "recipient and hands out the segments.\n\n"
               "  mailfunnel try FILE…          look at some exports at once: no config, nothing "
               "stored\n\nCommands\n";
  for (const auto& command : commands()) {
    std::cout << fmt::format("  {:<12} {}\n", command.name, command.summary);
  }
  std::cout
      << "\n`mailfunnel COMMAND --help` tells more. Exit codes: 0 done, 1 failed, 2 wrong usage or "
         "config,\n3 done but some input was rejected, 4 another run holds the lock.\n";
}

void print_help(const Command& command, const po::options_description& own) {
  std::cout << fmt::format("mailfunnel {} {}\n\n{}\n\n", command.name, command.arguments,
                           command.summary);
  if (!own.options().empty()) {
    std::cout << own << '\n';
  }
  std::cout << common_options() << "\nExample\n" << command.example << '\n';
}

std::uint64_t parse_memory(const std::string& text) {
  if (text.empty()) {
    const auto pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGE_SIZE);
    return pages > 0 && size > 0
               ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size) / 4
               : std::uint64_t{1} << 30;
  }
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_int(std::string_view(text).substr(0, digits));
  const auto unit = lower(std::string_view(text).substr(digits));
  const auto place = unit.empty() ? std::string_view::npos : "kmgt"sv.find(unit.front());
  const auto rest = std::string_view(unit).substr(unit.empty() ? 0 : 1);
  const bool known =
      place != std::string_view::npos && (rest.empty() || rest == "b" || rest == "ib");
  constexpr std::int64_t k_most = std::int64_t{1} << 20; // of any unit
  if (!number || *number <= 0 || *number > k_most || !known) {
    wrong_usage("--memory wants a size with its unit, such as 512M or 2G, not \"" + text + "\"");
  }
  return std::max(static_cast<std::uint64_t>(*number) << (10 * (place + 1)),
                  std::uint64_t{1} << 20);
}

ProgressForm progress_form(const std::string& when) {
  if (!when.empty() && when != "auto" && when != "json" && when != "never") {
    wrong_usage("--progress wants auto, json or never, not \"" + when + "\"");
  }
  return when == "json"    ? ProgressForm::json
         : when == "never" ? ProgressForm::none
                           : ProgressForm::automatic;
}

bool use_color(const std::string& when) {
  if (when == "always") {
    return true;
  }
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return when != "never" && (no_color == nullptr || *no_color == '\0') &&
         (term == nullptr || std::string_view(term) != "dumb") && isatty(STDOUT_FILENO) != 0;
}

int run_command(const Command& command, const std::vector<std::string>& words, Stopwatch& watch) {
  po::options_description own("Options"), hidden, all;
  command.options(own);
  hidden.add_options()("arguments", po::value<std::vector<std::string>>());
  all.add(own).add(common_options()).add(hidden);
  po::positional_options_description positional;
  positional.add("arguments", -1);
  po::variables_map values;
  try {
    po::store(po::command_line_parser(words).options(all).positional(positional).run(), values);
    po::notify(values);
  } catch (const po::error& error) {
    wrong_usage(
        fmt::format("{}: `mailfunnel {} --help` lists the options", error.what(), command.name));
  }
  if (values["help"].as<bool>()) {
    print_help(command, own);
    return k_done;
  }
  const auto get = [&](const char* name) {
    return values.count(name) != 0 ? values[name].as<std::string>() : std::string();
  };
  Invocation call(values, watch);
  call.folder = get("directory").empty() ? call.folder : get("directory");
  call.config = get("config");
  call.threads = values.count("threads") != 0
                     ? std::clamp(values["threads"].as<unsigned>(), 1U, 256U)
                     : default_threads();
  call.memory = parse_memory(get("memory"));
  call.json = values["json"].as<bool>();
  call.quiet = values["quiet"].as<bool>();
  call.verbose = values["verbose"].as<bool>();
  call.color = use_color(get("color"));
  call.progress = progress_form(get("progress"));
  if (!command.runs_queries) {
    Database::count_no_memory();
  }
  const auto code = command.run(call);
  if (values["timing"].as<bool>()) {
    std::cout.flush();
    watch.lap("work");
    std::cerr << (call.json ? watch.json() : watch.text()) << '\n';
  }
  return code;
}

/// How many words before the command are options of every command, with what they want.
std::size_t common_options_in_front(const std::vector<std::string>& words) {
  const auto options = common_option_texts();
  std::size_t count = 0;
  while (count < words.size()) {
    const auto& word = words[count];
    const auto found = std::find_if(options.begin(), options.end(), [&](const OptionText& option) {
      return option.name != "help" &&
             (word == "--" + option.name || word.starts_with("--" + option.name + "=") ||
              (!option.letter.empty() && word == "-" + option.letter));
    });
    if (found == options.end()) {
      break;
    }
    count += !found->value.empty() && word.find('=') == std::string::npos ? 2 : 1;
  }
  return count;
}

int run(int argc, char** argv, Stopwatch& watch) {
  std::vector<std::string> words(argv + 1, argv + argc);
  // `mailfunnel -C DIR score` is `mailfunnel score -C DIR`: options in front go behind the command.
  const auto in_front = static_cast<std::ptrdiff_t>(common_options_in_front(words));
  if (in_front < std::ssize(words)) {
    std::rotate(words.begin(), words.begin() + in_front, words.begin() + in_front + 1);
  }
  std::string name = words.empty() ? "--help" : words.front();
  if (name == "help" && words.size() > 1) {
    words = {words[1], "--help"};
    name = words.front();
  }
  if (name == "--help" || name == "-h" || name == "help") {
    print_commands();
    return words.empty() ? k_usage : k_done;
  }
  if (name == "--version") {
    std::cout << "mailfunnel " MF_VERSION "\n";
    return k_done;
  }
  std::vector<std::string> known;
  for (const auto& command : commands()) {
    if (command.name == name) {
      words.erase(words.begin());
      return run_command(command, words, watch);
    }
    known.emplace_back(command.name);
  }
  const auto near = nearest(name, known);
  wrong_usage(fmt::format("there is no command \"{}\"{}: `mailfunnel --help` lists them",
                          printable(name, 40), near ? "; did you mean `" + *near + "`?" : ""));
}

int exit_code(ErrorCode code) {
  return code == ErrorCode::usage ? k_usage : code == ErrorCode::locked ? k_locked : k_failed;
}

} // namespace

namespace {

/// A `serve` that was killed may have left webhooks that are not in the store yet.
void take_left_hooks(const Workspace& workspace, Seconds now) {
  const auto path = workspace.store_path();
  if (!HookSpool::waiting(path)) {
    return;
  }
  try {
    auto store = Store::open_writing(path);
    drain_left_hooks(store, workspace, now);
  } catch (const Failure& failure) {
    std::cerr << "mailfunnel: webhooks that came in are not in the store yet: "
              << failure.error.text() << '\n';
  }
}

} // namespace

bool interrupted() {
  return g_interrupted;
}

Workspace Invocation::workspace() const {
  auto opened = open_workspace(folder, config);
  opened.threads = threads;
  opened.memory = memory;
  take_left_hooks(opened, now());
  m_watch->lap("config");
  return opened;
}

Store Invocation::open_reading(const Workspace& workspace) const {
  auto store = Store::open_reading(workspace.store_path());
  m_watch->lap("store");
  return store;
}

Store Invocation::open_writing(const Workspace& workspace) const {
  auto store = Store::open_writing(workspace.store_path());
  m_watch->lap("store");
  return store;
}

Seconds Invocation::now() const {
  if (const char* fixed = std::getenv("MAILFUNNEL_NOW")) {
    if (const auto time = parse_time(fixed)) {
      return time->seconds;
    }
  }
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

} // namespace mailfunnel::cli

int main(int argc, char** argv) {
  using namespace mailfunnel;
  cli::Stopwatch watch;
  cli::keep_memory();
  std::ios::sync_with_stdio(false);
  std::signal(SIGINT, cli::on_signal);
  std::signal(SIGTERM, cli::on_signal);
  int code = cli::k_failed;
  try {
    code = cli::run(argc, argv, watch);
  } catch (const Failure& failure) {
    std::cout.flush();
    std::cerr << "mailfunnel: " << failure.error.text() << '\n';
    return cli::exit_code(failure.error.code);
  } catch (const std::bad_alloc&) {
    std::cout.flush();
    std::cerr << "mailfunnel: the system has no memory left: end other programs, or give an import "
                 "less with --memory\n";
    return cli::exit_code(ErrorCode::io);
  } catch (const std::exception& error) {
    std::cout.flush();
    std::cerr << "mailfunnel: internal error: " << error.what() << ": please report it\n";
    return cli::k_failed;
  }
  std::cout.flush();
  if (!std::cout) {
    return cli::k_failed; // the reader went away, or the disk is full
  }
  return cli::interrupted() ? 130 : code;
}
