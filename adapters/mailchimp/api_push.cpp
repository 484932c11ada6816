// What is sent back to Mailchimp: see api.cpp.

#include "api.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace mailfunnel::mailchimp {

namespace {

constexpr std::size_t k_segment = 500;    // members_to_add, and as many to remove
constexpr std::size_t k_operations = 500; // of a batch
constexpr std::size_t k_few = 10;         // people that are looked up one by one

} // namespace

std::vector<TargetInfo> MailchimpApi::targets() const {
  return {{TargetKind::tag, "a tag (static segment) of the audience", true},
          {TargetKind::segment, "a static segment, which is the same as a tag", true},
          {TargetKind::fields, "merge fields of the audience, such as SCORE", false}};
}

Result<std::vector<ApiTask>> MailchimpApi::look(const PushTarget& target,
                                                std::span<const std::string> wanted) const {
  const auto list = target_list(target);
  if (list.empty()) {
    return Error{ErrorCode::usage, "a push to Mailchimp needs the audience: give the account "
                                   "list = \"…\" (Audience > Settings > Audience ID)"};
  }
  std::vector<ApiTask> tasks;
  const bool fields = target.kind == TargetKind::fields;
  const auto names = join(target.fields, ",");
  tasks.push_back({.step = fields ? "merge-fields" : "segments",
                   .campaign = list,
                   .memo = fields ? names : target.name});
  if (wanted.size() <= k_few) {
    for (const auto& address : wanted) {
      tasks.push_back(
          {.step = "member", .campaign = list, .place = hash_of(address), .memo = names});
    }
  } else {
    tasks.push_back({.step = "contacts", .campaign = list, .memo = names});
  }
  return tasks;
}

Result<void> MailchimpApi::read_target(const ApiTask& task, const JsonAnswer& answer,
                                       ApiSink& sink) const {
  if (task.step == "segments") {
    MF_CHECK(need_list(answer["segments"], "segments"));
    std::size_t rows = 0;
    bool found = false;
    each_element(answer["segments"], [&](const Json& row) {
      ++rows;
      if (text_of(row["name"]) == task.memo && !found) {
        found = true;
        const JsonScalar id(row["id"]);
        sink.target(id);
        sink.next({.step = "segment-members",
                   .campaign = task.campaign,
                   .memo = std::string(std::string_view(id))});
      }
    });
    if (!found) {
      if (auto more = next_offset(task, rows, k_page, count_of(answer["total_items"]))) {
        sink.next(std::move(*more));
      }
    }
  } else if (task.step == "new-segment") {
    sink.target(JsonScalar(answer["id"]));
  } else if (task.step == "new-field") {
    sink.target("fields");
  } else { // change-segment
    each_element(answer["errors"], [&sink](const Json& error) {
      const auto words = text_of(error["error"]);
      each_element(error["email_addresses"], [&](const Json& address) {
        sink.outcome(text_of(address), {PushOutcome::State::refused, std::string(words)});
      });
    });
  }
  return {};
}

/// All fields there: that is the target.
Result<void> MailchimpApi::read_merge_fields(const ApiTask& task, const JsonAnswer& answer,
                                             ApiSink& sink) const {
  MF_CHECK(need_list(answer["merge_fields"], "merge_fields"));
  std::vector<std::string> there;
  each_element(answer["merge_fields"],
               [&there](const Json& row) { there.emplace_back(text_of(row["tag"])); });
  const auto wanted = split(task.memo, ',');
  if (std::all_of(wanted.begin(), wanted.end(), [&there](std::string_view name) {
        return std::find(there.begin(), there.end(), name) != there.end();
      })) {
    sink.target("fields");
  }
  return {};
}

