// status, runs, jobs, pushes, simulate: what the program did, and what other rules would do.

#include "app/kept_run.hpp"
#include "app/push_journal.hpp"
#include "app/score_json.hpp"
#include "app/simulate.hpp"
#include "app/store_status.hpp"
#include "base/text.hpp"
#include "store/job_log.hpp"
#include "web/api_handlers.hpp"

#include <fmt/format.h>

namespace mailfunnel {

namespace {

constexpr std::int64_t k_usual_movers = 10, k_most_movers = 1'000;
constexpr std::size_t k_most_job_runs = 10'000; // the log keeps fewer

/// All mistakes at once, as `simulate --rules` tells them.
Rules rules_of(std::string_view text) {
  auto loaded = parse_config(text, "rules", false);
  std::vector<std::string> problems;
  for (const auto& problem : loaded.problems) {
    if (!problem.warning) {
      problems.push_back(problem.text());
    }
  }
  if (!problems.empty()) {
    bad_request(join(problems, "\n"));
  }
  return std::move(loaded.config.rules);
}

} // namespace

HttpResponse api_status(const ApiContext& context, const WebRequest&) {
  auto store = context.reading();
  return json_response(200, to_json(status_of(store)));
}

HttpResponse api_runs(const ApiContext& context, const WebRequest&) {
  auto store = context.reading();
  return page_response(context, kept_runs(store),
                       [](const KeptRun& run) { return runs_json({run}); });
}

HttpResponse api_jobs(const ApiContext& context, const WebRequest&) {
  auto store = context.reading();
  return page_response(context,
                       JobLog(store.database()).newest(context.text("job"), k_most_job_runs),
                       [](const JobRun& run) { return to_json(run); });
}

HttpResponse api_job(const ApiContext& context, const WebRequest&) {
  const auto id = parse_int(context.places[0]);
  if (!id) {
    bad_request("the number of a run of a job is wanted, as jobs lists them");
  }
  auto store = context.reading();
  const auto run = JobLog(store.database()).run(*id);
  if (!run) {
    not_found(fmt::format("there is no run {} of a job", *id));
  }
  return json_response(200, to_json(*run) + "\n");
}

HttpResponse api_pushes(const ApiContext& context, const WebRequest&) {
  auto store = context.reading();
  return page_response(context, PushJournal(store).runs(),
                       [](const PushRun& run) { return to_json(run); });
}

HttpResponse api_simulate(const ApiContext& context, const WebRequest& request) {
  const auto top = context.number("top").value_or(k_usual_movers);
  if (top < 0 || top > k_most_movers) {
    bad_request(fmt::format("top: wants 0 to {}", k_most_movers));
  }
  if (trim(request.http.body).empty()) {
    bad_request("the body is to be the other rules: a config, of which only the rules are read");
  }
  const auto rules = rules_of(request.http.body);
  auto store = context.writing(); // it folds the inbox
  const auto simulation = simulate(store, context.workspace, rules, context.as_of(store),
                                   static_cast<std::size_t>(top));
  note_person_access(context, "simulate", {}, simulation.movers.size());
  return json_response(200, simulation_json(simulation));
}

} // namespace mailfunnel
