// The reports of the older API give rows as members of an object:
//   {"0":{"subscriberid":"1203","email":"ann@example.com","tstamp":"2026-03-02
//   03:15:30","times":"2",
//     "tstamp_iso":"2026-03-02T03:15:30-06:00"},"1":{…},"result_code":1,"result_message":"Success:
//     Something is returned","result_output":"json"}
// that of links one a link, with people in it:
//   {"0":{"id":"9","link":"https://www.example.com/demo","name":"Demo","a_unique":"1","a_total":"2",
//     "info":[{"subscriberid":"1203","email":"ann@example.com","tstamp":"…","times":"2"}]},…}
// and that of bounces with code, type ("hard", "soft") and descript. Twenty rows are a page; behind
// the last one result_code is 0. tstamp is in the account's zone.
// https://www.activecampaign.com/api/example.php?call=campaign_report_open_list

#include "api.hpp"

#include "adapter/attributes.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::activecampaign {

using namespace std::string_view_literals;

namespace {

constexpr std::int64_t k_first = std::int64_t{1} << 40;
constexpr std::size_t k_page = 100, k_report_page = 20;
constexpr Seconds k_overlap = k_day;

/// A report of the older API, and the figures of a campaign that tell whether it holds anything
/// new.
struct Report {
  std::string_view step, action;
  EventKind kind;
  std::array<std::string_view, 2> figures;
};
constexpr std::array k_reports{
    Report{"opens"sv, "campaign_report_open_list"sv, EventKind::open, {"opens"sv, "uniqueopens"sv}},
    Report{"clicks"sv,
           "campaign_report_link_list"sv,
           EventKind::click,
           {"linkclicks"sv, "uniquelinkclicks"sv}},
    Report{"bounces"sv,
           "campaign_report_bounce_list"sv,
           EventKind::bounce,
           {"hardbounces"sv, "softbounces"sv}},
    Report{"unsubscribes"sv,
           "campaign_report_unsubscription_list"sv,
           EventKind::unsubscribe,
           {"unsubscribes"sv, {}}},
};

const Report& report_of(std::string_view step) {
  return *std::find_if(k_reports.begin(), k_reports.end() - 1,
                       [step](const Report& one) { return one.step == step; });
}

bool is_row(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), is_digit);
}

std::optional<Seconds> seconds_of(const Json& value, TimeZone zone) {
  const auto time = time_of(value, zone);
  return time ? std::optional(time->seconds) : std::nullopt;
}

} // namespace

std::vector<ApiTask> ActiveCampaignApi::pull(const PullRequest& request) const {
  ApiTask campaigns{
      .step = "campaigns", .since = request.since, .until = request.now, .rank = k_first};
  campaigns.memo = request.marks.contains("campaigns"sv) ? "" : "first";
  ApiTask fields{.step = "field-names", .until = request.now, .rank = -1, .calls = 11};
  if (const auto mark = request.marks.find("contacts"sv); mark != request.marks.end()) {
    if (const auto last = parse_time(mark->second); last && !mark->second.empty()) {
      fields.since = std::max<Seconds>(std::min(last->seconds, request.now) - k_overlap, 1);
      fields.calls = 2;
    }
  }
  return {campaigns, fields};
}

// ---- campaigns
// -----------------------------------------------------------------------------------

HttpRequest ActiveCampaignApi::ask_campaigns(const ApiTask& task) const {
  UrlQuery query{{"orders[sdate]", "DESC"}, {"offset", task.place}};
  return get_request("/api/3/campaigns" + query.add("limit", std::int64_t{k_page}).text());
}

Result<void> ActiveCampaignApi::read_campaigns(const ApiTask& task, const HttpResponse& answer,
                                               ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["campaigns"], "campaigns"));
  std::size_t rows = 0;
  const auto given = facts();
  each_element(json["campaigns"], json_member(answer.body, "campaigns"),
               [&](const Json& row, std::string_view record) {
                 ++rows;
                 const auto sent = seconds_of(row["sdate"], m_zone);
                 const auto last = seconds_of(row["ldate"], m_zone);
                 if (count_of(row["send_amt"]).value_or(0) == 0 || !(sent || last) ||
                     std::max(sent.value_or(0), last.value_or(0)) < task.since) {
                   return; // a draft, one that waits, or an old one
                 }
                 k_campaigns.read({row, record, given}, sink.records());
                 read_campaign_row(task, row, sink);
               });
  if (auto more = next_offset(task, rows, k_page, count_of(json["meta"]["total"]))) {
    sink.next(std::move(*more));
    return {};
  }
  sink.mark("campaigns", format_time(task.until));
  if (task.memo == "first") { // all contents at once, instead of one by one
    sink.next({.step = "messages", .until = task.until, .rank = 0});
  }
  return {};
}

