#include "plan_tables.hpp"

#include "app/push_journal.hpp"
#include "base/csv.hpp"
#include "base/text.hpp"
#include "table.hpp"

#include <fmt/format.h>

#include <iostream>

namespace mailfunnel::cli {

namespace {

using Action = MemberChange::Action;
constexpr std::string_view k_actions[] = {"add", "remove", "set"};
constexpr std::size_t k_shown = 40; // rows of a plan on a terminal

std::string fields_of(const PushPlan& plan, const std::vector<std::string>& values) {
  std::string out;
  for (std::size_t i = 0; i < values.size() && i < plan.target.fields.size(); ++i) {
    out += fmt::format("{}{}={}", out.empty() ? "" : ", ", plan.target.fields[i].second, values[i]);
  }
  return out;
}

} // namespace

void print_summary(const PushPlan& plan) {
  std::cout << fmt::format(
      "segment \"{}\" -> {}{}\n  {} there now; add {}, remove {}, set {}; {} stay as they are, {} "
      "kept out\n",
      plan.segment, where_of(plan.target), plan.target_there ? "" : " (to be made)",
      grouped(plan.members), grouped(plan.count(Action::add)), grouped(plan.count(Action::remove)),
      grouped(plan.count(Action::set)), grouped(plan.staying), grouped(plan.blocked.size()));
  if (plan.may_start_automations && plan.count(Action::add) != 0) {
    std::cout << "  an addition can start an automation there\n";
  }
}

/// One row a member.
void print_rows(const PushPlan& plan, bool color, bool all) {
  Table table({"action", "address", "now", "then", "why not"});
  std::size_t rows = 0;
  for (const auto& [recipient, change, before] : plan.changes) {
    if (all || rows < k_shown) {
      table.add({std::string(k_actions[static_cast<int>(change.action)]), change.address,
                 fields_of(plan, before), fields_of(plan, change.fields), ""});
    }
    ++rows;
  }
  std::size_t blocked = 0;
  for (const auto& [address, reason] : plan.blocked) {
    if (all || blocked < k_shown / 2) {
      table.add({"-", address, "", "", reason});
    }
    ++blocked;
  }
  if (rows + blocked != 0) {
    std::cout << table.text(color);
  }
  const auto hidden = rows - std::min(rows, k_shown) + blocked - std::min(blocked, k_shown / 2);
  if (!all && hidden != 0) {
    std::cout << fmt::format("and {} more: --csv, --json and -v show all\n", grouped(hidden));
  }
}

void print_csv(const PushPlan& plan, bool header) {
  if (header) {
    std::cout << "segment,account,target,action,address,now,then,why_not\n";
  }
  const auto row = [&](std::initializer_list<std::string_view> cells) {
    std::string line;
    for (const auto cell : cells) {
      line += line.empty() ? "" : ",";
      append_csv_field(line, cell, ',');
    }
    std::cout << line << '\n';
  };
  const auto target = fmt::format("{} {}", name_of(plan.target.as), plan.target.name);
  for (const auto& [recipient, change, before] : plan.changes) {
    row({plan.segment, plan.target.account, target, k_actions[static_cast<int>(change.action)],
         change.address, fields_of(plan, before), fields_of(plan, change.fields), ""});
  }
  for (const auto& [address, reason] : plan.blocked) {
    row({plan.segment, plan.target.account, target, "blocked", address, "", "", reason});
  }
}

} // namespace mailfunnel::cli
