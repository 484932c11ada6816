// segments: sizes, and people page by page; recipients: the same of whoever is asked for.

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "web/api_handlers.hpp"
#include "web/segment_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mailfunnel {

namespace {

constexpr std::array k_person_columns{"email",  "score", "level",      "grade",
                                      "status", "phase", "last_click", "suppressed"};

std::string as_of_member(Seconds as_of) {
  return fmt::format("\"as_of\":\"{}\"", format_time(as_of));
}

/// A page of people, hottest first. `what`: for the log of accesses; `head`: members of the answer,
/// with a comma behind each.
HttpResponse people_response(const ApiContext& context, const SegmentRequest& request,
                             const std::string& what, std::string_view head) {
  const auto limit = limit_of(context);
  auto store = context.folded();
  const auto page = segment_page(context, store, request, ExportFormat::ndjson, limit);
  const auto& text = page.result.text;
  note_person_access(context, "export", {},
                     static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n')), what);
  return list_response(
      text, page.next,
      fmt::format("{}{},\"people\":{}", head, as_of_member(page.as_of), page.result.members));
}

} // namespace

HttpResponse api_segments(const ApiContext& context, const WebRequest&) {
  std::vector<SegmentRequest> requests;
  std::vector<const SegmentConfig*> segments;
  for (const auto& segment : context.workspace.config.segments) {
    if (may_see_segment(context, segment)) {
      segments.push_back(&segment);
      requests.push_back(request_of(segment));
    }
  }
  auto store = context.folded();
  const auto as_of = segment_moment(context, store);
  std::string lines;
  if (!requests.empty()) {
    const auto results = run_segments(store, context.workspace, as_of, requests);
    for (std::size_t i = 0; i < segments.size(); ++i) {
      lines += segment_json(*segments[i], results[i]) + "\n";
    }
  }
  return list_response(lines, std::nullopt, as_of_member(as_of));
}

HttpResponse api_members(const ApiContext& context, const WebRequest&) {
  const auto& segment = segment_called(context, context.places[0]);
  return people_response(context, request_of(segment), "segment " + segment.name,
                         fmt::format("\"segment\":{},", json_text(segment.name)));
}

HttpResponse api_recipients(const ApiContext& context, const WebRequest&) {
  const auto people = people_asked_for(context);
  auto request = request_of(people);
  request.columns.assign(k_person_columns.begin(), k_person_columns.end());
  return people_response(context, request, "recipients", "");
}

HttpResponse api_count(const ApiContext& context, const WebRequest&) {
  const auto segment = segment_asked_for(context);
  auto store = context.folded();
  const auto as_of = segment_moment(context, store);
  const auto results = run_segments(store, context.workspace, as_of, {request_of(segment)});
  auto json = segment_json(segment, results[0]);
  json.insert(1, as_of_member(as_of) + ",");
  return json_response(200, json + "\n");
}

} // namespace mailfunnel
