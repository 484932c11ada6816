// Plans of pushes: what would change at a platform, looked through and approved before anything is
// sent; and pushes that went out, with what became of each member.

#include "app/push_journal.hpp"
#include "app/saved_plans.hpp"
#include "base/text.hpp"
#include "web/pages/handlers.hpp"
#include "web/plan_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mailfunnel {

namespace {

constexpr std::size_t k_page = 100, k_listed = 50;
constexpr std::array k_actions{"add", "remove", "set", "blocked"};

std::int64_t id_in(const PageContext& context) {
  const auto id = parse_int(context.places[0]);
  if (!id) {
    not_found(context.t["no_such_page"]);
  }
  return *id;
}

std::string approvals_of(const Words& t, const SavedPlan& plan, const PushRules& rules) {
  std::vector<std::string> who;
  for (const auto& approval : plan.approvals) {
    who.push_back(approval.who);
  }
  auto out =
      t.with("approved_of", {t.number(plan.approvals.size()), t.number(approvals_wanted(rules))});
  return who.empty() ? out : out + ": " + join(who, ", ");
}

void set_plan(View& view, const PageContext& context, const SavedPlan& plan) {
  const auto& t = context.t;
  view.set("id", std::to_string(plan.id));
  view.set("href", context.link(fmt::format("/plans/{}", plan.id)));
  view.set("segment", plan.segment);
  view.set("target", plan.target);
  view.set("made", t.time(plan.made));
  view.set("by", plan.by.empty() ? t["command_line"] : plan.by);
  const auto state = std::string(name_of(plan.state));
  view.set("state", t["plan_" + state]);
  view.set("adds", t.number(plan.adds));
  view.set("removes", t.number(plan.removes));
  view.set("sets", t.number(plan.sets));
  view.set("blocked", t.number(plan.blocked));
  view.set("staying", t.number(plan.staying));
  view.set("members", t.number(plan.members));
  view.set("note", plan.note);
  view.set("approvals", approvals_of(t, plan, context.workspace.config.push));
  view.set("push_href",
           plan.push ? context.link(fmt::format("/pushes/{}", *plan.push)) : std::string());
}

/// "SCORE 20 → 34", field by field.
View changes_of(const PushPlan& plan, const PlanRow& row) {
  auto out = list_of();
  const auto& fields = row.change->fields;
  for (std::size_t i = 0; i < fields.size() && i < plan.target.fields.size(); ++i) {
    View one;
    one.set("field", plan.target.fields[i].second);
    one.set("before", i < row.before->size() ? (*row.before)[i] : std::string());
    one.set("after", fields[i]);
    out << one;
  }
  return out;
}

/// Links to all rows and to those of each action.
View filters_of(const PageContext& context, const std::string& here, const SavedPlan& plan) {
  const auto counts = std::array{plan.adds, plan.removes, plan.sets, plan.blocked};
  auto out = list_of();
  const auto add = [&](const std::string& action, const std::string& name, std::uint64_t count) {
    View one;
    one.set("href", context.link(here, {{"action", action}}));
    one.set("name", name);
    one.set("count", context.t.number(count));
    one.set("here", context.text("action") == action);
    out << one;
  };
  add("", context.t["all"], counts[0] + counts[1] + counts[2] + counts[3]);
  for (std::size_t i = 0; i < k_actions.size(); ++i) {
    add(k_actions.at(i), context.t[std::string("action_") + k_actions.at(i)], counts.at(i));
  }
  return out;
}

template<typename T, typename Show>
void set_rows(View& view, const PageContext& context, const std::string& here,
              const std::string& filter, const std::vector<T>& items, const Show& show) {
  auto rows = list_of();
  const auto first = place_in_list(context);
  auto at = first;
  for (; at < items.size() && at - first < k_page; ++at) {
    rows << show(items[at]);
  }
  view.set("some", rows.is_non_empty_list());
  view.set("rows", rows);
  view.set("first",
           first == 0 ? std::string() : context.link(here, {{filter, context.text(filter)}}));
  view.set("next", at >= items.size() ? std::string()
                                      : context.link(here, {{filter, context.text(filter)},
                                                            {"after", std::to_string(at)}}));
}

HttpResponse back_to(const PageContext& context, const Result<SavedPlan>& plan) {
  if (!plan) {
    throw Failure(plan.error());
  }
  return see_other(context, fmt::format("/plans/{}", plan->id));
}

} // namespace

HttpResponse plans_page(const PageContext& context) {
  const auto& t = context.t;
  auto store = context.reading();
  auto plans = list_of(), pushes = list_of();
  for (const auto& plan : SavedPlans(store).newest(k_listed)) {
    View row;
    set_plan(row, context, plan);
    plans << row;
  }
  const auto runs = PushJournal(store).runs();
  for (std::size_t i = 0; i < runs.size() && i < k_listed; ++i) {
    const auto& run = runs[i];
    View row;
    row.set("href", context.link(fmt::format("/pushes/{}", run.id)));
    row.set("at", t.time(run.created));
    row.set("segment", run.segment);
    row.set("target", where_of(run.target));
    row.set("added", t.number(run.added));
    row.set("removed", t.number(run.removed));
    row.set("set", t.number(run.set));
    row.set("refused", t.number(run.refused));
    row.set("state", t["push_" + run.state]);
    row.set("why", run.why);
    pushes << row;
  }
  View view;
  view.set("some_plans", plans.is_non_empty_list());
  view.set("plans", plans);
  view.set("some_pushes", pushes.is_non_empty_list());
  view.set("pushes", pushes);
  return show_page(context, "plans", view, t["plans"]);
}

