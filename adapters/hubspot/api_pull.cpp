#include "api.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::hubspot {

using namespace std::string_view_literals;

namespace {

constexpr std::int64_t k_first = std::int64_t{1} << 40;
constexpr std::int64_t k_events_page = 1000;
constexpr std::int64_t k_emails_page = 100, k_contacts_page = 100, k_found_page = 200;
constexpr std::uint64_t k_most_found = 10'000; // of one search, over all its pages
constexpr Seconds k_window = 7 * k_day;        // of events, in one request
constexpr Seconds k_most_windows = 150;        // of a long history: they get longer
constexpr Seconds k_smallest_window = 3600;
constexpr Seconds k_overlap = k_day;     // events have no time at which they were stored
constexpr Seconds k_lively = 30 * k_day; // for so long an e-mail's figures are asked for
constexpr std::size_t k_most_properties = 200;

/// HubSpot's own properties that tell what somebody is; all of the account's own are read besides.
constexpr std::array k_properties{
    "email"sv,          "hs_email_optout"sv, "firstname"sv,
    "lastname"sv,       "jobtitle"sv,        "company"sv,
    "industry"sv,       "numemployees"sv,    "annualrevenue"sv,
    "city"sv,           "state"sv,           "zip"sv,
    "country"sv,        "website"sv,         "lifecyclestage"sv,
    "hs_lead_status"sv, "hs_language"sv,     "hs_persona"sv,
    "hs_timezone"sv,    "createdate"sv,
};

std::optional<Seconds> seconds_in(const ApiMarks& marks, std::string_view stream) {
  const auto mark = marks.find(stream);
  const auto time =
      mark == marks.end() || mark->second.empty() ? std::nullopt : parse_time(mark->second);
  return time ? std::optional(time->seconds) : std::nullopt;
}

std::string milliseconds(Seconds time) {
  return std::to_string(std::max<Seconds>(time, 0) * 1000);
}

bool is_number(const Json& value) {
  return count_of(value).has_value();
}

/// `open` and `click` count people; without machines where the account is set to filter them.
MailingTotals totals_of(std::string_view campaign, const Json& counters) {
  MailingTotals totals;
  totals.campaign = campaign;
  totals.sent = count_of(counters["sent"]);
  totals.delivered = count_of(counters["delivered"]);
  totals.unique_opens = count_of(counters["open"]);
  totals.unique_clicks = count_of(counters["click"]);
  totals.hard_bounces = count_of(counters["hardbounced"]);
  totals.soft_bounces = count_of(counters["softbounced"]);
  totals.unsubscribes = count_of(counters["unsubscribed"]);
  totals.complaints = count_of(counters["spamreport"]);
  return totals;
}

} // namespace

std::vector<ApiTask> HubSpotApi::pull(const PullRequest& request) const {
  const auto events = seconds_in(request.marks, "events");
  const auto contacts = seconds_in(request.marks, "contacts");
  const auto back = [&](Seconds by) {
    return events ? std::max(request.since, std::min(*events, request.now) - by) : request.since;
  };
  ApiTask emails{.step = "emails", .since = back(k_lively), .until = request.now, .rank = k_first};
  emails.memo = "0 " + std::to_string(back(k_overlap));
  ApiTask names{.step = "property-names", .until = request.now, .rank = -1};
  names.calls = contacts ? 2 : 11;
  if (contacts) {
    names.since = std::max<Seconds>(std::min(*contacts, request.now) - k_overlap, 1);
  }
  return {emails, names};
}

// ---- mailings
// ------------------------------------------------------------------------------------

HttpRequest HubSpotApi::ask_emails(const ApiTask& task) const {
  UrlQuery query{{"isPublished", "true"}, {"includeStats", "true"}, {"after", task.place}};
  if (task.since > 0) {
    query.add("updatedAfter", format_time(task.since));
  }
  return get_request("/marketing/v3/emails" + query.add("limit", k_emails_page).text());
}

