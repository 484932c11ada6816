#include "api.hpp"

#include "base/text.hpp"
#include "base/uri.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <numeric>

namespace mailfunnel::mailgun {

using namespace std::string_view_literals;

namespace {

constexpr std::size_t k_full = 100;      // pages of lists are never smaller but for the last
constexpr std::size_t k_add = 100;       // members a call; more are added some time later
constexpr std::size_t k_suppress = 1000; // addresses a call
constexpr std::array k_barring{"bounces"sv, "unsubscribes"sv, "complaints"sv};

/// A form as multipart/form-data, which is how Mailgun takes what changes lists.
HttpRequest
form_request(std::string method, std::string url,
             std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  constexpr std::string_view k_boundary = "mailfunnel-7f3a9c51d2e84b06";
  HttpRequest request;
  request.method = std::move(method);
  request.url = std::move(url);
  request.headers = {{"Accept", "application/json"},
                     {"Content-Type", "multipart/form-data; boundary=" + std::string(k_boundary)}};
  for (const auto& [name, value] : fields) {
    request.body.append("--").append(k_boundary).append("\r\n");
    request.body.append("Content-Disposition: form-data; name=\"")
        .append(name)
        .append("\"\r\n\r\n");
    request.body.append(value).append("\r\n");
  }
  request.body.append("--").append(k_boundary).append("--\r\n");
  return request;
}

std::vector<std::size_t> places(std::size_t count) {
  std::vector<std::size_t> all(count);
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

} // namespace

std::vector<TargetInfo> MailgunApi::targets() const {
  return {{TargetKind::list, "a mailing list, by its address or the part before @", false},
          {TargetKind::segment, "a mailing list", false},
          {TargetKind::fields, "variables (vars) of the members of the account's list", false},
          {TargetKind::suppression,
           "unsubscribes of the domain: the name is a tag, or * for all mail", false}};
}

// ---- what is there
// -------------------------------------------------------------------------------

/// One after the other, as the last word on somebody holds: who is in the target, who in the
/// account's list, and who must get no mail whatever a list says.
Result<std::vector<ApiTask>> MailgunApi::look(const PushTarget& target,
                                              std::span<const std::string> /*wanted*/) const {
  const auto people = target.list.empty() ? m_list : list_address(target.list);
  if (people.empty()) {
    return Error{ErrorCode::usage, "a push to Mailgun needs the mailing list that holds everybody: "
                                   "give the account list = \"everybody@mg.example.com\""};
  }
  switch (target.kind) {
  case TargetKind::fields:
    return std::vector<ApiTask>{
        {.step = "target", .campaign = people, .memo = join(target.fields, ",")}};
  case TargetKind::suppression:
    return std::vector<ApiTask>{{.step = "people", .campaign = people, .memo = "#" + target.name}};
  default:
    return std::vector<ApiTask>{
        {.step = "target", .campaign = list_address(target.name), .memo = "@" + people}};
  }
}

Result<std::vector<ApiTask>> MailgunApi::look_at_members(const PushTarget& target,
                                                         std::span<const std::string> asked) const {
  switch (target.kind) {
  case TargetKind::fields:
    return look(target, asked);
  case TargetKind::suppression:
    return std::vector<ApiTask>{
        {.step = "barred", .campaign = target.name, .memo = "unsubscribes"}};
  default:
    return std::vector<ApiTask>{
        {.step = "target", .campaign = list_address(target.name), .memo = "@"}};
  }
}

HttpRequest MailgunApi::ask_target(const ApiTask& task) const {
  return get_request(of_list(task.campaign, ""));
}

/// {"list":{"address":"warm@mg.example.com","members_count":12}}, of GET and of POST. `memo`: "@"
/// and the list of people ("@" alone: they are not asked for), or the variables; nothing: it was
/// made just now.
Result<void> MailgunApi::read_target(const ApiTask& task, const HttpResponse& answer,
                                     ApiSink& sink) const {
  const bool a_list = task.memo.starts_with('@');
  if (answer.ok()) {
    MF_TRY(json, read_json(answer));
    const auto address = text_of(json["list"]["address"]);
    if (address.empty()) {
      return Error{ErrorCode::bad_syntax, "the answer has no list with an address"};
    }
    sink.target(address);
    if (task.step == "new-list") {
      return {};
    }
    if (a_list) {
      sink.next({.step = "target-members", .campaign = task.campaign, .memo = task.memo});
      return {};
    }
  }
  if (task.memo != "@") {
    sink.next({.step = "people",
               .campaign = a_list ? task.memo.substr(1) : task.campaign,
               .memo = a_list ? std::string() : task.memo});
  }
  return {};
}

Result<void> MailgunApi::read_target_members(const ApiTask& task, const HttpResponse& answer,
                                             ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["items"], "items"));
  each_element(json["items"], [&sink](const Json& row) {
    TargetMember member;
    member.address = text_of(row["address"]);
    member.in_target = true;
    if (!is_true(row["subscribed"])) {
      member.subscription = Subscription::unsubscribed;
    }
    sink.member(member);
  });
  if (auto more = next_url(task, json, k_full)) {
    sink.next(std::move(*more));
  } else if (task.memo != "@") {
    sink.next({.step = "people", .campaign = task.memo.substr(1)});
  }
  return {};
}

