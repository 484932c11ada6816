// tasks: work that somebody asks for, how far it is, and its end.

#include "app/tasks.hpp"

#include "base/text.hpp"
#include "web/api_body.hpp"
#include "web/api_handlers.hpp"

#include <fmt/format.h>

namespace mailfunnel {

namespace {

constexpr std::size_t k_most_tasks = 10'000; // the log keeps fewer

Tasks& tasks_of(const ApiContext& context) {
  if (context.tasks == nullptr) {
    not_found("no tasks are taken here");
  }
  return *context.tasks;
}

TaskState task_of(const ApiContext& context) {
  const auto id = id_of(context, "task");
  auto state = tasks_of(context).state(id);
  if (!state) {
    not_found(fmt::format("there is no task {}", id));
  }
  return *std::move(state);
}

} // namespace

HttpResponse api_tasks(const ApiContext& context, const WebRequest&) {
  return page_response(context, tasks_of(context).newest(k_most_tasks),
                       [](const TaskState& state) { return to_json(state); });
}

HttpResponse api_task(const ApiContext& context, const WebRequest&) {
  return json_response(200, to_json(task_of(context)) + "\n");
}

HttpResponse started(const ApiContext& context, std::string kind,
                     std::vector<std::string> arguments) {
  const auto id = value_of(
      tasks_of(context).start({std::move(kind), std::move(arguments), context.caller.name}));
  auto out = json_response(202, fmt::format("{{\"task\":{}}}\n", id));
  return out;
}

HttpResponse api_start_task(const ApiContext& context, const WebRequest& request) {
  const JsonBody body(request, {"kind", "arguments"});
  auto kind = body.text("kind");
  if (kind == "forget") {
    bad_request("an erasure is asked for at recipients/{email}/forget");
  }
  return started(context, std::move(kind), body.texts("arguments"));
}

HttpResponse api_cancel_task(const ApiContext& context, const WebRequest&) {
  const auto state = task_of(context);
  if (state.kind == "forget" && context.caller.role != Role::admin) {
    forbidden("an erasure is stopped by an admin");
  }
  if (!tasks_of(context).cancel(state.id)) {
    throw Failure({ErrorCode::conflict, fmt::format("task {} is over", state.id)});
  }
  HttpResponse out;
  out.status = 204;
  return out;
}

} // namespace mailfunnel
