// What is sent back to SendGrid: see api.cpp. The id of a target of fields is
// "e1_T:Text,e2_N:Number": an upsert wants ids of fields, and numbers as numbers.

#include "api.hpp"

#include "adapter/json_value.hpp"
#include "base/csv.hpp"
#include "base/text.hpp"
#include "base/unpacked.hpp"
#include "base/uri.hpp"

#include <algorithm>

namespace mailfunnel::sendgrid {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t k_addresses = 100;          // of a look-up
constexpr std::size_t k_few = 10;                 // people whose fields alone are looked at
constexpr std::size_t k_many = 2000;              // who are cheaper to find by an export of all
constexpr std::size_t k_upsert = 30'000;          // contacts, and
constexpr std::size_t k_upsert_bytes = 5'500'000; // bytes: "6 MB, whichever is lower"
constexpr std::size_t k_take_off = 100;           // ids, which stand in the URL
constexpr std::size_t k_suppress = 1000;
constexpr std::size_t k_suppression_page = 500;
constexpr unsigned k_first_wait = 2, k_longest_wait = 60;

std::vector<std::string> values_of(const Json& contact, std::string_view names) {
  std::vector<std::string> values;
  for (const auto& name : split(names, ',')) {
    values.emplace_back(std::string_view(JsonScalar(contact["custom_fields"][name])));
  }
  return values;
}

} // namespace

std::vector<TargetInfo> SendGridApi::targets() const {
  return {{TargetKind::list, "a list of Marketing Campaigns", true},
          {TargetKind::fields, "custom fields of contacts", false},
          {TargetKind::suppression, "an unsubscribe group", false}};
}

// ---- look
// ----------------------------------------------------------------------------------------

Result<std::vector<ApiTask>> SendGridApi::look(const PushTarget& target,
                                               std::span<const std::string> wanted) const {
  const auto names = join(target.fields, ",");
  std::vector<ApiTask> tasks;
  switch (target.kind) {
  case TargetKind::list:
  case TargetKind::segment:
    tasks.push_back({.step = "lists", .memo = target.name});
    break;
  case TargetKind::fields:
    tasks.push_back({.step = "fields", .memo = names});
    break;
  case TargetKind::suppression:
    tasks.push_back({.step = "target-groups", .memo = target.name});
    break;
  default:
    return Error{ErrorCode::usage, "SendGrid takes a list, fields or a suppression (an unsubscribe "
                                   "group)"};
  }
  const bool fields = target.kind == TargetKind::fields; // who left is to be found too
  if (wanted.size() > (fields ? k_few : k_many)) {
    tasks.push_back({.step = "member-export", .memo = names, .calls = 4});
  } else {
    for (std::size_t i = 0; i < wanted.size(); i += k_addresses) {
      std::string addresses;
      for (auto at = i; at < std::min(i + k_addresses, wanted.size()); ++at) {
        addresses += (at == i ? "" : ",") + json_string(wanted[at]);
      }
      tasks.push_back({.step = "found", .memo = names + "\n" + addresses});
    }
  }
  if (!wanted.empty()) {
    for (const auto& list : k_suppressions) {
      tasks.push_back({.step = std::string(list.step) + "/push"});
    }
  }
  return tasks;
}

Result<void> SendGridApi::read_lists(const ApiTask& task, const HttpResponse& answer,
                                     ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["result"], "result"));
  bool found = false;
  each_element(json["result"], [&](const Json& row) {
    if (!found && text_of(row["name"]) == task.memo) {
      found = true;
      const std::string id(text_of(row["id"]));
      sink.target(id);
      if (count_of(row["contact_count"]).value_or(1) > 0) {
        sink.next({.step = "members", .campaign = id});
      }
    }
  });
  if (!found) {
    const auto next = text_of(json["_metadata"]["next"]);
    if (const auto token = query_parameter(parse_uri(next).query, "page_token");
        token && !token->empty() && *token != task.place) {
      auto more = task;
      more.place = *token;
      sink.next(std::move(more));
    }
  }
  return {};
}

