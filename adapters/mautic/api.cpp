// Mautic's REST API, of one's own server: https://devdocs.mautic.org/en/latest/rest_api/
//
// Pull. E-mails by /api/emails, the newest first; what happened by the Stats API, which gives rows of
// the database's tables: those behind the last id (less a few, as what is written at the same time
// does not become visible in order). Rows of email_stats change when their mail is opened, so those
// opened since are asked for too; of each mail that tells the first open and the latest. Contacts by
// /api/contacts: new ones by their number, changed ones by date.
//
// Push. A segment of Mautic: POST segments/{id}/contacts/add takes many, leavers go one by one. Fields:
// PATCH contacts/batch/edit, which can't make a contact.

#include "readers.hpp"

#include "adapter/api_request.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace mailfunnel::mautic {

using namespace std::string_view_literals;

namespace {

constexpr std::int64_t k_rows = 500;      // of a table, of contacts
constexpr std::int64_t k_emails_page = 30; // they bring their HTML
constexpr std::size_t k_batch = 200;      // contacts of a change
constexpr std::size_t k_few = 10;         // people that are looked up one by one
constexpr std::int64_t k_late = 100;      // ids before the last one that are asked for again
constexpr Seconds k_overlap = k_day;
constexpr std::int64_t k_first = std::int64_t{1} << 40;

/// A table of the Stats API, and its column that tells when.
struct Table {
  std::string_view step, name, time;
};
constexpr std::array k_table_streams{
    Table{"sent"sv, "email_stats"sv, "date_sent"sv},
    Table{"opened"sv, "email_stats"sv, "last_opened"sv}, // the same rows, as they changed
    Table{"hits"sv, "page_hits"sv, "date_hit"sv},
    Table{"blocks"sv, "lead_donotcontact"sv, "date_added"sv},
    Table{"downloads"sv, "asset_downloads"sv, "date_download"sv},
    Table{"forms"sv, "form_submissions"sv, "date_submitted"sv},
};

const Table* table_of(std::string_view step) {
  const auto* found = std::find_if(k_table_streams.begin(), k_table_streams.end(),
                                   [step](const Table& one) { return one.step == step; });
  return found == k_table_streams.end() ? nullptr : found;
}

std::int64_t number_of(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// where[n] of a query.
void add_condition(UrlQuery& query, int n, std::string_view column, std::string_view expression,
                   std::string_view value) {
  const auto where = "where[" + std::to_string(n) + "]";
  query.add(where + "[col]", column).add(where + "[expr]", expression).add(where + "[val]", value);
}

class MauticApi : public Api {
public:
  explicit MauticApi(const ApiAccount& account)
      : m_base(base_url(account, "http://localhost/api")), m_user(account.setting("user")),
        m_password(account.secret("password")), m_client(account.secret("client_id")),
        m_client_secret(account.secret("client_secret")), m_token(account.secret("access_token")),
        m_input(LogContext{.zone = account.zone, .zone_given = account.zone_given}) {}

  ApiLimits limits() const override { return {.per_second = 5, .burst = 5, .connections = 2}; }
  std::vector<std::string> origins() const override { return {origin_of(m_base)}; }
  HttpRequest request(const ApiTask& task) const override;
  Result<void> read(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const override;
  bool understands(const ApiTask& task, int status) const override {
    constexpr int k_forbidden = 403, k_not_found = 404;
    const bool table = table_of(task.step) != nullptr;
    return (table && (status == k_forbidden || status == k_not_found)) ||
           (task.step == "remove" && status == k_not_found);
  }
  std::string problem(const HttpResponse& answer) const override;

  bool can_pull() const override { return true; }
  std::vector<ApiTask> pull(const PullRequest& request) const override;
  bool discovers(const ApiTask& task) const override { return task.step == "emails"; }

  std::vector<TargetInfo> targets() const override {
    return {{TargetKind::segment, "a segment; campaigns that start from it take in who is added", true},
            {TargetKind::fields, "custom fields of contacts, by their alias", true}};
  }
  Result<std::vector<ApiTask>> look(const PushTarget& target,
                                    std::span<const std::string> wanted) const override;
  Result<std::vector<ApiTask>> create(const PushTarget& target) const override;
  Result<std::vector<PushStep>> change(const PushTarget& target, std::string_view id,
                                       std::span<const MemberChange> changes) const override;
  std::vector<ApiTask> check() const override {
    return {{.step = "check-contacts"}, {.step = "check-stats"}};
  }
  std::optional<ApiTask> refresh() const override {
    return m_client.empty() ? std::nullopt : std::optional(ApiTask{.step = "token"});
  }

private:
  std::string url(const ApiTask& task) const;
  HttpRequest signed_request(HttpRequest request) const;
  Result<void> read_table(const ApiTask& task, const JsonAnswer& json, std::string_view body,
                          ApiSink& sink) const;
  Result<void> read_emails(const ApiTask& task, const JsonAnswer& json, std::string_view body,
                           ApiSink& sink) const;
  Result<void> read_contacts(const ApiTask& task, const JsonAnswer& json, std::string_view body,
                             ApiSink& sink) const;
  Result<void> read_people(const ApiTask& task, const JsonAnswer& json, ApiSink& sink) const;
  Result<void> find_segment(const ApiTask& task, const JsonAnswer& json, ApiSink& sink) const;
  Result<void> find_fields(const ApiTask& task, const JsonAnswer& json, ApiSink& sink) const;
  Result<void> read_change(const ApiTask& task, const JsonAnswer& json, ApiSink& sink) const;

  std::string m_base, m_user, m_password, m_client, m_client_secret, m_token;
  InputFacts m_input; // zone of the tables' times
};

// ---- requests ------------------------------------------------------------------------------------

HttpRequest MauticApi::signed_request(HttpRequest request) const {
  request.headers.emplace_back("Authorization", m_client.empty()
                                                    ? basic_authorization(m_user, m_password)
                                                    : bearer_authorization(m_token));
  return request;
}

std::string MauticApi::url(const ApiTask& task) const {
  const auto& step = task.step;
  if (const auto* table = table_of(step)) {
    UrlQuery query{};
    query.add("limit", k_rows).add("order[0][col]", "id"sv).add("order[0][dir]", "asc"sv);
    add_condition(query, 0, "id", "gt", task.place.empty() ? "0"sv : std::string_view(task.place));
    if (task.since > 0) {
      const auto wall = utc_to_local(task.since, m_input.zone);
      const auto text = format_time(days_from_civil(wall.year, wall.month, wall.day) * k_day +
                                    Seconds{wall.hour} * 3600 + Seconds{wall.minute} * 60 + wall.second);
      add_condition(query, 1, table->time, "gte", text.substr(0, 10) + " " + text.substr(11, 8));
    }
    return m_base + "/stats/" + std::string(table->name) + query.text();
  }
  UrlQuery page{{"start", task.place.empty() ? "0"sv : std::string_view(task.place)}};
  const auto contacts = [&](std::string_view search, std::string_view order, std::string_view way) {
    page.add("limit", k_rows).add("search", search).add("orderBy", order).add("orderByDir", way);
    return m_base + "/contacts" + page.text();
  };
  if (step == "emails") {
    page.add("limit", k_emails_page).add("orderBy", "id"sv).add("orderByDir", "desc"sv);
    return m_base + "/emails" + page.text();
  }
  if (step == "contacts") {
    return contacts("!is:anonymous", "id", "asc");
  }
  if (step == "new-contacts") {
    return contacts("!is:anonymous", "id", "desc");
  }
  if (step == "changed-contacts") {
    return contacts("!is:anonymous", "date_modified", "desc");
  }
  if (step == "people") {
    return contacts(task.campaign.empty() ? "!is:anonymous" : "segment:" + task.campaign, "id", "asc");
  }
  if (step == "person") {
    return contacts("email:" + task.campaign, "id", "asc");
  }
  if (step == "find-segment") {
    return m_base + "/segments" + page.add("limit", k_rows).text();
  }
  if (step == "find-fields") {
    return m_base + "/fields/contact" + page.add("limit", k_rows).text();
  }
  return step == "check-stats" ? m_base + "/stats/email_stats?limit=1" : m_base + "/contacts?limit=1";
}

HttpRequest MauticApi::request(const ApiTask& task) const {
  const auto& step = task.step;
  if (step == "token") {
    HttpRequest request;
    request.url = m_base.substr(0, m_base.rfind("/api")) + "/oauth/v2/token";
    request.headers = {{"Accept", "application/json"},
                       {"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = UrlQuery{{"grant_type", "client_credentials"},
                            {"client_id", m_client},
                            {"client_secret", m_client_secret}}
                       .text()
                       .substr(1);
    request.repeatable = true;
    return request;
  }
  if (step == "new-segment") {
    return signed_request(json_request("POST", m_base + "/segments/new", task.body));
  }
  if (step == "add" || step == "remove" || step == "fields") {
    const auto segment = m_base + "/segments/" + task.campaign;
    auto request = step == "fields" ? json_request("PATCH", m_base + "/contacts/batch/edit", task.body)
                   : step == "add"  ? json_request("POST", segment + "/contacts/add", task.body)
                                    : json_request("POST", segment + "/contact/" + task.place + "/remove", "{}");
    request.repeatable = true; // sets: twice is as once
    return signed_request(std::move(request));
  }
  return signed_request(get_request(url(task)));
}

std::string MauticApi::problem(const HttpResponse& answer) const {
  const auto json = read_json(answer);
  if (!json) {
    return {};
  }
  std::string out(text_of((*json)["error_description"]));
  each_element((*json)["errors"], [&out](const Json& error) {
    out.append(out.empty() ? "" : "; ").append(text_of(error["message"]));
  });
  return out;
}

// ---- pull ----------------------------------------------------------------------------------------

std::vector<ApiTask> MauticApi::pull(const PullRequest& request) const {
  const auto marked = [&request](std::string_view stream) -> std::string_view {
    const auto found = request.marks.find(stream);
    return found == request.marks.end() ? std::string_view() : std::string_view(found->second);
  };
  std::vector<ApiTask> tasks;
  const auto add = [&](std::string_view step, std::int64_t rank) -> ApiTask& {
    return tasks.emplace_back(
        ApiTask{.step = std::string(step), .until = request.now, .rank = rank});
  };
  add("emails", k_first).memo = marked("emails");
  for (const auto& table : k_table_streams) {
    const auto last = marked(table.step);
    if (table.step == "opened") { // at first, the rows of "sent" tell it
      if (const auto since = mark_time(last)) {
        add(table.step, 0).since = std::max(request.since, *since - k_overlap);
      }
      continue;
    }
    auto& task = add(table.step, 0);
    task.since = request.since;
    task.calls = last.empty() ? 10 : 1;
    if (const auto id = number_of(last); id > 0) {
      task.place = std::to_string(std::max<std::int64_t>(id - k_late, 0));
    }
  }
  const auto seen = marked("contacts");
  if (seen.empty()) {
    add("contacts", -1).calls = 10;
    return tasks;
  }
  add("new-contacts", -1).memo = seen;
  if (const auto since = mark_time(marked("changed-contacts"))) {
    add("changed-contacts", -1).since = *since - k_overlap;
  }
  return tasks;
}

Result<void> MauticApi::read(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const {
  const auto& step = task.step;
  if (!answer.ok()) {
    if (step == "remove") { // nobody of that number: so he or she is not in the segment
      return {};
    }
    sink.note("the table " + std::string(table_of(step)->name) +
              " can't be read: the user's role lacks the right to it, or this Mautic has it not");
    return {};
  }
  MF_TRY(json, read_json(answer));
  const std::string_view body = answer.body;
  if (table_of(step) != nullptr) {
    return read_table(task, json, body, sink);
  }
  if (step == "emails") {
    return read_emails(task, json, body, sink);
  }
  if (step == "contacts" || step == "new-contacts" || step == "changed-contacts") {
    return read_contacts(task, json, body, sink);
  }
  if (step == "people" || step == "person") {
    return read_people(task, json, sink);
  }
  if (step == "find-segment" || step == "new-segment") {
    return find_segment(task, json, sink);
  }
  if (step == "find-fields") {
    return find_fields(task, json, sink);
  }
  if (step == "token") {
    const auto token = text_of(json["access_token"]);
    if (token.empty()) {
      return Error{ErrorCode::bad_syntax, "the answer has no access_token"};
    }
    sink.secret("access_token", token);
    return {};
  }
  if (step == "check-contacts" || step == "check-stats") {
    sink.fact(step == "check-stats" ? "mails" : "contacts", scalar_text(json["total"]), true);
    return {};
  }
  return read_change(task, json, sink);
}

/// Each row is read as those of saved answers are.
Result<void> MauticApi::read_table(const ApiTask& task, const JsonAnswer& json, std::string_view body,
                                   ApiSink& sink) const {
  MF_CHECK(need_list(json["stats"], "stats"));
  std::int64_t rows = 0, last = number_of(task.place);
  each_element(json["stats"], json_member(body, "stats"),
               [&](const Json& row, std::string_view record) {
                 ++rows;
                 last = std::max(last, number_of(scalar_text(row["id"])));
                 k_stats.read({row, record, m_input}, sink.records());
               });
  if (task.step != "opened" && last > number_of(sink.marked(task.step))) {
    sink.mark(task.step, std::to_string(last));
  }
  if (rows >= k_rows && last > number_of(task.place)) {
    auto more = task;
    more.place = std::to_string(last);
    more.calls = std::max(1.0, task.calls - 1);
    sink.next(std::move(more));
  } else if (task.step == "opened" || (task.step == "sent" && sink.marked("opened").empty())) {
    sink.mark("opened", format_time(task.until));
  }
  return {};
}

/// The newest first, back to the newest of the last time. `memo`: its number.
Result<void> MauticApi::read_emails(const ApiTask& task, const JsonAnswer& json, std::string_view body,
                                    ApiSink& sink) const {
  if (!is_there(json["emails"])) {
    return Error{ErrorCode::bad_syntax, "the answer has no \"emails\""};
  }
  const auto known = number_of(task.memo);
  std::size_t rows = 0;
  bool met = false;
  std::int64_t newest = number_of(sink.marked("emails"));
  k_emails.read({json.root(), body, m_input}, sink.records());
  each_object(json.root(), body, "emails", "email", [&](const Json& email, std::string_view) {
    ++rows;
    MailingTotals totals;
    totals.campaign = scalar_text(email["id"]);
    totals.sent = count_of(email["sentCount"]);
    totals.unique_opens = count_of(email["readCount"]);
    sink.totals(totals);
    const auto id = number_of(totals.campaign);
    newest = std::max(newest, id);
    met = met || id <= known;
  });
  if (auto more = met ? std::nullopt : next_offset(task, rows, k_emails_page, count_of(json["total"]))) {
    sink.next(std::move(*more));
  }
  sink.mark("emails", std::to_string(newest));
  return {};
}

Result<void> MauticApi::read_contacts(const ApiTask& task, const JsonAnswer& json,
                                      std::string_view body, ApiSink& sink) const {
  if (!is_there(json["contacts"])) {
    return Error{ErrorCode::bad_syntax, "the answer has no \"contacts\""};
  }
  std::size_t rows = 0;
  bool met = false;
  std::int64_t newest = number_of(sink.marked("contacts"));
  k_contacts.read({json.root(), body, m_input}, sink.records());
  each_object(json.root(), body, "contacts", "contact", [&](const Json& contact, std::string_view) {
    ++rows;
    const auto id = number_of(scalar_text(contact["id"]));
    newest = std::max(newest, id);
    if (task.step == "new-contacts") {
      met = met || id <= number_of(task.memo);
    } else if (task.step == "changed-contacts") {
      const auto changed = time_of(contact["dateModified"]);
      met = met || !changed || changed->seconds < task.since;
    }
  });
  if (task.step != "changed-contacts") {
    sink.mark("contacts", std::to_string(newest));
  }
  if (auto more = met ? std::nullopt : next_offset(task, rows, k_rows, count_of(json["total"]))) {
    sink.next(std::move(*more));
  } else if (task.step != "new-contacts") {
    sink.mark("changed-contacts", format_time(task.until));
  }
  return {};
}

// ---- push ----------------------------------------------------------------------------------------

Result<std::vector<ApiTask>> MauticApi::look(const PushTarget& target,
                                             std::span<const std::string> wanted) const {
  const bool fields = target.kind == TargetKind::fields;
  const auto names = join(target.fields, ",");
  std::vector<ApiTask> tasks{{.step = fields ? "find-fields" : "find-segment",
                              .memo = fields ? names : target.name}};
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
Result<void> MauticApi::find_segment(const ApiTask& task, const JsonAnswer& json, ApiSink& sink) const {
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

Result<void> MauticApi::find_fields(const ApiTask& task, const JsonAnswer& json, ApiSink& sink) const {
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
Result<void> MauticApi::read_people(const ApiTask& task, const JsonAnswer& json, ApiSink& sink) const {
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
    return Error{ErrorCode::usage, "Mautic has no contact field " + join(target.fields, " or no ") +
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
/// batch/edit: {"contacts":[…],"statusCodes":[200,404],"errors":{"1":{"message":"Item was not found."}}}
Result<void> MauticApi::read_change(const ApiTask& task, const JsonAnswer& json, ApiSink& sink) const {
  if (task.step == "fields") {
    MF_CHECK(need_list(json["statusCodes"], "statusCodes"));
    MF_TRY(asked, read_json({200, {}, task.body}));
    std::vector<std::string> contacts; // codes are in the order of what was asked for
    each_element(asked.root(), [&contacts](const Json& one) {
      contacts.push_back(scalar_text(one["id"]));
    });
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

} // namespace

Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) {
  const bool basic = !account.setting("user").empty() && !account.secret("password").empty();
  const bool oauth = !account.secret("client_id").empty() && !account.secret("client_secret").empty();
  if (account.base_url.empty() || (!basic && !oauth)) {
    return Error{ErrorCode::usage, "Mautic needs the account's base_url = \"https://mautic.example.com\", "
                                   "and user and password, or client_id and client_secret of OAuth 2"};
  }
  return std::make_unique<MauticApi>(account);
}

} // namespace mailfunnel::mautic
