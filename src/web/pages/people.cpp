// Everybody, hottest first: by a part of the address, and by an expression as segments have it.

#include "app/person_json.hpp"
#include "base/text.hpp"
#include "web/pages/handlers.hpp"
#include "web/pages/person_view.hpp"
#include "web/segment_page.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel {

namespace {

constexpr std::size_t k_rows = 50, k_most_in_file = 100'000, k_longest_where = 4 << 10;
constexpr std::array k_columns{"email",  "score", "level",      "fit",        "grade",
                               "status", "phase", "last_click", "suppressed", "reasons"};

/// What the form asks for; `mistake` where the expression is none.
struct Asked {
  SegmentConfig people;
  std::optional<ExpressionError> mistake;
};

/// The context as far as the caller may ask: who is shown no address finds nobody by one.
PageContext allowed(const PageContext& context) {
  auto out = with_place(context);
  if (out.masks()) {
    out.query.erase("q");
  }
  return out;
}

Asked asked_of(const PageContext& context) {
  Asked out;
  const auto where = context.text("where");
  if (!where.empty() && where.size() <= k_longest_where) {
    const auto parsed = parse_expression(where);
    if (!parsed.expression) {
      out.mistake = parsed.error;
    }
  }
  if (!out.mistake) {
    out.people = people_asked_for(context);
  }
  return out;
}

void set_count(View& view, const PageContext& context, const Asked& asked, std::uint64_t people) {
  view.set("mistake", false);
  view.set("count", std::string());
  if (!asked.mistake) {
    view.set("count", context.t.with("count_people", {context.t.number(people)}));
    return;
  }
  const auto& mistake = *asked.mistake;
  View one;
  one.set("message",
          mistake.message + (mistake.suggestion.empty() ? "" : "; " + mistake.suggestion));
  const auto text = mistake.text(context.text("where")); // the message, then a caret below the text
  const auto end = text.find('\n');
  one.set("caret", end == std::string::npos ? std::string() : text.substr(end + 1));
  view.set("mistake", one);
}

View row_of(const PageContext& context, const Explanation& person) {
  const auto& t = context.t;
  View out;
  out.set("name", context.shown(person.address));
  out.set("href", context.link_to_person(person.address));
  out.set("score", t.points(person.score));
  out.set("level", std::to_string(person.level));
  out.set("fit", t.points(person.fit));
  out.set("grade", grade_text(person));
  out.set("status", person.status);
  out.set("phase", phase_text(person.phase));
  out.set("clicked", person.last_click == 0 ? std::string() : t.date(person.last_click));
  out.set("reasons", reasons_text(t, person));
  out.set("suppressed",
          person.suppressed == 0 ? View(false) : View(suppression_text(t, person.suppressed)));
  return out;
}

/// The people whose addresses stand in the lines; their figures need no scoring of everybody.
std::vector<Explanation> people_of(const PageContext& context, Store& store, Seconds as_of,
                                   std::string_view lines) {
  const auto& rules = context.workspace.config.rules;
  const auto world = Worlds(store, context.workspace, rules).at(as_of);
  std::vector<Explanation> out;
  while (!lines.empty()) {
    const auto address = next_line(lines);
    if (auto person = Person::find(store, std::string(address))) { // else erased just now
      out.push_back(person->at(as_of, rules, world));
    }
  }
  return out;
}

} // namespace

HttpResponse people_page(const PageContext& asked_context) {
  const auto context = allowed(asked_context);
  const auto& t = context.t;
  const auto asked = asked_of(context);
  auto store = context.folded();
  View view;
  if (context.part) { // somebody types
    set_count(view, context, asked,
              asked.mistake ? 0
                            : run_segments(store, context.workspace, segment_moment(context, store),
                                           {request_of(asked.people)})[0]
                                  .members);
    return show_part(context, "people_count", view);
  }
  SegmentPage page;
  auto rows = list_of();
  if (asked.mistake) {
    page.as_of = segment_moment(context, store);
  } else {
    auto request = request_of(asked.people);
    request.columns = {"email"};
    page = segment_page(context, store, request, ExportFormat::cells, k_rows);
    std::uint64_t shown = 0;
    for (const auto& person : people_of(context, store, page.as_of, page.result.text)) {
      rows << row_of(context, person);
      ++shown;
    }
    note_person_access(context, "view", {}, shown, "recipients");
  }
  set_count(view, context, asked, page.result.members);
  const Parameters filter{{"q", context.text("q")}, {"where", context.text("where")}};
  const bool file = !context.masks() && !asked.mistake;
  view.set("as_of", t.with("as_of", {t.time(page.as_of)}));
  view.set("action", context.link("/recipients"));
  view.set("may_search", !context.masks());
  view.set("q", context.text("q"));
  view.set("where", context.text("where"));
  view.set("invalid", asked.mistake.has_value());
  view.set("names", names_json(context));
  view.set("none", rows.is_empty_list() && !asked.mistake);
  view.set("some", !rows.is_empty_list());
  view.set("people", rows);
  const auto nameless = page.result.kept_out_no_address;
  view.set("nameless",
           nameless == 0 ? std::string() : t.with("without_address", {t.number(nameless)}));
  view.set("first", context.has("after") ? context.link("/recipients", filter) : std::string());
  auto onwards = filter;
  if (page.next) {
    onwards.emplace_back("after", context.place_for_link(*page.next));
  }
  view.set("next", page.next ? context.link("/recipients", onwards) : std::string());
  view.set("csv", file ? context.link("/recipients.csv", filter) : std::string());
  view.set("json", file ? context.link("/api/v1/recipients", filter) : std::string());
  return show_page(context, "people", view, t["recipients"]);
}

HttpResponse people_file(const PageContext& context) {
  if (context.masks()) {
    forbidden(context.t["no_addresses"]);
  }
  const auto people = people_asked_for(context);
  auto request = request_of(people);
  request.columns.assign(k_columns.begin(), k_columns.end());
  auto store = context.folded();
  const auto page = segment_page(context, store, request, ExportFormat::people, k_most_in_file);
  note_person_access(context, "export", {},
                     std::min<std::uint64_t>(page.result.members, k_most_in_file), "recipients");
  return file_response("text/csv; charset=utf-8",
                       page.next ? "recipients-first-100000.csv" : "recipients.csv",
                       page.result.text);
}

} // namespace mailfunnel
