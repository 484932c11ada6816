#include "api.hpp"

#include "base/text.hpp"
#include "base/uri.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::mailerlite {

using namespace std::string_view_literals;

namespace {

constexpr std::int64_t k_page = 100, k_members_page = 1000;
constexpr std::size_t k_few = 20;      // people that are looked up one by one
constexpr std::size_t k_import = 1000; // subscribers of an import
constexpr std::size_t k_batch = 50;    // requests of a batch
constexpr unsigned k_most_polls = 60;

/// A list of members without a status is one of those that are active.
constexpr std::array k_statuses{"active"sv, "unsubscribed"sv, "unconfirmed"sv, "bounced"sv,
                                "junk"sv};

/// What an import lists as not taken.
constexpr std::array k_not_taken{"invalid"sv, "mistyped"sv, "role_based"sv,
                                 "banned_import_emails"sv};

TargetMember member_of(const Json& row, const std::vector<std::string_view>& fields) {
  TargetMember member;
  member.address = text_of(row["email"]);
  member.contact_id = scalar_text(row["id"]);
  member.subscription = subscription_of(text_of(row["status"]));
  for (const auto field : fields) {
    member.fields.push_back(scalar_text(row["fields"][std::string(field)]));
  }
  member.in_target = !fields.empty();
  return member;
}

} // namespace

std::vector<TargetInfo> MailerLiteApi::targets() const {
  return {{TargetKind::group, "a group", true},
          {TargetKind::segment, "a group too: segments of MailerLite are rules", true},
          {TargetKind::fields, "fields of subscribers, by their keys", true}};
}

// ---- what is there
// -------------------------------------------------------------------------------

Result<std::vector<ApiTask>> MailerLiteApi::look(const PushTarget& target,
                                                 std::span<const std::string> wanted) const {
  std::vector<ApiTask> tasks;
  const bool fields = target.kind == TargetKind::fields;
  const auto names = join(target.fields, ",");
  tasks.push_back({.step = fields ? "fields" : "groups", .memo = fields ? names : target.name});
  if (wanted.size() > k_few) {
    tasks.push_back({.step = "people", .memo = names});
    return tasks;
  }
  for (const auto& address : wanted) {
    tasks.push_back({.step = "person", .place = address, .memo = names});
  }
  return tasks;
}

HttpRequest MailerLiteApi::ask_groups(const ApiTask& task) const {
  UrlQuery query{{"filter[name]", task.memo}, {"page", task.place}};
  return get_request("/groups" + query.add("limit", k_page).text());
}

/// The filter finds parts of names as well.
Result<void> MailerLiteApi::read_groups(const ApiTask& task, const HttpResponse& answer,
                                        ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["data"], "data"));
  bool found = false;
  each_element(json["data"], [&](const Json& row) {
    if (found || text_of(row["name"]) != task.memo) {
      return;
    }
    found = true;
    const auto id = scalar_text(row["id"]);
    sink.target(id);
    for (const auto status : k_statuses) {
      sink.next({.step = "members", .campaign = id, .memo = std::string(status)});
    }
  });
  if (!found) {
    if (auto more = next_page(task, json)) {
      sink.next(std::move(*more));
    }
  }
  return {};
}

HttpRequest MailerLiteApi::ask_members(const ApiTask& task) const {
  UrlQuery query{{"filter[status]", task.memo}, {"cursor", task.place}};
  return get_request("/groups/" + task.campaign + "/subscribers" +
                     query.add("limit", k_members_page).text());
}

/// Members of a group, or all subscribers with the fields in the memo.
Result<void> MailerLiteApi::read_members(const ApiTask& task, const HttpResponse& answer,
                                         ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["data"], "data"));
  const bool of_group = task.step == "members";
  const auto fields = of_group ? std::vector<std::string_view>() : split(task.memo, ',');
  each_element(json["data"], [&](const Json& row) {
    auto member = member_of(row, fields);
    member.in_target = member.in_target || of_group;
    if (!member.address.empty()) {
      sink.member(member);
    }
  });
  if (auto more = next_cursor(task, json)) {
    sink.next(std::move(*more));
  }
  return {};
}

