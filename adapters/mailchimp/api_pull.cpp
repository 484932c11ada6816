// What is pulled of Mailchimp: see api.cpp.

#include "api.hpp"

#include "readers.hpp"

#include "adapter/attributes.hpp"
#include "base/json.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::mailchimp {

using namespace std::string_view_literals;

namespace {

constexpr Seconds k_lively = 30 * k_day; // for so long a mailing's figures are compared
constexpr Seconds k_overlap = k_day;

std::optional<Seconds> seconds_of(const Json& value) {
  const auto time = parse_time(text_of(value));
  return time && !text_of(value).empty() ? std::optional(time->seconds) : std::nullopt;
}

} // namespace

std::vector<ApiTask> MailchimpApi::pull(const PullRequest& request) const {
  const auto mark = request.marks.find("reports"sv);
  const auto last = mark == request.marks.end() ? std::nullopt : parse_time(mark->second);
  const auto since = last ? std::max(request.since, std::min(last->seconds, request.now) - k_lively)
                          : request.since;
  constexpr std::int64_t k_first = std::int64_t{1} << 40;
  ApiTask reports{.step = "reports", .since = since, .until = request.now, .rank = k_first};
  ApiTask campaigns{.step = "campaigns", .since = since, .until = request.now, .rank = k_first};
  ApiTask lists{.step = "lists", .until = request.now, .rank = k_first};
  if (!m_list.empty()) { // no need to ask which there are
    lists = {.step = "members", .campaign = m_list, .until = request.now, .rank = -1, .calls = 10};
    const auto changed = request.marks.find("members/" + m_list);
    const auto time = changed == request.marks.end() ? std::nullopt : parse_time(changed->second);
    lists.since = time ? time->seconds - k_overlap : 0;
    lists.calls = time ? 1 : 10;
  }
  return {reports, campaigns, lists};
}

Result<void> MailchimpApi::read_reports(const ApiTask& task, const JsonAnswer& answer,
                                        ApiSink& sink) const {
  MF_CHECK(need_list(answer["reports"], "reports"));
  std::size_t rows = 0;
  each_element(answer["reports"], [&](const Json& report) {
    ++rows;
    if (m_list.empty() || text_of(report["list_id"]) == m_list) {
      read_report(task, report, sink);
    }
  });
  if (auto more = next_offset(task, rows, k_page, count_of(answer["total_items"]))) {
    sink.next(std::move(*more));
  } else {
    sink.mark("reports", format_time(task.until));
  }
  return {};
}

/// What is new of a mailing is asked for. Its figures are noted as soon as the tasks are: both are
/// kept in one transaction.
void MailchimpApi::read_report(const ApiTask& task, const Json& report, ApiSink& sink) const {
  const std::string id(text_of(report["id"]));
  const auto sent = seconds_of(report["send_time"]);
  if (id.empty() || !sent) {
    return;
  }
  const auto count = [](const Json& value) { return count_of(value).value_or(0); };
  MailingTotals totals;
  totals.campaign = id;
  totals.sent = count(report["emails_sent"]);
  totals.hard_bounces = count(report["bounces"]["hard_bounces"]);
  totals.soft_bounces =
      count(report["bounces"]["soft_bounces"]) + count(report["bounces"]["syntax_errors"]);
  totals.delivered =
      *totals.sent - std::min(*totals.sent, *totals.hard_bounces + *totals.soft_bounces);
  totals.opens = count(report["opens"]["opens_total"]);
  totals.unique_opens = count(report["opens"]["unique_opens"]);
  if (is_there(report["opens"]["proxy_excluded_unique_opens"])) {
    totals.unique_opens_by_people = count(report["opens"]["proxy_excluded_unique_opens"]);
  }
  totals.clicks = count(report["clicks"]["clicks_total"]);
  totals.unique_clicks = count(report["clicks"]["unique_subscriber_clicks"]);
  totals.unsubscribes = count(report["unsubscribed"]);
  totals.complaints = count(report["abuse_reports"]);
  sink.totals(totals);

  const auto bounces = *totals.hard_bounces + *totals.soft_bounces;
  struct Figure {
    std::string_view step;
    std::uint64_t value; // 0: there is nothing
    std::uint64_t rows;  // of the list, about
  };
  const std::array figures{
      Figure{"sent-to"sv, *totals.sent, *totals.sent},
      Figure{"activity"sv, *totals.opens + *totals.clicks + bounces, *totals.sent},
      Figure{"opens"sv, *totals.opens, *totals.unique_opens},
      Figure{"unsubscribed"sv, *totals.unsubscribes, *totals.unsubscribes},
      Figure{"complaints"sv, *totals.complaints, 0},
  };
  for (const auto& [step, value, rows] : figures) {
    const auto figure = std::string(step) + "/" + id, seen = figure + "/since";
    const auto now = std::to_string(value);
    if (value == 0 || sink.marked(figure) == now) {
      continue;
    }
    ApiTask more{.step = std::string(step), .campaign = id, .until = task.until, .rank = *sent};
    if (const auto last = parse_time(sink.marked(seen)); last && !sink.marked(seen).empty()) {
      more.since = std::max<Seconds>(last->seconds - k_overlap, 1);
    }
    const auto pages = rows / k_page + 1;
    more.calls = more.since > 0 ? 1 : static_cast<double>(pages);
    sink.mark(figure, now);
    sink.mark(seen, format_time(task.until));
    sink.next(std::move(more));
  }
}