/// What is new of a campaign is asked for. Its figures are noted as soon as the tasks are: both are
/// kept in one transaction.
void ActiveCampaignApi::read_campaign_row(const ApiTask& task, const Json& row,
                                          ApiSink& sink) const {
  const auto id = scalar_text(row["id"]), message = scalar_text(row["message_id"]);
  if (id.empty()) {
    return;
  }
  const auto rank = seconds_of(row["sdate"], m_zone).value_or(0);
  MailingTotals totals;
  totals.campaign = id;
  totals.sent = count_of(row["send_amt"]);
  totals.opens = count_of(row["opens"]);
  totals.unique_opens = count_of(row["uniqueopens"]);
  totals.clicks = count_of(row["linkclicks"]);
  totals.unique_clicks = count_of(row["uniquelinkclicks"]);
  totals.hard_bounces = count_of(row["hardbounces"]);
  totals.soft_bounces = count_of(row["softbounces"]);
  totals.unsubscribes = count_of(row["unsubscribes"]);
  sink.totals(totals);

  std::string wanted;
  double calls = 0;
  for (const auto& report : k_reports) {
    const auto stream = std::string(report.step) + "/" + id;
    std::string now;
    std::uint64_t any = 0;
    for (const auto figure : report.figures) {
      const auto value = figure.empty() ? 0 : count_of(row[figure]).value_or(0);
      any += value;
      now += std::to_string(value) + " ";
    }
    if (any != 0 && sink.marked(stream) != now) {
      sink.mark(stream, now);
      wanted += std::string(wanted.empty() ? "" : ",") + std::string(report.step);
      const auto people = count_of(row[report.figures.back()]).value_or(any);
      calls += report.kind == EventKind::click
                   ? 1
                   : static_cast<double>(people) / static_cast<double>(k_report_page) + 1;
    }
  }
  const bool known = !message.empty() && message != "0" && text_of(row["type"]) != "split";
  const bool content = sink.marked("content/" + id).empty();
  if (content) {
    sink.mark("content/" + id, known ? message : "asked");
  }
  if (!known) { // which mails it has is to be asked first
    if (content || !wanted.empty()) {
      sink.next({.step = "mails",
                 .campaign = id,
                 .place = content ? "content" : "",
                 .memo = wanted,
                 .rank = rank,
                 .calls = calls + 2});
    }
    return;
  }
  if (content) {
    sink.mark("message/" + message, id);
    if (task.memo != "first") {
      sink.next({.step = "message", .campaign = id, .place = message, .rank = rank});
    }
  }
  for (const auto step : split(wanted, ',')) {
    sink.next({.step = std::string(step),
               .campaign = id,
               .memo = message,
               .rank = rank,
               .calls = std::max(1.0, calls / 3)});
  }
}

HttpRequest ActiveCampaignApi::ask_mails(const ApiTask& task) const {
  return get_request("/api/3/campaigns/" + task.campaign + "/campaignMessages");
}

/// The mails of a campaign, of which it may have several to choose from.
Result<void> ActiveCampaignApi::read_mails(const ApiTask& task, const HttpResponse& answer,
                                           ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  const auto list = json["campaignMessages"];
  MF_CHECK(need_list(list, "campaignMessages"));
  each_element(list, [&](const Json& row) {
    const auto message = scalar_text(row["messageid"]);
    if (message.empty()) {
      return;
    }
    if (task.place == "content") {
      sink.next(
          {.step = "message", .campaign = task.campaign, .place = message, .rank = task.rank});
    }
    for (const auto step : split(task.memo, ',')) {
      sink.next({.step = std::string(step),
                 .campaign = task.campaign,
                 .memo = message,
                 .rank = task.rank});
    }
  });
  return {};
}

// ---- reports
// -------------------------------------------------------------------------------------

HttpRequest ActiveCampaignApi::ask_report(const ApiTask& task) const {
  const auto page = task.place.empty() ? "1"sv : split(task.place, ' ').front();
  UrlQuery query{{"api_action", report_of(task.step).action},
                 {"api_output", "json"},
                 {"campaignid", task.campaign},
                 {"messageid", task.memo}};
  if (task.step != "clicks") { // all links stand on one page
    query.add("page", page);
  }
  return get_request("/admin/api.php" + query.text());
}

