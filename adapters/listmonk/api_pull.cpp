// Answers that a sync asks for, read as saved ones are: pages of campaigns, bounces, subscribers
// and lists, {"data":{"results":[…],"total":1,"per_page":50,"page":1}}, and the CSV exports of
// analytics.
#include "api.hpp"

#include "adapter/framing.hpp"
#include "adapter/passing_sink.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace mailfunnel::listmonk {

using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

constexpr Seconds k_lively = 30 * k_day; // for so long a campaign is looked at again
constexpr Seconds k_overlap = k_day;
constexpr Seconds k_try_again = 7 * k_day; // what the server had not
constexpr std::int64_t k_first = std::int64_t{1} << 40;

std::optional<Seconds> seconds_of(const Json& value) {
  const auto time = time_of(value);
  return time ? std::optional(time->seconds) : std::nullopt;
}

} // namespace

std::vector<ApiTask> ListmonkApi::pull(const PullRequest& request) const {
  const auto since = [&request](std::string_view stream, Seconds before) -> Seconds {
    const auto mark = request.marks.find(stream);
    const auto last = mark == request.marks.end() ? std::nullopt : mark_time(mark->second);
    return last ? std::max(request.since, std::min(*last, request.now) - before) : request.since;
  };
  const bool known = request.marks.find("subscribers"sv) != request.marks.end();
  std::vector<ApiTask> tasks;
  const auto add = [&](std::string_view step, Seconds from, std::int64_t rank) -> ApiTask& {
    return tasks.emplace_back(
        ApiTask{.step = std::string(step), .since = from, .until = request.now, .rank = rank});
  };
  add("campaigns", since("campaigns", k_lively), k_first);
  add("lists", 0, k_first);
  add("bounces", since("bounces", k_overlap), 0);
  for (const auto* step : {"views", "clicks"}) {
    const auto none = request.marks.find(step + "/none"s);
    const auto looked = none == request.marks.end() ? std::nullopt : mark_time(none->second);
    if (!looked || *looked + k_try_again <= request.now) {
      add(step, since(step, k_overlap), 0);
    }
  }
  auto& people = add("subscribers", known ? since("subscribers", k_overlap) : 0, -1);
  people.campaign = m_list;
  people.calls = known ? 1 : 10;
  return tasks;
}

Result<void> ListmonkApi::read(const ApiTask& task, const HttpResponse& answer,
                               ApiSink& sink) const {
  const auto& step = task.step;
  if (step == "views" || step == "clicks") {
    return read_events(task, answer, sink);
  }
  if (!answer.ok()) { // the query was refused
    sink.note(
        "the API user may not query by SQL (permission subscribers:sql_query): all subscribers "
        "are read at every sync");
    auto all = task;
    all.since = 0;
    sink.next(std::move(all));
    return {};
  }
  MF_TRY(json, read_json(answer));
  const auto data = json["data"];
  if (step == "content") {
    if (scalar_text(data["id"]).empty()) {
      return Error{ErrorCode::bad_syntax, "the answer has no campaign"};
    }
    k_campaigns.read({json.root(), answer.body, {}}, sink.records());
    return {};
  }
  if (step == "new-list") {
    const auto id = scalar_text(data["id"]);
    if (id.empty()) {
      return Error{ErrorCode::bad_syntax, "the answer has no list"};
    }
    sink.target(id);
    return {};
  }
  if (step == "change-list" || step == "block") {
    return is_true(data) ? Result<void>()
                         : Error{ErrorCode::bad_syntax, "the answer to a change is not true"};
  }
  MF_CHECK(need_list(data["results"], "data.results"));
  const auto rows = json_member(json_member(answer.body, "data"), "results");
  if (step == "campaigns") {
    read_campaigns(task, data, rows, sink);
  } else if (step == "bounces") {
    read_bounces(task, data, rows, sink);
  } else if (step == "lists") {
    read_lists(task, data, sink);
  } else if (step == "subscribers" || step == "left") {
    read_subscribers(task, data, rows, sink);
  } else if (step == "find-list") {
    find_list(task, data, sink);
  } else if (step == "check") {
    sink.fact("lists", std::to_string(count_of(data["total"]).value_or(0)), true);
  } else {
    read_members(task, data, sink);
  }
  return {};
}

