// Segments: what there is, who is in one, how they overlap, and a place to try an expression.

#include "app/push_journal.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"
#include "web/pages/handlers.hpp"
#include "web/segment_page.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mailfunnel {

namespace {

constexpr std::size_t k_page = 100, k_sample = 10;
constexpr std::size_t k_most_in_file = 100'000; // rows; the command line writes longer ones
constexpr std::size_t k_most_overlaps = 12;     // segments, as each pair is counted
constexpr char k_cell = '\x1f';

std::string kept_out(const Words& t, const SegmentResult& result) {
  std::vector<std::string> out;
  const auto add = [&](std::uint64_t count, std::string_view word) {
    if (count != 0) {
      out.push_back(t.with(word, {t.number(count)}));
    }
  };
  add(result.kept_out_suppressed, "out_suppressed");
  add(result.kept_out_excluded, "out_excluded");
  add(result.kept_out_no_address, "out_no_address");
  return join(out, ", ");
}

std::string use_of(const Words& t, SegmentUse use) {
  return t["use_" + std::string(name_of(use))];
}

View targets_of(const SegmentConfig& segment) {
  auto out = list_of();
  for (const auto& target : segment.push) {
    out << View(where_of(target));
  }
  return out;
}

/// The columns and rows of what run_segments wrote as cells.
void set_people(View& view, const PageContext& context, const std::vector<std::string>& columns,
                std::string_view cells) {
  const auto parsed = parse_columns(columns);
  auto head = list_of(), rows = list_of();
  for (const auto& column : parsed) {
    View one;
    one.set("name", Words::has(column.title) ? context.t[column.title] : column.title);
    one.set("css", column.is_number() ? "n" : "");
    head << one;
  }
  while (!cells.empty()) {
    const auto line = next_line(cells);
    if (line.empty()) {
      continue;
    }
    View row;
    auto values = list_of();
    const auto fields = split(line, k_cell);
    for (std::size_t i = 0; i < fields.size() && i < parsed.size(); ++i) {
      View value;
      const std::string text(fields[i]);
      const bool address = parsed[i].field == ExportField::email;
      value.set("text", address ? context.shown(text) : text);
      value.set("css", parsed[i].is_number() ? "n" : "");
      if (address && !text.empty()) {
        value.set("href", context.link_to_person(text));
      }
      values << value;
    }
    row.set("values", values);
    rows << row;
  }
  view.set("columns", head);
  view.set("some", rows.is_non_empty_list());
  view.set("rows", rows);
}

std::uint64_t lines_in(std::string_view text) {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

std::vector<const SegmentConfig*> visible(const PageContext& context) {
  std::vector<const SegmentConfig*> out;
  for (const auto& segment : context.workspace.config.segments) {
    if (may_see_segment(context, segment)) {
      out.push_back(&segment);
    }
  }
  return out;
}

/// Count, who is kept out, and the first few; or what is wrong with the expression.
View tried(const PageContext& context) {
  View view;
  view.set("asked", context.has("where") && !trim(context.text("where")).empty());
  view.set("good", false);
  if (!context.has("where") || trim(context.text("where")).empty()) {
    return view;
  }
  const auto parsed = parse_expression(context.text("where"));
  if (!parsed.expression) {
    view.set("mistake", parsed.error.text(context.text("where")));
    return view;
  }
  const auto segment = segment_asked_for(context);
  const std::vector<std::string> columns{"email", "score",      "grade",  "status",
                                         "phase", "last_click", "reasons"};
  auto request = request_of(segment);
  request.columns = columns;
  auto store = context.folded();
  const auto page = segment_page(context, store, request, ExportFormat::cells, k_sample);
  note_person_access(context, "view", {}, lines_in(page.result.text), "segment being tried");
  view.set("good", true);
  view.set("count", context.t.with("people_in_it", {context.t.number(page.result.members)}));
  view.set("kept_out", kept_out(context.t, page.result));
  set_people(view, context, columns, page.result.text);
  view.set("more", page.result.members > k_sample);
  view.set("all_href", context.link("/recipients", {{"where", segment.where}}));
  return view;
}

void set_uses(View& view, const PageContext& context) {
  auto uses = list_of();
  for (const auto use : {SegmentUse::mailing, SegmentUse::sales, SegmentUse::suppression}) {
    View one;
    one.set("value", std::string(name_of(use)));
    one.set("text", use_of(context.t, use));
    one.set("chosen", context.text("use") == name_of(use));
    uses << one;
  }
  view.set("uses", uses);
}

} // namespace

HttpResponse segments_page(const PageContext& context) {
  const auto& t = context.t;
  const auto segments = visible(context);
  std::vector<SegmentRequest> requests;
  for (const auto* segment : segments) {
    requests.push_back(request_of(*segment));
  }
  auto store = context.folded();
  const auto as_of = segment_moment(context, store);
  auto rows = list_of();
  if (!requests.empty()) {
    const auto results = run_segments(store, context.workspace, as_of, requests);
    for (std::size_t i = 0; i < segments.size(); ++i) {
      View row;
      row.set("name", segments[i]->name);
      row.set("href", context.link("/segments/" + percent_encode(segments[i]->name)));
      row.set("use", use_of(t, segments[i]->use));
      row.set("people", t.number(results[i].members));
      row.set("kept_out", kept_out(t, results[i]));
      row.set("where", segments[i]->where);
      row.set("targets", targets_of(*segments[i]));
      rows << row;
    }
  }
  View view;
  view.set("as_of", t.with("as_of", {t.time(as_of)}));
  view.set("some", !requests.empty());
  view.set("segments", rows);
  view.set("where", context.text("where"));
  view.set("builder", context.may(Role::reviewer));
  view.set("overlap", context.may(Role::reviewer) && segments.size() > 1);
  if (context.may(Role::reviewer)) {
    set_uses(view, context);
    view.set("result", render("segments_try", tried(context), t));
    view.set("names", names_json(context));
  }
  return show_page(context, "segments", view, t["segments"]);
}

HttpResponse segments_try(const PageContext& context) {
  return context.part ? show_part(context, "segments_try", tried(context)) : segments_page(context);
}

HttpResponse segments_overlap(const PageContext& context) {
  const auto& t = context.t;
  auto segments = visible(context);
  segments.resize(std::min(segments.size(), k_most_overlaps));
  auto store = context.folded();
  const auto as_of = segment_moment(context, store);
  std::vector<ExpressionPtr> kept; // as long as the requests
  std::vector<SegmentRequest> requests;
  for (const auto* a : segments) {
    for (const auto* b : segments) {
      auto both = parse_expression(fmt::format("({}) and ({})", a->where, b->where));
      auto request = request_of(*a);
      if (both.expression) {
        kept.push_back(both.expression);
        request.where = kept.back().get();
      }
      requests.push_back(std::move(request));
    }
  }
  View view;
  auto head = list_of(), rows = list_of();
  if (!requests.empty()) {
    const auto results = run_segments(store, context.workspace, as_of, requests);
    for (std::size_t a = 0; a < segments.size(); ++a) {
      head << View(segments[a]->name);
      View row;
      row.set("name", segments[a]->name);
      const auto all = results[a * segments.size() + a].members;
      auto cells = list_of();
      for (std::size_t b = 0; b < segments.size(); ++b) {
        const auto count = results[a * segments.size() + b].members;
        const auto share = all == 0 ? 0.0 : static_cast<double>(count) / static_cast<double>(all);
        View cell;
        cell.set("count", count == 0 ? "–" : t.number(count));
        cell.set("share", a == b ? std::string() : t.share(count, all));
        cell.set("heat", a == b || count == 0 ? "h0"
                         : share > 0.5        ? "h3"
                         : share > 0.1        ? "h2"
                                              : "h1");
        cells << cell;
      }
      row.set("cells", cells);
      rows << row;
    }
  }
  view.set("head", head);
  view.set("rows", rows);
  return show_part_or_page(context, "segments_overlap", view, t["overlap"]);
}

HttpResponse segment_page_of(const PageContext& asked) {
  const auto context = with_place(asked);
  const auto& t = context.t;
  const auto& segment = segment_called(context, context.places[0]);
  auto store = context.folded();
  const auto request = request_of(segment);
  const auto page = segment_page(context, store, request, ExportFormat::cells, k_page);
  note_person_access(context, "view", {}, lines_in(page.result.text), "segment " + segment.name);
  View view;
  view.set("name", segment.name);
  view.set("use", use_of(t, segment.use));
  view.set("as_of", t.with("as_of", {t.time(page.as_of)}));
  view.set("where", segment.where);
  view.set("people", t.number(page.result.members));
  view.set("kept_out", kept_out(t, page.result));
  set_people(view, context, request.columns, page.result.text);
  const auto here = "/segments/" + percent_encode(segment.name);
  view.set("next", page.next ? context.link(here, {{"after", context.place_for_link(*page.next)}})
                             : std::string());
  view.set("first", context.has("after") ? context.link(here) : std::string());
  view.set("csv", context.masks() ? std::string() : context.link(here + "/csv"));
  view.set("json", context.base + "/api/v1" + here);
  auto targets = list_of();
  for (const auto& target : segment.push) {
    View one;
    one.set("where", where_of(target));
    one.set("account", target.account);
    one.set("may_plan", context.may(Role::operations));
    targets << one;
  }
  view.set("some_targets", !segment.push.empty());
  view.set("targets", targets);
  return show_page(context, "segment", view, segment.name);
}

HttpResponse segment_csv(const PageContext& context) {
  if (context.masks()) {
    forbidden(context.t["no_addresses"]);
  }
  const auto& segment = segment_called(context, context.places[0]);
  auto store = context.folded();
  const auto page =
      segment_page(context, store, request_of(segment), ExportFormat::people, k_most_in_file);
  const auto people = std::min<std::uint64_t>(page.result.members, k_most_in_file);
  note_person_access(context, "export", {}, people, "segment " + segment.name);
  std::string name;
  for (const char c : segment.name) {
    name += is_alnum(c) || c == '-' ? c : '_';
  }
  return file_response("text/csv; charset=utf-8", name + (page.next ? "-first-100000.csv" : ".csv"),
                       page.result.text);
}

} // namespace mailfunnel