Result<void> MailchimpApi::read_contacts(const ApiTask& task, const JsonAnswer& answer,
                                         ApiSink& sink) const {
  std::size_t rows = 0;
  const auto take = [&](const Json& row) {
    ++rows;
    TargetMember member;
    member.address = text_of(row["email_address"]);
    member.contact_id = text_of(row["id"]);
    member.subscription = subscription_of(text_of(row["status"]));
    member.in_target = task.step == "segment-members";
    if (task.step != "segment-members" && !task.memo.empty()) {
      member.in_target = true;
      for (const auto& name : split(task.memo, ',')) {
        member.fields.emplace_back(
            std::string_view(JsonScalar(row["merge_fields"][std::string(name)])));
      }
    }
    sink.member(member);
  };
  if (task.step == "member") {
    take(answer.root());
    return {};
  }
  MF_CHECK(need_list(answer["members"], "members"));
  each_element(answer["members"], take);
  if (auto more = next_offset(task, rows, k_page, count_of(answer["total_items"]))) {
    sink.next(std::move(*more));
  }
  return {};
}

Result<std::vector<ApiTask>> MailchimpApi::create(const PushTarget& target) const {
  const auto list = target_list(target);
  if (target.kind == TargetKind::fields) {
    return Error{
        ErrorCode::usage,
        "the audience has no merge field " + join(target.fields, " or no ") +
            ": make it at Mailchimp (Audience > Settings > Audience fields, the name is the "
            "one between *| and |*), or name another in the config"};
  }
  ApiTask make{.step = "new-segment", .campaign = list};
  make.body = "{\"name\":" + json_string(target.name) + ",\"static_segment\":[]}";
  return std::vector<ApiTask>{make};
}

Result<std::vector<PushStep>> MailchimpApi::change(const PushTarget& target, std::string_view id,
                                                   std::span<const MemberChange> changes) const {
  const auto list = target_list(target);
  std::vector<PushStep> steps;
  if (target.kind == TargetKind::fields) {
    std::vector<std::size_t> all(changes.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      all[i] = i;
    }
    return in_batches(all, k_operations, [&](const std::vector<std::size_t>& some) {
      std::string body = "{\"operations\":[";
      for (const auto i : some) {
        std::string member = "{\"merge_fields\":{";
        for (std::size_t f = 0; f < target.fields.size(); ++f) {
          member += f == 0 ? "" : ",";
          member += json_string(target.fields[f]) + ":" + json_string(changes[i].fields.at(f));
        }
        member += "}}";
        body += i == some.front() ? "" : ",";
        body += "{\"method\":\"PATCH\",\"path\":" +
                json_string("/lists/" + list + "/members/" + hash_of(changes[i].address)) +
                ",\"params\":{\"skip_merge_validation\":\"true\"},\"body\":" + json_string(member) +
                "}";
      }
      return ApiTask{.step = "batch", .campaign = list, .body = body + "]}"};
    });
  }
  // Adds and removes share a call.
  std::vector<std::size_t> adds, removes;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    (changes[i].action == MemberChange::Action::remove ? removes : adds).push_back(i);
  }
  for (std::size_t i = 0; i < std::max(adds.size(), removes.size()); i += k_segment) {
    PushStep step;
    const auto part = [&](const std::vector<std::size_t>& from) {
      std::string json = "[";
      for (auto at = i; at < std::min(i + k_segment, from.size()); ++at) {
        step.changes.push_back(from[at]);
        json += at == i ? "" : ",";
        json += json_string(changes[from[at]].address);
      }
      return json + "]";
    };
    auto body = "{\"members_to_add\":" + part(adds);
    body += ",\"members_to_remove\":" + part(removes) + "}";
    step.task = {.step = "change-segment",
                 .campaign = list,
                 .place = std::string(id),
                 .body = std::move(body)};
    steps.push_back(std::move(step));
  }
  return steps;
}

Result<void> MailchimpApi::read_batch(const ApiTask& task, const JsonAnswer& answer,
                                      ApiSink& sink) const {
  if (text_of(answer["status"]) != "finished") {
    sink.next({.step = "batch-status",
               .campaign = task.campaign,
               .place = std::string(text_of(answer["id"])),
               .wait = task.wait == 0 ? 2 : std::min(task.wait * 2, 60U)});
  } else if (count_of(answer["errored_operations"]).value_or(1) != 0) {
    sink.unsure(); // its log is an archive at another host
  }
  return {};
}

} // namespace mailfunnel::mailchimp
