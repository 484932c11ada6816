// plans: pushes that wait for somebody to look at them.

#include "app/saved_plans.hpp"
#include "base/text.hpp"
#include "command.hpp"
#include "noting.hpp"
#include "plan_tables.hpp"
#include "table.hpp"

#include <fmt/format.h>

#include <iostream>

namespace mailfunnel::cli {

namespace {

constexpr std::size_t k_shown = 100;

std::string names_of(const std::vector<Approval>& approvals) {
  std::vector<std::string> names;
  for (const auto& approval : approvals) {
    names.push_back(approval.who);
  }
  return join(names, ", ");
}

int list(const Invocation& call, const Workspace& workspace) {
  auto store = call.open_reading(workspace);
  Table table({"plan>", "made", "by", "segment", "target", "add>", "remove>", "set>", "state",
               "approved by", "why"});
  for (const auto& plan : SavedPlans(store).newest(k_shown)) {
    if (call.json) {
      std::cout << to_json(plan, workspace.config.push) << '\n';
      continue;
    }
    const auto asks = plan.asks.large_removal.empty() ? plan.asks.confirm : plan.asks.large_removal;
    table.add({std::to_string(plan.id), format_time(plan.made), plan.by, plan.segment, plan.target,
               grouped(plan.adds), grouped(plan.removes), grouped(plan.sets),
               std::string(name_of(plan.state)), names_of(plan.approvals),
               plan.note.empty() && is_open(plan.state) ? asks : plan.note});
  }
  if (!call.json) {
    std::cout << (table.empty() ? "no plan is kept: `mailfunnel push --save-plan` keeps one\n"
                                : table.text(call.color));
  }
  return k_done;
}

SavedPlan find(Store& store, std::int64_t id) {
  auto plan = SavedPlans(store).find(id);
  if (!plan) {
    throw Failure({ErrorCode::not_found,
                   fmt::format("there is no plan {}: `mailfunnel plans` lists them", id)});
  }
  return *std::move(plan);
}

int show(const Invocation& call, const Workspace& workspace, std::int64_t id) {
  auto store = call.open_reading(workspace);
  const auto saved = find(store, id);
  const auto plan = SavedPlans(store).read(id);
  note(call, workspace, "plans show", "", plan.changes.size() + plan.blocked.size(),
       fmt::format("plan {}", id));
  if (call.json) {
    std::cout << to_json(plan) << '\n';
    return k_done;
  }
  if (call.flag("csv")) {
    print_csv(plan, true);
    return k_done;
  }
  std::cout << fmt::format("plan {}, made {}{}, {}{}\n", id, format_time(saved.made),
                           saved.by.empty() ? "" : " by " + saved.by, name_of(saved.state),
                           saved.note.empty() ? "" : ": " + saved.note);
  for (const auto& [who, at] : saved.approvals) {
    std::cout << fmt::format("  approved by {}, {}\n", who, format_time(at));
  }
  for (const auto& question : {saved.asks.large_removal, saved.asks.confirm}) {
    std::cout << (question.empty() ? "" : "  asks: " + question + "\n");
  }
  print_summary(plan);
  print_rows(plan, call.color, call.verbose);
  return k_done;
}

/// approve and reject.
int judge(const Invocation& call, const Workspace& workspace, std::int64_t id, bool good) {
  auto store = call.open_writing(workspace);
  SavedPlans plans(store);
  const auto who = call.text("as").empty() ? system_user() : call.text("as");
  const auto& rules = workspace.config.push;
  const auto plan = good ? plans.approve(id, who, rules, call.now())
                         : plans.reject(id, who, call.text("note"), call.now());
  if (!plan) {
    throw Failure(plan.error());
  }
  if (call.json) {
    std::cout << to_json(*plan, rules) << '\n';
  } else if (plan->state == PlanState::waiting) {
    std::cout << fmt::format("plan {} is approved by {} of {}\n", id, plan->approvals.size(),
                             approvals_wanted(rules));
  } else {
    std::cout << fmt::format("plan {} is {}{}\n", id, name_of(plan->state),
                             good ? fmt::format(": `mailfunnel push --plan {}` carries it out", id)
                                  : "");
  }
  return k_done;
}

int run_plans(const Invocation& call) {
  const auto arguments = call.texts("arguments");
  const auto action = arguments.empty() ? std::string("list") : arguments.front();
  const auto workspace = call.workspace();
  if (action == "list" && arguments.size() <= 1) {
    return list(call, workspace);
  }
  const auto id = arguments.size() == 2 ? parse_int(arguments[1]) : std::nullopt;
  if (id && action == "show") {
    return show(call, workspace, *id);
  }
  if (id && (action == "approve" || action == "reject")) {
    return judge(call, workspace, *id, action == "approve");
  }
  wrong_usage("`mailfunnel plans`, `plans show ID`, `plans approve ID` or `plans reject ID`");
}

} // namespace

Command plans_command() {
  return {"plans",
          "[list | show ID | approve ID | reject ID]",
          "pushes that wait for somebody to look at them",
          "  mailfunnel plans\n  mailfunnel plans show 7\n  mailfunnel plans approve 7 --as anna",
          [](auto& options) {
            options.add_options()("as", text("NAME"), "who approves (default: the system's user)")(
                "note", text("TEXT"), "why it is rejected")("csv", flag(),
                                                            "the plan as CSV, a row a member");
          },
          run_plans};
}

} // namespace mailfunnel::cli