HttpResponse plan_page(const PageContext& context) {
  const auto& t = context.t;
  const auto id = id_in(context);
  auto store = context.reading();
  SavedPlans plans(store);
  const auto saved = plans.find(id);
  if (!saved) {
    not_found(t["no_such_page"]);
  }
  const auto plan = plans.read(id);
  View view;
  set_plan(view, context, *saved);
  auto asks = list_of();
  for (const auto& question : {saved->asks.large_removal, saved->asks.confirm}) {
    if (!question.empty()) {
      asks << View(question);
    }
  }
  view.set("asks", asks);
  const auto wanted = approvals_wanted(context.workspace.config.push);
  const bool operates = context.may(Role::operations), open = is_open(saved->state);
  const bool mine =
      std::any_of(saved->approvals.begin(), saved->approvals.end(),
                  [&](const Approval& approval) { return approval.who == context.caller.name; });
  view.set("can_approve", operates && open && !mine && saved->approvals.size() < wanted);
  view.set("can_reject", operates && open);
  view.set("can_apply", operates && saved->state == PlanState::approved);
  view.set("mine", operates && mine && open);

  const auto here = fmt::format("/plans/{}", id);
  const auto rows = plan_rows(plan, context.text("action"));
  note_person_access(context, "plans show", {}, std::min(rows.size(), k_page),
                     fmt::format("plan {}", id));
  view.set("filters", filters_of(context, here, *saved));
  set_rows(view, context, here, "action", rows, [&](const PlanRow& row) {
    View out;
    const auto& address = row.blocked != nullptr ? row.blocked->address : row.change->address;
    out.set("action", t["action_" + std::string(row.action)]);
    out.set("css", row.action == "add" ? "gain" : row.action == "remove" ? "loss" : "");
    out.set(
        "address",
        context.shown(address.empty() && row.change != nullptr ? row.change->contact_id : address));
    out.set("person", address.empty() ? std::string() : context.link_to_person(address));
    out.set("reason", row.blocked != nullptr ? row.blocked->reason : std::string());
    out.set("changes", row.change != nullptr ? changes_of(plan, row) : list_of());
    return out;
  });
  view.set("json", context.base + "/api/v1" + here);
  return show_page(context, "plan", view, t.with("plan_title", {saved->segment, saved->target}));
}

HttpResponse plan_approve(const PageContext& context) {
  auto store = context.writing();
  return back_to(context, SavedPlans(store).approve(id_in(context), context.caller.name,
                                                    context.workspace.config.push, context.now));
}

HttpResponse plan_reject(const PageContext& context) {
  auto store = context.writing();
  return back_to(context, SavedPlans(store).reject(id_in(context), context.caller.name,
                                                   context.field("why"), context.now));
}

HttpResponse plan_apply(const PageContext& context) {
  return begin_task(context, "apply", {std::to_string(id_in(context))});
}

HttpResponse push_page(const PageContext& context) {
  const auto& t = context.t;
  const auto id = id_in(context);
  auto store = context.reading();
  PushJournal journal(store);
  const auto run = journal.run(id);
  if (!run) {
    not_found(t["no_such_page"]);
  }
  auto changes = journal.changes(id);
  const auto asked = context.text("state");
  std::array<std::uint64_t, 5> counts{};
  for (const auto& change : changes) {
    ++counts.at(static_cast<std::size_t>(change.state));
  }
  if (!asked.empty()) {
    std::erase_if(changes, [&](const JournaledChange& one) { return name_of(one.state) != asked; });
  }
  note_person_access(context, "view", {}, std::min(changes.size(), k_page),
                     fmt::format("push {}", id));
  const auto here = fmt::format("/pushes/{}", id);
  View view;
  view.set("at", t.time(run->created));
  view.set("state", t["push_" + run->state]);
  view.set("why", run->why);
  view.set("revert", fmt::format("mailfunnel push --revert {}", id));
  auto filters = list_of();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto name = std::string(name_of(static_cast<ChangeState>(i)));
    if (counts.at(i) != 0) {
      View one;
      one.set("href", context.link(here, {{"state", asked == name ? "" : name}}));
      one.set("name", t["change_" + name]);
      one.set("count", t.number(counts.at(i)));
      one.set("here", asked == name);
      filters << one;
    }
  }
  view.set("filters", filters);
  set_rows(view, context, here, "state", changes, [&](const JournaledChange& one) {
    const auto& change = one.planned.change;
    View out;
    out.set("action",
            t[std::string("action_") + k_actions.at(static_cast<std::size_t>(change.action))]);
    out.set("address", context.shown(change.address.empty() ? change.contact_id : change.address));
    out.set("person",
            change.address.empty() ? std::string() : context.link_to_person(change.address));
    out.set("state", t["change_" + std::string(name_of(one.state))]);
    out.set("words", one.words);
    return out;
  });
  return show_page(context, "push", view,
                   t.with("plan_title", {run->segment, where_of(run->target)}));
}

} // namespace mailfunnel