/// A search gives fifty at most; of more, the list is exported.
Result<void> SendGridApi::read_members(const ApiTask& task, const HttpResponse& answer,
                                       ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["result"], "result"));
  simdjson::dom::array list;
  const auto rows = json["result"].get_array().get(list) == simdjson::SUCCESS ? list.size() : 0;
  if (count_of(json["contact_count"]).value_or(rows) > rows) {
    sink.next({.step = "member-export", .campaign = task.campaign, .calls = 4});
    return {};
  }
  each_element(json["result"], [&sink](const Json& row) {
    TargetMember member;
    member.address = text_of(row["email"]);
    member.contact_id = text_of(row["id"]);
    member.in_target = true;
    member.subscription = Subscription::subscribed; // unless a list of suppressed ones says else
    sink.member(member);
  });
  return {};
}

/// {"result":{"ann@example.com":{"contact":{…}},"bo@example.com":{"error":"contact not found"}}};
/// 404: none of them.
Result<void> SendGridApi::read_found(const ApiTask& task, const HttpResponse& answer,
                                     ApiSink& sink) const {
  if (!answer.ok()) {
    return {};
  }
  MF_TRY(json, read_json(answer));
  if (!json["result"].is_object()) {
    return Error{ErrorCode::bad_syntax, "the answer has no \"result\""};
  }
  const auto names = std::string_view(task.memo).substr(0, task.memo.find('\n'));
  each_member(json["result"], [&](std::string_view, const Json& row) {
    const auto contact = row["contact"];
    TargetMember member;
    member.address = text_of(contact["email"]);
    member.contact_id = text_of(contact["id"]);
    if (member.address.empty()) {
      return;
    }
    member.subscription = Subscription::subscribed;
    if (!names.empty()) {
      member.in_target = true;
      member.fields = values_of(contact, names);
    }
    sink.member(member);
  });
  return {};
}

/// Of a list: who is on it. Of all contacts: whom SendGrid knows.
Result<void> SendGridApi::read_exported_members(const ApiTask& task, std::string_view csv,
                                                ApiSink& sink) const {
  const auto head = read_csv_head(csv);
  const auto email = head ? head->header.find("email") : std::nullopt;
  const auto id = head ? head->header.find({"contact_id", "contact id"}) : std::nullopt;
  if (!email || !id) {
    return Error{ErrorCode::bad_syntax,
                 "the export of contacts has no columns EMAIL and CONTACT_ID"};
  }
  const auto names = split(task.memo, ',');
  CsvReader reader(head->dialect);
  reader.start(csv);
  CsvRow row;
  for (bool first = true; reader.next(row); first = false) {
    TargetMember member;
    member.address = trim(row[*email]);
    if (first || member.address.empty()) {
      continue;
    }
    member.contact_id = row[*id];
    member.subscription = Subscription::subscribed;
    member.in_target = !task.campaign.empty() || !names.empty();
    for (const auto name : names) {
      const auto column = head->header.find(name);
      member.fields.emplace_back(column ? row[*column] : ""sv);
    }
    sink.member(member);
  }
  return {};
}

/// Who gets no mail, whatever list he or she is on.
Result<void> SendGridApi::read_suppressed(const ApiTask& task, const HttpResponse& answer,
                                          ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json.root(), task.step));
  const auto* list = suppression_list(task.step.substr(0, task.step.find('/')));
  std::size_t rows = 0;
  each_element(json.root(), [&](const Json& row) {
    ++rows;
    TargetMember member; // what else is known of him or her, others tell
    member.address = text_of(row["email"]);
    member.subscription = list->subscription;
    sink.member(member);
  });
  if (auto more = next_offset(task, rows, k_suppression_page, std::nullopt)) {
    sink.next(std::move(*more));
  }
  return {};
}

