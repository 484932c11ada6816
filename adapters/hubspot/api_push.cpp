#include "api.hpp"

#include "base/text.hpp"
#include "base/uri.hpp"

#include <algorithm>
#include <numeric>

namespace mailfunnel::hubspot {

namespace {

constexpr std::size_t k_change_page = 1000; // records a call that changes a list
constexpr std::size_t k_batch = 100;        // contacts a call that reads or sets properties
constexpr std::int64_t k_memberships_page = 250;
constexpr std::string_view k_contact_type = "0-1"; // objectTypeId

std::string list_path(std::string_view id) {
  return "/crm/v3/lists/" + std::string(id);
}

std::vector<std::size_t> places(std::size_t count) {
  std::vector<std::size_t> all(count);
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

} // namespace

std::vector<TargetInfo> HubSpotApi::targets() const {
  return {{TargetKind::list, "a static list of contacts", true},
          {TargetKind::segment, "a static list of contacts, which is what HubSpot calls a segment",
           true},
          {TargetKind::fields, "properties of contacts", true}};
}

// ---- what is there
// -------------------------------------------------------------------------------

Result<std::vector<ApiTask>> HubSpotApi::look(const PushTarget& target,
                                              std::span<const std::string> wanted) const {
  std::vector<ApiTask> tasks;
  const bool fields = target.kind == TargetKind::fields;
  const auto names = join(target.fields, ",");
  tasks.push_back({.step = fields ? "properties" : "list", .memo = fields ? names : target.name});
  for (std::size_t i = 0; i < wanted.size(); i += k_batch) {
    std::string body = R"({"idProperty":"email","properties":["email","hs_email_optout")";
    for (const auto& field : target.fields) {
      body += "," + json_string(field);
    }
    body += "],\"inputs\":[";
    for (auto at = i; at < std::min(i + k_batch, wanted.size()); ++at) {
      body += at == i ? "" : ",";
      body += "{\"id\":" + json_string(wanted[at]) + "}";
    }
    tasks.push_back(
        {.step = "people", .place = std::to_string(i), .memo = names, .body = body + "]}"});
  }
  return tasks;
}

HttpRequest HubSpotApi::ask_list(const ApiTask& task) const {
  return get_request(list_path("object-type-id/") + std::string(k_contact_type) + "/name/" +
                     percent_encode(task.memo));
}

/// {"list":{"listId":"501","name":"Warm","processingType":"MANUAL"}}, of GET and of POST.
Result<void> HubSpotApi::read_list(const ApiTask& task, const HttpResponse& answer,
                                   ApiSink& sink) const {
  if (!answer.ok()) { // no such list
    return {};
  }
  MF_TRY(json, read_json(answer));
  const auto list = json["list"];
  const JsonScalar id(list["listId"]);
  if (std::string_view(id).empty()) {
    return Error{ErrorCode::bad_syntax, "the answer has no listId"};
  }
  if (text_of(list["processingType"]) == "DYNAMIC") {
    return Error{ErrorCode::usage,
                 "the list \"" + std::string(text_of(list["name"])) +
                     "\" is an active one, which HubSpot fills by rules: name another"};
  }
  sink.target(id);
  if (task.step == "list") {
    sink.next({.step = "memberships", .memo = std::string(std::string_view(id))});
  }
  return {};
}

HttpRequest HubSpotApi::ask_memberships(const ApiTask& task) const {
  UrlQuery query{{"after", task.place}};
  return get_request(list_path(task.memo) + "/memberships" +
                     query.add("limit", k_memberships_page).text());
}

Result<void> HubSpotApi::read_memberships(const ApiTask& task, const HttpResponse& answer,
                                          ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["results"], "results"));
  each_element(json["results"], [&sink](const Json& row) {
    TargetMember member;
    member.contact_id = scalar_text(row["recordId"]);
    member.in_target = true;
    if (!member.contact_id.empty()) {
      sink.member(member);
    }
  });
  if (auto more = next_after(task, json)) {
    sink.next(std::move(*more));
  }
  return {};
}

HttpRequest HubSpotApi::ask_people(const ApiTask& task) const {
  auto request = json_request("POST", "/crm/v3/objects/contacts/batch/read", task.body);
  request.repeatable = true;
  return request;
}

Result<void> HubSpotApi::read_people(const ApiTask& task, const HttpResponse& answer,
                                     ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["results"], "results"));
  const auto names = split(task.memo, ',');
  each_element(json["results"], [&](const Json& contact) {
    const auto properties = contact["properties"];
    TargetMember member;
    member.address = text_of(properties["email"]);
    member.contact_id = scalar_text(contact["id"]);
    // Who has not opted out of all mail gets what he or she has not opted out of: HubSpot sees to
    // it.
    member.subscription = subscription_of(JsonScalar(properties["hs_email_optout"]));
    if (member.subscription == Subscription::unknown) {
      member.subscription = Subscription::subscribed;
    }
    for (const auto name : names) {
      member.fields.emplace_back(scalar_text(properties[std::string(name)]));
    }
    member.in_target = !names.empty();
    if (!member.address.empty() && !member.contact_id.empty()) {
      sink.member(member);
    }
  });
  return {};
}

