// Twilio SendGrid's API v3: https://www.twilio.com/docs/sendgrid/api-reference
//
// Pull. Single Sends and their figures; what happened to each message, of the Email Activity API;
// the people who get no mail; contacts, by an export. Activity has no pages: a span of time that
// holds more than one answer is cut in two. It tells messages, each of which is asked for by
// itself; those that are as they were the last time are not asked for again.
//
// Push. A list of Marketing Campaigns, custom fields of contacts, or an unsubscribe group. Jobs are
// polled until SendGrid says what became of them. An upsert makes a contact of an address it does
// not know: so only those are sent that it was seen to know.

#include "api.hpp"

#include "adapter/json_value.hpp"
#include "base/text.hpp"
#include "base/unpacked.hpp"
#include "base/uri.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::sendgrid {

using namespace std::string_view_literals;

const std::array<SuppressionList, 4> k_suppressions{{
    {"bounces", Subscription::cleaned},
    {"invalid_emails", Subscription::cleaned},
    {"spam_reports", Subscription::unsubscribed},
    {"unsubscribes", Subscription::unsubscribed},
}};

const SuppressionList* suppression_list(std::string_view step) {
  const auto* found = std::ranges::find(k_suppressions, step, &SuppressionList::step);
  return found == k_suppressions.end() ? nullptr : found;
}

SendGridApi::SendGridApi(const ApiAccount& account)
    : m_base(base_url(account, "https://api.sendgrid.com/v3")), m_list(account.list),
      m_key(account.secret("api_key")), m_export_origin(account.setting("export_origin")) {
  m_export_origin = origin_of(m_export_origin);
}

std::vector<std::string> SendGridApi::origins() const {
  std::vector<std::string> all{origin_of(m_base)};
  if (!m_export_origin.empty()) {
    all.push_back(m_export_origin);
  }
  return all;
}

bool SendGridApi::reaches(std::string_view url) const {
  const auto all = origins();
  return std::find(all.begin(), all.end(), origin_of(url)) != all.end();
}

// ---- requests
// ------------------------------------------------------------------------------------

HttpRequest SendGridApi::export_request(const ApiTask& task) const {
  std::string body = R"({"file_type":"csv","notifications":{"email":false})";
  if (!task.campaign.empty()) {
    body += ",\"list_ids\":[" + json_string(task.campaign) + "]";
  }
  auto request = json_request("POST", m_base + "/marketing/contacts/exports", body + "}");
  request.repeatable = true; // changes nothing
  return request;
}

HttpRequest SendGridApi::request(const ApiTask& task) const {
  const auto& step = task.step;
  if (step == "file" || step == "member-file" || step == "job-errors") {
    auto request = get_request(task.place); // signed by its URL, and maybe another's host
    request.headers = {{"Accept", "*/*"}};
    return request;
  }
  const auto path = m_base + "/marketing";
  const auto of = [&task](const std::string& url, UrlQuery query = {}) {
    return get_request(url + query.add("page_token", task.place).text());
  };
  HttpRequest request;
  if (step == "singlesends") {
    request = of(path + "/singlesends", {{"page_size", "100"}});
  } else if (step == "singlesend") {
    request = get_request(path + "/singlesends/" + percent_encode(task.campaign));
  } else if (step == "stats") {
    request = of(path + "/stats/singlesends", {{"page_size", "50"}, {"singlesend_ids", task.memo}});
  } else if (step == "messages" || step == "check-activity") {
    const auto query = "last_event_time BETWEEN TIMESTAMP \"" + format_time(task.since) +
                       "\" AND TIMESTAMP \"" + format_time(task.until) + "\"";
    request = get_request(
        m_base + "/messages" +
        UrlQuery({{"limit", step == "messages" ? "1000" : "1"}, {"query", query}}).text());
  } else if (step == "message") {
    request = get_request(m_base + "/messages/" + percent_encode(task.place));
  } else if (const auto* list =
                 suppression_list(std::string_view(step).substr(0, step.find('/')))) {
    UrlQuery query{{"limit", "500"}, {"offset", task.place}};
    if (task.until > 0) {
      query.add("start_time", task.since).add("end_time", task.until);
    }
    request = get_request(m_base + "/suppression/" + std::string(list->step) + query.text());
  } else if (step == "groups" || step == "target-groups") {
    request = get_request(m_base + "/asm/groups");
  } else if (step == "group" || step == "group-members") {
    request = get_request(m_base + "/asm/groups/" + task.campaign + "/suppressions");
  } else if (step == "contact-count") {
    request =
        get_request(path + (task.campaign.empty() ? "/contacts/count"
                                                  : "/lists/" + task.campaign + "/contacts/count"));
  } else if (step == "export" || step == "member-export") {
    request = export_request(task);
  } else if (step == "export-status" || step == "member-export-status") {
    request = get_request(path + "/contacts/exports/" + percent_encode(task.place));
  } else if (step == "lists") {
    request = of(path + "/lists", {{"page_size", "1000"}});
  } else if (step == "check-list") {
    request = get_request(path + "/lists/" + percent_encode(task.campaign));
  } else if (step == "new-list") {
    request = json_request("POST", path + "/lists", task.body);
  } else if (step == "members") {
    request = json_request(
        "POST", path + "/contacts/search",
        "{\"query\":" + json_string("CONTAINS(list_ids, '" + task.campaign + "')") + "}");
    request.repeatable = true;
  } else if (step == "found") {
    request = json_request("POST", path + "/contacts/search/emails",
                           "{\"emails\":[" + task.memo.substr(task.memo.find('\n') + 1) + "]}");
    request.repeatable = true;
  } else if (step == "fields") {
    request = get_request(path + "/field_definitions");
  } else if (step == "upsert") {
    request = json_request("PUT", path + "/contacts", task.body);
    request.repeatable = true; // sets: twice is as once
  } else if (step == "take-off") {
    request = get_request(path + "/lists/" + percent_encode(task.campaign) + "/contacts" +
                          UrlQuery({{"contact_ids", task.body}}).text());
    request.method = "DELETE";
    request.repeatable = true;
  } else if (step == "suppress") {
    request = json_request(
        "POST", m_base + "/asm/groups/" + percent_encode(task.campaign) + "/suppressions",
        task.body);
    request.repeatable = true;
  } else { // job
    request = get_request(path + "/contacts/imports/" + percent_encode(task.place));
  }
  request.headers.emplace_back("Authorization", bearer_authorization(m_key));
  return request;
}

