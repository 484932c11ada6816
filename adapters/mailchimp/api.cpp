// Mailchimp Marketing API 3.0: https://mailchimp.com/developer/marketing/api/
//
// Pull. GET /reports tells of each mailing what happened to it in figures; what differs from the last
// time is fetched: sent-to, email-activity (opens, clicks, bounces), open-details (which opens were
// a proxy's), unsubscribed, abuse-reports. So a sync of a quiet account is one or two requests. Lists
// are paged by offset and may grow meanwhile; what slips through is caught next time, as activity is
// asked for from a day before the last look.
//
// Push. A tag is a static segment: 500 to add and 500 to remove a call. Fields are merge fields, set by
// PATCH in a batch operation: unlike the calls that take many members it can neither make a member nor
// touch a subscription.

#include "readers.hpp"

#include "adapter/api_request.hpp"
#include "adapter/attributes.hpp"
#include "adapter/signature.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace mailfunnel::mailchimp {

using namespace std::string_view_literals;

namespace {

constexpr std::size_t k_page = 1000;      // rows of a list, the most there are
constexpr std::size_t k_segment = 500;    // members_to_add, and as many to remove
constexpr std::size_t k_operations = 500; // of a batch
constexpr std::size_t k_few = 10;         // people that are looked up one by one
constexpr Seconds k_lively = 30 * k_day;  // for so long a mailing's figures are compared
constexpr Seconds k_overlap = k_day;

/// What a mailing's report leads to: a stream of the API, and the figures that tell whether there is
/// anything new in it.
struct Stream {
  std::string_view step, path, list;
  bool since; // can be asked for what is new alone
};
constexpr std::array k_streams{
    Stream{"sent-to"sv, "sent-to"sv, "sent_to"sv, false},
    Stream{"activity"sv, "email-activity"sv, "emails"sv, true},
    Stream{"opens"sv, "open-details"sv, "members"sv, true},
    Stream{"unsubscribed"sv, "unsubscribed"sv, "unsubscribes"sv, false},
    Stream{"complaints"sv, "abuse-reports"sv, "abuse_reports"sv, false},
};

const Stream* stream_of(std::string_view step) {
  const auto* found = std::find_if(k_streams.begin(), k_streams.end(),
                                   [step](const Stream& one) { return one.step == step; });
  return found == k_streams.end() ? nullptr : found;
}

std::string hash_of(std::string_view address) {
  return hex_encode(digest_of(Digest::md5, lower(address)));
}

Subscription subscription_of(std::string_view status) {
  return subscription(status).value_or(status == "transactional" ? Subscription::unsubscribed
                                                                 : Subscription::unknown);
}

std::optional<Seconds> seconds_of(const Json& value) {
  const auto time = parse_time(text_of(value));
  return time && !text_of(value).empty() ? std::optional(time->seconds) : std::nullopt;
}

class MailchimpApi : public Api {
public:
  explicit MailchimpApi(const ApiAccount& account)
      : m_list(account.list), m_key(account.secret("api_key")) {
    const auto dash = m_key.rfind('-');
    const auto centre = dash == std::string::npos ? "us1"sv : std::string_view(m_key).substr(dash + 1);
    m_base = base_url(account, "https://" + std::string(centre) + ".api.mailchimp.com/3.0");
  }