Result<void> MailchimpApi::read_campaigns(const ApiTask& task, const JsonAnswer& answer,
                                          std::string_view body, ApiSink& sink) const {
  MF_CHECK(need_list(answer["campaigns"], "campaigns"));
  std::size_t rows = 0;
  each_element(answer["campaigns"], json_member(body, "campaigns"),
               [&](const Json& row, std::string_view record) {
                 ++rows;
                 const auto sent = seconds_of(row["send_time"]);
                 Campaign campaign;
                 campaign.id = text_of(row["id"]);
                 if (campaign.id.empty() || !sent) {
                   return; // a draft, or one that waits
                 }
                 const auto settings = row["settings"];
                 campaign.name = text_of(settings["title"]);
                 campaign.subject = text_of(settings["subject_line"]);
                 campaign.preheader = text_of(settings["preview_text"]);
                 campaign.from_name = text_of(settings["from_name"]);
                 campaign.reply_to = text_of(settings["reply_to"]);
                 campaign.from_address = campaign.reply_to; // there is one address for both
                 campaign.status = text_of(row["status"]);
                 campaign.sent_at = sent;
                 campaign.parent = text_of(row["parent_campaign_id"]);
                 if (text_of(row["type"]).starts_with("automation")) {
                   campaign.kind = CampaignKind::automation;
                 }
                 const auto recipients = row["recipients"];
                 if (const auto list = text_of(recipients["list_id"]); !list.empty()) {
                   campaign.audience.push_back({"list", std::string(list),
                                                std::string(text_of(recipients["list_name"])),
                                                false});
                 }
                 sink.records().accept(campaign, record);
                 const auto known = "content/" + campaign.id;
                 if (sink.marked(known).empty()) {
                   sink.mark(known, "asked");
                   sink.next({.step = "content", .campaign = campaign.id, .rank = *sent});
                 }
               });
  if (auto more = next_offset(task, rows, k_page, count_of(answer["total_items"]))) {
    sink.next(std::move(*more));
  }
  return {};
}

Result<void> MailchimpApi::read_stream(const Stream& stream, const ApiTask& task,
                                       const JsonAnswer& answer, std::string_view body,
                                       ApiSink& sink) const {
  const auto list = answer[stream.list];
  MF_CHECK(need_list(list, stream.list));
  const auto text = json_member(body, stream.list);
  auto& records = sink.records();
  simdjson::dom::array array;
  const auto rows = list.get_array().get(array) == simdjson::SUCCESS ? array.size() : 0;
  if (stream.step == "sent-to") {
    each_element(list, text, [&](const Json& row, std::string_view record) {
      EventView event;
      event.kind = EventKind::sent;
      event.native = "sent_to";
      event.campaign = task.campaign;
      event.address = text_of(row["email_address"]);
      event.contact_id = text_of(row["email_id"]);
      event.time.seconds = task.rank; // it does not tell when: they all go out then
      event.record = record;
      if (event.address.empty()) {
        records.reject("no email_address", record);
      } else {
        records.accept(event);
      }
    });
  } else if (rows > 0) {
    const auto reader =
        stream.step == "activity" ? api_activity_reader() : api_details_reader(stream.list);
    reader->read({.text = text}, records);
  }
  if (stream.step != "complaints") {
    if (auto more = next_offset(task, rows, k_page, count_of(answer["total_items"]))) {
      sink.next(std::move(*more));
    }
  }
  return {};
}

Result<void> MailchimpApi::read_lists(const ApiTask& task, const JsonAnswer& answer,
                                      ApiSink& sink) const {
  MF_CHECK(need_list(answer["lists"], "lists"));
  std::size_t rows = 0;
  each_element(answer["lists"], [&](const Json& row) {
    ++rows;
    const std::string id(text_of(row["id"]));
    if (id.empty()) {
      return;
    }
    const auto mark = sink.marked("members/" + id);
    ApiTask members{.step = "members", .campaign = id, .until = task.until, .rank = -1};
    if (const auto last = parse_time(mark); last && !mark.empty()) {
      members.since = last->seconds - k_overlap;
    } else {
      members.calls = 10;
    }
    sink.next(std::move(members));
  });
  if (auto more = next_offset(task, rows, k_page, count_of(answer["total_items"]))) {
    sink.next(std::move(*more));
  }
  return {};
}

Result<void> MailchimpApi::read_members(const ApiTask& task, const JsonAnswer& answer,
                                        std::string_view body, ApiSink& sink) const {
  MF_CHECK(need_list(answer["members"], "members"));
  std::size_t rows = 0;
  each_element(answer["members"], json_member(body, "members"),
               [&](const Json& row, std::string_view record) {
                 ++rows;
                 RecipientView recipient;
                 recipient.record = record;
                 recipient.address = text_of(row["email_address"]);
                 if (recipient.address.empty()) {
                   sink.records().reject("no email_address", record);
                   return;
                 }
                 recipient.contact_id = text_of(row["unique_email_id"]);
                 recipient.list = m_list.empty() ? std::string_view(task.campaign) : ""sv;
                 recipient.subscription = subscription_of(text_of(row["status"]));
                 recipient.changed_at = seconds_of(row["last_changed"]);
                 Attributes attributes;
                 attributes.add_members(row["merge_fields"]);
                 attributes.add("language", row["language"]);
                 attributes.add("member_rating", row["member_rating"]);
                 attributes.add("country", row["location"]["country_code"]);
                 std::string tags;
                 each_element(row["tags"], [&tags](const Json& tag) {
                   tags.append(tags.empty() ? "" : ", ").append(text_of(tag["name"]));
                 });
                 attributes.add("tags", std::string_view(tags));
                 recipient.attributes = attributes.all();
                 sink.records().accept(recipient);
               });
  if (auto more = next_offset(task, rows, k_page, count_of(answer["total_items"]))) {
    sink.next(std::move(*more));
  } else {
    sink.mark("members/" + task.campaign, format_time(task.until));
  }
  return {};
}

} // namespace mailfunnel::mailchimp
