// Targets: segments, POST segments/{id}/contacts/add {"ids":[77,78]} and
// segments/{id}/contact/{id}/remove, and custom fields, PATCH contacts/batch/edit
// [{"id":77,"stage":"mofu"}]. Who may be written to: whom no block in doNotContact stands against.
#include "api.hpp"

#include "base/json.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace mailfunnel::mautic {

using namespace std::string_view_literals;

namespace {

constexpr std::size_t k_batch = 200; // contacts of a change
constexpr std::size_t k_few = 10;    // people that are looked up one by one

} // namespace

Result<std::vector<ApiTask>> MauticApi::look(const PushTarget& target,
                                             std::span<const std::string> wanted) const {
  const bool fields = target.kind == TargetKind::fields;
  const auto names = join(target.fields, ",");
  std::vector<ApiTask> tasks{
      {.step = fields ? "find-fields" : "find-segment", .memo = fields ? names : target.name}};
  if (wanted.size() > k_few) {
    tasks.push_back({.step = "people", .memo = names, .calls = 10});
  } else {
    for (const auto& address : wanted) {
      tasks.push_back({.step = "person", .campaign = address, .memo = names});
    }
  }
  return tasks;
}

/// Also of the answer to a new one.
Result<void> MauticApi::find_segment(const ApiTask& task, const JsonAnswer& json,
                                     ApiSink& sink) const {
  if (!is_there(json["lists"]) && !is_there(json["list"])) {
    return Error{ErrorCode::bad_syntax, "the answer has no \"lists\""};
  }
  std::size_t rows = 0;
  bool found = false;
  each_object(json.root(), {}, "lists", "list", [&](const Json& segment, std::string_view) {
    ++rows;
    const bool made = task.step == "new-segment";
    if (!found && (made || text_of(segment["name"]) == task.memo)) {
      found = true;
      sink.target(scalar_text(segment["id"]));
      if (!made) {
        sink.next({.step = "people", .campaign = std::string(text_of(segment["alias"]))});
      }
    }
  });
  if (!found) {
    if (auto more = next_offset(task, rows, k_rows, count_of(json["total"]))) {
      sink.next(std::move(*more));
    }
  }
  return {};
}

Result<void> MauticApi::find_fields(const ApiTask& task, const JsonAnswer& json,
                                    ApiSink& sink) const {
  if (!is_there(json["fields"])) {
    return Error{ErrorCode::bad_syntax, "the answer has no \"fields\""};
  }
  std::vector<std::string> there;
  each_object(json.root(), {}, "fields", "field", [&there](const Json& field, std::string_view) {
    there.emplace_back(text_of(field["alias"]));
  });
  const auto wanted = split(task.memo, ',');
  if (std::all_of(wanted.begin(), wanted.end(), [&there](std::string_view name) {
        return std::find(there.begin(), there.end(), name) != there.end();
      })) {
    sink.target("fields");
  }
  return {};
}

/// `campaign`: the segment whose members these are; of "people" without one, all contacts.
Result<void> MauticApi::read_people(const ApiTask& task, const JsonAnswer& json,
                                    ApiSink& sink) const {
  if (!is_there(json["contacts"])) {
    return Error{ErrorCode::bad_syntax, "the answer has no \"contacts\""};
  }
  std::size_t rows = 0;
  each_object(json.root(), {}, "contacts", "contact", [&](const Json& contact, std::string_view) {
    ++rows;
    TargetMember member;
    member.address = address_of(contact);
    member.contact_id = scalar_text(contact["id"]);
    if (member.address.empty()) {
      return;
    }
    // Whom no block stands against may be written to.
    const auto blocked = subscription_of(contact["doNotContact"]);
    member.subscription = blocked == Subscription::unknown ? Subscription::subscribed : blocked;
    member.in_target = (task.step == "people" && !task.campaign.empty()) || !task.memo.empty();
    if (!task.memo.empty()) {
      for (const auto name : split(task.memo, ',')) {
        member.fields.push_back(scalar_text(contact["fields"]["all"][name]));
      }
    }
    sink.member(member);
  });
  if (auto more = next_offset(task, rows, k_rows, count_of(json["total"]))) {
    sink.next(std::move(*more));
  }
  return {};
}

