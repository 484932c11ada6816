// Fields of a list's members, POST list/{id}/members:
//   {"actions":["update"],"members":[{"member_id":"9978ydioiZ","email":"ann@example.com","custom_fields":{"stage":"mofu"}}]}
//   {"report":{"provided_count":1,"errors_count":0,"skipped_count":0,"edited_count":1,"added_count":0},"errors":[],…}
// and where that is not switched on, POST member/{id} with the same as a form.
#include "api.hpp"

#include "adapter/passing_sink.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace mailfunnel::laposta {

using namespace std::string_view_literals;

namespace {

constexpr std::size_t k_bulk = 1000; // members of a change; 500,000 are allowed
constexpr std::size_t k_few = 10;    // people that are looked up one by one
constexpr char k_between = '\n';     // names of fields

} // namespace

Result<std::vector<ApiTask>> LapostaApi::look(const PushTarget& target,
                                              std::span<const std::string> wanted) const {
  const auto& list = target.list.empty() ? m_list : target.list;
  if (list.empty()) {
    return Error{ErrorCode::usage,
                 "a push to Laposta needs the list: give the account list = \"…\" (the list's id)"};
  }
  const auto names = join(target.fields, std::string(1, k_between));
  std::vector<ApiTask> tasks{{.step = "fields", .campaign = list, .memo = names}};
  if (wanted.size() > k_few) {
    for (const auto state : k_states) {
      tasks.push_back(
          {.step = "people", .campaign = list, .place = std::string(state), .memo = names});
    }
  } else {
    for (const auto& address : wanted) {
      tasks.push_back({.step = "person", .campaign = list, .place = address, .memo = names});
    }
  }
  return tasks;
}

/// All fields there, by the names that custom_fields have: that is the target.
void LapostaApi::read_fields(const ApiTask& task, const JsonAnswer& json, ApiSink& sink) const {
  std::vector<std::string> there;
  each_element(json["data"], [&there](const Json& row) {
    there.emplace_back(text_of(row["field"]["custom_name"]));
  });
  const auto wanted = split(task.memo, k_between);
  if (std::all_of(wanted.begin(), wanted.end(), [&there](std::string_view name) {
        return std::find(there.begin(), there.end(), name) != there.end();
      })) {
    sink.target("fields");
  }
}

void LapostaApi::read_people(const ApiTask& task, const Json& row, ApiSink& sink) const {
  TargetMember member;
  member.address = text_of(row["email"]);
  member.contact_id = text_of(row["member_id"]);
  member.subscription = subscription_of(text_of(row["state"]));
  member.in_target = true;
  for (const auto name : split(task.memo, k_between)) {
    member.fields.push_back(scalar_text(row["custom_fields"][name]));
  }
  if (!member.address.empty()) {
    sink.member(member);
  }
}

Result<std::vector<ApiTask>> LapostaApi::create(const PushTarget& target) const {
  return Error{ErrorCode::usage,
               "the list has no field " + join(target.fields, " or no ") +
                   ": make it at Laposta (the list's fields, of kind text; the name is the "
                   "one that the API shows as custom_name), or name another in the config"};
}

Result<std::vector<PushStep>> LapostaApi::change(const PushTarget& target, std::string_view,
                                                 std::span<const MemberChange> changes) const {
  const auto& list = target.list.empty() ? m_list : target.list;
  std::vector<std::size_t> all(changes.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i] = i;
  }
  return in_batches(all, k_bulk, [&](const std::vector<std::size_t>& some) {
    std::string body = "{\"actions\":[\"update\"],\"members\":[";
    for (const auto i : some) {
      const auto& change = changes[i];
      body += i == some.front() ? "{" : ",{";
      body +=
          change.contact_id.empty() ? "" : "\"member_id\":" + json_string(change.contact_id) + ",";
      body += "\"email\":" + json_string(change.address) + ",\"custom_fields\":{";
      for (std::size_t f = 0; f < target.fields.size(); ++f) {
        body += f == 0 ? "" : ",";
        body += json_string(target.fields[f]) + ":" +
                json_string(f < change.fields.size() ? change.fields[f] : std::string());
      }
      body += "}}";
    }
    return ApiTask{.step = "bulk", .campaign = list, .body = body + "]}"};
  });
}

/// Where bulk requests are not switched on, each member goes alone.
Result<void> LapostaApi::read_bulk(const ApiTask& task, const HttpResponse& answer,
                                   ApiSink& sink) const {
  if (!answer.ok()) {
    if (!icontains(problem(answer), "bulk")) {
      return Error{ErrorCode::unauthorized, problem(answer)};
    }
    MF_TRY(asked, read_json({200, {}, task.body}));
    each_element(asked["members"], [&](const Json& member) {
      const auto id = text_of(member["member_id"]);
      std::string form = "list_id=" + percent_encode(task.campaign);
      each_member(member["custom_fields"], [&form](std::string_view name, const Json& value) {
        form +=
            "&custom_fields%5B" + percent_encode(name) + "%5D=" + percent_encode(text_of(value));
      });
      sink.next({.step = "member",
                 .campaign = task.campaign,
                 .place = std::string(id.empty() ? text_of(member["email"]) : id),
                 .body = std::move(form)});
    });
    return {};
  }
  MF_TRY(json, read_json(answer));
  const auto report = json["report"];
  if (!is_there(report["errors_count"])) {
    return Error{ErrorCode::bad_syntax, "the answer has no report.errors_count"};
  }
  std::uint64_t told = 0;
  each_element(json["errors"], [&](const Json& error) {
    const auto member = is_there(error["member"]) ? error["member"] : error;
    const auto id = text_of(member["member_id"]), address = text_of(member["email"]);
    const auto words = text_of(error["error"]["message"]);
    if (!id.empty() || !address.empty()) {
      ++told;
      sink.outcome(id.empty() ? address : id,
                   {PushOutcome::State::refused, std::string(words.empty() ? "refused"sv : words)});
    }
  });
  if (told < count_of(report["errors_count"]).value_or(0) ||
      count_of(report["skipped_count"]).value_or(0) > 0) {
    sink.unsure();
  }
  return {};
}

std::vector<ApiTask> LapostaApi::check() const {
  return {{.step = "check", .campaign = m_list}};
}

} // namespace mailfunnel::laposta