/// The fields are there: their ids are the target's.
Result<void> SendGridApi::read_fields(const ApiTask& task, const HttpResponse& answer,
                                      ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  std::string ids;
  const auto names = split(task.memo, ',');
  std::size_t found = 0;
  for (const auto name : names) {
    bool there = false;
    each_element(json["custom_fields"], [&](const Json& row) {
      if (!there && iequals(text_of(row["name"]), name)) {
        there = true;
        ++found;
        ids.append(ids.empty() ? "" : ",").append(text_of(row["id"]));
        ids.append(":").append(text_of(row["field_type"]));
      }
    });
  }
  if (found == names.size()) {
    sink.target(ids);
  }
  return {};
}

Result<void> SendGridApi::read_target_groups(const ApiTask& task, const HttpResponse& answer,
                                             ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json.root(), "groups"));
  each_element(json.root(), [&](const Json& row) {
    const JsonScalar scalar(row["id"]);
    const std::string id{std::string_view(scalar)};
    if (text_of(row["name"]) == task.memo && !id.empty()) {
      sink.target(id);
      sink.next({.step = "group-members", .campaign = id});
    }
  });
  return {};
}

Result<void> SendGridApi::read_group_members(const ApiTask&, const HttpResponse& answer,
                                             ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json.root(), "suppressions"));
  each_element(json.root(), [&sink](const Json& row) {
    TargetMember member;
    member.address = text_of(row);
    member.in_target = true;
    member.subscription = Subscription::unsubscribed;
    sink.member(member);
  });
  return {};
}

// ---- create and change
// ---------------------------------------------------------------------------

Result<std::vector<ApiTask>> SendGridApi::create(const PushTarget& target) const {
  if (target.kind == TargetKind::fields) {
    return Error{
        ErrorCode::usage,
        "the account has no custom field " + join(target.fields, " or no ") +
            ": make it at SendGrid (Marketing > Custom Fields; Number for scores, Text for "
            "all else, which can't be changed later), or name another in the config"};
  }
  if (target.kind == TargetKind::suppression) {
    return Error{ErrorCode::usage,
                 "there is no unsubscribe group \"" + target.name +
                     "\": make it at SendGrid (Suppressions > Unsubscribe Groups)"};
  }
  return std::vector<ApiTask>{
      {.step = "new-list", .body = "{\"name\":" + json_string(target.name) + "}"}};
}

Result<void> SendGridApi::read_new_list(const ApiTask&, const HttpResponse& answer,
                                        ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  const auto id = text_of(json["id"]);
  if (id.empty()) {
    return Error{ErrorCode::bad_syntax, "the answer has no \"id\" of the list"};
  }
  sink.target(id);
  return {};
}

namespace {

/// A contact of an upsert; with the fields of `ids`, where there are any.
std::string contact_text(const MemberChange& change, const std::vector<std::string_view>& ids) {
  std::string out = "{\"email\":" + json_string(change.address);
  std::string fields;
  for (std::size_t i = 0; i < ids.size() && i < change.fields.size(); ++i) {
    const auto colon = ids[i].find(':');
    const auto& value = change.fields[i];
    const bool number = ids[i].substr(colon + 1) == "Number";
    if (number && !parse_double(value)) {
      continue; // nothing, or no number
    }
    fields += (fields.empty() ? "" : ",") + json_string(ids[i].substr(0, colon)) + ":" +
              (number ? value : json_string(value));
  }
  return out + (fields.empty() ? "" : ",\"custom_fields\":{" + fields + "}") + "}";
}

} // namespace