Result<std::vector<ApiTask>> MauticApi::create(const PushTarget& target) const {
  if (target.kind == TargetKind::fields) {
    return Error{ErrorCode::usage,
                 "Mautic has no contact field " + join(target.fields, " or no ") +
                     ": make it (Settings > Custom Fields; the name is its alias), or "
                     "name another in the config"};
  }
  ApiTask make{.step = "new-segment"};
  make.body = "{\"name\":" + json_string(target.name) + ",\"isPublished\":true}";
  return std::vector<ApiTask>{make};
}

Result<std::vector<PushStep>> MauticApi::change(const PushTarget& target, std::string_view id,
                                                std::span<const MemberChange> changes) const {
  std::vector<PushStep> steps;
  std::vector<std::size_t> many;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const auto& contact = changes[i].contact_id;
    if (contact.empty() || !std::all_of(contact.begin(), contact.end(), is_digit)) {
      return Error{ErrorCode::usage, "a contact without a number of Mautic: " + changes[i].address};
    }
    if (target.kind != TargetKind::fields && changes[i].action == MemberChange::Action::remove) {
      steps.push_back({{.step = "remove", .campaign = std::string(id), .place = contact}, {i}});
    } else {
      many.push_back(i);
    }
  }
  auto batches = in_batches(many, k_batch, [&](const std::vector<std::size_t>& some) {
    const bool fields = target.kind == TargetKind::fields;
    std::string body = fields ? "[" : "{\"ids\":[";
    for (const auto i : some) {
      body += i == some.front() ? "" : ",";
      if (!fields) {
        body += changes[i].contact_id;
        continue;
      }
      body += "{\"id\":" + changes[i].contact_id;
      for (std::size_t f = 0; f < target.fields.size(); ++f) {
        const auto value = f < changes[i].fields.size() ? changes[i].fields[f] : std::string();
        body += "," + json_string(target.fields[f]) + ":" + json_string(value);
      }
      body += "}";
    }
    return ApiTask{.step = fields ? "fields" : "add",
                   .campaign = std::string(id),
                   .body = body + (fields ? "]" : "]}")};
  });
  batches.insert(batches.end(), std::make_move_iterator(steps.begin()),
                 std::make_move_iterator(steps.end()));
  return batches;
}

/// add: {"success":1,"details":{"77":{"success":true},"78":{"success":false}}}
/// batch/edit: {"contacts":[…],"statusCodes":[200,404],"errors":{"1":{"message":"Item was not
/// found."}}}
Result<void> MauticApi::read_change(const ApiTask& task, const JsonAnswer& json,
                                    ApiSink& sink) const {
  if (task.step == "fields") {
    MF_CHECK(need_list(json["statusCodes"], "statusCodes"));
    MF_TRY(asked, read_json({200, {}, task.body}));
    std::vector<std::string> contacts; // codes are in the order of what was asked for
    each_element(asked.root(),
                 [&contacts](const Json& one) { contacts.push_back(scalar_text(one["id"])); });
    std::size_t at = 0;
    each_element(json["statusCodes"], [&](const Json& status) {
      const auto code = count_of(status).value_or(0);
      const auto words = text_of(json["errors"][std::to_string(at)]["message"]);
      if ((code < 200 || code >= 300) && at < contacts.size()) {
        sink.outcome(contacts[at], {PushOutcome::State::refused,
                                    std::to_string(code) + " " + std::string(words)});
      }
      ++at;
    });
    if (at != contacts.size()) {
      sink.unsure();
    }
    return {};
  }
  if (!is_there(json["success"])) {
    return Error{ErrorCode::bad_syntax, "the answer does not tell \"success\""};
  }
  each_member(json["details"], [&sink](std::string_view id, const Json& detail) {
    if (is_there(detail["success"]) && !is_true(detail["success"])) {
      sink.outcome(id, {PushOutcome::State::refused, "not added to the segment"});
    }
  });
  return {};
}

} // namespace mailfunnel::mautic
