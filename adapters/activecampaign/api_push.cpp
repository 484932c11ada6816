#include "api.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <numeric>

namespace mailfunnel::activecampaign {

namespace {

constexpr std::size_t k_page = 100;
constexpr std::size_t k_few = 100;              // people that are looked up one by one
constexpr std::size_t k_import = 250;           // contacts of a bulk import
constexpr std::size_t k_import_bytes = 390'000; // of 400,000
constexpr unsigned k_most_polls = 60;

} // namespace

std::vector<TargetInfo> ActiveCampaignApi::targets() const {
  return {
      {TargetKind::tag, "a tag of contacts", false},
      {TargetKind::segment, "a tag too: segments of ActiveCampaign are rules", false},
      {TargetKind::fields, "custom fields of contacts, by personalization tag or title", false}};
}

// ---- what is there
// -------------------------------------------------------------------------------

Result<std::vector<ApiTask>> ActiveCampaignApi::look(const PushTarget& target,
                                                     std::span<const std::string> wanted) const {
  std::string few; // of many all are told
  if (wanted.size() <= k_few) {
    few = join({wanted.begin(), wanted.end()}, ",");
  }
  if (target.kind == TargetKind::fields) { // their ids first: people are told with their values
    return std::vector<ApiTask>{
        {.step = "field-ids", .campaign = few, .memo = join(target.fields, ",")}};
  }
  std::vector<ApiTask> tasks{{.step = "tags", .memo = target.name}};
  if (!wanted.empty()) {
    tasks.push_back({.step = "people", .campaign = few});
  }
  return tasks;
}

HttpRequest ActiveCampaignApi::ask_tags(const ApiTask& task) const {
  UrlQuery query{{"search", task.memo}, {"offset", task.place}};
  return get_request("/api/3/tags" + query.add("limit", std::int64_t{k_page}).text());
}

/// The search finds parts of names as well.
Result<void> ActiveCampaignApi::read_tags(const ApiTask& task, const HttpResponse& answer,
                                          ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["tags"], "tags"));
  std::size_t rows = 0;
  bool found = false;
  each_element(json["tags"], [&](const Json& row) {
    ++rows;
    if (!found && text_of(row["tag"]) == task.memo && text_of(row["tagType"]) != "template") {
      found = true;
      const auto id = scalar_text(row["id"]);
      sink.target(id);
      sink.next({.step = "tagged", .memo = id});
    }
  });
  if (!found) {
    if (auto more = next_offset(task, rows, k_page, count_of(json["meta"]["total"]))) {
      sink.next(std::move(*more));
    }
  }
  return {};
}

HttpRequest ActiveCampaignApi::ask_tagged(const ApiTask& task) const {
  UrlQuery query{{"tagid", task.memo},
                 {"orders[id]", "ASC"},
                 {"id_greater", task.place},
                 {"include", "contactLists"}};
  return get_request("/api/3/contacts" + query.add("limit", std::int64_t{k_page}).text());
}

HttpRequest ActiveCampaignApi::ask_person(const ApiTask& task) const {
  return get_request(
      "/api/3/contacts" +
      UrlQuery{{"email", task.campaign}, {"include", "contactLists,fieldValues"}}.text());
}

HttpRequest ActiveCampaignApi::ask_contact(const ApiTask& task) const {
  return get_request("/api/3/contacts/" + task.place);
}

TargetMember ActiveCampaignApi::member_of(const Json& contact, const Besides& besides,
                                          const std::vector<std::string_view>& fields) const {
  TargetMember member;
  member.address = text_of(contact["email"]);
  member.contact_id = scalar_text(contact["id"]);
  member.subscription = besides.subscription(member.contact_id);
  member.in_target = !fields.empty();
  for (const auto field : fields) {
    member.fields.emplace_back(besides.field(member.contact_id, field));
  }
  return member;
}

namespace {

/// Takes who has the address out of those who are looked for. False: nobody looks for it.
bool take(std::vector<std::string_view>& wanted, std::string_view address) {
  const auto found = std::find_if(wanted.begin(), wanted.end(),
                                  [address](auto one) { return iequals(one, address); });
  if (found == wanted.end()) {
    return false;
  }
  wanted.erase(found);
  return true;
}

/// On how many pages is what comes behind this one? As many as can be, where it does not say.
std::size_t pages_left(const Json& meta, std::size_t rows) {
  const auto total = count_of(meta["total"]);
  return total ? (std::max<std::size_t>(*total, rows) - rows + k_page - 1) / k_page : k_few + 1;
}

} // namespace

