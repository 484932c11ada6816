// segments: sizes, and people page by page.

#include "app/segment_export.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"
#include "web/api_handlers.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mailfunnel {

namespace {

constexpr std::size_t k_longest_where = 4 << 10; // bytes

/// A caller for sales sees lists for sales, and nothing of others.
bool may_see(const ApiContext& context, const SegmentConfig& segment) {
  return context.caller.role != Role::sales || segment.use == SegmentUse::sales;
}

Seconds moment_of(const ApiContext& context, Store& store) {
  const auto asked = context.time(store, "as_of");
  return asked ? *asked : segments_moment(store, context.workspace, context.now);
}

/// A place in a list, with the moment that the list is of: so that the pages of one list fit to
/// each other. "1774958400/34500/ann@example.com".
struct Cursor {
  Seconds as_of = 0;
  SegmentPlace place;
};

std::string to_text(const Cursor& cursor) {
  return fmt::format("{}/{}/{}", cursor.as_of, cursor.place.score, cursor.place.email);
}

Cursor parse_cursor(std::string_view text) {
  const auto first = text.find('/');
  const auto second = first == std::string_view::npos ? first : text.find('/', first + 1);
  const auto as_of = parse_int(text.substr(0, first));
  const auto score = second == std::string_view::npos
                         ? std::nullopt
                         : parse_int(text.substr(first + 1, second - first - 1));
  if (!as_of || !score || *as_of < 0) {
    bad_request("after: wants what `next` of the page before said");
  }
  return {*as_of, {*score, std::string(text.substr(second + 1))}};
}

const SegmentConfig& find_segment(const ApiContext& context, const std::string& name) {
  for (const auto& segment : context.workspace.config.segments) {
    if (segment.name == name) {
      if (!may_see(context, segment)) {
        forbidden("this segment is not for sales");
      }
      return segment;
    }
  }
  not_found(fmt::format("there is no segment \"{}\"", printable(name, 60)));
}

std::string as_of_member(Seconds as_of) {
  return fmt::format("\"as_of\":\"{}\"", format_time(as_of));
}

/// A page of the segment. The scores are kept, so that the next page needs no scoring; but not
/// while another run writes, as who reads is not to wait for it.
SegmentResult page_of(const ApiContext& context, Store& store, Seconds as_of,
                      const SegmentRequest& request, std::size_t limit) {
  if (context.another_writes()) {
    return run_segments(store, context.workspace, as_of, {request}, ExportFormat::ndjson, limit)[0];
  }
  std::string text;
  auto result = export_segments(
                    store, context.workspace, as_of, {request}, ExportFormat::ndjson,
                    [&text](std::size_t, std::string_view piece) { text += piece; }, limit)
                    .results[0];
  result.text = std::move(text);
  return result;
}

} // namespace

HttpResponse api_segments(const ApiContext& context, const WebRequest&) {
  std::vector<SegmentRequest> requests;
  std::vector<const SegmentConfig*> segments;
  for (const auto& segment : context.workspace.config.segments) {
    if (may_see(context, segment)) {
      segments.push_back(&segment);
      requests.push_back(request_of(segment));
    }
  }
  auto store = context.folded();
  const auto as_of = moment_of(context, store);
  std::string lines;
  if (!requests.empty()) {
    const auto results = run_segments(store, context.workspace, as_of, requests, std::nullopt, 0);
    for (std::size_t i = 0; i < segments.size(); ++i) {
      lines += segment_json(*segments[i], results[i]) + "\n";
    }
  }
  return list_response(lines, std::nullopt, as_of_member(as_of));
}

HttpResponse api_members(const ApiContext& context, const WebRequest&) {
  const auto& segment = find_segment(context, context.places[0]);
  const auto limit = limit_of(context);
  auto request = request_of(segment);
  auto store = context.folded();
  Seconds as_of = 0;
  if (context.has("after")) {
    auto cursor = parse_cursor(context.text("after"));
    if (context.has("as_of") && context.as_of(store) != cursor.as_of) {
      bad_request("as_of: is not the moment of `after`; leave it out");
    }
    as_of = cursor.as_of;
    request.after = std::move(cursor.place);
  } else {
    as_of = moment_of(context, store);
  }
  const auto result = page_of(context, store, as_of, request, limit);
  const auto& text = result.text;
  note_person_access(context, "export", {},
                     static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n')),
                     "segment " + segment.name);
  std::optional<std::string> next;
  if (result.last) {
    next = to_text({as_of, *result.last});
  }
  return list_response(text, next,
                       fmt::format("\"segment\":{},{},\"people\":{}", json_text(segment.name),
                                   as_of_member(as_of), result.members));
}

HttpResponse api_count(const ApiContext& context, const WebRequest&) {
  const auto where = context.text("where");
  if (where.empty() || where.size() > k_longest_where) {
    bad_request(fmt::format("where: wants an expression of 1 to {} bytes (docs/segments.md)",
                            k_longest_where));
  }
  const auto parsed = parse_expression(where);
  if (!parsed.expression) {
    bad_request("where: " + parsed.error.text(where));
  }
  SegmentConfig segment;
  segment.name = "where";
  segment.where = where;
  segment.expression = parsed.expression;
  if (const auto use = context.text("use"); !use.empty()) {
    const auto all = {SegmentUse::mailing, SegmentUse::sales, SegmentUse::suppression};
    const auto found =
        std::find_if(all.begin(), all.end(), [&](SegmentUse one) { return name_of(one) == use; });
    if (found == all.end()) {
      bad_request("use: wants mailing, sales or suppression");
    }
    segment.use = *found;
  }
  auto store = context.folded();
  const auto as_of = moment_of(context, store);
  const auto results =
      run_segments(store, context.workspace, as_of, {request_of(segment)}, std::nullopt, 0);
  auto json = segment_json(segment, results[0]);
  json.insert(1, as_of_member(as_of) + ",");
  return json_response(200, json + "\n");
}

} // namespace mailfunnel
