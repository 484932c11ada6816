// What is sent back to Brevo: see api.cpp. The id of a target of attributes is their names with
// their types, "SCORE:float,STAGE:text": a number is sent as a number.

#include "api.hpp"

#include "adapter/json_value.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace mailfunnel::brevo {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t k_lists_page = 50, k_members_page = 500, k_people_page = 1000;
constexpr std::size_t k_few = 20;   // people who are looked up one by one
constexpr std::size_t k_move = 150; // people of a call that adds or removes
constexpr std::size_t k_set = 100;  // of one that sets attributes

void tell_member(const ApiTask& task, const Json& contact, bool in_target, ApiSink& sink) {
  const JsonScalar id(contact["id"]);
  TargetMember member;
  member.address = text_of(contact["email"]);
  member.contact_id = std::string_view(id);
  if (member.address.empty()) {
    return; // known by telephone only
  }
  member.in_target = in_target;
  member.subscription =
      is_true(contact["emailBlacklisted"]) ? Subscription::unsubscribed : Subscription::subscribed;
  if (!task.memo.empty()) {
    member.in_target = true;
    for (const auto name : split(task.memo, ',')) {
      std::string value;
      each_member(contact["attributes"], [&](std::string_view key, const Json& given) {
        if (iequals(key, name)) {
          value = std::string_view(JsonScalar(given));
        }
      });
      member.fields.push_back(std::move(value));
    }
  }
  sink.member(member);
}

} // namespace

std::vector<TargetInfo> BrevoApi::targets() const {
  return {{TargetKind::list, "a list of contacts", true},
          {TargetKind::fields, "attributes of contacts", false}};
}

// ---- look
// ----------------------------------------------------------------------------------------

Result<std::vector<ApiTask>> BrevoApi::look(const PushTarget& target,
                                            std::span<const std::string> wanted) const {
  if (target.kind != TargetKind::list && target.kind != TargetKind::segment &&
      target.kind != TargetKind::fields) {
    return Error{ErrorCode::usage, "Brevo takes a list or fields (attributes); its segments are "
                                   "rules"};
  }
  const auto names = join(target.fields, ",");
  const bool fields = target.kind == TargetKind::fields;
  std::vector<ApiTask> tasks{
      {.step = fields ? "attributes" : "lists", .memo = fields ? names : target.name}};
  if (wanted.size() > k_few) {
    tasks.push_back({.step = "people", .memo = names});
    return tasks;
  }
  for (const auto& address : wanted) {
    tasks.push_back({.step = "person", .place = address, .memo = names});
  }
  return tasks;
}

Result<void> BrevoApi::read_lists(const ApiTask& task, const HttpResponse& answer,
                                  ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  if (!json["lists"].is_array() && !count_of(json["count"])) {
    return need_list(json["lists"], "lists");
  }
  std::size_t rows = 0;
  bool found = false;
  each_element(json["lists"], [&](const Json& row) {
    ++rows;
    if (!found && text_of(row["name"]) == task.memo) {
      found = true;
      const JsonScalar id(row["id"]);
      sink.target(id);
      sink.next({.step = "members", .campaign = std::string(std::string_view(id))});
    }
  });
  if (!found) {
    if (auto more = next_offset(task, rows, k_lists_page, count_of(json["count"]))) {
      sink.next(*std::move(more));
    }
  }
  return {};
}

/// Members of the list, or all contacts.
Result<void> BrevoApi::read_people(const ApiTask& task, const HttpResponse& answer,
                                   ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  if (!json["contacts"].is_array() && !count_of(json["count"])) {
    return need_list(json["contacts"], "contacts");
  }
  const bool members = task.step == "members";
  std::size_t rows = 0;
  each_element(json["contacts"], [&](const Json& row) {
    ++rows;
    tell_member(task, row, members, sink);
  });
  if (auto more = next_offset(task, rows, members ? k_members_page : k_people_page,
                              count_of(json["count"]))) {
    sink.next(*std::move(more));
  }
  return {};
}

Result<void> BrevoApi::read_person(const ApiTask& task, const HttpResponse& answer,
                                   ApiSink& sink) const {
  if (!answer.ok()) {
    return {};
  }
  MF_TRY(json, read_json(answer));
  if (text_of(json["email"]).empty()) {
    return Error{ErrorCode::bad_syntax, "the answer is no contact"};
  }
  tell_member(task, json.root(), false, sink);
  return {};
}

/// All of them there: that is the target.
Result<void> BrevoApi::read_attributes(const ApiTask& task, const HttpResponse& answer,
                                       ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["attributes"], "attributes"));
  const auto names = split(task.memo, ',');
  std::string id;
  std::size_t found = 0;
  for (const auto name : names) {
    bool there = false;
    each_element(json["attributes"], [&](const Json& row) {
      const auto category = text_of(row["category"]);
      if (!there && iequals(text_of(row["name"]), name) &&
          (category == "normal" || category == "category")) {
        there = true;
        ++found;
        id.append(id.empty() ? "" : ",").append(text_of(row["name"]));
        id.append(":").append(category == "category" ? "category"sv : text_of(row["type"]));
      }
    });
  }
  if (found == names.size()) {
    sink.target(id);
  }
  return {};
}