/// Contacts: all, those with a tag, or one. `memo`: of "tagged" the tag, else the ids of fields;
/// `campaign`: who is looked for, or nobody: all are told. Those who are missing behind a page are
/// asked for one by one, where these are fewer calls than the pages. Where the answer leaves out
/// the lists on which they are, each is asked for.
Result<void> ActiveCampaignApi::read_people(const ApiTask& task, const HttpResponse& answer,
                                            ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["contacts"], "contacts"));
  const Besides besides(json.root(), m_list);
  const bool tagged = task.step == "tagged", lists = json["contactLists"].is_array();
  const auto fields = tagged ? std::vector<std::string_view>() : split(task.memo, ',');
  auto missing = split(task.campaign, ',');
  const bool some = !missing.empty();
  std::size_t rows = 0;
  each_element(json["contacts"], [&](const Json& row) {
    ++rows;
    auto member = member_of(row, besides, fields);
    member.in_target = member.in_target || tagged;
    if (member.address.empty() || scalar_text(row["deleted"]) == "1" ||
        (some && !take(missing, member.address))) {
      return;
    }
    sink.member(member);
    if (!lists && !tagged) {
      sink.next({.step = "contact", .place = member.contact_id, .memo = task.memo});
    }
  });
  auto more = task.step == "person" || (some && missing.empty())
                  ? std::nullopt
                  : next_ids(task, json["contacts"], k_page);
  if (more && some && missing.size() <= pages_left(json["meta"], rows)) {
    for (const auto address : missing) {
      sink.next({.step = "person", .campaign = std::string(address), .memo = task.memo});
    }
  } else if (more) {
    more->campaign = join({missing.begin(), missing.end()}, ",");
    sink.next(std::move(*more));
  }
  return {};
}

/// {"contact":{…},"contactLists":[…],"fieldValues":[…]}
Result<void> ActiveCampaignApi::read_contact(const ApiTask& task, const HttpResponse& answer,
                                             ApiSink& sink) const {
  if (!answer.ok()) { // deleted meanwhile
    return {};
  }
  MF_TRY(json, read_json(answer));
  const auto member =
      member_of(json["contact"], Besides(json.root(), m_list), split(task.memo, ','));
  if (member.contact_id.empty()) {
    return Error{ErrorCode::bad_syntax, "the answer has no contact"};
  }
  sink.member(member);
  return {};
}

/// All fields there: that is the target, and its id are theirs. `campaign`: the few people to look
/// up, or nothing: all.
Result<void> ActiveCampaignApi::read_field_ids(const ApiTask& task, const HttpResponse& answer,
                                               ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["fields"], "fields"));
  std::size_t rows = 0;
  std::vector<std::string> parts; // "7" where the field was found, its name where not yet
  for (const auto part : split(task.memo, ',')) {
    parts.emplace_back(part);
  }
  each_element(json["fields"], [&](const Json& field) {
    ++rows;
    for (auto& part : parts) {
      if (!part.starts_with('#') &&
          (iequals(part, text_of(field["perstag"])) || part == text_of(field["title"]))) {
        part = "#" + scalar_text(field["id"]);
      }
    }
  });
  if (auto more = next_offset(task, rows, k_page, count_of(json["meta"]["total"]))) {
    more->memo = join(parts, ",");
    sink.next(std::move(*more));
    return {};
  }
  const bool all = std::all_of(parts.begin(), parts.end(),
                               [](const std::string& part) { return part.starts_with('#'); });
  auto ids = replace_all(join(parts, ","), "#", "");
  if (!all) {
    ids.clear();
  } else {
    sink.target(ids);
  }
  sink.next({.step = "people", .campaign = task.campaign, .memo = ids});
  return {};
}

// ---- a new target
// --------------------------------------------------------------------------------

Result<std::vector<ApiTask>> ActiveCampaignApi::create(const PushTarget& target) const {
  if (target.kind == TargetKind::fields) {
    return Error{
        ErrorCode::usage,
        "not all of the custom fields " + join(target.fields, ", ") +
            " are there: make them at ActiveCampaign (Contacts > Fields), or name others by "
            "their personalization tag"};
  }
  return std::vector<ApiTask>{
      {.step = "new-tag",
       .body = "{\"tag\":{\"tag\":" + json_string(target.name) +
               R"(,"tagType":"contact","description":"a segment of mailfunnel"}})"}};
}

HttpRequest ActiveCampaignApi::ask_new_tag(const ApiTask& task) const {
  return json_request("POST", "/api/3/tags", task.body);
}

Result<void> ActiveCampaignApi::read_new_tag(const ApiTask&, const HttpResponse& answer,
                                             ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  const auto id = scalar_text(json["tag"]["id"]);
  if (id.empty()) {
    return Error{ErrorCode::bad_syntax, "the answer has no tag with an id"};
  }
  sink.target(id);
  return {};
}

// ---- changes
// -------------------------------------------------------------------------------------

