// runs: what was scored and left the program, and what the scheduler of `serve` did.

#include "app/kept_run.hpp"
#include "app/score_json.hpp"
#include "base/text.hpp"
#include "command.hpp"
#include "run_tables.hpp"
#include "store/job_log.hpp"
#include "table.hpp"

#include <fmt/format.h>

#include <iostream>

namespace mailfunnel::cli {

namespace {

constexpr std::size_t k_shown = 200;

std::string seconds_of(const JobRun& run) {
  return run.ended ? format_duration(*run.ended - run.started) : "";
}

int show_job(const Invocation& call, Store& store, std::int64_t id) {
  const auto run = JobLog(store.database()).run(id);
  if (!run) {
    throw Failure({ErrorCode::not_found,
                   fmt::format("there is no job {}: `mailfunnel runs --jobs` lists them", id)});
  }
  if (call.json) {
    std::cout << to_json(*run) << '\n';
  } else {
    std::cout << fmt::format("{}, due {}, began {}, {}{}\n\n{}", run->job, format_time(run->due),
                             format_time(run->started), run->outcome,
                             run->ended ? " after " + seconds_of(*run) : "", run->log);
  }
  return k_done;
}

int show_jobs(const Invocation& call, Store& store) {
  const auto runs = JobLog(store.database()).newest("", k_shown);
  if (call.json) {
    for (const auto& run : runs) {
      std::cout << to_json(run) << '\n';
    }
    return k_done;
  }
  Table table({"id>", "job", "due", "began", "took>", "outcome"});
  for (const auto& run : runs) {
    if (run.job == "notify" && run.outcome == "done") {
      continue; // every few minutes: it would hide all else
    }
    table.add({std::to_string(run.id), run.job, format_time(run.due), format_time(run.started),
               seconds_of(run), run.outcome});
  }
  std::cout << (table.empty() ? "no job ran yet: [schedule] in the config says when `mailfunnel "
                                "serve` runs which\n"
                              : table.text(call.color));
  return k_done;
}

int run_runs(const Invocation& call) {
  const auto workspace = call.workspace();
  auto store = call.open_reading(workspace);
  if (const auto job = call.number("job")) {
    return show_job(call, store, *job);
  }
  if (call.flag("jobs")) {
    return show_jobs(call, store);
  }
  const auto runs = kept_runs(store);
  if (call.json) {
    std::cout << runs_json(runs);
  } else {
    std::cout << (runs.empty() ? "no run was exported yet: `mailfunnel segments export` keeps one\n"
                               : runs_text(runs, call.color));
  }
  return k_done;
}

} // namespace

Command runs_command() {
  return {"runs",
          "",
          "the scoring runs whose lists were exported (`explain EMAIL --run N` asks one), and the "
          "scheduler's jobs",
          "  mailfunnel runs\n  mailfunnel runs --jobs\n  mailfunnel runs --job 12",
          [](auto& options) {
            options.add_options()("jobs", flag(), "what the scheduler of `serve` ran")(
                "job", po::value<unsigned>()->value_name("ID"), "one of these, with what it said");
          },
          run_runs};
}

} // namespace mailfunnel::cli