HttpRequest MailerLiteApi::ask_person(const ApiTask& task) const {
  return get_request("/subscribers/" + percent_encode(task.place));
}

Result<void> MailerLiteApi::read_person(const ApiTask& task, const HttpResponse& answer,
                                        ApiSink& sink) const {
  if (!answer.ok()) { // no subscriber
    return {};
  }
  MF_TRY(json, read_json(answer));
  const auto member = member_of(json["data"], split(task.memo, ','));
  if (member.address.empty()) {
    return Error{ErrorCode::bad_syntax, "the answer has no subscriber"};
  }
  sink.member(member);
  return {};
}

HttpRequest MailerLiteApi::ask_fields(const ApiTask& task) const {
  UrlQuery query{{"page", task.place}};
  return get_request("/fields" + query.add("limit", k_page).text());
}

/// All fields there: that is the target. `memo`: those that were not found yet.
Result<void> MailerLiteApi::read_fields(const ApiTask& task, const HttpResponse& answer,
                                        ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["data"], "data"));
  std::vector<std::string> missing;
  for (const auto name : split(task.memo, ',')) {
    missing.emplace_back(name);
  }
  each_element(json["data"], [&missing](const Json& field) {
    std::erase(missing, std::string(text_of(field["key"])));
  });
  if (missing.empty()) {
    sink.target("fields");
  } else if (auto more = next_page(task, json)) {
    more->memo = join(missing, ",");
    sink.next(std::move(*more));
  }
  return {};
}

// ---- a new target
// --------------------------------------------------------------------------------

Result<std::vector<ApiTask>> MailerLiteApi::create(const PushTarget& target) const {
  if (target.kind != TargetKind::fields) {
    return std::vector<ApiTask>{
        {.step = "new-group", .body = "{\"name\":" + json_string(target.name) + "}"}};
  }
  return Error{
      ErrorCode::usage,
      "not all of the fields " + join(target.fields, ", ") +
          " are there: make them at MailerLite (Subscribers > Fields), as text or number, and "
          "name them by their keys, such as funnel_stage"};
}

HttpRequest MailerLiteApi::ask_new_group(const ApiTask& task) const {
  return json_request("POST", "/groups", task.body);
}

Result<void> MailerLiteApi::read_new_group(const ApiTask&, const HttpResponse& answer,
                                           ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  const auto id = scalar_text(json["data"]["id"]);
  if (id.empty()) {
    return Error{ErrorCode::bad_syntax, "the answer has no group with an id"};
  }
  sink.target(id);
  return {};
}

// ---- changes
// -------------------------------------------------------------------------------------

Result<std::vector<PushStep>> MailerLiteApi::change(const PushTarget& target, std::string_view id,
                                                    std::span<const MemberChange> changes) const {
  const bool of_fields = target.kind == TargetKind::fields;
  std::vector<std::size_t> imported, batched;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const bool remove = changes[i].action == MemberChange::Action::remove;
    if ((of_fields || remove) && changes[i].contact_id.empty()) {
      return Error{ErrorCode::usage, "MailerLite changes subscribers by id, and that of " +
                                         changes[i].address + " is not known"};
    }
    (of_fields || remove ? batched : imported).push_back(i);
  }
  const auto group = std::string(id);
  auto steps = in_batches(imported, k_import, [&](const std::vector<std::size_t>& some) {
    std::string body = R"({"autoresponders":false,"subscribers":[)";
    for (const auto i : some) {
      body += i == some.front() ? "" : ",";
      body += "{\"email\":" + json_string(changes[i].address) + "}";
    }
    return ApiTask{.step = "import", .campaign = group, .body = body + "]}"};
  });
  auto others = in_batches(batched, k_batch, [&](const std::vector<std::size_t>& some) {
    std::string body = "{\"requests\":[", who;
    for (const auto i : some) {
      const auto path = "api/subscribers/" + changes[i].contact_id;
      body += i == some.front() ? "" : ",";
      who += (who.empty() ? "" : ",") + changes[i].contact_id;
      if (!of_fields) {
        body += "{\"method\":\"DELETE\",\"path\":" + json_string(path + "/groups/" + group) + "}";
        continue;
      }
      body += "{\"method\":\"PUT\",\"path\":" + json_string(path) + ",\"body\":{\"fields\":{";
      for (std::size_t f = 0; f < target.fields.size(); ++f) {
        const bool set = changes[i].action != MemberChange::Action::remove;
        body += f == 0 ? "" : ",";
        body += json_string(target.fields[f]) + ":" +
                (set ? json_string(changes[i].fields.at(f)) : std::string("null"));
      }
      body += "}}}";
    }
    return ApiTask{.step = "batch", .memo = std::move(who), .body = body + "]}"};
  });
  steps.insert(steps.end(), std::make_move_iterator(others.begin()),
               std::make_move_iterator(others.end()));
  return steps;
}