/// CSV of all campaigns, read as the files are.
Result<void> ListmonkApi::read_events(const ApiTask& task, const HttpResponse& answer,
                                      ApiSink& sink) const {
  if (!answer.ok()) {
    if (constexpr int k_forbidden = 403; answer.status != k_forbidden) { // rights may come any day
      sink.mark(task.step + "/none", format_time(task.until));
    }
    sink.note("who opened and clicked can't be had: it needs a listmonk that exports analytics and "
              "the permission settings:maintain; a dump of the database has it too");
    return {};
  }
  const std::string_view text = answer.body;
  const auto reader = open_table(text, task.step == "views" ? k_views : k_clicks, {});
  if (!reader || !text.ends_with('\n')) {
    return Error{ErrorCode::bad_syntax, "the answer is no export of " + task.step + ": " +
                                            printable(trim(text).substr(0, 80), 80)};
  }
  PassingSink people(sink.records(), k_nobody);
  read_text(*reader, text, people);
  if (people.held() > 0) {
    sink.note("some opens and clicks are of nobody: " + std::string(k_nobody));
  }
  sink.mark(task.step, format_time(task.until));
  sink.mark(task.step + "/none", "");
  return {};
}

/// In the order of their last change, which sending is one: those before are as they were.
void ListmonkApi::read_campaigns(const ApiTask& task, const Json& data, std::string_view texts,
                                 ApiSink& sink) const {
  std::size_t rows = 0;
  bool older = false;
  each_element(data["results"], texts, [&](const Json& row, std::string_view record) {
    ++rows;
    const auto id = scalar_text(row["id"]);
    const auto sent = seconds_of(row["started_at"]);
    const auto changed = seconds_of(row["updated_at"]);
    older = older || (changed && *changed < task.since);
    if (id.empty() || !sent) {
      return; // a draft, or one that waits
    }
    k_campaigns.read({row, record, {}}, sink.records());
    MailingTotals totals;
    totals.campaign = id;
    totals.sent = count_of(row["sent"]);
    totals.opens = count_of(row["views"]);
    totals.clicks = count_of(row["clicks"]);
    sink.totals(totals);
    const auto known = "content/" + id;
    if (sink.marked(known).empty()) {
      sink.mark(known, "asked");
      sink.next({.step = "content", .campaign = id, .rank = *sent});
    }
  });
  auto more = older ? std::nullopt : next_page(task, data, rows);
  if (more) {
    sink.next(std::move(*more));
  } else {
    sink.mark("campaigns", format_time(task.until));
  }
}

/// The newest first.
void ListmonkApi::read_bounces(const ApiTask& task, const Json& data, std::string_view texts,
                               ApiSink& sink) const {
  std::size_t rows = 0;
  bool older = false;
  each_element(data["results"], texts, [&](const Json& row, std::string_view record) {
    ++rows;
    const auto time = seconds_of(row["created_at"]);
    if (time && *time < task.since) {
      older = true;
      return;
    }
    k_bounces.read({row, record, {}}, sink.records());
  });
  auto more = older ? std::nullopt : next_page(task, data, rows);
  if (more) {
    sink.next(std::move(*more));
  } else {
    sink.mark("bounces", format_time(task.until));
  }
}

void ListmonkApi::read_subscribers(const ApiTask& task, const Json& data, std::string_view texts,
                                   ApiSink& sink) const {
  std::size_t rows = 0;
  each_element(data["results"], texts, [&](const Json& row, std::string_view record) {
    ++rows;
    k_subscribers.read({row, record, {}}, sink.records());
  });
  if (auto more = next_page(task, data, rows)) {
    sink.next(std::move(*more));
  } else if (task.step == "subscribers") {
    sink.mark("subscribers", format_time(task.until));
  }
}

/// A subscription that ends does not change its subscriber's updated_at, but the list's counts.
void ListmonkApi::read_lists(const ApiTask& task, const Json& data, ApiSink& sink) const {
  std::size_t rows = 0;
  each_element(data["results"], [&](const Json& row) {
    ++rows;
    const auto id = scalar_text(row["id"]);
    if (id.empty() || (!m_list.empty() && id != m_list)) {
      return;
    }
    auto counts = scalar_text(row["subscriber_count"]);
    each_member(row["subscriber_statuses"], [&counts](std::string_view status, const Json& count) {
      counts.append(" ").append(status).append(" ").append(scalar_text(count));
    });
    const auto stream = "list/" + id;
    const auto last = mark_time(sink.marked("subscribers"));
    if (last && sink.marked(stream) != counts) {
      sink.next({.step = "left",
                 .campaign = id,
                 .since = *last - k_overlap,
                 .until = task.until,
                 .rank = -1});
    }
    sink.mark(stream, counts);
  });
  if (auto more = next_page(task, data, rows)) {
    sink.next(std::move(*more));
  }
}

} // namespace mailfunnel::listmonk
