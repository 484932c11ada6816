// Answers that a sync asks for: rows of tables, which are read as those of saved answers are, and
// pages of e-mails and contacts. Where each stream was read up to: the last id of a table, the
// newest e-mail and contact, and when mails that were opened and contacts that changed were last
// asked for.
#include "api.hpp"

#include "base/json.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace mailfunnel::mautic {

using namespace std::string_view_literals;

namespace {

constexpr std::int64_t k_late = 100; // ids before the last one that are asked for again
constexpr Seconds k_overlap = k_day;
constexpr std::int64_t k_first = std::int64_t{1} << 40;

std::int64_t number_of(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

} // namespace

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
Result<void> MauticApi::read_table(const ApiTask& task, const JsonAnswer& json,
                                   std::string_view body, ApiSink& sink) const {
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
Result<void> MauticApi::read_emails(const ApiTask& task, const JsonAnswer& json,
                                    std::string_view body, ApiSink& sink) const {
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
  if (auto more =
          met ? std::nullopt : next_offset(task, rows, k_emails_page, count_of(json["total"]))) {
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

} // namespace mailfunnel::mautic
