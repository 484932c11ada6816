#include "api.hpp"

#include "adapter/attributes.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::mailgun {

using namespace std::string_view_literals;

namespace {

constexpr std::int64_t k_events_page = 300, k_suppressed_page = 1000, k_members_page = 100;
constexpr std::size_t k_full = 100;     // pages of lists are never smaller but for the last
constexpr Seconds k_window = 7 * k_day; // of events
constexpr Seconds k_most_windows = 150; // of a long history: they get longer
constexpr Seconds k_overlap = k_day; // events come in late, in any order; Mailgun says half an hour
constexpr Seconds k_refresh = k_day; // so often members are listed whose number did not change

constexpr std::array k_lists{"bounces"sv, "unsubscribes"sv, "complaints"sv};

std::optional<Seconds> seconds_of(std::string_view mark) {
  const auto time = mark.empty() ? std::nullopt : parse_time(mark);
  return time ? std::optional(time->seconds) : std::nullopt;
}

} // namespace

std::vector<ApiTask> MailgunApi::pull(const PullRequest& request) const {
  std::vector<ApiTask> tasks;
  const auto mark = request.marks.find("events"sv);
  const auto last = mark == request.marks.end() ? std::nullopt : seconds_of(mark->second);
  const auto since =
      last ? std::max(request.since, std::min(*last, request.now) - k_overlap) : request.since;
  const auto span = std::max(k_window, (request.now - since) / k_most_windows + 1);
  for (auto until = request.now; until > since; until -= span) {
    ApiTask window{.step = "events", .since = std::max(since, until - span), .until = until};
    window.rank = until;
    window.calls = 2;
    // Tasks are kept with the first answer: then the last look may be noted as well.
    window.memo = until == request.now ? "newest" : "";
    tasks.push_back(std::move(window));
  }
  for (const auto list : k_lists) {
    tasks.push_back(
        {.step = "suppressed", .memo = std::string(list), .until = request.now, .rank = -1});
  }
  tasks.push_back({.step = "lists", .until = request.now, .rank = -1});
  return tasks;
}

// ---- events
// --------------------------------------------------------------------------------------

HttpRequest MailgunApi::ask_events(const ApiTask& task) const {
  if (!task.place.empty()) {
    return get_request(task.place);
  }
  UrlQuery query{{"begin", std::to_string(task.since)},
                 {"end", std::to_string(task.until)},
                 {"ascending", "yes"}};
  return get_request(of_domain("events") + query.add("limit", k_events_page).text());
}

/// There is always a next page; behind the last it is empty.
Result<void> MailgunApi::read_events(const ApiTask& task, const HttpResponse& answer,
                                     ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["items"], "items"));
  MF_CHECK(read_json_body(answer.body, k_events, sink.records()));
  if (task.memo == "newest") {
    sink.mark("events", format_time(task.until));
  }
  if (auto more = next_url(task, json, 1)) {
    sink.next(std::move(*more));
  }
  return {};
}

// ---- who must get no mail any more
// ---------------------------------------------------------------

HttpRequest MailgunApi::ask_suppressed(const ApiTask& task) const {
  return get_request(task.place.empty()
                         ? of_domain(task.memo) + UrlQuery{}.add("limit", k_suppressed_page).text()
                         : task.place);
}

Subscription suppression_of(std::string_view list, const Json& entry) {
  if (list == "bounces") {
    return Subscription::cleaned;
  }
  const auto tags = texts_of(entry["tags"]);
  const bool all = list == "complaints" || tags.empty() ||
                   std::find(tags.begin(), tags.end(), "*") != tags.end();
  return all ? Subscription::unsubscribed : Subscription::unknown;
}

/// As a state, and not as events: the events themselves tell of which mail it was.
Result<void> MailgunApi::read_suppressed(const ApiTask& task, const HttpResponse& answer,
                                         ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["items"], "items"));
  each_element(json["items"], json_member(answer.body, "items"),
               [&](const Json& entry, std::string_view record) {
                 RecipientView view;
                 view.record = record;
                 view.address = text_of(entry["address"]);
                 view.subscription = suppression_of(task.memo, entry);
                 if (const auto since = time_of(entry["created_at"])) {
                   view.changed_at = since->seconds;
                 }
                 if (view.address.empty()) {
                   sink.records().reject(mismatch("address", entry["address"], "an address"),
                                         record);
                 } else if (view.subscription == Subscription::unknown) {
                   sink.records().skip(record);
                 } else {
                   sink.records().accept(view);
                 }
               });
  if (auto more = next_url(task, json, k_full)) {
    sink.next(std::move(*more));
  }
  return {};
}

// ---- mailing lists
// -------------------------------------------------------------------------------

HttpRequest MailgunApi::ask_lists(const ApiTask& task) const {
  if (!m_list.empty()) {
    return get_request(of_list(m_list, ""));
  }
  return get_request(task.place.empty()
                         ? "/v3/lists/pages" + UrlQuery{}.add("limit", k_members_page).text()
                         : task.place);
}

/// Leads to the members of each list, unless it has as many as a short while ago.
Result<void> MailgunApi::read_lists(const ApiTask& task, const HttpResponse& answer,
                                    ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  const auto take = [&](const Json& list) {
    const std::string address(text_of(list["address"]));
    const auto count = scalar_text(list["members_count"]);
    if (address.empty()) {
      return;
    }
    const auto mark = split(sink.marked("members/" + address), ' ');
    const auto seen = mark.size() == 2 ? seconds_of(mark[1]) : std::nullopt;
    if (seen && mark[0] == count && task.until - *seen < k_refresh) {
      return;
    }
    sink.mark("members/" + address, count + " " + format_time(task.until));
    ApiTask members{.step = "members", .campaign = address, .rank = -1};
    members.calls = static_cast<double>(count_of(list["members_count"]).value_or(0)) /
                        static_cast<double>(k_members_page) +
                    1;
    sink.next(std::move(members));
  };
  if (!m_list.empty()) {
    if (!is_there(json["list"]["address"])) {
      return Error{ErrorCode::bad_syntax, "the answer has no list with an address"};
    }
    take(json["list"]);
    return {};
  }
  MF_CHECK(need_list(json["items"], "items"));
  each_element(json["items"], take);
  if (auto more = next_url(task, json, k_full)) {
    sink.next(std::move(*more));
  }
  return {};
}

HttpRequest MailgunApi::ask_members(const ApiTask& task) const {
  return get_request(task.place.empty() ? of_list(task.campaign, "/members/pages") +
                                              UrlQuery{}.add("limit", k_members_page).text()
                                        : task.place);
}

Result<void> MailgunApi::read_members(const ApiTask& task, const HttpResponse& answer,
                                      ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["items"], "items"));
  each_element(json["items"], json_member(answer.body, "items"),
               [&](const Json& row, std::string_view record) {
                 put_member(row, record, task.campaign, sink.records());
               });
  if (auto more = next_url(task, json, k_full)) {
    sink.next(std::move(*more));
  }
  return {};
}

} // namespace mailfunnel::mailgun
