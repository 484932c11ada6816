#include "web/plan_rows.hpp"

namespace mailfunnel {

std::vector<PlanRow> plan_rows(const PushPlan& plan, std::string_view action) {
  constexpr std::string_view k_actions[] = {"add", "remove", "set"};
  std::vector<PlanRow> out;
  const auto offer = [&](PlanRow row) {
    if (action.empty() || row.action == action) {
      out.push_back(row);
    }
  };
  for (const auto& [recipient, change, before] : plan.changes) {
    offer({k_actions[static_cast<int>(change.action)], &change, &before, nullptr});
  }
  for (const auto& blocked : plan.blocked) {
    offer({"blocked", nullptr, nullptr, &blocked});
  }
  return out;
}

} // namespace mailfunnel
