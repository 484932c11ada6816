// What is sent back to Klaviyo: see api.cpp. Properties need not be made before; an import of
// profiles would make those it does not know, so only those are sent that Klaviyo told of.

#include "api.hpp"

#include "readers.hpp"

#include "adapter/json_value.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"

#include <algorithm>

namespace mailfunnel::klaviyo {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t k_addresses = 100;          // of a look-up, which are a page of profiles, and
constexpr std::size_t k_few = 10;                 // people whose properties alone are looked at
constexpr std::size_t k_filter_bytes = 5000;      // bytes of its URL
constexpr std::size_t k_move = 1000;              // profiles of a call that adds or removes
constexpr std::size_t k_import = 10'000;          // of an import, and
constexpr std::size_t k_import_bytes = 4'500'000; // bytes: "5 MB"
constexpr std::size_t k_suppress = 100;
constexpr unsigned k_first_wait = 2, k_longest_wait = 60; // seconds between two looks at a job

constexpr auto k_no_target =
    "Klaviyo takes a list, fields (properties of profiles) or a suppression; "
    "its segments are rules"sv;

bool is_suppressed(const Json& marketing) {
  return is_there(marketing["suppression"].at_pointer("/0"));
}

/// A number as it is written in JSON: "12", "-0.5"; not "007", "1e5", "+3".
bool is_plain_number(std::string_view text) {
  const auto digits = text.substr(text.starts_with('-') ? 1 : 0);
  const auto point = digits.find('.');
  const auto whole = digits.substr(0, point);
  const auto part = point == std::string_view::npos ? "0"sv : digits.substr(point + 1);
  const auto all_digits = [](std::string_view some) {
    return !some.empty() && std::all_of(some.begin(), some.end(), is_digit);
  };
  return all_digits(whole) && all_digits(part) && (whole.size() == 1 || whole.front() != '0') &&
         text.size() < 16;
}

} // namespace

std::vector<TargetInfo> KlaviyoApi::targets() const {
  return {{TargetKind::list, "a list", true},
          {TargetKind::fields, "properties of profiles", false},
          {TargetKind::suppression, "the account's suppressed profiles", false}};
}

// ---- look
// ----------------------------------------------------------------------------------------

Result<std::vector<ApiTask>> KlaviyoApi::look(const PushTarget& target,
                                              std::span<const std::string> wanted) const {
  std::string kind; // of the target: before the filter in the memo of those who are asked about
  std::vector<ApiTask> tasks;
  switch (target.kind) {
  case TargetKind::list:
    kind = "list";
    tasks.push_back({.step = "lists", .memo = target.name});
    break;
  case TargetKind::fields:
    kind = "fields/" + join(target.fields, ",");
    break;
  case TargetKind::suppression:
    kind = "suppression";
    break;
  default:
    return Error{ErrorCode::usage, std::string(k_no_target)};
  }
  if (target.kind == TargetKind::fields && wanted.size() > k_few) {
    tasks.push_back({.step = "people", .memo = kind + "\n"}); // all: who left is to be found too
    return tasks;
  }
  std::string filter;
  std::size_t some = 0;
  const auto flush = [&] {
    if (some > 0) {
      tasks.push_back({.step = "people", .memo = kind + "\nany(email,[" + filter + "])"});
    }
    filter.clear();
    some = 0;
  };
  for (const auto& address : wanted) {
    const auto text = "\"" + replace_all(replace_all(address, "\\", "\\\\"), "\"", "\\\"") + "\"";
    if (some == k_addresses || percent_encode(filter).size() + 3 * text.size() > k_filter_bytes) {
      flush();
    }
    filter += (some == 0 ? "" : ",") + text;
    ++some;
  }
  flush();
  if (wanted.empty() && target.kind != TargetKind::list) { // it is there in any case
    tasks.push_back({.step = "people", .memo = kind + "\nany(email,[\"nobody@example.com\"])"});
  }
  return tasks;
}

/// Suppressed profiles can't be listed: each tells whether it is one.
Result<std::vector<ApiTask>> KlaviyoApi::look_at_members(const PushTarget& target,
                                                         std::span<const std::string> asked) const {
  const bool all = target.kind == TargetKind::list;
  return look(target, all ? std::span<const std::string>() : asked);
}