/// Members of the account's list, with the variables that the memo names.
Result<void> MailgunApi::read_people(const ApiTask& task, const HttpResponse& answer,
                                     ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["items"], "items"));
  const auto names =
      task.memo.starts_with('#') ? std::vector<std::string_view>() : split(task.memo, ',');
  each_element(json["items"], [&](const Json& row) {
    TargetMember member;
    member.address = text_of(row["address"]);
    member.subscription =
        is_true(row["subscribed"]) ? Subscription::subscribed : Subscription::unsubscribed;
    for (const auto name : names) {
      member.fields.push_back(scalar_text(row["vars"][std::string(name)]));
    }
    member.in_target = !names.empty();
    sink.member(member);
  });
  if (auto more = next_url(task, json, k_full)) {
    sink.next(std::move(*more));
    return {};
  }
  for (const auto list : k_barring) {
    sink.next({.step = "barred",
               .campaign = task.memo.starts_with('#') ? task.memo.substr(1) : "",
               .memo = std::string(list)});
  }
  return {};
}

/// `campaign`: the tag whose unsubscribes are the target, if they are.
Result<void> MailgunApi::read_barred(const ApiTask& task, const HttpResponse& answer,
                                     ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["items"], "items"));
  const bool of_target = !task.campaign.empty() && task.memo == "unsubscribes";
  if (of_target) {
    sink.target(task.campaign);
  }
  each_element(json["items"], [&](const Json& entry) {
    const auto tags = texts_of(entry["tags"]);
    TargetMember member;
    member.address = text_of(entry["address"]);
    member.subscription = suppression_of(task.memo, entry);
    member.in_target =
        of_target && (member.subscription != Subscription::unknown ||
                      std::find(tags.begin(), tags.end(), task.campaign) != tags.end());
    if (member.in_target || member.subscription != Subscription::unknown) {
      sink.member(member);
    }
  });
  if (auto more = next_url(task, json, k_full)) {
    sink.next(std::move(*more));
  }
  return {};
}

// ---- a new target
// --------------------------------------------------------------------------------

Result<std::vector<ApiTask>> MailgunApi::create(const PushTarget& target) const {
  if (target.kind == TargetKind::fields) {
    return Error{ErrorCode::usage, "there is no mailing list " +
                                       (target.list.empty() ? m_list : list_address(target.list)) +
                                       " whose members could have variables"};
  }
  ApiTask make{.step = "new-list", .campaign = list_address(target.name)};
  make.body = target.name;
  return std::vector<ApiTask>{make};
}

/// Nobody but who has the key can write to it.
HttpRequest MailgunApi::ask_new_list(const ApiTask& task) const {
  return form_request(
      "POST", "/v3/lists",
      {{"address", task.campaign}, {"name", task.body}, {"access_level", "readonly"}});
}

// ---- changes
// -------------------------------------------------------------------------------------

