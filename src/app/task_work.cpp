// Tasks as commands: a table of kinds. Whatever becomes an argument is known by name before, so
// that nothing that comes from outside can be an option.

#include "app/api_connection.hpp"
#include "app/explain.hpp"
#include "app/saved_plans.hpp"
#include "app/tasks.hpp"
#include "app/traces.hpp"
#include "base/text.hpp"
#include "store/catalog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mailfunnel {

namespace {

using Arguments = std::vector<std::string>;

Error not_there(std::string_view what, std::string_view name) {
  return {ErrorCode::not_found, fmt::format("there is no {} \"{}\"", what, printable(name, 80))};
}

std::string titled(std::string_view kind, const Arguments& arguments) {
  return fmt::format("{}{}{}", kind, arguments.empty() ? "" : " ", join(arguments, " "));
}

Result<TaskWork> sync_work(const TaskRequest& request, const Workspace& workspace) {
  const auto known = pulled_accounts(workspace);
  Arguments sync{"sync"};
  for (const auto& account : request.arguments) {
    if (std::find(known.begin(), known.end(), account) == known.end()) {
      return not_there("account that can be pulled", account);
    }
    sync.push_back(account);
  }
  if (known.empty()) {
    return Error{ErrorCode::usage, "no account can be pulled"};
  }
  return TaskWork{titled("sync", request.arguments), {std::move(sync), {"score"}}};
}

Result<TaskWork> score_work(const TaskRequest&, const Workspace&) {
  return TaskWork{"score", {{"score"}}};
}

Result<TaskWork> job_work(const TaskRequest& request, const Workspace& workspace) {
  for (auto& job : jobs_of(workspace)) {
    if (job.name == request.arguments[0]) {
      return TaskWork{titled("job", request.arguments), std::move(job.commands)};
    }
  }
  return not_there("job in [schedule]", request.arguments[0]);
}

Result<TaskWork> plan_work(const TaskRequest& request, const Workspace& workspace) {
  const auto& name = request.arguments[0];
  const auto& all = workspace.config.segments;
  const auto segment = std::find_if(all.begin(), all.end(),
                                    [&](const SegmentConfig& one) { return one.name == name; });
  if (segment == all.end()) {
    return not_there("segment", name);
  }
  if (segment->push.empty()) {
    return Error{ErrorCode::usage, fmt::format("segment \"{}\" has no target to push to", name)};
  }
  Arguments push{"push", "--save-plan", "--as=" + request.by};
  if (request.arguments.size() > 1) {
    const auto& account = request.arguments[1];
    if (std::none_of(segment->push.begin(), segment->push.end(),
                     [&](const PushConfig& one) { return one.account == account; })) {
      return not_there("target of the segment at", account);
    }
    push.push_back("--account=" + account);
  }
  push.insert(push.end(), {"--", name});
  return TaskWork{titled("plan", request.arguments), {std::move(push)}};
}

Result<TaskWork> apply_work(const TaskRequest& request, const Workspace& workspace) {
  const auto id = parse_int(request.arguments[0]);
  if (!id || *id < 0) {
    return Error{ErrorCode::usage, "the number of a plan is wanted"};
  }
  auto store = Store::open_reading(workspace.store_path());
  MF_CHECK(SavedPlans(store).may_apply(*id, workspace.config.push));
  return TaskWork{fmt::format("apply plan {}", *id), {{"push", "--plan", std::to_string(*id)}}};
}

Result<TaskWork> reconcile_work(const TaskRequest& request, const Workspace& workspace) {
  Arguments reconcile{"reconcile"};
  if (!request.arguments.empty()) {
    auto store = Store::open_reading(workspace.store_path());
    const auto campaigns = Catalog(store.database()).campaigns();
    if (std::none_of(campaigns.begin(), campaigns.end(), [&](const StoredCampaign& one) {
          return one.campaign.id == request.arguments[0];
        })) {
      return not_there("mailing", request.arguments[0]);
    }
    reconcile.insert(reconcile.end(), {"--", request.arguments[0]});
  }
  return TaskWork{titled("reconcile", request.arguments), {std::move(reconcile)}};
}

/// The address goes in by standard input, and what is said of files may name it.
Result<TaskWork> forget_work(const TaskRequest& request, const Workspace& workspace) {
  auto store = Store::open_reading(workspace.store_path());
  const auto& who = request.arguments[0];
  const auto found = find_person(store, who);
  if (found.key.empty() || (is_contact_key(found.key) && !found.known && !found.erased)) {
    return Error{ErrorCode::usage, "that is no e-mail address, and no contact id that is known"};
  }
  std::vector<std::string> keys{found.key};
  if (found.id) {
    const auto all = Recipients(store.database()).keys_of(*found.id);
    keys.insert(keys.end(), all.begin(), all.end());
  }
  TaskWork work{"forget", {{"forget", "--file", "/dev/stdin", "--as=" + request.by}}};
  work.input = std::string(trim(who)) + "\n";
  work.rewrite = [traces = std::make_shared<const Traces>(keys)](std::string_view line) {
    return traces->in(line) ? traces->without(line) : std::string(line);
  };
  return work;
}

struct Kind {
  std::string_view name, arguments; // the latter for messages
  std::size_t least, most;
  Result<TaskWork> (*work)(const TaskRequest&, const Workspace&);
};

constexpr std::array k_kinds{
    Kind{"sync", "an account, or none for all", 0, 1, sync_work},
    Kind{"score", "nothing", 0, 0, score_work},
    Kind{"job", "the name of a job of [schedule]", 1, 1, job_work},
    Kind{"plan", "a segment, and perhaps an account", 1, 2, plan_work},
    Kind{"apply", "the number of a plan", 1, 1, apply_work},
    Kind{"reconcile", "a mailing, or none for all", 0, 1, reconcile_work},
    Kind{"forget", "an address", 1, 1, forget_work},
};

} // namespace

std::vector<std::string_view> task_kinds() {
  std::vector<std::string_view> out;
  for (const auto& kind : k_kinds) {
    out.push_back(kind.name);
  }
  return out;
}

Result<TaskWork> work_of(const TaskRequest& request, const Workspace& workspace) {
  const auto* const kind = std::find_if(k_kinds.begin(), k_kinds.end(),
                                        [&](const Kind& one) { return one.name == request.kind; });
  if (kind == k_kinds.end()) {
    const auto all = task_kinds();
    return Error{ErrorCode::usage,
                 fmt::format("there is no task \"{}\": there are {}", printable(request.kind, 60),
                             join(std::vector<std::string>(all.begin(), all.end()), ", "))};
  }
  const auto count = request.arguments.size();
  if (count < kind->least || count > kind->most) {
    return Error{ErrorCode::usage, fmt::format("{} wants {}", kind->name, kind->arguments)};
  }
  if (request.by.empty() || request.by == k_schedule) {
    return Error{ErrorCode::usage, "somebody is to ask for it"};
  }
  return kind->work(request, workspace);
}

} // namespace mailfunnel
