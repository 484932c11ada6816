// What is pulled of Brevo: see api.cpp. The statistics of a contact:
//   {"messagesSent":[{"campaignId":21,"eventTime":"2026-03-02T09:00:00.000Z"}],"delivered":[…],
//    "opened":[{"campaignId":21,"count":2,"eventTime":"2026-03-02T09:25:07.000Z","ip":"203.0.113.7"}],
//    "clicked":[{"campaignId":21,"links":[{"count":1,"eventTime":"…","ip":"…","url":"https://…"}]}],
//    "hardBounces":[…],"softBounces":[…],"complaints":[…],
//    "unsubscriptions":{"userUnsubscription":[…],"adminUnsubscription":[…]}}
// https://developers.brevo.com/reference/getcontactstats: of several opens one time is told, and so
// of several clicks on a link.

#include "api.hpp"

#include "readers.hpp"
#include "words.hpp"

#include "adapter/json_value.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::brevo {

namespace {

using namespace std::string_view_literals;

constexpr std::int64_t k_first = std::int64_t{1} << 40; // rank of what all else hangs on
constexpr std::size_t k_campaigns_page = 50, k_events_page = 2500, k_contacts_page = 1000;
constexpr Seconds k_lively = 30 * k_day; // so long a campaign's figures are compared
constexpr Seconds k_overlap = k_day;
constexpr Seconds k_longest = 89 * k_day; // "the date range can not exceed 90 days"

std::optional<Seconds> mark_of(const ApiMarks& marks, std::string_view name) {
  const auto found = marks.find(name);
  const auto time = found == marks.end() ? std::nullopt : parse_time(found->second);
  return time ? std::optional(time->seconds) : std::nullopt;
}

/// Lists need not be there where they are empty.
Result<void> need_page(const Json& json, std::string_view list) {
  return count_of(json["count"]) || json[list].is_array() ? Result<void>()
                                                          : need_list(json[list], list);
}

std::size_t size_of(const Json& list) {
  simdjson::dom::array array;
  return list.get_array().get(array) == simdjson::SUCCESS ? array.size() : 0;
}

/// Campaigns whose figures are others than the last time: when the first of them was sent, and whom
/// they went to. As text, so that a task can carry it: "1772442000 2,5"; "*" for everybody.
struct Changed {
  Seconds since = 0; // 0: none
  std::string lists;

  explicit Changed(std::string_view text) {
    const auto space = text.find(' ');
    if (space != std::string_view::npos) {
      since = parse_int(text.substr(0, space)).value_or(0);
      lists = text.substr(space + 1);
    }
  }
  std::string text() const {
    return since == 0 ? std::string() : std::to_string(since) + " " + lists;
  }

  void add(Seconds sent, const Json& recipients) {
    since = since == 0 ? sent : std::min(since, sent);
    std::string all;
    each_element(recipients, [&all](const Json& element) {
      const JsonScalar id(element);
      all.append(all.empty() ? "" : ",").append(std::string_view(id));
    });
    if (all.empty()) { // to a segment
      lists = "*";
    } else if (lists != "*") {
      for (const auto id : split(all, ',')) {
        const auto known = split(lists, ',');
        if (std::find(known.begin(), known.end(), id) == known.end()) {
          lists.append(lists.empty() ? "" : ",").append(id);
        }
      }
    }
  }
  bool concerns(const Json& contact) const {
    if (since == 0 || lists.empty()) {
      return false;
    }
    bool found = lists == "*";
    const auto wanted = split(lists, ',');
    for (const auto name : {"listIds"sv, "listUnsubscribed"sv}) {
      each_element(contact[name], [&](const Json& element) {
        const JsonScalar id(element);
        found =
            found || std::find(wanted.begin(), wanted.end(), std::string_view(id)) != wanted.end();
      });
    }
    return found;
  }
};

/// Events of transactional mail with a tag that is a campaign's name are that campaign's.
class ByTag : public RecordSink {
public:
  ByTag(ApiSink& sink) : m_sink(sink) {}
  Wants wants() const override { return m_sink.records().wants(); }
  void accept(const EventView& event) override {
    auto view = event;
    const auto campaign = m_sink.marked("named/" + std::string(event.campaign));
    view.campaign = campaign.empty() ? event.campaign : campaign;
    m_sink.records().accept(view);
  }
  void accept(const RecipientView& recipient) override { m_sink.records().accept(recipient); }
  void accept(const Campaign& campaign, std::string_view record) override {
    m_sink.records().accept(campaign, record);
  }
  void reject(std::string_view why, std::string_view record) override {
    m_sink.records().reject(why, record);
  }
  void skip(std::string_view record) override { m_sink.records().skip(record); }

private:
  ApiSink& m_sink;
};

MailingTotals totals_of(std::string_view id, const Json& stats) {
  MailingTotals totals;
  totals.campaign = id;
  totals.sent = count_of(stats["sent"]);
  totals.delivered = count_of(stats["delivered"]);
  totals.opens = count_of(stats["viewed"]);
  totals.unique_opens = count_of(stats["uniqueViews"]);
  totals.clicks = count_of(stats["clickers"]);
  totals.unique_clicks = count_of(stats["uniqueClicks"]);
  totals.hard_bounces = count_of(stats["hardBounces"]);
  totals.soft_bounces = count_of(stats["softBounces"]);
  totals.unsubscribes = count_of(stats["unsubscriptions"]);
  totals.complaints = count_of(stats["complaints"]);
  return totals;
}

} // namespace

