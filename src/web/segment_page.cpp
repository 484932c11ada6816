#include "web/segment_page.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mailfunnel {

namespace {

constexpr std::size_t k_longest_where = 4 << 10, k_longest_part = 254; // bytes

/// A place in a list, with the moment that the list is of. "1774958400/34500/ann@example.com".
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

/// The scores are kept, so that the next page needs no scoring; but not while another run writes,
/// as who reads is not to wait for it.
SegmentResult people_of(const ApiContext& context, Store& store, Seconds as_of,
                        const SegmentRequest& request, ExportFormat format, std::size_t limit) {
  const SegmentForm form{.format = format, .limit = limit};
  if (context.another_writes()) {
    return run_segments(store, context.workspace, as_of, {request}, form)[0];
  }
  std::string text;
  auto result = export_segments(store, context.workspace, as_of, {request}, form,
                                {[&text](std::size_t, std::string_view piece) { text += piece; }})
                    .results[0];
  result.text = std::move(text);
  return result;
}

ExpressionPtr expression_of(const ApiContext& context, const std::string& where) {
  if (where.empty() || where.size() > k_longest_where) {
    bad_request(fmt::format("where: wants an expression of 1 to {} bytes (docs/segments.md)",
                            k_longest_where));
  }
  auto parsed = parse_expression(where);
  if (!parsed.expression) {
    bad_request("where: " + parsed.error.text(where));
  }
  const auto asks_for_address = [](const Expression& part) {
    return part.type == Expression::Type::compare && part.field == Field::email;
  };
  if (context.masks() && any_part(*parsed.expression, asks_for_address)) {
    forbidden("addresses are kept from reviewers: nobody can be looked up by one");
  }
  return parsed.expression;
}

/// The expression, and that `part` stands in the address.
std::string with_part(const std::string& where, const std::string& part) {
  const auto whole = where.empty() ? std::string("true") : where;
  if (part.empty()) {
    return whole;
  }
  const char quote = part.find('"') == std::string::npos ? '"' : '\'';
  if (part.size() > k_longest_part || part.find(quote) != std::string::npos) {
    bad_request(fmt::format("q: wants a part of an address, of at most {} bytes", k_longest_part));
  }
  return fmt::format("({}) and email contains {}{}{}", whole, quote, part, quote);
}

} // namespace

bool may_see_segment(const ApiContext& context, const SegmentConfig& segment) {
  return context.caller.role != Role::sales || segment.use == SegmentUse::sales;
}

const SegmentConfig& segment_called(const ApiContext& context, const std::string& name) {
  for (const auto& segment : context.workspace.config.segments) {
    if (segment.name == name) {
      if (!may_see_segment(context, segment)) {
        forbidden("this segment is not for sales");
      }
      return segment;
    }
  }
  not_found(fmt::format("there is no segment \"{}\"", printable(name, 60)));
}

SegmentConfig segment_asked_for(const ApiContext& context) {
  SegmentConfig segment;
  segment.name = "where";
  segment.where = context.text("where");
  segment.expression = expression_of(context, segment.where);
  if (const auto use = context.text("use"); !use.empty()) {
    const auto all = {SegmentUse::mailing, SegmentUse::sales, SegmentUse::suppression};
    const auto* const found =
        std::find_if(all.begin(), all.end(), [&](SegmentUse one) { return name_of(one) == use; });
    if (found == all.end()) {
      bad_request("use: wants mailing, sales or suppression");
    }
    segment.use = *found;
  }
  return segment;
}

Seconds segment_moment(const ApiContext& context, Store& store) {
  const auto asked = context.time(store, "as_of");
  return asked ? *asked : segments_moment(store, context.workspace, context.now);
}

SegmentConfig people_asked_for(const ApiContext& context) {
  SegmentConfig people;
  people.name = "recipients";
  people.use = SegmentUse::suppression; // it keeps nobody out
  people.where = context.text("where");
  if (!people.where.empty()) {
    (void)expression_of(context, people.where); // mistakes by their place in what was asked
  }
  people.expression = expression_of(context, with_part(people.where, context.text("q")));
  return people;
}

SegmentPage segment_page(const ApiContext& context, Store& store, SegmentRequest request,
                         ExportFormat format, std::size_t limit) {
  SegmentPage out;
  if (context.has("after")) {
    auto cursor = parse_cursor(context.text("after"));
    if (context.has("as_of") && context.as_of(store) != cursor.as_of) {
      bad_request("as_of: is not the moment of `after`; leave it out");
    }
    out.as_of = cursor.as_of;
    request.after = std::move(cursor.place);
  } else {
    out.as_of = segment_moment(context, store);
  }
  out.result = people_of(context, store, out.as_of, request, format, limit);
  if (out.result.last) {
    out.next = to_text({out.as_of, *out.result.last});
  }
  return out;
}

} // namespace mailfunnel