/// The last page leads to the events, in windows of time. `memo`: how many there are, as far as the
/// pages before tell, and since when they are wanted.
Result<void> HubSpotApi::read_emails(const ApiTask& task, const HttpResponse& answer,
                                     ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["results"], "results"));
  MF_CHECK(read_json_body(answer.body, k_emails, sink.records()));
  std::uint64_t events = 0;
  each_element(json["results"], [&](const Json& email) {
    const auto counters = email["stats"]["counters"];
    for (const auto name : {"sent"sv, "delivered"sv, "open"sv, "click"sv}) {
      events += count_of(counters[name]).value_or(0);
    }
    std::vector<std::string> ids;
    each_element(email["allEmailCampaignIds"],
                 [&ids](const Json& one) { ids.emplace_back(scalar_text(one)); });
    if (ids.empty() && is_number(email["primaryEmailCampaignId"])) {
      ids.emplace_back(scalar_text(email["primaryEmailCampaignId"]));
    }
    for (const auto& id : ids) {
      sink.mark("campaign/" + id, "known");
    }
    if (ids.size() == 1 && is_there(counters)) {
      sink.totals(totals_of(ids.front(), counters));
    }
  });
  const auto memo = split(task.memo, ' ');
  const auto number = [&memo](std::size_t at, std::int64_t otherwise) {
    return at < memo.size() ? parse_int(memo[at]).value_or(otherwise) : otherwise;
  };
  events += static_cast<std::uint64_t>(std::max<std::int64_t>(number(0, 0), 0));
  const auto since = number(1, task.since);
  if (auto more = next_after(task, json)) {
    more->memo = std::to_string(events) + " " + std::to_string(since);
    sink.next(std::move(*more));
    return {};
  }
  const auto span = std::max(k_window, (task.until - since) / k_most_windows + 1);
  const auto windows = (task.until - since) / span + 1;
  for (auto until = task.until; until > since; until -= span) {
    ApiTask window{.step = "events", .since = std::max(since, until - span), .until = until};
    window.rank = until;
    window.calls = std::max(1.0, static_cast<double>(events) / static_cast<double>(k_events_page) /
                                     static_cast<double>(windows));
    sink.next(std::move(window));
  }
  sink.mark("events", format_time(task.until));
  return {};
}

// ---- events
// --------------------------------------------------------------------------------------

/// From `since` on and before the second after `until`.
HttpRequest HubSpotApi::ask_events(const ApiTask& task) const {
  UrlQuery query{{"startTimestamp", milliseconds(task.since)},
                 {"endTimestamp", std::to_string(task.until * 1000 + 999)},
                 {"offset", task.place}};
  return get_request("/email/public/v1/events" + query.add("limit", k_events_page).text());
}

bool HubSpotApi::understands(const ApiTask& task, int status) const {
  const auto* step = step_of(task.step);
  const bool too_large =
      task.step == "events" && status >= 500 && task.until - task.since > k_smallest_window;
  return too_large || (step != nullptr && step->also == status);
}

Result<void> HubSpotApi::read_events(const ApiTask& task, const HttpResponse& answer,
                                     ApiSink& sink) const {
  if (!answer.ok()) { // see understands(): it takes HubSpot too long
    const auto middle = task.since + (task.until - task.since) / 2;
    for (const auto& [from, to] : {std::pair(middle, task.until), std::pair(task.since, middle)}) {
      ApiTask half{.step = "events", .since = from, .until = to, .rank = to};
      half.calls = std::max(1.0, task.calls / 2);
      sink.next(std::move(half));
    }
    return {};
  }
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["events"], "events"));
  const auto offset = text_of(json["offset"]);
  const bool more = is_true(json["hasMore"]);
  if (more && (offset.empty() || offset == task.place)) {
    return Error{ErrorCode::bad_syntax, "the answer says that there is more, but not where"};
  }
  MF_CHECK(read_json_body(answer.body, k_events, sink.records()));
  each_element(json["events"], [&](const Json& event) { // of mailings that are no marketing e-mails
    const auto id = scalar_text(event["emailCampaignId"]);
    if (!id.empty() && sink.marked("campaign/" + id).empty()) {
      sink.mark("campaign/" + id, "asked");
      sink.next({.step = "campaign",
                 .campaign = id,
                 .memo = scalar_text(event["appId"]),
                 .rank = task.rank});
    }
  });
  if (more) {
    auto next = task;
    next.place = offset;
    next.calls = std::max(1.0, task.calls - 1);
    sink.next(std::move(next));
  }
  return {};
}

HttpRequest HubSpotApi::ask_campaign(const ApiTask& task) const {
  return get_request("/email/public/v1/campaigns/" + task.campaign +
                     UrlQuery{{"appId", task.memo}}.text());
}

