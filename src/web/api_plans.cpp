// plans: pushes that wait for somebody to look at them.

#include "app/saved_plans.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"
#include "web/api_body.hpp"
#include "web/api_handlers.hpp"
#include "web/plan_rows.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mailfunnel {

namespace {

/// {"SCORE":"20"}, by the platform's names.
std::string fields_json(const PushPlan& plan, const std::vector<std::string>& values) {
  std::string out = "{";
  for (std::size_t i = 0; i < values.size() && i < plan.target.fields.size(); ++i) {
    out += fmt::format("{}{}:{}", i == 0 ? "" : ",", json_text(plan.target.fields[i].second),
                       json_text(values[i]));
  }
  return out + "}";
}

std::string to_json(const PushPlan& plan, const PlanRow& row) {
  if (row.blocked != nullptr) {
    return fmt::format("{{\"action\":\"blocked\",\"address\":{},\"why\":{}}}",
                       json_text(row.blocked->address), json_text(row.blocked->reason));
  }
  auto out =
      fmt::format("{{\"action\":\"{}\",\"address\":{}", row.action, json_text(row.change->address));
  if (!row.before->empty()) {
    out += ",\"now\":" + fields_json(plan, *row.before);
  }
  if (!row.change->fields.empty()) {
    out += ",\"then\":" + fields_json(plan, row.change->fields);
  }
  return out + "}";
}

HttpResponse plan_response(const ApiContext& context, Result<SavedPlan> plan) {
  return json_response(200,
                       to_json(value_of(std::move(plan)), context.workspace.config.push) + "\n");
}

} // namespace

HttpResponse api_plans(const ApiContext& context, const WebRequest&) {
  auto store = context.reading();
  auto plans = SavedPlans(store).newest(SavedPlans::k_kept);
  if (context.has("state")) {
    const auto state = plan_state(context.text("state"));
    if (!state) {
      bad_request("state: wants waiting, approved, applying, done, partly, failed, rejected or "
                  "outdated");
    }
    std::erase_if(plans, [&](const SavedPlan& plan) { return plan.state != *state; });
  }
  return page_response(context, plans, [&context](const SavedPlan& plan) {
    return to_json(plan, context.workspace.config.push);
  });
}

HttpResponse api_make_plan(const ApiContext& context, const WebRequest& request) {
  const JsonBody body(request, {"segment", "account"});
  std::vector<std::string> arguments{body.text("segment")};
  if (auto account = body.text_or("account", ""); !account.empty()) {
    arguments.push_back(std::move(account));
  }
  return started(context, "plan", std::move(arguments));
}

HttpResponse api_plan(const ApiContext& context, const WebRequest&) {
  const auto id = id_of(context, "plan");
  auto store = context.reading();
  SavedPlans plans(store);
  const auto saved = plans.find(id);
  if (!saved) {
    not_found(fmt::format("there is no plan {}", id));
  }
  const auto plan = plans.read(id);
  const auto rows = plan_rows(plan);
  note_person_access(context, "plans show", {}, std::min(rows.size(), limit_of(context)),
                     fmt::format("plan {}", id));
  auto head = to_json(*saved, context.workspace.config.push);
  return page_response(
      context, rows, [&plan](const PlanRow& row) { return to_json(plan, row); },
      std::string_view(head).substr(1, head.size() - 2));
}

HttpResponse api_approve_plan(const ApiContext& context, const WebRequest&) {
  auto store = context.writing();
  return plan_response(context,
                       SavedPlans(store).approve(id_of(context, "plan"), context.caller.name,
                                                 context.workspace.config.push, context.now));
}

HttpResponse api_reject_plan(const ApiContext& context, const WebRequest& request) {
  std::string why;
  if (!trim(request.http.body).empty()) {
    why = JsonBody(request, {"why"}).text_or("why", "");
  }
  auto store = context.writing();
  return plan_response(context, SavedPlans(store).reject(id_of(context, "plan"),
                                                         context.caller.name, why, context.now));
}

HttpResponse api_apply_plan(const ApiContext& context, const WebRequest&) {
  return started(context, "apply", {std::to_string(id_of(context, "plan"))});
}

} // namespace mailfunnel