Result<std::vector<PushStep>>
ActiveCampaignApi::change(const PushTarget& target, std::string_view id,
                          std::span<const MemberChange> changes) const {
  const auto fields = split(id, ',');
  const bool of_fields = target.kind == TargetKind::fields;
  std::vector<PushStep> steps;
  PushStep step;
  const auto close = [&] {
    if (!step.changes.empty()) {
      step.task.step = "import";
      step.task.body += R"(],"exclude_automations":true})";
      steps.push_back(std::exchange(step, {}));
    }
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const auto& change = changes[i];
    const bool remove = change.action == MemberChange::Action::remove;
    if (remove && !of_fields) {
      if (change.contact_id.empty()) {
        return Error{ErrorCode::usage,
                     "ActiveCampaign takes tags off people by contact id, and that "
                     "of " +
                         change.address + " is not known"};
      }
      steps.push_back(
          {.task = {.step = "contact-tags", .campaign = change.contact_id, .memo = std::string(id)},
           .changes = {i}});
      continue;
    }
    std::string contact = "{\"email\":" + json_string(change.address);
    if (of_fields) {
      contact += ",\"fields\":[";
      for (std::size_t f = 0; f < target.fields.size(); ++f) {
        contact +=
            std::string(f == 0 ? "" : ",") +
            "{\"id\":" + json_string(f < fields.size() ? fields[f] : std::string_view()) +
            ",\"value\":" +
            json_string(remove ? std::string_view() : std::string_view(change.fields.at(f))) + "}";
      }
      contact += "]}";
    } else {
      contact += ",\"tags\":[" + json_string(target.name) + "]}";
    }
    if (step.changes.size() == k_import ||
        step.task.body.size() + contact.size() > k_import_bytes) {
      close();
    }
    step.task.body += (step.changes.empty() ? "{\"contacts\":[" : ",") + contact;
    step.changes.push_back(i);
  }
  close();
  return steps;
}

HttpRequest ActiveCampaignApi::ask_import(const ApiTask& task) const {
  auto request = json_request("POST", "/api/3/import/bulk_import", task.body);
  request.repeatable = true; // sets: twice is as once
  return request;
}

/// {"Success":1,"queued_contacts":2,"batchId":"…"}; it is carried out later.
Result<void> ActiveCampaignApi::read_import(const ApiTask&, const HttpResponse& answer,
                                            ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  const auto batch = scalar_text(json["batchId"]);
  if (batch.empty()) {
    sink.unsure();
    return {};
  }
  sink.next({.step = "import-info",
             .campaign = scalar_text(json["queued_contacts"]),
             .place = batch,
             .memo = "1",
             .wait = 2});
  return {};
}

HttpRequest ActiveCampaignApi::ask_import_info(const ApiTask& task) const {
  return get_request("/api/3/import/info" + UrlQuery{{"batchId", task.place}}.text());
}

/// {"status":"completed","success":["1203"],"failure":["bo@example.com"]}; `memo` counts how often
/// it was asked, `campaign` says how many contacts were queued.
Result<void> ActiveCampaignApi::read_import_info(const ApiTask& task, const HttpResponse& answer,
                                                 ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  const auto status = text_of(json["status"]);
  if (status == "completed") {
    std::int64_t told = 0;
    each_element(json["success"], [&told](const Json&) { ++told; });
    each_element(json["failure"], [&](const Json& who) {
      sink.outcome(JsonScalar(who),
                   {PushOutcome::State::refused, "ActiveCampaign did not take the contact"});
      ++told;
    });
    if (told < parse_int(task.campaign).value_or(0)) { // it was given up
      sink.unsure();
    }
    return {};
  }
  const auto polls =
      static_cast<unsigned>(std::max<std::int64_t>(parse_int(task.memo).value_or(1), 1));
  if (status == "failed" || status == "interrupted" || polls >= k_most_polls) {
    sink.unsure();
    return {};
  }
  auto again = task;
  again.memo = std::to_string(polls + 1);
  again.wait = std::min(std::max(task.wait, 1U) * 2, 30U);
  sink.next(std::move(again));
  return {};
}

HttpRequest ActiveCampaignApi::ask_contact_tags(const ApiTask& task) const {
  return get_request("/api/3/contacts/" + task.campaign + "/contactTags");
}

/// What is to be deleted is the bond between contact and tag, which has an id of its own.
Result<void> ActiveCampaignApi::read_contact_tags(const ApiTask& task, const HttpResponse& answer,
                                                  ApiSink& sink) const {
  if (!answer.ok()) { // the contact is gone, and the tag with it
    return {};
  }
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["contactTags"], "contactTags"));
  std::string bond; // the first, should the answer have it twice
  each_element(json["contactTags"], [&](const Json& row) {
    if (bond.empty() && scalar_text(row["tag"]) == task.memo) {
      bond = scalar_text(row["id"]);
    }
  });
  if (!bond.empty()) {
    sink.next({.step = "untag", .place = bond});
  }
  return {};
}

HttpRequest ActiveCampaignApi::ask_untag(const ApiTask& task) const {
  HttpRequest request = get_request("/api/3/contactTags/" + task.place);
  request.method = "DELETE";
  request.repeatable = true;
  return request;
}

Result<void> ActiveCampaignApi::read_untag(const ApiTask&, const HttpResponse&, ApiSink&) const {
  return {};
}

} // namespace mailfunnel::activecampaign
