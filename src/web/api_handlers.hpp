#pragma once
// The handlers of the API, by group; web/api.cpp has the table of their paths and roles,
// docs/api.md says what they answer.

#include "web/api_context.hpp"

namespace mailfunnel {

// api_people.cpp
HttpResponse api_person(const ApiContext& context, const WebRequest& request);
HttpResponse api_explain(const ApiContext& context, const WebRequest& request);
HttpResponse api_events(const ApiContext& context, const WebRequest& request);
HttpResponse api_history(const ApiContext& context, const WebRequest& request);

// api_rights.cpp
HttpResponse api_object(const ApiContext& context, const WebRequest& request);
HttpResponse api_suppress(const ApiContext& context, const WebRequest& request);
HttpResponse api_forget(const ApiContext& context, const WebRequest& request);

// api_campaigns.cpp
HttpResponse api_campaigns(const ApiContext& context, const WebRequest& request);
HttpResponse api_report(const ApiContext& context, const WebRequest& request);
HttpResponse api_links(const ApiContext& context, const WebRequest& request);
HttpResponse api_set_link(const ApiContext& context, const WebRequest& request);

// api_segments.cpp
HttpResponse api_segments(const ApiContext& context, const WebRequest& request);
HttpResponse api_recipients(const ApiContext& context, const WebRequest& request);
HttpResponse api_members(const ApiContext& context, const WebRequest& request);
HttpResponse api_count(const ApiContext& context, const WebRequest& request);

// api_operations.cpp
HttpResponse api_status(const ApiContext& context, const WebRequest& request);
HttpResponse api_runs(const ApiContext& context, const WebRequest& request);
HttpResponse api_jobs(const ApiContext& context, const WebRequest& request);
HttpResponse api_job(const ApiContext& context, const WebRequest& request);
HttpResponse api_pushes(const ApiContext& context, const WebRequest& request);
HttpResponse api_simulate(const ApiContext& context, const WebRequest& request);

// api_plans.cpp
HttpResponse api_plans(const ApiContext& context, const WebRequest& request);
HttpResponse api_make_plan(const ApiContext& context, const WebRequest& request);
HttpResponse api_plan(const ApiContext& context, const WebRequest& request);
HttpResponse api_approve_plan(const ApiContext& context, const WebRequest& request);
HttpResponse api_reject_plan(const ApiContext& context, const WebRequest& request);
HttpResponse api_apply_plan(const ApiContext& context, const WebRequest& request);

// api_tasks.cpp
HttpResponse api_tasks(const ApiContext& context, const WebRequest& request);
HttpResponse api_start_task(const ApiContext& context, const WebRequest& request);
HttpResponse api_task(const ApiContext& context, const WebRequest& request);
HttpResponse api_cancel_task(const ApiContext& context, const WebRequest& request);
/// Starts it in the name of the caller: 202 and {"task":…}.
HttpResponse started(const ApiContext& context, std::string kind,
                     std::vector<std::string> arguments);

// api_tokens.cpp
HttpResponse api_tokens(const ApiContext& context, const WebRequest& request);
HttpResponse api_add_token(const ApiContext& context, const WebRequest& request);
HttpResponse api_remove_token(const ApiContext& context, const WebRequest& request);

} // namespace mailfunnel
