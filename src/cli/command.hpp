#pragma once
// What a command is: a row of the table in commands.cpp. The same table feeds parser, --help, the
// completions of shells and the manual page.

#include "app/workspace.hpp"
#include "stopwatch.hpp"

#include <boost/program_options.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel::cli {

namespace po = boost::program_options;

constexpr int k_done = 0, k_failed = 1, k_usage = 2, k_partly = 3, k_locked = 4;

enum class ProgressForm : std::uint8_t { automatic, json, none };

/// One call of a command: its options, and what all commands share.
class Invocation {
public:
  /// `watch` is told when the config is read and the store is open.
  Invocation(po::variables_map values, Stopwatch& watch)
      : m_values(std::move(values)), m_watch(&watch) {}

  bool has(const char* option) const {
    return m_values.count(option) != 0 && !m_values[option].defaulted();
  }
  bool flag(const char* option) const {
    return m_values.count(option) != 0 && m_values[option].as<bool>();
  }
  std::string text(const char* option) const {
    return m_values.count(option) != 0 ? m_values[option].as<std::string>() : std::string();
  }
  std::optional<unsigned> number(const char* option) const {
    return m_values.count(option) != 0 ? std::optional(m_values[option].as<unsigned>())
                                       : std::nullopt;
  }
  std::vector<std::string> texts(const char* option) const {
    return m_values.count(option) != 0 ? m_values[option].as<std::vector<std::string>>()
                                       : std::vector<std::string>();
  }

  Workspace workspace() const; // with threads and memory set
  Store open_reading(const Workspace& workspace) const;
  Store open_writing(const Workspace& workspace) const;
  Seconds now() const; // MAILFUNNEL_NOW, for tests, else the clock

private:
  po::variables_map m_values;
  Stopwatch* m_watch;

public:
  std::string folder = ".", config;
  unsigned threads = 1;
  std::uint64_t memory = 0; // bytes
  ProgressForm progress = ProgressForm::automatic;
  bool json = false, quiet = false, verbose = false, color = false;
};

struct Command {
  std::string_view name, arguments, summary, example;
  std::function<void(po::options_description&)> options; // its own
  std::function<int(const Invocation&)> run; // positional arguments are texts("arguments")
  bool runs_queries = false;                 // of the user, in SQL, whose memory is bounded
};

const std::vector<Command>& commands();
/// -C, --json and the like.
po::options_description common_options();

/// Of the exit codes of things that were done one after the other, the one that tells most: failed,
/// wrong config, locked, partly, done.
int worse(int a, int b);

/// The usual options.
po::typed_value<bool>* flag();
po::typed_value<std::string>* text(const char* name);

/// The moment of --as-of; without it now.
Seconds as_of(const Invocation& call, Store& store);
/// The rules of --rules FILE; without it those of the config.
Rules rules_of(const Invocation& call, const Workspace& workspace);

[[noreturn]] void wrong_usage(const std::string& message);

/// Was Ctrl-C pressed (or SIGTERM sent)?
bool interrupted();

Command try_command();
Command init_command();
Command check_command();
Command adapters_command();
Command import_command();
Command recipients_command();
Command sync_command();
Command push_command();
Command plans_command();
Command reconcile_command();
Command decode_command();
Command campaigns_command();
Command report_command();
Command links_command();
Command score_command();
Command simulate_command();
Command backtest_command();
Command audit_command();
Command explain_command();
Command runs_command();
Command events_command();
Command history_command();
Command verdicts_command();
Command segments_command();
Command export_command();
Command sql_command();
Command notify_command();
Command serve_command();
Command webhook_command();
Command token_command();
Command status_command();
Command suppress_command();
Command unsuppress_command();
Command object_command();
Command access_command();
Command accesses_command();
Command forget_command();
Command retain_command();
Command backup_command();
Command all_command();
Command completion_command();
Command man_command();

} // namespace mailfunnel::cli