/// A page's place is its number, and who stood first on the one before: should the pages be of no
/// use, the same people come again.
Result<void> ActiveCampaignApi::read_report(const ApiTask& task, const HttpResponse& answer,
                                            ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  const auto code = scalar_text(json["result_code"]);
  const auto message = text_of(json["result_message"]);
  if (code.empty()) {
    return Error{ErrorCode::bad_syntax, "the report has no result_code"};
  }
  if (code == "0" && !icontains(message, "nothing is returned")) {
    return Error{ErrorCode::io, "ActiveCampaign gives no report: " + std::string(message)};
  }
  const auto& report = report_of(task.step);
  auto& records = sink.records();
  const auto put = [&](const Json& row, std::string_view record, std::string_view link) {
    const JsonScalar contact(row["subscriberid"]), code_given(row["code"]);
    const auto iso = time_of(row["tstamp_iso"]);
    const auto when = iso ? iso : time_of(row["tstamp"], m_zone);
    EventView event;
    event.record = record;
    event.kind = report.kind;
    event.native = report.step;
    event.campaign = task.campaign;
    event.address = text_of(row["email"]);
    event.contact_id = contact;
    event.link = link;
    if (event.address.empty() && event.contact_id.empty()) {
      records.reject(mismatch("email", row["email"], "the recipient"), record);
      return;
    }
    if (!when) {
      records.reject(mismatch("tstamp", row["tstamp"], "a time"), record);
      return;
    }
    event.time = *when;
    if (report.kind == EventKind::bounce) {
      event.bounce = judge_bounce(text_of(row["type"]), code_given, text_of(row["descript"]));
    }
    if (!iso && !m_zone_given) {
      sink.note("ActiveCampaign's reports tell times in the account's zone: give the account its "
                "zone; UTC is assumed");
    }
    records.accept(event);
  };
  std::size_t rows = 0;
  std::string first;
  each_member(
      json.root(), answer.body,
      [&](std::string_view name, const Json& row, std::string_view record) {
        if (!is_row(name)) {
          return;
        }
        if (++rows == 1) {
          first = scalar_text(row["subscriberid"]);
        }
        if (report.kind != EventKind::click) {
          put(row, record, {});
          return;
        }
        const auto link = text_of(row["link"]);
        if (link.empty() || link == "open") { // the picture that counts opens
          return;
        }
        Campaign campaign;
        campaign.id = task.campaign;
        campaign.links.push_back({std::string(link), {}, std::string(text_of(row["name"]))});
        records.accept(campaign, record);
        each_element(row["info"], json_member(record, "info"),
                     [&](const Json& person, std::string_view text) { put(person, text, link); });
      });
  const auto place = split(task.place, ' ');
  const auto page = place.empty() ? std::int64_t{1} : parse_int(place.front()).value_or(1);
  const bool again = place.size() > 1 && place[1] == first;
  if (report.kind != EventKind::click && rows == k_report_page && !again) {
    auto more = task;
    more.place = std::to_string(page + 1) + " " + first;
    more.calls = std::max(1.0, task.calls - 1);
    sink.next(std::move(more));
  }
  return {};
}

// ---- contents
// ------------------------------------------------------------------------------------

HttpRequest ActiveCampaignApi::ask_messages(const ApiTask& task) const {
  UrlQuery query{{"offset", task.place}};
  return get_request("/api/3/messages" + query.add("limit", std::int64_t{k_page}).text());
}

/// Which campaign a message is of was noted when its campaign was read.
Result<void> ActiveCampaignApi::read_messages(const ApiTask& task, const HttpResponse& answer,
                                              ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["messages"], "messages"));
  std::size_t rows = 0;
  each_element(json["messages"], json_member(answer.body, "messages"),
               [&](const Json& row, std::string_view record) {
                 ++rows;
                 auto given = facts();
                 given.campaign = sink.marked("message/" + scalar_text(row["id"]));
                 if (!given.campaign.empty()) {
                   k_messages.read({row, record, given}, sink.records());
                 }
               });
  if (auto more = next_offset(task, rows, k_page, count_of(json["meta"]["total"]))) {
    sink.next(std::move(*more));
  }
  return {};
}

HttpRequest ActiveCampaignApi::ask_message(const ApiTask& task) const {
  return get_request("/api/3/messages/" + task.place);
}

Result<void> ActiveCampaignApi::read_message(const ApiTask& task, const HttpResponse& answer,
                                             ApiSink& sink) const {
  if (!answer.ok()) { // deleted
    return {};
  }
  MF_TRY(json, read_json(answer));
  auto given = facts();
  given.campaign = task.campaign;
  if (json["message"].is_object()) {
    k_message.read({json["message"], json_member(answer.body, "message"), given}, sink.records());
  }
  return {};
}

// ---- contacts
// ------------------------------------------------------------------------------------

HttpRequest ActiveCampaignApi::ask_field_names(const ApiTask& task) const {
  UrlQuery query{{"offset", task.place}};
  return get_request("/api/3/fields" + query.add("limit", std::int64_t{k_page}).text());
}