// ---- create
// --------------------------------------------------------------------------------------

Result<std::vector<ApiTask>> BrevoApi::create(const PushTarget& target) const {
  if (target.kind == TargetKind::fields) {
    return Error{ErrorCode::usage,
                 "the account has no attribute " + join(target.fields, " or no ") +
                     ": make it at Brevo (Contacts > Settings > Contact attributes; Number for "
                     "scores, Text for all else), or name another in the config"};
  }
  return std::vector<ApiTask>{{.step = "folders", .memo = target.name}};
}

/// A list has to be in a folder: the first.
Result<void> BrevoApi::read_folders(const ApiTask& task, const HttpResponse& answer,
                                    ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  const JsonScalar folder(json["folders"].at_pointer("/0/id"));
  if (std::string_view(folder).empty()) {
    return Error{ErrorCode::usage, "Brevo has no folder to put the list \"" + task.memo +
                                       "\" into: make one (Contacts > Lists)"};
  }
  sink.next({.step = "new-list",
             .body = "{\"name\":" + json_string(task.memo) +
                     ",\"folderId\":" + std::string(std::string_view(folder)) + "}"});
  return {};
}

Result<void> BrevoApi::read_new_list(const ApiTask&, const HttpResponse& answer,
                                     ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  const JsonScalar id(json["id"]);
  if (std::string_view(id).empty()) {
    return Error{ErrorCode::bad_syntax, "the answer has no \"id\" of the list"};
  }
  sink.target(id);
  return {};
}

// ---- change
// --------------------------------------------------------------------------------------

namespace {

/// A value as JSON; a number where the attribute is one.
std::string value_text(std::string_view value, std::string_view type) {
  if (type == "float" && parse_double(value)) {
    return std::string(value);
  }
  if (type == "boolean" && (value == "true" || value == "false")) {
    return std::string(value);
  }
  return json_string(value);
}

std::string set_text(const MemberChange& change, const std::vector<std::string_view>& attributes) {
  std::string out = "{\"email\":" + json_string(change.address) + ",\"attributes\":{";
  for (std::size_t i = 0; i < attributes.size() && i < change.fields.size(); ++i) {
    const auto colon = attributes[i].find(':');
    out += (i == 0 ? "" : ",") + json_string(attributes[i].substr(0, colon)) + ":" +
           value_text(change.fields[i], attributes[i].substr(colon + 1));
  }
  return out + "}}";
}

} // namespace

Result<std::vector<PushStep>> BrevoApi::change(const PushTarget& target, std::string_view id,
                                               std::span<const MemberChange> changes) const {
  std::vector<std::size_t> adds, removes;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    (changes[i].action == MemberChange::Action::remove ? removes : adds).push_back(i);
  }
  if (target.kind == TargetKind::fields) {
    const auto attributes = split(id, ',');
    return in_batches(adds, k_set, [&](const std::vector<std::size_t>& some) {
      std::string body = "{\"contacts\":[";
      for (const auto i : some) {
        body += (i == some.front() ? "" : ",") + set_text(changes[i], attributes);
      }
      return ApiTask{.step = "set", .body = body + "]}"};
    });
  }
  const auto steps_of = [&](const std::vector<std::size_t>& all, const char* step) {
    return in_batches(all, k_move, [&](const std::vector<std::size_t>& some) {
      std::string body = "{\"emails\":[";
      for (const auto i : some) {
        body += (i == some.front() ? "" : ",") + json_string(changes[i].address);
      }
      return ApiTask{.step = step, .campaign = std::string(id), .body = body + "]}"};
    });
  };
  auto steps = steps_of(removes, "remove");
  std::ranges::move(steps_of(adds, "add"), std::back_inserter(steps));
  return steps;
}

/// {"contacts":{"success":["ann@example.com"],"failure":["bo@example.com"]}}. A failure is somebody
/// unknown, or who was there (or gone) already; where all are, the answer is a 400.
Result<void> BrevoApi::read_moved(const ApiTask&, const HttpResponse& answer, ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  if (!answer.ok()) {
    if (!icontains(text_of(json["message"]), "already")) {
      return Error{ErrorCode::io, "400: " + problem(answer)};
    }
    sink.unsure();
    return {};
  }
  if (!json["contacts"].is_object()) {
    return Error{ErrorCode::bad_syntax, "the answer does not tell who was moved"};
  }
  each_element(json["contacts"]["failure"], [&sink](const Json& one) {
    sink.outcome(JsonScalar(one),
                 {PushOutcome::State::refused, "not known to Brevo, or already where it shall be"});
  });
  return {};
}

Result<void> BrevoApi::read_nothing(const ApiTask&, const HttpResponse&, ApiSink&) const {
  return {}; // 204, without a body
}

} // namespace mailfunnel::brevo