// ---- tasks
// ---------------------------------------------------------------------------------------

std::vector<ApiTask> BrevoApi::pull(const PullRequest& request) const {
  const auto last = mark_of(request.marks, "campaigns");
  const auto since =
      last ? std::max(request.since, std::min(*last, request.now) - k_lively) : request.since;
  // What else there is hangs on the campaigns: on their names, and on whether their figures
  // changed.
  return {{.step = "campaigns", .since = since, .until = request.now, .rank = k_first}};
}

namespace {

/// Spans of no more than 90 days, the newest first.
template<typename Put> void each_span(Seconds since, Seconds until, Put put) {
  for (auto end = until; end >= since; end -= k_longest + 1) {
    put(std::max(since, end - k_longest), end);
  }
}

} // namespace

// ---- campaigns
// -----------------------------------------------------------------------------------

Result<void> BrevoApi::read_campaigns(const ApiTask& task, const HttpResponse& answer,
                                      ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_page(json.root(), "campaigns"));
  const InputFacts facts;
  Changed changed(task.memo);
  each_element(json["campaigns"], json_member(answer.body, "campaigns"),
               [&](const Json& row, std::string_view record) {
                 const JsonScalar scalar(row["id"]);
                 const std::string id{std::string_view(scalar)};
                 const auto sent = time_of(row["sentDate"]);
                 k_campaigns.read({row, record, facts}, sink.records());
                 if (id.empty() || !sent) {
                   return;
                 }
                 if (const auto name = text_of(row["name"]); !name.empty()) {
                   sink.mark("named/" + std::string(name), id);
                 }
                 if (text_of(row["htmlContent"]).empty() && sink.marked("content/" + id).empty()) {
                   sink.mark("content/" + id, "asked");
                   sink.next({.step = "content", .campaign = id, .rank = sent->seconds});
                 }
                 const auto stats = row["statistics"]["globalStats"];
                 const auto totals = totals_of(id, stats);
                 if (totals.sent.value_or(0) > 0) { // else they are past their six months
                   sink.totals(totals);
                 }
                 std::string figures;
                 each_member(stats, [&figures](std::string_view, const Json& value) {
                   figures.append(std::string_view(JsonScalar(value))).append(" ");
                 });
                 if (sink.marked("figures/" + id) != figures) {
                   sink.mark("figures/" + id, figures);
                   changed.add(sent->seconds, row["recipients"]["lists"]);
                 }
               });
  const auto rows = size_of(json["campaigns"]);
  if (auto more = next_offset(task, rows, k_campaigns_page, count_of(json["count"]))) {
    more->memo = changed.text();
    sink.next(*std::move(more));
    return {};
  }
  const auto known = [&sink](std::string_view mark) -> std::optional<Seconds> {
    const auto time = parse_time(sink.marked(mark));
    return time && !sink.marked(mark).empty() ? std::optional(time->seconds) : std::nullopt;
  };
  const auto now = format_time(task.until);

  // Transactional mail.
  const auto events = known("events");
  each_span(events ? *events - k_overlap : task.since, task.until,
            [&](Seconds since, Seconds until) {
              sink.next({.step = "events", .since = since, .until = until, .rank = k_first - 1});
            });
  sink.mark("events", now);

  // People, and what they did with campaigns.
  ApiTask contacts{.step = "contacts", .until = task.until, .rank = -1, .calls = 1};
  const auto listed = known("contacts");
  const auto activity = known("activity");
  if (m_asks_people && changed.since > 0) {
    if (activity) { // what came before it is known
      changed.since = std::max(changed.since, *activity - k_overlap);
    }
    contacts.memo = changed.text();
    sink.mark("activity", now);
  } else if (listed) {
    contacts.since = *listed - k_overlap;
  }
  if (!m_asks_people) {
    sink.note("campaign_statistics = \"no\": what people did with campaigns is not pulled; the "
              "marketing webhook tells it");
  }
  sink.next(std::move(contacts));
  sink.mark("campaigns", now);
  return {};
}

