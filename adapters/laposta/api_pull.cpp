// Answers that a sync asks for, read as saved ones are (answers.cpp), and totals:
//   {"report":{"campaign_id":"njhgaf61ye","sent":40,"accepted":38,"hardbounced":1,"opened_unique":7,"clicked_unique":2,…}}
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

constexpr Seconds k_lively = 30 * k_day; // for so long a mailing is looked at again
constexpr Seconds k_overlap = k_day;
constexpr std::int64_t k_first = std::int64_t{1} << 40;

} // namespace

std::vector<ApiTask> LapostaApi::pull(const PullRequest& request) const {
  const auto mark = request.marks.find("campaigns"sv);
  const auto last = mark == request.marks.end() ? std::nullopt : mark_time(mark->second);
  const auto since =
      last ? std::max(request.since, std::min(*last, request.now) - k_lively) : request.since;
  std::vector<ApiTask> tasks{
      {.step = "campaigns", .since = since, .until = request.now, .rank = k_first}};
  if (m_list.empty()) {
    tasks.push_back({.step = "lists", .rank = k_first});
  } else {
    const auto more = list_tasks(m_list);
    tasks.insert(tasks.end(), more.begin(), more.end());
  }
  return tasks;
}

std::vector<ApiTask> LapostaApi::list_tasks(std::string_view list) const {
  std::vector<ApiTask> tasks;
  for (const auto state : k_states) {
    tasks.push_back({.step = "members",
                     .campaign = std::string(list),
                     .place = std::string(state),
                     .rank = -1});
  }
  return tasks;
}

Result<void> LapostaApi::read(const ApiTask& task, const HttpResponse& answer,
                              ApiSink& sink) const {
  const auto& step = task.step;
  if (step == "bulk") {
    return read_bulk(task, answer, sink);
  }
  if (!answer.ok()) {
    if (step == "member") {
      sink.outcome(task.place, {PushOutcome::State::refused, problem(answer)});
    }
    return {}; // no body that can be had; nobody of that address
  }
  MF_TRY(json, read_json(answer));
  const std::string_view body = answer.body;
  if (step == "content" || step == "report" || step == "person" || step == "member" ||
      step == "check") {
    const auto member = json["member"];
    if (step == "content" && is_there(json["campaign"])) {
      k_campaigns.read({json.root(), body, m_input}, sink.records());
    } else if (step == "report") {
      return read_report(task, json, sink);
    } else if (step == "person" && is_there(member["email"])) {
      read_people(task, member, sink);
    } else if (step == "check" && (is_there(json["list"]) || json["data"].is_array())) {
      const auto name = text_of(json["list"]["name"]);
      sink.fact(name.empty() ? "key" : "list", name.empty() ? "good"sv : name, true);
    } else if (step != "member" || !is_there(member)) {
      return Error{ErrorCode::bad_syntax, "the answer is none of Laposta's to \"" + step + "\""};
    }
    return {};
  }
  MF_CHECK(need_list(json["data"], "data"));
  if (step == "campaigns") {
    read_campaigns(task, json, body, sink);
  } else if (step == "history") {
    return read_history(task, json, body, sink);
  } else if (step == "lists") {
    each_element(json["data"], [&](const Json& row) {
      if (const auto list = text_of(row["list"]["list_id"]); !list.empty()) {
        for (auto& more : list_tasks(list)) {
          sink.next(std::move(more));
        }
      }
    });
  } else if (step == "members") {
    each_element(json["data"], json_member(body, "data"),
                 [&](const Json& row, std::string_view record) {
                   k_members.read({row, record, m_input}, sink.records());
                 });
  } else if (step == "people") {
    each_element(json["data"], [&](const Json& row) { read_people(task, row["member"], sink); });
  } else {
    read_fields(task, json, sink);
  }
  return {};
}

void LapostaApi::read_campaigns(const ApiTask& task, const JsonAnswer& json, std::string_view body,
                                ApiSink& sink) const {
  each_element(
      json["data"], json_member(body, "data"), [&](const Json& row, std::string_view record) {
        const auto one = row["campaign"];
        const std::string id(text_of(one["campaign_id"]));
        const auto iso = time_of(one["delivery_started_iso"]);
        const auto sent = iso ? iso : time_of(one["delivery_started"], m_input.zone);
        if (id.empty() || !sent || sent->seconds < task.since) {
          return; // a draft, or longer ago than is asked for
        }
        k_campaigns.read({row, record, m_input}, sink.records());
        ApiTask more{.step = "report", .campaign = id, .until = task.until, .rank = sent->seconds};
        sink.next(more);
        more.step = "history";
        const auto last = mark_time(sink.marked("history/" + id));
        more.since = last ? *last - k_overlap : 0;
        more.calls = last ? 1 : 5;
        sink.next(more);
        if (sink.marked("content/" + id).empty()) {
          sink.mark("content/" + id, "asked");
          sink.next({.step = "content", .campaign = id, .rank = sent->seconds});
        }
      });
  sink.mark("campaigns", format_time(task.until));
}

Result<void> LapostaApi::read_report(const ApiTask& task, const JsonAnswer& json,
                                     ApiSink& sink) const {
  const auto report = json["report"];
  MailingTotals totals;
  totals.campaign = task.campaign;
  totals.sent = count_of(report["sent"]);
  if (!totals.sent) {
    return Error{ErrorCode::bad_syntax, "the answer has no report.sent"};
  }
  totals.delivered = count_of(report["accepted"]);
  totals.hard_bounces = count_of(report["hardbounced"]);
  totals.unique_opens = count_of(report["opened_unique"]);
  totals.unique_clicks = count_of(report["clicked_unique"]);
  totals.unsubscribes = count_of(report["unsubscribed"]);
  totals.complaints = count_of(report["complained"]);
  sink.totals(totals);
  return {};
}

Result<void> LapostaApi::read_history(const ApiTask& task, const JsonAnswer& json,
                                      std::string_view body, ApiSink& sink) const {
  const auto pagination = json["pagination"];
  if (!pagination.is_object()) {
    return Error{ErrorCode::bad_syntax, "the answer has no pagination"};
  }
  PassingSink people(sink.records(), k_nobody);
  each_element(json["data"], json_member(body, "data"),
               [&](const Json& row, std::string_view record) {
                 k_history.read({row, record, m_input}, people);
               });
  if (people.held() > 0) {
    sink.note(
        "the histories of campaigns have events that do not tell whose they are; those are passed "
        "over");
  }
  const auto cursor = scalar_text(pagination["next_cursor"]);
  if (is_true(pagination["has_more"]) && !cursor.empty() && cursor != task.place) {
    auto more = task;
    more.place = cursor;
    more.calls = std::max(1.0, task.calls - 1);
    sink.next(std::move(more));
  } else {
    sink.mark("history/" + task.campaign, format_time(task.until));
  }
  return {};
}

} // namespace mailfunnel::laposta