Result<void> KlaviyoApi::read_lists(const ApiTask& task, const HttpResponse& answer,
                                    ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["data"], "data"));
  bool found = false;
  each_element(json["data"], [&](const Json& item) {
    if (!found && text_of(item["attributes"]["name"]) == task.memo) {
      found = true;
      sink.target(text_of(item["id"]));
      sink.next(
          {.step = "members", .campaign = std::string(text_of(item["id"])), .memo = "members"});
    }
  });
  if (!found) {
    if (auto more = next_page(task, json)) {
      sink.next(*std::move(more));
    }
  }
  return {};
}

/// Profiles: members of the list, or those who were asked for by their addresses.
Result<void> KlaviyoApi::read_people(const ApiTask& task, const HttpResponse& answer,
                                     ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["data"], "data"));
  const auto memo = std::string_view(task.memo).substr(0, task.memo.find('\n'));
  const bool fields = memo.starts_with("fields/"), suppression = memo == "suppression";
  const auto names = split(fields ? memo.substr(memo.find('/') + 1) : ""sv, ',');
  if (fields || suppression) {
    sink.target(fields ? "properties" : "suppression");
  }
  each_element(json["data"], [&](const Json& item) {
    const auto attributes = item["attributes"];
    const auto marketing = attributes["subscriptions"]["email"]["marketing"];
    TargetMember member;
    member.address = text_of(attributes["email"]);
    member.contact_id = text_of(item["id"]);
    if (member.address.empty()) {
      return; // known by telephone only
    }
    member.subscription = subscription_of(marketing);
    member.in_target = memo == "members" || fields || (suppression && is_suppressed(marketing));
    for (const auto name : names) {
      member.fields.emplace_back(std::string_view(JsonScalar(attributes["properties"][name])));
    }
    sink.member(member);
  });
  if (auto more = next_page(task, json)) {
    sink.next(*std::move(more));
  }
  return {};
}

// ---- create
// --------------------------------------------------------------------------------------

Result<std::vector<ApiTask>> KlaviyoApi::create(const PushTarget& target) const {
  if (target.kind != TargetKind::list) {
    return Error{ErrorCode::usage, std::string(k_no_target)};
  }
  return std::vector<ApiTask>{{.step = "new-list",
                               .body = R"({"data":{"type":"list","attributes":{"name":)" +
                                       json_string(target.name) + "}}}"}};
}

Result<void> KlaviyoApi::read_new_list(const ApiTask&, const HttpResponse& answer,
                                       ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  const auto id = text_of(json["data"]["id"]);
  if (id.empty()) {
    return Error{ErrorCode::bad_syntax, "the answer has no \"id\" of the list"};
  }
  sink.target(id);
  return {};
}

// ---- change
// --------------------------------------------------------------------------------------

namespace {

/// A profile of an import; what is empty is cleared.
std::string profile_text(const MemberChange& change, const std::vector<std::string>& names) {
  std::string out = R"({"type":"profile","attributes":{"email":)" + json_string(change.address) +
                    ",\"properties\":{";
  for (std::size_t i = 0; i < names.size() && i < change.fields.size(); ++i) {
    const auto& value = change.fields[i];
    out += (i == 0 ? "" : ",") + json_string(names[i]) + ":";
    out += value.empty() ? "null" : is_plain_number(value) ? value : json_string(value);
  }
  return out + "}}}";
}

constexpr auto k_import_begin =
    R"({"data":{"type":"profile-bulk-import-job","attributes":{"profiles":{"data":[)"sv;
constexpr auto k_suppress_begin =
    R"({"data":{"type":"profile-suppression-bulk-create-job","attributes":{"profiles":{"data":[)"sv;
constexpr auto k_job_end = "]}}}}"sv;

} // namespace