  // Mailchimp allows ten connections at a time to one account, and others use it too.
  ApiLimits limits() const override { return {.per_second = 10, .burst = 10, .connections = 4}; }
  std::vector<std::string> origins() const override { return {origin_of(m_base)}; }
  HttpRequest request(const ApiTask& task) const override;
  Result<void> read(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const override;
  bool understands(const ApiTask& task, int status) const override {
    return status == 404 && (task.step == "content" || task.step == "member");
  }
  std::string problem(const HttpResponse& answer) const override;

  bool can_pull() const override { return true; }
  std::vector<ApiTask> pull(const PullRequest& request) const override;
  bool discovers(const ApiTask& task) const override {
    return task.step == "reports" || task.step == "lists";
  }

  std::vector<TargetInfo> targets() const override;
  Result<std::vector<ApiTask>> look(const PushTarget& target,
                                    std::span<const std::string> wanted) const override;
  Result<std::vector<ApiTask>> create(const PushTarget& target) const override;
  Result<std::vector<PushStep>> change(const PushTarget& target, std::string_view id,
                                       std::span<const MemberChange> changes) const override;
  std::vector<ApiTask> check() const override;

private:
  std::string list_path(std::string_view list) const {
    return m_base + "/lists/" + std::string(list);
  }
  std::string target_list(const PushTarget& target) const {
    return target.list.empty() ? m_list : target.list;
  }
  HttpRequest signed_request(HttpRequest request) const;

  Result<void> read_reports(const ApiTask& task, const JsonAnswer& answer, ApiSink& sink) const;
  void read_report(const ApiTask& task, const Json& report, ApiSink& sink) const;
  Result<void> read_campaigns(const ApiTask& task, const JsonAnswer& answer,
                              std::string_view body, ApiSink& sink) const;
  Result<void> read_stream(const Stream& stream, const ApiTask& task, const JsonAnswer& answer,
                           std::string_view body, ApiSink& sink) const;
  Result<void> read_lists(const ApiTask& task, const JsonAnswer& answer, ApiSink& sink) const;
  Result<void> read_members(const ApiTask& task, const JsonAnswer& answer, std::string_view body,
                            ApiSink& sink) const;
  Result<void> read_target(const ApiTask& task, const JsonAnswer& answer, ApiSink& sink) const;
  Result<void> read_merge_fields(const ApiTask& task, const JsonAnswer& answer,
                                 ApiSink& sink) const;
  Result<void> read_contacts(const ApiTask& task, const JsonAnswer& answer, ApiSink& sink) const;
  Result<void> read_batch(const ApiTask& task, const JsonAnswer& answer, ApiSink& sink) const;

  std::string m_base, m_list, m_key;
};

// ---- requests ------------------------------------------------------------------------------------

HttpRequest MailchimpApi::signed_request(HttpRequest request) const {
  request.headers.emplace_back("Authorization", basic_authorization("mailfunnel", m_key));
  return request;
}

HttpRequest MailchimpApi::request(const ApiTask& task) const {
  const auto page = [&task](UrlQuery query) {
    return query.add("count", std::int64_t{k_page}).add("offset", task.place).text();
  };
  const auto get = [this](std::string url) { return signed_request(get_request(std::move(url))); };
  const auto& step = task.step;
  if (step == "reports") {
    return get(m_base + "/reports" + page({{"since_send_time", iso_offset_time(task.since)}}));
  }
  if (step == "campaigns") {
    return get(m_base + "/campaigns" +
               page({{"since_send_time", iso_offset_time(task.since)},
                     {"list_id", m_list},
                     {"sort_field", "send_time"},
                     {"sort_dir", "DESC"}}));
  }
  if (step == "content") {
    return get(m_base + "/campaigns/" + task.campaign + "/content?fields=html");
  }
  if (const auto* stream = stream_of(step)) {
    const auto path = m_base + "/reports/" + task.campaign + "/" + std::string(stream->path);
    if (step == "complaints") {
      return get(path); // has no pages
    }
    return get(path + page({{"since", stream->since && task.since > 0 ? iso_offset_time(task.since)
                                                                      : std::string()}}));
  }
  if (step == "lists") {
    return get(m_base + "/lists" + page({{"fields", "lists.id,lists.name,total_items"}}));
  }
  if (step == "members") {
    return get(list_path(task.campaign) + "/members" +
               page({{"since_last_changed",
                      task.since > 0 ? iso_offset_time(task.since) : std::string()}}));
  }
  if (step == "segments") {
    return get(list_path(task.campaign) + "/segments" +
               page({{"type", "static"}, {"fields", "segments.id,segments.name,total_items"}}));
  }
  if (step == "segment-members") {
    return get(list_path(task.campaign) + "/segments/" + task.memo + "/members" +
               page({{"include_cleaned", "true"},
                     {"include_unsubscribed", "true"},
                     {"include_transactional", "true"},
                     {"fields", "members.id,members.email_address,members.status,total_items"}}));
  }
  if (step == "contacts") {
    return get(list_path(task.campaign) + "/members" +
               page({{"fields", "members.id,members.email_address,members.status," +
                                    std::string(task.memo.empty() ? "" : "members.merge_fields,") +
                                    "total_items"}}));
  }
  if (step == "member") {
    return get(list_path(task.campaign) + "/members/" + task.place);
  }
  if (step == "merge-fields") {
    return get(list_path(task.campaign) + "/merge-fields" +
               page({{"fields", "merge_fields.tag,merge_fields.name,total_items"}}));
  }
  if (step == "new-segment" || step == "change-segment") {
    const auto path = list_path(task.campaign) + "/segments";
    auto request = json_request(
        "POST", step == "new-segment" ? path : path + "/" + task.place, task.body);
    request.repeatable = step == "change-segment"; // sets: twice is as once
    return signed_request(std::move(request));
  }
  if (step == "new-field") {
    return signed_request(
        json_request("POST", list_path(task.campaign) + "/merge-fields", task.body));
  }
  if (step == "batch") {
    auto request = json_request("POST", m_base + "/batches", task.body);
    return signed_request(std::move(request));
  }
  if (step == "batch-status") {
    return get(m_base + "/batches/" + task.place);
  }
  if (step == "list") {
    return get(list_path(task.campaign) + "?fields=id,name,stats.member_count");
  }
  return get(m_base + "/ping");
}

std::string MailchimpApi::problem(const HttpResponse& answer) const {
  const auto json = read_json(answer);
  if (!json) {
    return {};
  }
  std::string out(text_of((*json)["title"]));
  if (const auto detail = text_of((*json)["detail"]); !detail.empty()) {
    out += out.empty() ? "" : ": ";
    out += detail;
  }
  each_element((*json)["errors"], [&out](const Json& error) {
    out.append(" (").append(text_of(error["field"])).append(": ");
    out.append(text_of(error["message"])).append(")");
  });
  return out;
}

// ---- pull ----------------------------------------------------------------------------------------

std::vector<ApiTask> MailchimpApi::pull(const PullRequest& request) const {
  const auto mark = request.marks.find("reports"sv);
  const auto last = mark == request.marks.end() ? std::nullopt : parse_time(mark->second);
  const auto since =
      last ? std::max(request.since, std::min(last->seconds, request.now) - k_lively) : request.since;
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

Result<void> MailchimpApi::read(const ApiTask& task, const HttpResponse& answer,
                                ApiSink& sink) const {
  if (!answer.ok()) { // 404, see understands()
    return {};
  }
  MF_TRY(json, read_json(answer));
  const std::string_view body = answer.body;
  const auto& step = task.step;
  if (step == "reports") {
    return read_reports(task, json, sink);
  }
  if (step == "campaigns") {
    return read_campaigns(task, json, body, sink);
  }
  if (step == "content") {
    Campaign campaign;
    campaign.id = task.campaign;
    campaign.html = text_of(json["html"]);
    if (!campaign.html.empty()) {
      sink.records().accept(campaign, body);
    }
    return {};
  }
  if (const auto* stream = stream_of(step)) {
    return read_stream(*stream, task, json, body, sink);
  }
  if (step == "lists") {
    return read_lists(task, json, sink);
  }
  if (step == "members") {
    return read_members(task, json, body, sink);
  }
  if (step == "segments" || step == "new-segment" || step == "change-segment" ||
      step == "new-field") {
    return read_target(task, json, sink);
  }
  if (step == "merge-fields") {
    return read_merge_fields(task, json, sink);
  }
  if (step == "segment-members" || step == "contacts" || step == "member") {
    return read_contacts(task, json, sink);
  }
  if (step == "batch" || step == "batch-status") {
    return read_batch(task, json, sink);
  }
  if (step == "list") {
    sink.fact("audience", text_of(json["name"]), true);
  } else {
    sink.fact("key", text_of(json["health_status"]), true);
  }
  return {};
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
  totals.delivered = *totals.sent - std::min(*totals.sent, *totals.hard_bounces + *totals.soft_bounces);
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
    more.calls = more.since > 0 ? 1 : static_cast<double>(rows / k_page + 1);
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
                   campaign.audience.push_back(
                       {"list", std::string(list), std::string(text_of(recipients["list_name"])), false});
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
  each_element(
      answer["members"], json_member(body, "members"),
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

// ---- push ----------------------------------------------------------------------------------------

std::vector<TargetInfo> MailchimpApi::targets() const {
  return {{TargetKind::tag, "a tag (static segment) of the audience", true},
          {TargetKind::segment, "a static segment, which is the same as a tag", true},
          {TargetKind::fields, "merge fields of the audience, such as SCORE", false}};
}

Result<std::vector<ApiTask>> MailchimpApi::look(const PushTarget& target,
                                                std::span<const std::string> wanted) const {
  const auto list = target_list(target);
  if (list.empty()) {
    return Error{ErrorCode::usage, "a push to Mailchimp needs the audience: give the account "
                                   "list = \"…\" (Audience > Settings > Audience ID)"};
  }
  std::vector<ApiTask> tasks;
  const bool fields = target.kind == TargetKind::fields;
  const auto names = join(target.fields, ",");
  tasks.push_back({.step = fields ? "merge-fields" : "segments",
                   .campaign = list,
                   .memo = fields ? names : target.name});
  if (wanted.size() <= k_few) {
    for (const auto& address : wanted) {
      tasks.push_back({.step = "member", .campaign = list, .place = hash_of(address), .memo = names});
    }
  } else {
    tasks.push_back({.step = "contacts", .campaign = list, .memo = names});
  }
  return tasks;
}

Result<void> MailchimpApi::read_target(const ApiTask& task, const JsonAnswer& answer,
                                       ApiSink& sink) const {
  if (task.step == "segments") {
    MF_CHECK(need_list(answer["segments"], "segments"));
    std::size_t rows = 0;
    bool found = false;
    each_element(answer["segments"], [&](const Json& row) {
      ++rows;
      if (text_of(row["name"]) == task.memo && !found) {
        found = true;
        const JsonScalar id(row["id"]);
        sink.target(id);
        sink.next({.step = "segment-members",
                   .campaign = task.campaign,
                   .memo = std::string(std::string_view(id))});
      }
    });
    if (!found) {
      if (auto more = next_offset(task, rows, k_page, count_of(answer["total_items"]))) {
        sink.next(std::move(*more));
      }
    }
  } else if (task.step == "new-segment") {
    sink.target(JsonScalar(answer["id"]));
  } else if (task.step == "new-field") {
    sink.target("fields");
  } else { // change-segment
    each_element(answer["errors"], [&sink](const Json& error) {
      const auto words = text_of(error["error"]);
      each_element(error["email_addresses"], [&](const Json& address) {
        sink.outcome(text_of(address), {PushOutcome::State::refused, std::string(words)});
      });
    });
  }
  return {};
}

/// All fields there: that is the target.
Result<void> MailchimpApi::read_merge_fields(const ApiTask& task, const JsonAnswer& answer,
                                             ApiSink& sink) const {
  MF_CHECK(need_list(answer["merge_fields"], "merge_fields"));
  std::vector<std::string> there;
  each_element(answer["merge_fields"],
               [&there](const Json& row) { there.emplace_back(text_of(row["tag"])); });
  const auto wanted = split(task.memo, ',');
  if (std::all_of(wanted.begin(), wanted.end(), [&there](std::string_view name) {
        return std::find(there.begin(), there.end(), name) != there.end();
      })) {
    sink.target("fields");
  }
  return {};
}

Result<void> MailchimpApi::read_contacts(const ApiTask& task, const JsonAnswer& answer,
                                         ApiSink& sink) const {
  std::size_t rows = 0;
  const auto take = [&](const Json& row) {
    ++rows;
    TargetMember member;
    member.address = text_of(row["email_address"]);
    member.contact_id = text_of(row["id"]);
    member.subscription = subscription_of(text_of(row["status"]));
    member.in_target = task.step == "segment-members";
    if (task.step != "segment-members" && !task.memo.empty()) {
      member.in_target = true;
      for (const auto& name : split(task.memo, ',')) {
        member.fields.emplace_back(
            std::string_view(JsonScalar(row["merge_fields"][std::string(name)])));
      }
    }
    sink.member(member);
  };
  if (task.step == "member") {
    take(answer.root());
    return {};
  }
  MF_CHECK(need_list(answer["members"], "members"));
  each_element(answer["members"], take);
  if (auto more = next_offset(task, rows, k_page, count_of(answer["total_items"]))) {
    sink.next(std::move(*more));
  }
  return {};
}

Result<std::vector<ApiTask>> MailchimpApi::create(const PushTarget& target) const {
  const auto list = target_list(target);
  if (target.kind == TargetKind::fields) {
    return Error{ErrorCode::usage,
                 "the audience has no merge field " + join(target.fields, " or no ") +
                     ": make it at Mailchimp (Audience > Settings > Audience fields, the name is the "
                     "one between *| and |*), or name another in the config"};
  }
  ApiTask make{.step = "new-segment", .campaign = list};
  make.body = "{\"name\":" + json_string(target.name) + ",\"static_segment\":[]}";
  return std::vector<ApiTask>{make};
}

Result<std::vector<PushStep>> MailchimpApi::change(const PushTarget& target, std::string_view id,
                                                   std::span<const MemberChange> changes) const {
  const auto list = target_list(target);
  std::vector<PushStep> steps;
  if (target.kind == TargetKind::fields) {
    std::vector<std::size_t> all(changes.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      all[i] = i;
    }
    return in_batches(all, k_operations, [&](const std::vector<std::size_t>& some) {
      std::string body = "{\"operations\":[";
      for (const auto i : some) {
        std::string member = "{\"merge_fields\":{";
        for (std::size_t f = 0; f < target.fields.size(); ++f) {
          member += f == 0 ? "" : ",";
          member += json_string(target.fields[f]) + ":" + json_string(changes[i].fields.at(f));
        }
        member += "}}";
        body += i == some.front() ? "" : ",";
        body += "{\"method\":\"PATCH\",\"path\":" +
                json_string("/lists/" + list + "/members/" + hash_of(changes[i].address)) +
                ",\"params\":{\"skip_merge_validation\":\"true\"},\"body\":" + json_string(member) + "}";
      }
      return ApiTask{.step = "batch", .campaign = list, .body = body + "]}"};
    });
  }
  // Adds and removes share a call.
  std::vector<std::size_t> adds, removes;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    (changes[i].action == MemberChange::Action::remove ? removes : adds).push_back(i);
  }
  for (std::size_t i = 0; i < std::max(adds.size(), removes.size()); i += k_segment) {
    PushStep step;
    const auto part = [&](const std::vector<std::size_t>& from) {
      std::string json = "[";
      for (auto at = i; at < std::min(i + k_segment, from.size()); ++at) {
        step.changes.push_back(from[at]);
        json += at == i ? "" : ",";
        json += json_string(changes[from[at]].address);
      }
      return json + "]";
    };
    auto body = "{\"members_to_add\":" + part(adds);
    body += ",\"members_to_remove\":" + part(removes) + "}";
    step.task = {.step = "change-segment",
                 .campaign = list,
                 .place = std::string(id),
                 .body = std::move(body)};
    steps.push_back(std::move(step));
  }
  return steps;
}

Result<void> MailchimpApi::read_batch(const ApiTask& task, const JsonAnswer& answer,
                                      ApiSink& sink) const {
  if (text_of(answer["status"]) != "finished") {
    sink.next({.step = "batch-status",
               .campaign = task.campaign,
               .place = std::string(text_of(answer["id"])),
               .wait = task.wait == 0 ? 2 : std::min(task.wait * 2, 60U)});
  } else if (count_of(answer["errored_operations"]).value_or(1) != 0) {
    sink.unsure(); // its log is an archive at another host
  }
  return {};
}

std::vector<ApiTask> MailchimpApi::check() const {
  std::vector<ApiTask> tasks{{.step = "ping"}};
  if (!m_list.empty()) {
    tasks.push_back({.step = "list", .campaign = m_list});
  }
  return tasks;
}

} // namespace

Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) {
  if (account.secret("api_key").empty()) {
    return Error{ErrorCode::usage, "Mailchimp needs the account's api_key, such as "
                                   "api_key = { env = \"MAILCHIMP_API_KEY\" }"};
  }
  return std::make_unique<MailchimpApi>(account);
}

} // namespace mailfunnel::mailchimp
