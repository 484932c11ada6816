#pragma once
// A plan as rows to look through: its changes, then who is kept out of it.

#include "app/push_plan.hpp"

#include <string_view>
#include <vector>

namespace mailfunnel {

/// A change, or somebody who is kept out. Lends from the plan.
struct PlanRow {
  std::string_view action; // add, remove, set, blocked
  const MemberChange* change = nullptr;
  const std::vector<std::string>* before = nullptr; // values of fields now
  const BlockedMember* blocked = nullptr;
};
/// `action`: only those; "": all.
std::vector<PlanRow> plan_rows(const PushPlan& plan, std::string_view action = {});

} // namespace mailfunnel
