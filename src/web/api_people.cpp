// recipients/{email}: one person.

#include "app/history.hpp"
#include "app/person_json.hpp"
#include "app/person_segments.hpp"
#include "web/api_handlers.hpp"

namespace mailfunnel {

HttpResponse api_person(const ApiContext& context, const WebRequest&) {
  auto store = context.reading();
  const auto& who = context.places[0];
  const auto as_of = context.as_of(store);
  const auto person =
      value_of(explain(store, context.workspace, context.workspace.config.rules, who, as_of));
  const auto segments = segments_with(store, context.workspace, find_person(store, who), as_of);
  note_person_access(context, "view", who, 1);
  return json_response(200, person_json(person, segments));
}

HttpResponse api_explain(const ApiContext& context, const WebRequest&) {
  auto store = context.reading();
  const auto& who = context.places[0];
  if (const auto run = context.number("run")) {
    if (context.has("as_of")) {
      bad_request("run: brings its own moment, leave as_of out");
    }
    const auto compared =
        value_of(compare_with_run(store, context.workspace, *run, who, context.now));
    note_person_access(context, "explain", who, 1);
    return json_response(200, comparison_json(compared));
  }
  const auto explained = value_of(
      explain(store, context.workspace, context.workspace.config.rules, who, context.as_of(store)));
  note_person_access(context, "explain", who, 1);
  return json_response(200, explain_json(explained));
}

HttpResponse api_events(const ApiContext& context, const WebRequest&) {
  auto store = context.reading();
  const auto& who = context.places[0];
  const auto activity = value_of(activity_of(store, context.workspace, who, context.now));
  note_person_access(context, "events", who, 1);
  return page_response(context, activity.events, [&](const PersonEvent& event) {
    return events_json({event}, activity.world);
  });
}

HttpResponse api_history(const ApiContext& context, const WebRequest&) {
  auto store = context.reading();
  const auto& who = context.places[0];
  HistoryRequest request{context.time(store, "from"), std::nullopt,
                         context.time(store, "to").value_or(context.now)};
  if (context.has("every")) {
    request.every = parse_duration(context.text("every"));
    if (!request.every || *request.every <= 0) {
      bad_request("every: wants a time such as 7d, 1mo or 12h");
    }
  }
  const auto moments = value_of(
      person_history(store, context.workspace, context.workspace.config.rules, who, request));
  note_person_access(context, "history", who, 1);
  return list_response(moments_json(moments), std::nullopt);
}

} // namespace mailfunnel
