// What is pulled of Klaviyo: see api.cpp. An event names its mail ("$message"), which is the
// campaign or its message: so a campaign is told under both ids.

#include "api.hpp"

#include "readers.hpp"

#include "adapter/json_value.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"

#include <algorithm>

namespace mailfunnel::klaviyo {

namespace {

using namespace std::string_view_literals;

constexpr std::int64_t k_first = std::int64_t{1} << 40; // rank of what all else hangs on
constexpr Seconds k_overlap = k_day;

std::optional<Seconds> time_of_mark(std::string_view mark) {
  const auto time = parse_time(mark);
  return time && !mark.empty() ? std::optional(time->seconds) : std::nullopt;
}

/// From when on a stream is to be read that was read up to a mark.
Seconds since_of(std::string_view mark, Seconds oldest) {
  const auto last = time_of_mark(mark);
  return last ? std::max(oldest, *last - k_overlap) : oldest;
}

std::string_view mark_in(const ApiMarks& marks, std::string_view name) {
  const auto found = marks.find(name);
  return found == marks.end() ? ""sv : std::string_view(found->second);
}

} // namespace

std::vector<ApiTask> KlaviyoApi::pull(const PullRequest& request) const {
  const auto profiles = time_of_mark(mark_in(request.marks, "profiles"));
  return {{.step = "campaigns",
           .since = since_of(mark_in(request.marks, "campaigns"), request.since),
           .until = request.now,
           .rank = k_first},
          {.step = "metrics", .since = request.since, .until = request.now, .rank = k_first},
          {.step = "profiles",
           .since = profiles ? *profiles - k_overlap : 0,
           .until = request.now,
           .rank = -1,
           .calls = profiles ? 1.0 : 10.0}};
}

// ---- campaigns
// -----------------------------------------------------------------------------------

Result<void> KlaviyoApi::read_campaigns(const ApiTask& task, const HttpResponse& answer,
                                        ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["data"], "data"));
  const auto included = json["included"];
  each_element(json["data"], json_member(answer.body, "data"),
               [&](const Json& item, std::string_view record) {
                 const auto campaign = campaign_of(item, included);
                 if (campaign.id.empty()) {
                   sink.records().reject(mismatch("id", item["id"], "the campaign's id"), record);
                   return;
                 }
                 if (!campaign.sent_at || *campaign.sent_at > task.until) {
                   return; // a draft, or one that waits
                 }
                 sink.records().accept(campaign, record);
                 bool first = true;
                 each_related(item, "campaign-messages", included, [&](const Json& message) {
                   auto mail = campaign;
                   mail.id = text_of(message["id"]);
                   mail.parent = mail.family = campaign.id;
                   take_message(message, mail);
                   if (mail.id != campaign.id) {
                     sink.records().accept(mail, record);
                   }
                   const auto known = "content/" + mail.id;
                   if (sink.marked(known).empty()) {
                     sink.mark(known, "asked");
                     sink.next({.step = "content",
                                .campaign = first ? campaign.id : mail.id,
                                .memo = mail.id,
                                .rank = *campaign.sent_at});
                   }
                   first = false;
                 });
               });
  if (auto more = next_page(task, json)) {
    sink.next(*std::move(more));
  } else {
    sink.mark("campaigns", format_time(task.until));
  }
  return {};
}

/// What the mail holds: told of the message, and of the campaign whose first it is.
Result<void> KlaviyoApi::read_content(const ApiTask& task, const HttpResponse& answer,
                                      ApiSink& sink) const {
  if (answer.status == 403) {
    sink.note("the content of mails is not read: the key lacks templates:read");
    return {};
  }
  if (!answer.ok()) { // deleted since
    return {};
  }
  MF_TRY(json, read_json(answer));
  const auto attributes = json["data"]["attributes"];
  if (!json["data"].is_object()) {
    return Error{ErrorCode::bad_syntax, "the answer is no template"};
  }
  Campaign campaign;
  campaign.html = text_of(attributes["html"]);
  campaign.text = text_of(attributes["text"]);
  for (const auto& id : {task.memo, task.campaign}) {
    if (campaign.id != id && !(campaign.html.empty() && campaign.text.empty())) {
      campaign.id = id;
      sink.records().accept(campaign, answer.body);
    }
  }
  return {};
}

// ---- events
// --------------------------------------------------------------------------------------