/// All properties there: that is the target.
Result<void> HubSpotApi::read_properties(const ApiTask& task, const HttpResponse& answer,
                                         ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["results"], "results"));
  std::vector<std::string> there;
  each_element(json["results"],
               [&there](const Json& row) { there.emplace_back(text_of(row["name"])); });
  const auto wanted = split(task.memo, ',');
  if (std::all_of(wanted.begin(), wanted.end(), [&there](std::string_view name) {
        return std::find(there.begin(), there.end(), name) != there.end();
      })) {
    sink.target("properties");
  }
  return {};
}

// ---- a new target
// --------------------------------------------------------------------------------

Result<std::vector<ApiTask>> HubSpotApi::create(const PushTarget& target) const {
  if (target.kind != TargetKind::fields) {
    return std::vector<ApiTask>{{.step = "new-list",
                                 .body = "{\"name\":" + json_string(target.name) +
                                         ",\"objectTypeId\":" + json_string(k_contact_type) +
                                         ",\"processingType\":\"MANUAL\"}"}};
  }
  std::vector<ApiTask> tasks;
  for (const auto& name : target.fields) {
    tasks.push_back(
        {.step = "new-property",
         .body = "{\"name\":" + json_string(name) + ",\"label\":" + json_string(name) +
                 R"(,"type":"string","fieldType":"text","groupName":"contactinformation"})"});
  }
  return tasks;
}

HttpRequest HubSpotApi::ask_new_list(const ApiTask& task) const {
  return json_request("POST", "/crm/v3/lists", task.body);
}

HttpRequest HubSpotApi::ask_new_property(const ApiTask& task) const {
  return json_request("POST", "/crm/v3/properties/contacts", task.body);
}

/// 409: it is there already.
Result<void> HubSpotApi::read_new_property(const ApiTask&, const HttpResponse&,
                                           ApiSink& sink) const {
  sink.target("properties");
  return {};
}

// ---- changes
// -------------------------------------------------------------------------------------

Result<std::vector<PushStep>> HubSpotApi::change(const PushTarget& target, std::string_view id,
                                                 std::span<const MemberChange> changes) const {
  for (const auto& change : changes) {
    if (change.contact_id.empty()) {
      return Error{ErrorCode::usage, "HubSpot changes people by record id, and one of " +
                                         change.address + " is not known"};
    }
  }
  if (target.kind == TargetKind::fields) {
    return in_batches(places(changes.size()), k_batch, [&](const std::vector<std::size_t>& some) {
      std::string body = "{\"inputs\":[";
      for (const auto i : some) {
        body += i == some.front() ? "" : ",";
        body += "{\"id\":" + json_string(changes[i].contact_id) + ",\"properties\":{";
        for (std::size_t f = 0; f < target.fields.size(); ++f) {
          const bool set = changes[i].action != MemberChange::Action::remove;
          body += f == 0 ? "" : ",";
          body += json_string(target.fields[f]) + ":" +
                  json_string(set ? std::string_view(changes[i].fields.at(f)) : std::string_view());
        }
        body += "}}";
      }
      return ApiTask{.step = "set-properties", .body = body + "]}"};
    });
  }
  return in_batches(
      places(changes.size()), k_change_page, [&](const std::vector<std::size_t>& some) {
        std::string add, remove;
        for (const auto i : some) {
          auto& list = changes[i].action == MemberChange::Action::remove ? remove : add;
          list += list.empty() ? "" : ",";
          list += json_string(changes[i].contact_id);
        }
        ApiTask task{.step = "change-list", .memo = std::string(id)};
        task.body = "{\"recordIdsToAdd\":[" + add + "],\"recordIdsToRemove\":[" + remove + "]}";
        return task;
      });
}

HttpRequest HubSpotApi::ask_change_list(const ApiTask& task) const {
  auto request =
      json_request("PUT", list_path(task.memo) + "/memberships/add-and-remove", task.body);
  request.repeatable = true; // who is in it already stays
  return request;
}

Result<void> HubSpotApi::read_change_list(const ApiTask&, const HttpResponse& answer,
                                          ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  each_element(json["recordIdsMissing"], [&sink](const Json& id) {
    sink.outcome(JsonScalar(id), {PushOutcome::State::refused, "no contact has this record id"});
  });
  return {};
}

HttpRequest HubSpotApi::ask_set_properties(const ApiTask& task) const {
  auto request = json_request("POST", "/crm/v3/objects/contacts/batch/update", task.body);
  request.repeatable = true; // sets: twice is as once
  return request;
}

/// 207: {"results":[…],"numErrors":1,"errors":[{"message":"…","context":{"ids":["101"]}}]}
Result<void> HubSpotApi::read_set_properties(const ApiTask&, const HttpResponse& answer,
                                             ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  each_element(json["errors"], [&sink](const Json& error) {
    const auto words = text_of(error["message"]);
    bool named = false;
    for (const auto* list : {"ids", "id"}) {
      each_element(error["context"][list], [&](const Json& id) {
        sink.outcome(JsonScalar(id), {PushOutcome::State::refused, std::string(words)});
        named = true;
      });
    }
    if (!named) {
      sink.unsure();
    }
  });
  return {};
}

} // namespace mailfunnel::hubspot