/// Leads to the contacts, with ids and names of the custom fields in the memo: "7=JOB_TITLE,8=…".
Result<void> ActiveCampaignApi::read_field_names(const ApiTask& task, const HttpResponse& answer,
                                                 ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["fields"], "fields"));
  std::size_t rows = 0;
  auto names = task.memo;
  each_element(json["fields"], [&](const Json& field) {
    ++rows;
    const auto tag = text_of(field["perstag"]);
    names.append(names.empty() ? "" : ",").append(scalar_text(field["id"])).append("=");
    names.append(tag.empty() ? text_of(field["title"]) : tag);
  });
  if (auto more = next_offset(task, rows, k_page, count_of(json["meta"]["total"]))) {
    more->memo = names;
    sink.next(std::move(*more));
    return {};
  }
  ApiTask contacts{.step = "contacts",
                   .memo = names,
                   .since = task.since,
                   .until = task.until,
                   .rank = task.rank};
  contacts.calls = task.since > 0 ? 1 : 10;
  sink.next(std::move(contacts));
  return {};
}

/// By id, as pages by offset get slow.
HttpRequest ActiveCampaignApi::ask_contacts(const ApiTask& task) const {
  UrlQuery query{
      {"orders[id]", "ASC"},
      {"id_greater", task.place},
      {"filters[updated_after]", task.since > 0 ? iso_offset_time(task.since) : std::string()},
      {"include", "contactLists,fieldValues"}};
  return get_request("/api/3/contacts" + query.add("limit", std::int64_t{k_page}).text());
}

Result<void> ActiveCampaignApi::read_contacts(const ApiTask& task, const HttpResponse& answer,
                                              ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["contacts"], "contacts"));
  const auto given = facts();
  const auto names = split(task.memo, ',');
  const Besides besides(json.root(), m_list);
  each_element(json["contacts"], json_member(answer.body, "contacts"),
               [&](const Json& row, std::string_view record) {
                 const JsonScalar id(row["id"]);
                 k_contacts.read({row, record, given}, sink.records());
                 if (std::string_view(id).empty()) {
                   return;
                 }
                 RecipientView view;
                 view.record = record;
                 view.address = text_of(row["email"]);
                 view.contact_id = id;
                 view.list = m_list;
                 view.subscription = besides.subscription(id);
                 view.changed_at = seconds_of(row["udate"], m_zone);
                 Attributes attributes;
                 for (const auto name : names) {
                   const auto equals = name.find('=');
                   attributes.add(name.substr(equals + 1),
                                  besides.field(id, name.substr(0, equals)));
                 }
                 view.attributes = attributes.all();
                 if (!view.address.empty() &&
                     (!view.attributes.empty() || view.subscription != Subscription::unknown)) {
                   sink.records().accept(view);
                 }
               });
  if (auto more = next_ids(task, json["contacts"], k_page)) {
    sink.next(std::move(*more));
  } else {
    sink.mark("contacts", format_time(task.until));
  }
  return {};
}

std::optional<ApiTask> next_ids(const ApiTask& task, const Json& contacts, std::size_t page) {
  std::size_t rows = 0;
  std::uint64_t last = offset_of(task);
  const auto before = last;
  each_element(contacts, [&](const Json& row) {
    ++rows;
    last = std::max(last, count_of(row["id"]).value_or(0));
  });
  if (rows < page || last == before) {
    return std::nullopt;
  }
  auto more = task;
  more.place = std::to_string(last);
  more.calls = std::max(1.0, task.calls - 1);
  return more;
}

Besides::Besides(const Json& answer, std::string_view list) {
  each_element(answer["contactLists"], [&](const Json& row) {
    const JsonScalar which(row["list"]), status(row["status"]);
    if (!list.empty() && std::string_view(which) != list) {
      return;
    }
    auto& found = m_contacts[scalar_text(row["contact"])].subscription;
    if (std::string_view(status) == "1") {
      found = Subscription::subscribed;
    } else if (std::string_view(status) == "2" && found != Subscription::subscribed) {
      found = Subscription::unsubscribed;
    } else if (std::string_view(status) == "3" && found == Subscription::unknown) {
      found = Subscription::cleaned; // bounced
    }
  });
  each_element(answer["fieldValues"], [this](const Json& row) {
    m_contacts[scalar_text(row["contact"])].fields[scalar_text(row["field"])] =
        scalar_text(row["value"]);
  });
}

Subscription Besides::subscription(std::string_view contact) const {
  const auto found = m_contacts.find(contact);
  return found == m_contacts.end() ? Subscription::unknown : found->second.subscription;
}

std::string_view Besides::field(std::string_view contact, std::string_view field) const {
  const auto found = m_contacts.find(contact);
  if (found == m_contacts.end()) {
    return {};
  }
  const auto value = found->second.fields.find(field);
  return value == found->second.fields.end() ? std::string_view() : std::string_view(value->second);
}

} // namespace mailfunnel::activecampaign