Result<void> KlaviyoApi::read_metrics(const ApiTask& task, const HttpResponse& answer,
                                      ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["data"], "data"));
  if (task.memo == "check") {
    sink.fact("events", "may be read", true);
    return {};
  }
  each_element(json["data"], [&](const Json& item) {
    const auto attributes = item["attributes"];
    const std::string id(text_of(item["id"])), name(text_of(attributes["name"]));
    const auto owner = text_of(attributes["integration"]["name"]);
    if (id.empty() || kind_of_metric(name) == EventKind::unknown ||
        (!owner.empty() && owner != "Klaviyo")) {
      return; // orders, visits, another platform's mails
    }
    const auto mark = sink.marked("events/" + id);
    sink.next({.step = "events",
               .memo = id + " " + name,
               .since = since_of(mark, task.since),
               .until = task.until,
               .rank = k_first - 2,
               .calls = mark.empty() ? 10.0 : 1.0});
    if (kind_of_metric(name) == EventKind::open) { // a report wants some metric
      sink.next({.step = "report", .memo = id, .rank = k_first - 1});
    }
  });
  if (auto more = next_page(task, json)) {
    sink.next(*std::move(more));
  }
  return {};
}

/// Figures of all campaigns of the last twelve months.
Result<void> KlaviyoApi::read_report(const ApiTask& task, const HttpResponse& answer,
                                     ApiSink& sink) const {
  if (!answer.ok()) {
    sink.note("figures of campaigns are not read: the key lacks campaigns:read");
    return {};
  }
  MF_TRY(json, read_json(answer));
  const auto results = json["data"]["attributes"]["results"];
  MF_CHECK(need_list(results, "results"));
  each_element(results, [&sink](const Json& row) {
    const auto figures = row["statistics"];
    const auto count = [&figures](const char* name) -> std::optional<std::uint64_t> {
      double value = 0; // they are written as 12.0
      if (figures[name].get_double().get(value) != simdjson::SUCCESS || value < 0 || value > 1e15) {
        return std::nullopt;
      }
      return static_cast<std::uint64_t>(value);
    };
    MailingTotals totals;
    totals.campaign = text_of(row["groupings"]["campaign_message_id"]);
    if (totals.campaign.empty()) {
      totals.campaign = text_of(row["groupings"]["campaign_id"]);
    }
    totals.sent = count("recipients");
    totals.delivered = count("delivered");
    totals.opens = count("opens");
    totals.unique_opens = count("opens_unique");
    totals.clicks = count("clicks");
    totals.unique_clicks = count("clicks_unique");
    totals.unsubscribes = count("unsubscribes");
    totals.complaints = count("spam_complaints");
    if (!totals.campaign.empty()) {
      sink.totals(totals);
    }
  });
  const auto next = text_of(json["links"]["next"]);
  const auto cursor = query_parameter(parse_uri(next).query, "page_cursor");
  if (cursor && !cursor->empty() && *cursor != task.place) {
    auto more = task;
    more.place = *cursor;
    sink.next(std::move(more));
  }
  return {};
}

Result<void> KlaviyoApi::read_events(const ApiTask& task, const HttpResponse& answer,
                                     ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["data"], "data"));
  const auto space = task.memo.find(' ');
  const auto metric = task.memo.substr(0, space);
  klaviyo::read_events(json.root(), answer.body, std::string_view(task.memo).substr(space + 1),
                       sink.records());
  each_element(json["data"], [&sink](const Json& item) { // mails of flows, which no list has
    const auto properties = item["attributes"]["event_properties"];
    const std::string id(text_of(properties["$message"])), flow(text_of(properties["$flow"]));
    if (flow.empty() || id.empty() || !sink.marked("flow/" + id).empty()) {
      return;
    }
    Campaign campaign;
    campaign.id = id;
    campaign.parent = flow;
    campaign.kind = CampaignKind::automation;
    campaign.name = text_of(properties["Campaign Name"]);
    campaign.subject = text_of(properties["Subject"]);
    sink.records().accept(campaign, {});
    sink.mark("flow/" + id, "known");
  });
  if (auto more = next_page(task, json)) {
    more->calls = std::max(1.0, task.calls - 1);
    sink.next(*std::move(more));
  } else {
    sink.mark("events/" + metric, format_time(task.until));
  }
  return {};
}

// ---- people
// --------------------------------------------------------------------------------------

Result<void> KlaviyoApi::read_profiles(const ApiTask& task, const HttpResponse& answer,
                                       ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["data"], "data"));
  const InputFacts facts;
  each_element(json["data"], json_member(answer.body, "data"),
               [&](const Json& item, std::string_view record) {
                 read_profile({item, record, facts}, sink.records());
               });
  if (auto more = next_page(task, json)) {
    sink.next(*std::move(more));
  } else {
    sink.mark("profiles", format_time(task.until));
  }
  return {};
}

} // namespace mailfunnel::klaviyo
