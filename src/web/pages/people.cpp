// Everybody, hottest first: by a part of the address, and by an expression as segments have it.

#include "app/kept_run.hpp"
#include "app/people_list.hpp"
#include "app/person_json.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "store/recipients.hpp"
#include "web/list_cursor.hpp"
#include "web/pages/handlers.hpp"
#include "web/pages/person_view.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mailfunnel {

namespace {

constexpr std::size_t k_rows = 50, k_longest_part = 320, k_offered_mailings = 300;

bool asks_for_address(const Expression& part) {
  return part.type == Expression::Type::compare && part.field == Field::email;
}

/// What the form asks for; a mistake in it stands in the view.
struct Asked {
  PeopleRequest request;
  std::string where;
  std::optional<ExpressionError> mistake;
};

Asked asked_of(const PageContext& context) {
  const auto& t = context.t;
  Asked out;
  out.request.part = trim(context.text("q"));
  out.where = trim(context.text("where"));
  out.request.limit = k_rows;
  if (out.request.part.size() > k_longest_part || out.where.size() > k_longest_where) {
    bad_request(t["too_long"]);
  }
  if (context.masks()) {
    out.request.part.clear(); // who may see no address finds none
  }
  if (!out.where.empty()) {
    auto parsed = parse_expression(out.where);
    if (parsed.expression && context.masks() && any_part(*parsed.expression, asks_for_address)) {
      out.mistake = ExpressionError{t["no_addresses"], 0, {}};
    } else if (parsed.expression) {
      out.request.where = parsed.expression;
    } else {
      out.mistake = std::move(parsed.error);
    }
  }
  return out;
}

void set_count(View& view, const PageContext& context, const Asked& asked, std::uint64_t people) {
  view.set("mistake", false);
  view.set("count", false);
  if (!asked.mistake) {
    view.set("count", context.t.with("count_people", {context.t.number(people)}));
    return;
  }
  const auto& mistake = *asked.mistake;
  View one;
  one.set("message",
          mistake.message + (mistake.suggestion.empty() ? "" : "; " + mistake.suggestion));
  const auto text = mistake.text(asked.where); // the message, then the text with a caret below
  const auto end = text.find('\n');
  one.set("caret", end == std::string::npos ? std::string() : text.substr(end + 1));
  view.set("mistake", one);
}

/// What can be typed into an expression, as JSON.
std::string names_json(Store& store, const World& world, const Rules& rules) {
  auto names = expression_names();
  for (const auto& [id, name] : Recipients(store.database()).attributes()) {
    if (name.find('"') == std::string::npos) {
      names.push_back("attribute(\"" + name + "\")");
    }
  }
  for (const auto* word : {"and", "or", "not", "within", "TOFU", "MOFU", "BOFU"}) {
    names.emplace_back(word);
  }
  for (const auto& [cell, status] : rules.status.matrix) {
    names.push_back(status);
  }
  for (const auto* statuses : {&rules.status.overrides, &rules.status.rules}) {
    for (const auto& rule : *statuses) {
      names.push_back(rule.status);
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const auto& campaigns = world.campaigns; // by time: the newest are last
  for (auto i = campaigns.size();
       i-- > campaigns.size() - std::min(campaigns.size(), k_offered_mailings);) {
    const auto& name = campaigns[i].name.empty() ? campaigns[i].external_id : campaigns[i].name;
    if (!name.empty() && name.find('"') == std::string::npos) {
      names.push_back('"' + name + '"');
    }
  }
  std::string out = "[";
  for (const auto& name : names) {
    out += out.size() > 1 ? "," : "";
    append_json_string(out, name);
  }
  return out + "]";
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

Seconds moment_of(const PageContext& context, Store& store) {
  return context.text("as_of").empty() ? segments_moment(store, context.workspace, context.now)
                                       : context.as_of(store);
}

} // namespace

HttpResponse people_page(const PageContext& context) {
  const auto& t = context.t;
  const auto asked = asked_of(context);
  auto store = context.folded();
  View view;
  if (context.part) { // somebody types
    set_count(view, context, asked,
              asked.mistake ? 0
                            : count_people(store, context.workspace, asked.request,
                                           moment_of(context, store)));
    return show_part(context, "people_count", view);
  }
  auto request = asked.request;
  Seconds as_of = 0;
  if (const auto after = context.text("after"); !after.empty()) {
    auto cursor = parse_cursor(context.masks() ? context.handles.open(after).value_or("") : after);
    as_of = cursor.as_of;
    request.after = std::move(cursor.place);
  } else {
    as_of = moment_of(context, store);
  }
  PeoplePage page;
  if (!asked.mistake) {
    page = list_people(store, context.workspace, request, as_of, !context.another_writes());
    note_person_access(context, "list", {}, page.rows.size());
  }
  set_count(view, context, asked, page.people);
  auto rows = list_of();
  for (const auto& person : page.rows) {
    rows << row_of(context, person);
  }
  const auto& where = asked.where;
  const auto part = request.part;
  view.set("as_of", t.with("as_of", {t.time(as_of)}));
  view.set("action", context.link("/recipients"));
  view.set("may_search", !context.masks());
  view.set("q", part);
  view.set("where", where);
  view.set("invalid", asked.mistake.has_value());
  view.set("names",
           names_json(store,
                      *Worlds(store, context.workspace, context.workspace.config.rules).at(as_of),
                      context.workspace.config.rules));
  view.set("some", !rows.is_empty_list());
  view.set("none", rows.is_empty_list() && !asked.mistake);
  view.set("people", rows);
  view.set("nameless", page.nameless == 0
                           ? View(false)
                           : View(t.with("without_address", {t.number(page.nameless)})));
  view.set("first", request.after
                        ? View(context.link("/recipients", {{"q", part}, {"where", where}}))
                        : View(false));
  view.set("next", false);
  if (page.next) {
    const auto cursor = to_text({as_of, *page.next});
    view.set("next",
             context.link("/recipients",
                          {{"q", part},
                           {"where", where},
                           {"after", context.masks() ? context.handles.seal(cursor) : cursor}}));
  }
  view.set("csv", context.masks() || asked.mistake
                      ? View(false)
                      : View(context.link("/recipients.csv", {{"q", part}, {"where", where}})));
  view.set("json", context.masks() || asked.mistake
                       ? View(false)
                       : View(context.link("/api/v1/recipients", {{"q", part}, {"where", where}})));
  return show_page(context, "people", view, t["recipients"]);
}

HttpResponse people_file(const PageContext& context) {
  const auto asked = asked_of(context);
  if (context.masks()) {
    forbidden(context.t["no_addresses"]);
  }
  if (asked.mistake) {
    bad_request("where: " + asked.mistake->text(asked.where));
  }
  auto store = context.folded();
  const auto as_of = segments_moment(store, context.workspace, context.now);
  const auto expression = people_expression(asked.request);
  const SegmentRequest request{"recipients",
                               SegmentUse::suppression,
                               &expression,
                               {"email", "score", "level", "fit", "grade", "status", "phase",
                                "last_click", "suppressed", "reasons"},
                               std::nullopt};
  std::string text;
  const auto exported =
      export_segments(store, context.workspace, as_of, {request}, ExportFormat::people,
                      [&text](std::size_t, std::string_view piece) { text += piece; });
  const auto people = exported.results[0].members;
  note_person_access(context, "export", {}, people, "recipients");
  keep_run(store, exported.run, context.workspace.config.rules, *exported.world,
           {fmt::format("recipients, {} people, by the pages", grouped(people))}, context.now);
  return file_response("text/csv; charset=utf-8",
                       fmt::format("recipients-{}.csv", format_date(as_of)), std::move(text));
}

} // namespace mailfunnel