Result<void> BrevoApi::read_content(const ApiTask& task, const HttpResponse& answer,
                                    ApiSink& sink) const {
  if (!answer.ok()) { // deleted since
    return {};
  }
  MF_TRY(json, read_json(answer));
  const JsonScalar id(json["id"]);
  if (std::string_view(id) != task.campaign) {
    return Error{ErrorCode::bad_syntax, "the answer is not about this campaign"};
  }
  k_campaigns.read({json.root(), answer.body, InputFacts()}, sink.records());
  return {};
}

// ---- events
// --------------------------------------------------------------------------------------

Result<void> BrevoApi::read_events(const ApiTask& task, const HttpResponse& answer,
                                   ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  if (!json.root().is_object()) {
    return Error{ErrorCode::bad_syntax, "the answer has no list \"events\""};
  }
  const InputFacts facts;
  ByTag records(sink);
  each_element(json["events"], json_member(answer.body, "events"),
               [&](const Json& row, std::string_view record) {
                 brevo::k_events.read({row, record, facts}, records);
               });
  if (auto more = next_offset(task, size_of(json["events"]), k_events_page, std::nullopt)) {
    sink.next(*std::move(more));
  }
  return {};
}

// ---- people
// --------------------------------------------------------------------------------------

Result<void> BrevoApi::read_contacts(const ApiTask& task, const HttpResponse& answer,
                                     ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_page(json.root(), "contacts"));
  const InputFacts facts;
  const Changed changed(task.memo);
  each_element(json["contacts"], json_member(answer.body, "contacts"),
               [&](const Json& row, std::string_view record) {
                 k_contacts.read({row, record, facts}, sink.records());
                 const JsonScalar id(row["id"]);
                 const auto email = text_of(row["email"]);
                 if (email.empty() || !changed.concerns(row)) {
                   return;
                 }
                 each_span(changed.since, task.until, [&](Seconds since, Seconds until) {
                   sink.next({.step = "statistics",
                              .place = std::string(std::string_view(id)),
                              .memo = std::string(email),
                              .since = since,
                              .until = until,
                              .rank = -1});
                 });
               });
  if (auto more =
          next_offset(task, size_of(json["contacts"]), k_contacts_page, count_of(json["count"]))) {
    sink.next(*std::move(more));
  } else {
    sink.mark("contacts", format_time(task.until));
  }
  return {};
}

namespace {

struct StatisticRow {
  std::string_view list; // its member, by a path
  std::string_view word; // as the webhook says it
};
constexpr std::array k_statistics{
    StatisticRow{"/messagesSent", "sent"},
    StatisticRow{"/delivered", "delivered"},
    StatisticRow{"/opened", "opened"},
    StatisticRow{"/clicked", "click"},
    StatisticRow{"/hardBounces", "hard_bounce"},
    StatisticRow{"/softBounces", "soft_bounce"},
    StatisticRow{"/complaints", "spam"},
    StatisticRow{"/unsubscriptions/userUnsubscription", "unsubscribe"},
    StatisticRow{"/unsubscriptions/adminUnsubscription", "unsubscribe"},
};

/// One event of a contact; of a click, `what` is the link.
void read_statistic(const ApiTask& task, std::string_view word, const Json& campaign,
                    const Json& what, std::string_view record, RecordSink& sink) {
  const JsonScalar id(campaign);
  EventView view;
  view.record = record;
  view.native = word;
  view.address = task.memo;
  view.contact_id = task.place;
  view.campaign = id;
  fill_meaning(view, {});
  const auto time = time_of(what["eventTime"]);
  if (!time || view.campaign.empty()) {
    sink.reject(time ? mismatch("campaignId", campaign, "the campaign's id")
                     : mismatch("eventTime", what["eventTime"], "a time"),
                record);
    return;
  }
  view.time = *time;
  view.ip = text_of(what["ip"]);
  view.link = view.kind == EventKind::click ? text_of(what["url"]) : ""sv;
  sink.accept(view);
}

} // namespace

Result<void> BrevoApi::read_statistics(const ApiTask& task, const HttpResponse& answer,
                                       ApiSink& sink) const {
  if (!answer.ok()) { // deleted since
    return {};
  }
  MF_TRY(json, read_json(answer));
  if (!json.root().is_object()) {
    return Error{ErrorCode::bad_syntax, "the answer has no statistics of a contact"};
  }
  for (const auto& row : k_statistics) {
    each_element(json.root().at_pointer(row.list), [&](const Json& one) {
      if (!one["links"].is_array()) {
        read_statistic(task, row.word, one["campaignId"], one, answer.body, sink.records());
        return;
      }
      each_element(one["links"], [&](const Json& link) {
        read_statistic(task, row.word, one["campaignId"], link, answer.body, sink.records());
      });
    });
  }
  return {};
}

} // namespace mailfunnel::brevo