// ---- answers
// -------------------------------------------------------------------------------------

const std::vector<SendGridApi::StepRow>& SendGridApi::steps() {
  using Self = SendGridApi;
  static const std::vector<StepRow> s_rows{
      // NOLINT: never changes
      {"singlesends", &Self::read_singlesends},
      {"singlesend", &Self::read_singlesend},
      {"stats", &Self::read_stats},
      {"messages", &Self::read_messages},
      {"message", &Self::read_message},
      {"bounces", &Self::read_suppressions},
      {"invalid_emails", &Self::read_suppressions},
      {"spam_reports", &Self::read_suppressions},
      {"unsubscribes", &Self::read_suppressions},
      {"groups", &Self::read_groups},
      {"group", &Self::read_group},
      {"contact-count", &Self::read_contact_count},
      {"export", &Self::read_export},
      {"member-export", &Self::read_export},
      {"export-status", &Self::read_export_status},
      {"member-export-status", &Self::read_export_status},
      {"file", &Self::read_file},
      {"member-file", &Self::read_file},
      {"lists", &Self::read_lists},
      {"new-list", &Self::read_new_list},
      {"members", &Self::read_members},
      {"found", &Self::read_found},
      {"bounces/push", &Self::read_suppressed},
      {"invalid_emails/push", &Self::read_suppressed},
      {"spam_reports/push", &Self::read_suppressed},
      {"unsubscribes/push", &Self::read_suppressed},
      {"fields", &Self::read_fields},
      {"target-groups", &Self::read_target_groups},
      {"group-members", &Self::read_group_members},
      {"upsert", &Self::read_job},
      {"take-off", &Self::read_job},
      {"job", &Self::read_job},
      {"job-errors", &Self::read_job_errors},
      {"suppress", &Self::read_nothing},
      {"check-activity", &Self::read_check},
      {"check-list", &Self::read_check},
  };
  return s_rows;
}

Result<void> SendGridApi::read(const ApiTask& task, const HttpResponse& answer,
                               ApiSink& sink) const {
  for (const auto& row : steps()) {
    if (row.step == task.step) {
      return (this->*row.read)(task, answer, sink);
    }
  }
  return Error{ErrorCode::unsupported, "nobody reads the step \"" + task.step + "\""};
}

bool SendGridApi::understands(const ApiTask& task, int status) const {
  const auto& step = task.step;
  switch (status) {
  case 403: // no Email Activity, no Marketing Campaigns, or no right to it
    return step == "messages" || step == "message" || step == "check-activity" ||
           step == "singlesends" || step == "file" ||
           (step == "contact-count" && task.memo.empty());
  case 404: // gone in the meantime; nobody found; a job of a kind that can't be polled
    return step == "file" || step == "message" || step == "singlesend" || step == "found" ||
           step == "job" || step == "check-list";
  default:
    return false;
  }
}

