#include "app/people_list.hpp"

#include "base/text.hpp"

namespace mailfunnel {

namespace {

SegmentRequest request_for(const Expression& expression) {
  // For suppression nobody is kept out.
  return {"people", SegmentUse::suppression, &expression, {"email"}, std::nullopt};
}

} // namespace

Expression people_expression(const PeopleRequest& request) {
  Expression out;
  out.type = Expression::Type::all; // of nothing: everybody
  if (!request.part.empty()) {
    Expression has;
    has.type = Expression::Type::compare;
    has.field = Field::email;
    has.op = Compare::contains;
    has.values.push_back(request.part);
    out.parts.push_back(std::move(has));
  }
  if (request.where) {
    out.parts.push_back(*request.where);
  }
  return out;
}

PeoplePage list_people(Store& store, const Workspace& workspace, const PeopleRequest& request,
                       Seconds as_of, bool keep) {
  const auto expression = people_expression(request);
  auto segment = request_for(expression);
  segment.after = request.after;
  PeoplePage out;
  out.as_of = as_of;
  SegmentResult result;
  if (keep) {
    std::string text;
    result = export_segments(
                 store, workspace, as_of, {segment}, ExportFormat::cells,
                 [&text](std::size_t, std::string_view piece) { text += piece; }, request.limit)
                 .results[0];
    result.text = std::move(text);
  } else {
    result = run_segments(store, workspace, as_of, {segment}, ExportFormat::cells,
                          request.limit)[0];
  }
  out.people = result.members;
  out.nameless = result.kept_out_no_address;
  out.next = result.last;
  const auto& rules = workspace.config.rules;
  const auto world = Worlds(store, workspace, rules).at(as_of);
  std::string_view text = result.text;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto person = Person::find(store, std::string(text.substr(0, end)));
    if (person) { // else erased just now
      out.rows.push_back(person->at(as_of, rules, world));
    }
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return out;
}

std::uint64_t count_people(Store& store, const Workspace& workspace, const PeopleRequest& request,
                           Seconds as_of) {
  const auto expression = people_expression(request);
  return run_segments(store, workspace, as_of, {request_for(expression)}, std::nullopt, 0)[0]
      .members;
}

} // namespace mailfunnel