Result<std::vector<PushStep>> KlaviyoApi::change(const PushTarget& target, std::string_view id,
                                                 std::span<const MemberChange> changes) const {
  std::vector<PushStep> steps;
  if (target.kind == TargetKind::fields) {
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const auto profile = profile_text(changes[i], target.fields);
      if (steps.empty() || steps.back().changes.size() >= k_import ||
          steps.back().task.body.size() + profile.size() > k_import_bytes) {
        steps.push_back(
            {.task = {.step = "set", .body = std::string(k_import_begin)}, .changes = {}});
      }
      auto& step = steps.back();
      step.task.body += (step.changes.empty() ? "" : ",") + profile;
      step.changes.push_back(i);
    }
    for (auto& step : steps) {
      step.task.body += k_job_end;
    }
    return steps;
  }
  std::vector<std::size_t> adds, removes;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    (changes[i].action == MemberChange::Action::remove ? removes : adds).push_back(i);
  }
  if (target.kind == TargetKind::suppression) {
    if (!removes.empty()) {
      return Error{ErrorCode::usage, "nobody's suppression is lifted"};
    }
    return in_batches(adds, k_suppress, [&](const std::vector<std::size_t>& some) {
      std::string body(k_suppress_begin);
      for (const auto i : some) {
        body += (i == some.front() ? "" : ",");
        body +=
            R"({"type":"profile","attributes":{"email":)" + json_string(changes[i].address) + "}}";
      }
      return ApiTask{.step = "suppress", .body = body.append(k_job_end)};
    });
  }
  const auto steps_of = [&](const std::vector<std::size_t>& all, const char* step) {
    return in_batches(all, k_move, [&](const std::vector<std::size_t>& some) {
      std::string body = "{\"data\":[";
      for (const auto i : some) {
        body += (i == some.front() ? "" : ",");
        body += R"({"type":"profile","id":)" + json_string(changes[i].contact_id) + "}";
      }
      return ApiTask{.step = step, .campaign = std::string(id), .body = body + "]}"};
    });
  };
  steps = steps_of(removes, "remove");
  std::ranges::move(steps_of(adds, "add"), std::back_inserter(steps));
  return steps;
}

Result<void> KlaviyoApi::read_nothing(const ApiTask&, const HttpResponse&, ApiSink&) const {
  return {}; // 204, without a body
}

/// {"data":{"id":"…","attributes":{"status":"queued"|"processing"|"complete"|"cancelled",
///   "total_count":3,"completed_count":2,"failed_count":1}}}
Result<void> KlaviyoApi::read_job(const ApiTask& task, const HttpResponse& answer,
                                  ApiSink& sink) const {
  if (!answer.ok()) { // 404: it is not told of any more
    sink.unsure();
    return {};
  }
  MF_TRY(json, read_json(answer));
  const auto attributes = json["data"]["attributes"];
  const std::string id(text_of(json["data"]["id"]));
  const auto status = text_of(attributes["status"]);
  if (id.empty() || status.empty()) {
    return Error{ErrorCode::bad_syntax, "the answer has no job"};
  }
  const bool set = task.step.starts_with("set");
  if (status == "cancelled") {
    return Error{ErrorCode::io, "Klaviyo cancelled the job " + id};
  }
  if (status != "complete") {
    sink.next({.step = set ? "set-job" : "suppress-job",
               .campaign = id,
               .wait = task.wait == 0 ? k_first_wait : std::min(task.wait * 2, k_longest_wait)});
  } else if (set && count_of(attributes["failed_count"]).value_or(0) > 0) {
    sink.next({.step = "set-errors", .campaign = id});
  }
  return {};
}

/// Who was refused, with the profile as it was sent.
Result<void> KlaviyoApi::read_job_errors(const ApiTask& task, const HttpResponse& answer,
                                         ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["data"], "data"));
  each_element(json["data"], [&sink](const Json& item) {
    const auto attributes = item["attributes"];
    const auto payload = attributes["original_payload"];
    auto email = text_of(payload["email"]);
    email = email.empty() ? text_of(payload["attributes"]["email"]) : email;
    const auto detail = text_of(attributes["detail"]);
    if (email.empty()) {
      sink.unsure();
    } else {
      sink.outcome(email, {PushOutcome::State::refused,
                           std::string(detail.empty() ? text_of(attributes["title"]) : detail)});
    }
  });
  if (auto more = next_page(task, json)) {
    sink.next(*std::move(more));
  }
  return {};
}

} // namespace mailfunnel::klaviyo