std::string SendGridApi::problem(const HttpResponse& answer) const {
  const auto json = read_json(answer);
  if (!json) {
    return {};
  }
  std::string out;
  each_element((*json)["errors"], [&out](const Json& error) {
    out.append(out.empty() ? "" : "; ").append(text_of(error["message"]));
    if (const auto field = text_of(error["field"]); !field.empty()) {
      out.append(" (").append(field).append(")");
    }
  });
  return out;
}

// ---- exports
// -------------------------------------------------------------------------------------

namespace {

constexpr unsigned k_first_wait = 2, k_longest_wait = 60; // seconds between two looks at a job

} // namespace

Result<void> SendGridApi::read_export(const ApiTask& task, const HttpResponse& answer,
                                      ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  const auto id = text_of(json["id"]);
  if (id.empty()) {
    return Error{ErrorCode::bad_syntax, "the answer has no \"id\" of the export"};
  }
  auto status = task;
  status.step += "-status";
  status.place = id;
  status.wait = k_first_wait;
  sink.next(std::move(status));
  return {};
}

Result<void> SendGridApi::read_export_status(const ApiTask& task, const HttpResponse& answer,
                                             ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  const auto status = text_of(json["status"]);
  if (status == "pending") {
    auto again = task;
    again.wait = std::min(task.wait * 2, k_longest_wait);
    sink.next(std::move(again));
    return {};
  }
  if (status == "failure") {
    const auto words =
        "SendGrid's export of contacts failed: " + std::string(text_of(json["message"]));
    if (task.step != "export-status") {
      return Error{ErrorCode::io, words};
    }
    sink.note(words + "; the next sync starts another one");
    return {};
  }
  if (status != "ready") {
    return Error{ErrorCode::bad_syntax, "the answer has no status of the export"};
  }
  MF_CHECK(need_list(json["urls"], "urls"));
  for (const auto url : texts_of(json["urls"])) {
    if (!reaches(url)) {
      const auto words = "contacts can't be read: SendGrid keeps their export at " +
                         origin_of(url) + "; give the account export_origin = \"" + origin_of(url) +
                         "\" if that is right";
      if (task.step == "member-export-status") {
        return Error{ErrorCode::usage, words};
      }
      sink.note(words);
      return {};
    }
  }
  for (const auto url : texts_of(json["urls"])) {
    auto file = task;
    file.step = task.step == "export-status" ? "file" : "member-file";
    file.place = url;
    file.wait = 0;
    sink.next(std::move(file));
  }
  if (task.step == "export-status") {
    sink.mark("contacts", format_time(task.until));
    sink.mark("contacts/count", task.memo);
  }
  return {};
}

std::optional<ApiTask> SendGridApi::restart(const ApiTask& task) const {
  constexpr auto k_ending = "-status"sv;
  if (!task.step.ends_with(k_ending)) {
    return std::nullopt;
  }
  auto anew = task; // exports are kept for some days
  anew.step.resize(anew.step.size() - k_ending.size());
  anew.place.clear();
  anew.wait = 0;
  return anew;
}

Result<void> SendGridApi::read_file(const ApiTask& task, const HttpResponse& answer,
                                    ApiSink& sink) const {
  if (!answer.ok()) { // its URL is good for some days
    sink.mark("contacts", "");
    return {};
  }
  MF_TRY(csv, unpacked(answer.body));
  return task.step == "file" ? read_contacts(task, csv, sink)
                             : read_exported_members(task, csv, sink);
}

// ---- check
// ---------------------------------------------------------------------------------------

std::vector<ApiTask> SendGridApi::check() const {
  std::vector<ApiTask> tasks{{.step = "check-activity", .since = 0, .until = k_day}};
  if (!m_list.empty()) {
    tasks.push_back({.step = "check-list", .campaign = m_list});
  } else {
    tasks.push_back({.step = "contact-count", .memo = "check"});
  }
  return tasks;
}

Result<void> SendGridApi::read_check(const ApiTask& task, const HttpResponse& answer,
                                     ApiSink& sink) const {
  if (task.step == "check-activity") {
    sink.fact("key", "is taken", true);
    sink.fact("Email Activity",
              answer.ok() ? "there"
                          : "not part of the plan or the key: nothing but figures is pulled",
              answer.ok());
    return {};
  }
  if (!answer.ok()) {
    sink.fact("list", "there is none with this id", false);
    return {};
  }
  MF_TRY(json, read_json(answer));
  sink.fact("list", text_of(json["name"]), true);
  return {};
}

Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) {
  if (account.secret("api_key").empty()) {
    return Error{ErrorCode::usage, "SendGrid needs the account's api_key, such as "
                                   "api_key = { env = \"SENDGRID_API_KEY\" }"};
  }
  return std::make_unique<SendGridApi>(account);
}

} // namespace mailfunnel::sendgrid