Result<std::vector<PushStep>> MailgunApi::change(const PushTarget& target, std::string_view id,
                                                 std::span<const MemberChange> changes) const {
  std::vector<PushStep> steps;
  if (target.kind == TargetKind::suppression) {
    return in_batches(places(changes.size()), k_suppress,
                      [&](const std::vector<std::size_t>& some) {
                        std::string body = "[";
                        for (const auto i : some) {
                          body += i == some.front() ? "" : ",";
                          body += "{\"address\":" + json_string(changes[i].address) +
                                  ",\"tags\":[" + json_string(id) + "]}";
                        }
                        return ApiTask{.step = "suppress", .body = body + "]"};
                      });
  }
  std::vector<std::size_t> adds;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const auto& change = changes[i];
    if (target.kind == TargetKind::fields) {
      std::string values = "{";
      for (std::size_t f = 0; f < target.fields.size(); ++f) {
        const bool set = change.action != MemberChange::Action::remove;
        values += f == 0 ? "" : ",";
        values += json_string(target.fields[f]) + ":" +
                  json_string(set ? std::string_view(change.fields.at(f)) : std::string_view());
      }
      steps.push_back({.task = {.step = "member",
                                .campaign = std::string(id),
                                .place = change.address,
                                .body = values + "}"},
                       .changes = {i}});
    } else if (change.action == MemberChange::Action::remove) {
      steps.push_back(
          {.task = {.step = "remove", .campaign = std::string(id), .place = change.address},
           .changes = {i}});
    } else {
      adds.push_back(i);
    }
  }
  auto added = in_batches(adds, k_add, [&](const std::vector<std::size_t>& some) {
    std::string body = "[";
    for (const auto i : some) {
      body += i == some.front() ? "" : ",";
      body += json_string(changes[i].address);
    }
    return ApiTask{.step = "add", .campaign = std::string(id), .body = body + "]"};
  });
  steps.insert(steps.begin(), std::make_move_iterator(added.begin()),
               std::make_move_iterator(added.end()));
  return steps;
}

/// Without upsert who is in the list already is left as he or she is, also if unsubscribed from it.
HttpRequest MailgunApi::ask_add(const ApiTask& task) const {
  auto request = form_request("POST", of_list(task.campaign, "/members.json"),
                              {{"members", task.body}, {"upsert", "no"}});
  request.repeatable = true;
  return request;
}

Result<void> MailgunApi::read_add(const ApiTask&, const HttpResponse& answer, ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  if (icontains(text_of(json["message"]), "background")) {
    sink.unsure();
  }
  return {};
}

HttpRequest MailgunApi::ask_remove(const ApiTask& task) const {
  auto request = get_request(of_list(task.campaign, "/members/" + percent_encode(task.place)));
  request.method = "DELETE";
  request.repeatable = true;
  return request;
}

/// The new values are in the task's body, as JSON, for read_member().
HttpRequest MailgunApi::ask_member(const ApiTask& task) const {
  return get_request(of_list(task.campaign, "/members/" + percent_encode(task.place)));
}

/// All variables are replaced at once: those that are there are sent along.
Result<void> MailgunApi::read_member(const ApiTask& task, const HttpResponse& answer,
                                     ApiSink& sink) const {
  if (!answer.ok()) {
    sink.outcome(task.place, {PushOutcome::State::refused, "not in the list any more"});
    return {};
  }
  MF_TRY(json, read_json(answer));
  if (!is_there(json["member"]["address"])) {
    return Error{ErrorCode::bad_syntax, "the answer has no member"};
  }
  std::string vars;
  const auto put = [&vars](std::string_view name, std::string_view value) {
    vars += vars.empty() ? "{" : ",";
    vars.append(json_string(name)).append(":").append(value);
  };
  JsonMembers values(task.body);
  for (std::string_view name, value; values.next(name, value);) {
    put(name, value);
  }
  each_member(json["member"]["vars"], json_member(json_member(answer.body, "member"), "vars"),
              [&](std::string_view name, const Json&, std::string_view value) {
                if (json_member(task.body, name).empty()) {
                  put(name, value);
                }
              });
  ApiTask set{.step = "set", .campaign = task.campaign, .place = task.place};
  set.body = vars + "}";
  sink.next(std::move(set));
  return {};
}

/// Without "subscribed", which stays as it is.
HttpRequest MailgunApi::ask_set(const ApiTask& task) const {
  auto request =
      form_request("PUT", of_list(task.campaign, "/members/" + percent_encode(task.place)),
                   {{"vars", task.body}});
  request.repeatable = true;
  return request;
}

HttpRequest MailgunApi::ask_suppress(const ApiTask& task) const {
  auto request = json_request("POST", of_domain("unsubscribes"), task.body);
  request.repeatable = true;
  return request;
}

Result<void> MailgunApi::read_done(const ApiTask&, const HttpResponse&, ApiSink&) const {
  return {};
}

} // namespace mailfunnel::mailgun
