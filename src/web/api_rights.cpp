// recipients/{email}/…: what a person asks for, or somebody on behalf of one.

#include "app/objection.hpp"
#include "base/text.hpp"
#include "web/api_body.hpp"
#include "web/api_handlers.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mailfunnel {

namespace {

constexpr std::size_t k_longest_note = 1'000; // bytes

/// The members that the body may bring; none of them has to be there.
JsonBody body_of(const WebRequest& request, std::initializer_list<std::string_view> names) {
  if (!trim(request.http.body).empty()) {
    return {request, names};
  }
  auto empty = request;
  empty.http.body = "{}";
  return {empty, names};
}

/// Notes the reasons, or takes them back.
HttpResponse change(const ApiContext& context, const JsonBody& body, std::string_view what,
                    std::span<const std::string_view> reasons) {
  const auto& who = context.places[0];
  const bool withdraw = body.flag("withdraw");
  const auto note = body.text_or("note", "");
  if (note.size() > k_longest_note) {
    bad_request(fmt::format("note: is longer than {} bytes", k_longest_note));
  }
  auto store = context.writing();
  const bool changed = value_of(withdraw ? take_back(store, who, reasons, context.now)
                                         : suppress(store, who, reasons, note, context.now));
  if (changed) {
    note_person_access(context, fmt::format("{}{}", what, withdraw ? " --withdraw" : ""), who, 1,
                       join(std::vector<std::string>(reasons.begin(), reasons.end()), ", "));
  }
  return json_response(200, fmt::format("{{\"result\":\"{}\",\"changed\":{}}}\n", what, changed));
}

} // namespace

HttpResponse api_object(const ApiContext& context, const WebRequest& request) {
  const auto body = body_of(request, {"from", "withdraw", "note"});
  const auto from = body.text_or("from", "");
  std::vector<std::string_view> reasons;
  if (from.empty() || from == "mailing") {
    reasons.push_back(k_objection);
  }
  if (from.empty() || from == "profiling") {
    reasons.push_back(k_objection_to_profiling);
  }
  if (reasons.empty()) {
    bad_request("from: wants mailing or profiling; without it both");
  }
  return change(context, body, "object", reasons);
}

HttpResponse api_suppress(const ApiContext& context, const WebRequest& request) {
  const auto body = body_of(request, {"reason", "withdraw", "note"});
  if (body.flag("withdraw")) {
    return change(context, body, "suppress", k_hand_reasons);
  }
  const auto reason = body.text("reason");
  const auto* const known = std::find(std::begin(k_hand_reasons), std::end(k_hand_reasons), reason);
  if (known == std::end(k_hand_reasons)) {
    bad_request("reason: wants manual, unsubscribed, complained or hard bounce; an objection is "
                "noted with object");
  }
  return change(context, body, "suppress", {known, 1});
}

HttpResponse api_forget(const ApiContext& context, const WebRequest&) {
  return started(context, "forget", {context.places[0]});
}

} // namespace mailfunnel