Result<void> HubSpotApi::read_campaign(const ApiTask&, const HttpResponse& answer,
                                       ApiSink& sink) const {
  if (!answer.ok()) { // deleted
    return {};
  }
  MF_TRY(json, read_json(answer));
  return read_json_body(answer.body, k_campaigns, sink.records());
}

// ---- contacts
// ------------------------------------------------------------------------------------

HttpRequest HubSpotApi::ask_property_names(const ApiTask&) const {
  return get_request("/crm/v3/properties/contacts");
}

/// Leads to the contacts, with the names in the memo.
Result<void> HubSpotApi::read_property_names(const ApiTask& task, const HttpResponse& answer,
                                             ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["results"], "results"));
  std::vector<std::string> names;
  std::size_t left_out = 0;
  each_element(json["results"], [&](const Json& property) {
    const auto name = text_of(property["name"]);
    const bool wanted =
        std::find(k_properties.begin(), k_properties.end(), name) != k_properties.end();
    const bool own = !is_true(property["hubspotDefined"]) && !name.starts_with("hs_") &&
                     name != "lastmodifieddate" && !is_true(property["archived"]);
    if (name.empty() || !(wanted || own)) {
      return;
    }
    if (names.size() < k_most_properties) {
      names.emplace_back(name);
    } else {
      ++left_out;
    }
  });
  if (left_out != 0) {
    sink.note("HubSpot: contacts have more properties of your own than are read: " +
              std::to_string(left_out) + " are left out");
  }
  ApiTask contacts{.step = task.since > 0 ? "changed-contacts" : "contacts",
                   .memo = join(names, ","),
                   .since = task.since,
                   .until = task.until,
                   .rank = task.rank};
  contacts.calls = task.since > 0 ? 1 : 10;
  sink.next(std::move(contacts));
  return {};
}

HttpRequest HubSpotApi::ask_contacts(const ApiTask& task) const {
  UrlQuery query{{"after", task.place}, {"properties", task.memo}};
  return get_request("/crm/v3/objects/contacts" + query.add("limit", k_contacts_page).text());
}

Result<void> HubSpotApi::read_contacts(const ApiTask& task, const HttpResponse& answer,
                                       ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["results"], "results"));
  MF_CHECK(read_json_body(answer.body, k_contacts, sink.records()));
  if (auto more = next_after(task, json)) {
    sink.next(std::move(*more));
  } else {
    sink.mark("contacts", format_time(task.until));
  }
  return {};
}

/// By record id: a search that holds too many goes on behind the last one it gave (`campaign`).
HttpRequest HubSpotApi::ask_changed_contacts(const ApiTask& task) const {
  std::string body = R"({"filterGroups":[{"filters":[{"propertyName":"lastmodifieddate",)"
                     R"("operator":"GTE","value":)" +
                     json_string(milliseconds(task.since)) + "}";
  if (!task.campaign.empty()) {
    body += R"(,{"propertyName":"hs_object_id","operator":"GT","value":)" +
            json_string(task.campaign) + "}";
  }
  body += R"(]}],"sorts":[{"propertyName":"hs_object_id","direction":"ASCENDING"}],"properties":[)";
  bool first = true;
  for (const auto& name : split(task.memo, ',')) {
    body += first ? "" : ",";
    body += json_string(name);
    first = false;
  }
  body += "],\"limit\":" + std::to_string(k_found_page);
  if (!task.place.empty()) {
    body += ",\"after\":" + json_string(task.place);
  }
  auto request = json_request("POST", "/crm/v3/objects/contacts/search", body + "}");
  request.repeatable = true;
  return request;
}

Result<void> HubSpotApi::read_changed_contacts(const ApiTask& task, const HttpResponse& answer,
                                               ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["results"], "results"));
  MF_CHECK(read_json_body(answer.body, k_contacts, sink.records()));
  auto more = next_after(task, json);
  if (!more) {
    sink.mark("contacts", format_time(task.until));
    return {};
  }
  if (offset_of(*more) + k_found_page > k_most_found) {
    std::uint64_t last = 0;
    each_element(json["results"], [&last](const Json& contact) {
      last = std::max(last, count_of(contact["id"]).value_or(0));
    });
    more->campaign = std::to_string(last);
    more->place.clear();
  }
  sink.next(std::move(*more));
  return {};
}

} // namespace mailfunnel::hubspot