Result<std::vector<PushStep>> SendGridApi::change(const PushTarget& target, std::string_view id,
                                                  std::span<const MemberChange> changes) const {
  std::vector<std::size_t> adds, removes;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (changes[i].contact_id.empty() && target.kind != TargetKind::suppression) {
      continue; // suppressed, but no contact: an upsert would make one
    }
    (changes[i].action == MemberChange::Action::remove ? removes : adds).push_back(i);
  }
  if (target.kind == TargetKind::suppression) {
    if (!removes.empty()) {
      return Error{ErrorCode::usage,
                   "nobody is taken out of an unsubscribe group: who is in it asked "
                   "for it, or had to be left alone"};
    }
    return in_batches(adds, k_suppress, [&](const std::vector<std::size_t>& some) {
      std::string body = "{\"recipient_emails\":[";
      for (const auto i : some) {
        body += (i == some.front() ? "" : ",") + json_string(changes[i].address);
      }
      return ApiTask{.step = "suppress", .campaign = std::string(id), .body = body + "]}"};
    });
  }
  const bool fields = target.kind == TargetKind::fields;
  const auto ids = fields ? split(id, ',') : std::vector<std::string_view>{};
  const auto begin = fields ? std::string("{\"contacts\":[")
                            : "{\"list_ids\":[" + json_string(id) + "],\"contacts\":[";
  std::vector<PushStep> steps;
  for (const auto i : adds) {
    const auto contact = contact_text(changes[i], ids);
    if (steps.empty() || steps.back().changes.size() >= k_upsert ||
        steps.back().task.body.size() + contact.size() > k_upsert_bytes) {
      steps.push_back({.task = {.step = "upsert", .body = begin}, .changes = {}});
    }
    auto& step = steps.back();
    step.task.body += (step.changes.empty() ? "" : ",") + contact;
    step.changes.push_back(i);
  }
  for (auto& step : steps) {
    step.task.body += "]}";
  }
  if (fields) {
    return steps; // nobody leaves
  }
  auto leavers = in_batches(removes, k_take_off, [&](const std::vector<std::size_t>& some) {
    std::string contacts;
    for (const auto i : some) {
      contacts.append(contacts.empty() ? "" : ",").append(changes[i].contact_id);
    }
    return ApiTask{.step = "take-off", .campaign = std::string(id), .body = contacts};
  });
  std::ranges::move(leavers, std::back_inserter(steps));
  return steps;
}

/// {"job_id":"…"} of what starts a job, then {"status":"pending"|"completed"|"errored"|"failed"}.
Result<void> SendGridApi::read_job(const ApiTask& task, const HttpResponse& answer,
                                   ApiSink& sink) const {
  if (!answer.ok()) { // 404: jobs of this kind are not told of
    sink.unsure();
    return {};
  }
  MF_TRY(json, read_json(answer));
  if (task.step != "job") {
    const auto id = text_of(json["job_id"]);
    if (id.empty()) {
      sink.unsure();
    } else {
      sink.next({.step = "job", .place = std::string(id), .wait = k_first_wait});
    }
    return {};
  }
  const auto status = text_of(json["status"]);
  if (status == "pending") {
    auto again = task;
    again.wait = std::min(task.wait * 2, k_longest_wait);
    sink.next(std::move(again));
  } else if (status == "errored") {
    const auto url = text_of(json["results"]["errors_url"]);
    if (reaches(url)) {
      sink.next({.step = "job-errors", .place = std::string(url)});
    } else {
      sink.unsure();
    }
  } else if (status == "failed") {
    return Error{ErrorCode::io, "SendGrid could not carry out the job " + task.place};
  } else if (status != "completed") {
    return Error{ErrorCode::bad_syntax, "the answer has no status of the job"};
  }
  return {};
}

/// CSV with a column of addresses, and one of words.
Result<void> SendGridApi::read_job_errors(const ApiTask&, const HttpResponse& answer,
                                          ApiSink& sink) const {
  MF_TRY(csv, unpacked(answer.body));
  const auto head = read_csv_head(csv);
  const auto email = head ? head->header.find("email") : std::nullopt;
  if (!email) {
    sink.unsure();
    return {};
  }
  const auto words = head->header.find({"error", "errors", "reason", "message"});
  CsvReader reader(head->dialect);
  reader.start(csv);
  CsvRow row;
  for (bool first = true; reader.next(row); first = false) {
    if (!first) {
      sink.outcome(trim(row[*email]),
                   {PushOutcome::State::refused, std::string(words ? row[*words] : "refused"sv)});
    }
  }
  return {};
}

Result<void> SendGridApi::read_nothing(const ApiTask&, const HttpResponse& answer, ApiSink&) const {
  MF_TRY(json, read_json(answer));
  return json.root().is_object()
             ? Result<void>()
             : Error{ErrorCode::bad_syntax, "the answer is not what SendGrid answers"};
}

} // namespace mailfunnel::sendgrid
