// Tasks: what this program ran by its timetable or because somebody asked, how far it is, and what
// it said.

#include "app/tasks.hpp"

#include "base/text.hpp"
#include "web/pages/handlers.hpp"

#include <fmt/format.h>

namespace mailfunnel {

namespace {

constexpr std::size_t k_listed = 100;

bool is_over(const TaskState& state) {
  return state.outcome != "waiting" && state.outcome != "running";
}

void set_task(View& view, const PageContext& context, const TaskState& state) {
  const auto& t = context.t;
  const auto path = fmt::format("/tasks/{}", state.id);
  view.set("id", std::to_string(state.id));
  view.set("href", context.link(path));
  view.set("title", state.title);
  view.set("by", state.by == "schedule" || state.by.empty() ? t["timetable"] : state.by);
  view.set("asked", t.time(state.asked));
  view.set("outcome", t["outcome_" + state.outcome]);
  view.set("css", state.outcome == "failed"   ? "bad"
                  : state.outcome == "done"   ? "good"
                  : state.outcome == "partly" ? "warn"
                                              : "");
  view.set("lasted", state.started && state.ended
                         ? fmt::format("{} s", *state.ended - *state.started)
                         : std::string());
  view.set("log", state.log);
  view.set("over", is_over(state));
  view.set("poll", is_over(state) ? std::string() : context.link(path));
  view.set("can_cancel",
           !is_over(state) && context.may(state.kind == "forget" ? Role::admin : Role::operations));
  view.set("what", state.what);
  view.set("known", state.total != 0);
  view.set("done", std::to_string(state.done));
  view.set("total", std::to_string(state.total));
  view.set("share", t.share(state.done, state.total));
  view.set("running", state.outcome == "running");
  const bool of_plans = state.kind == "plan" || state.kind == "apply";
  view.set("plans_href", of_plans && is_over(state) ? context.link("/plans") : std::string());
}

Tasks& tasks_of(const PageContext& context) {
  if (context.tasks == nullptr) {
    not_found(context.t["no_such_page"]);
  }
  return *context.tasks;
}

TaskState task_asked(const PageContext& context) {
  const auto id = parse_int(context.places[0]);
  auto state = id ? tasks_of(context).state(*id) : std::nullopt;
  if (!state) {
    not_found(context.t["no_such_page"]);
  }
  return *std::move(state);
}

} // namespace

HttpResponse tasks_page(const PageContext& context) {
  View view;
  auto rows = list_of();
  for (const auto& state : tasks_of(context).newest(k_listed)) {
    View row;
    set_task(row, context, state);
    rows << row;
  }
  view.set("some", rows.is_non_empty_list());
  view.set("tasks", rows);
  view.set("may_start", context.may(Role::operations));
  auto jobs = list_of();
  for (const auto& [name, timetable] : context.workspace.config.schedule.jobs) {
    jobs << View(name);
  }
  view.set("jobs", jobs);
  return show_page(context, "tasks", view, context.t["tasks"]);
}

HttpResponse task_page(const PageContext& context) {
  const auto state = task_asked(context);
  View view;
  set_task(view, context, state);
  if (context.part) {
    return show_part(context, "task_state", view);
  }
  return show_page(context, "task", view, state.title);
}

HttpResponse task_start(const PageContext& context) {
  const auto kind = context.field("kind");
  std::vector<std::string> arguments;
  if (kind == "plan") {
    arguments = {context.field("segment"), context.field("account")};
    std::erase(arguments, std::string());
  } else if (kind == "job") {
    arguments = {context.field("job")};
  } else if (kind != "sync" && kind != "score") {
    bad_request(context.t["foreign_form"]);
  }
  return begin_task(context, kind, std::move(arguments));
}

HttpResponse task_cancel(const PageContext& context) {
  const auto state = task_asked(context);
  if (state.kind == "forget" && context.caller.role != Role::admin) {
    forbidden(context.t["not_your_role"]);
  }
  (void)tasks_of(context).cancel(state.id); // it may have ended meanwhile, which its page shows
  return see_other(context, fmt::format("/tasks/{}", state.id));
}

} // namespace mailfunnel