HttpRequest MailerLiteApi::ask_import(const ApiTask& task) const {
  auto request =
      json_request("POST", "/groups/" + task.campaign + "/import-subscribers", task.body);
  request.repeatable = true; // who is in the group already stays
  return request;
}

HttpRequest MailerLiteApi::ask_import_state(const ApiTask& task) const {
  return get_request("/subscribers/import/" + task.place);
}

/// {"data":{"id":"7001","done":true,"errored":0,"invalid":["bo@"],…}}, of the import and of its
/// state; `memo` counts how often it was asked.
Result<void> MailerLiteApi::read_import(const ApiTask& task, const HttpResponse& answer,
                                        ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  const auto data = json["data"];
  const auto id = scalar_text(data["id"]);
  if (is_true(data["done"])) {
    std::uint64_t told = 0;
    for (const auto name : k_not_taken) {
      each_element(data[name], [&](const Json& one) {
        const auto address = one.is_object() ? text_of(one["email"]) : text_of(one);
        if (!address.empty()) {
          sink.outcome(address,
                       {PushOutcome::State::refused, "not imported: " + std::string(name)});
          ++told;
        }
      });
    }
    const auto total = count_of(data["total"]), processed = count_of(data["processed"]);
    if (count_of(data["errored"]).value_or(0) > told ||
        (total && processed && *processed < *total)) {
      sink.unsure(); // it was given up, or names not all
    }
    return {};
  }
  const auto polls =
      static_cast<unsigned>(std::max<std::int64_t>(parse_int(task.memo).value_or(0), 0));
  const bool stopped = is_there(data["stopped_at"]) && !data["stopped_at"].is_null();
  if (id.empty() || stopped || polls >= k_most_polls) {
    sink.unsure();
    return {};
  }
  ApiTask state{.step = "import-state", .place = id, .memo = std::to_string(polls + 1)};
  state.wait = task.wait == 0 ? 2 : std::min(task.wait * 2, 30U);
  sink.next(std::move(state));
  return {};
}

HttpRequest MailerLiteApi::ask_batch(const ApiTask& task) const {
  auto request = json_request("POST", "/batch", task.body);
  request.repeatable = true; // sets, or takes away: twice is as once
  return request;
}

/// {"total":2,"successful":1,"failed":1,"responses":[{"code":204,"body":null},{"code":422,"body":{
/// "message":"…"}}]}, in the order of the requests, whose subscribers the memo names.
Result<void> MailerLiteApi::read_batch(const ApiTask& task, const HttpResponse& answer,
                                       ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["responses"], "responses"));
  const auto who = split(task.memo, ',');
  std::size_t at = 0;
  each_element(json["responses"], [&](const Json& one) {
    const auto code = count_of(one["code"]).value_or(0);
    const bool gone = code == 404 && task.body.find("\"DELETE\"") != std::string::npos;
    if (at < who.size() && (code < 200 || code > 299) && !gone) {
      const auto words = text_of(one["body"]["message"]);
      sink.outcome(who[at],
                   {PushOutcome::State::refused,
                    words.empty() ? "answered with " + std::to_string(code) : std::string(words)});
    }
    ++at;
  });
  if (at != who.size()) {
    sink.unsure();
  }
  return {};
}

} // namespace mailfunnel::mailerlite
