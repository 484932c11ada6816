// Answers that a sync asks for. Names of the elements around rows are not documented; those of
// what is in them are the same as in JSON:
//   GET clients.xml <Clients><Client><ClientID>4a39…</ClientID><Name>Shop</Name></Client></Clients>
//   GET campaigns/{id}/summary
//   <Summary><Recipients>980</Recipients><TotalOpened>1220</TotalOpened><Clicks>87</Clicks>…</Summary>
//   GET journeys/{id}
//   <Journey><JourneyID>a1a1…</JourneyID><Name>Welcome</Name><Emails><Email><EmailID>b1b1…</EmailID>
//                                  <Name>Day
//                                  1</Name><Sent>12</Sent><Opened>3</Opened>…</Email></Emails></Journey>
// and pages of rows (row.cpp). https://www.campaignmonitor.com/api/v3-3/campaigns/, …/clients/,
// …/lists/, …/journeys/

#include "api.hpp"

#include "adapter/api_request.hpp"
#include "adapter/xml_reader.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>

namespace mailfunnel::campaignmonitor {

using namespace std::string_view_literals;

namespace {

constexpr Seconds k_lively = 30 * k_day; // for so long a mailing's figures are compared
constexpr Seconds k_overlap = k_day;
constexpr Seconds k_whole = 7 * k_day; // so often all active subscribers are asked for
constexpr double k_page = 1000;
constexpr std::int64_t k_first = std::int64_t{1} << 40;
constexpr auto k_journey = "journey-"sv; // of steps

/// What a mailing's figures say of one stream.
struct Figure {
  std::string step;
  std::uint64_t rows;  // about; 0: there is nothing
  std::string compare; // if it is another than the last time, there is something new
};

/// Asks for those streams of a mailing that have something new. The figures are noted as soon as
/// the tasks are: both are kept in one transaction.
void ask_for_news(const ApiTask& of, std::span<const Figure> figures, ApiSink& sink) {
  for (const auto& [step, rows, compare] : figures) {
    const auto figure = step + "/" + of.campaign, seen = figure + "/since";
    if (rows == 0 || sink.marked(figure) == compare) {
      continue;
    }
    ApiTask more{.step = step,
                 .campaign = of.campaign,
                 .memo = of.memo,
                 .since = of.since,
                 .until = of.until,
                 .rank = of.rank};
    if (const auto last = mark_time(sink.marked(seen))) {
      more.since = std::max<Seconds>(*last - k_overlap, 1);
    }
    more.calls = more.since > 0 ? 1 : std::max(1.0, static_cast<double>(rows) / k_page);
    sink.mark(figure, compare);
    sink.mark(seen, format_time(of.until));
    sink.next(std::move(more));
  }
}

/// Figures of the streams; opens and clicks as one, as it is not said whether a second click of
/// somebody counts.
std::vector<Figure> figures_of(pugi::xml_node node, std::string_view prefix, std::string_view sent,
                               std::string_view opened) {
  const auto value = [node](std::string_view name) { return number_in(node, name).value_or(0); };
  const auto figure = [&](std::string_view step, std::uint64_t rows) {
    return Figure{std::string(prefix) + std::string(step), rows, std::to_string(rows)};
  };
  std::vector<Figure> figures{figure("recipients", value(sent)), figure("opens", value(opened)),
                              figure("clicks", value("Clicks")),
                              figure("bounces", value("Bounced")),
                              figure("unsubscribes", value("Unsubscribed"))};
  figures[1].compare += "," + figures[2].compare;
  figures[2].compare = figures[1].compare;
  return figures;
}

} // namespace

RowReader CampaignMonitorApi::reader(const ApiTask& task, Stream stream) const {
  const auto zone = zone_of(task);
  Settings settings(LogContext{.campaign = task.campaign, .zone = zone, .zone_given = true});
  settings.list = task.campaign;
  settings.stream = stream;
  settings.asked_for = true;
  if (!task.step.starts_with(k_journey)) {
    settings.sent_day = task.rank; // recipients have no time: they all go out then
  }
  return RowReader(settings);
}

// ---- what there is -----------------------------------------------------------------------------

std::vector<ApiTask> CampaignMonitorApi::pull(const PullRequest& request) const {
  const ApiTask client{.step = "client",
                       .campaign = m_client,
                       .since = request.since,
                       .until = request.now,
                       .rank = k_first};
  if (m_client.empty()) {
    auto clients = client;
    clients.step = "clients";
    return {clients};
  }
  if (!m_zone_given) {
    return {client};
  }
  return client_tasks(client, [&request](std::string_view stream) -> std::string_view {
    const auto found = request.marks.find(stream);
    return found == request.marks.end() ? std::string_view() : std::string_view(found->second);
  });
}

bool CampaignMonitorApi::discovers(const ApiTask& task) const {
  constexpr std::array k_steps{"clients"sv,  "client"sv,  "campaigns"sv, "lists"sv,
                               "journeys"sv, "journey"sv, "summary"sv};
  return std::find(k_steps.begin(), k_steps.end(), task.step) != k_steps.end();
}

std::vector<ApiTask> CampaignMonitorApi::client_tasks(const ApiTask& client,
                                                      const Marked& marked) const {
  std::vector<ApiTask> tasks;
  const auto add = [&](std::string_view step, std::int64_t rank) -> ApiTask& {
    auto& task = tasks.emplace_back(client);
    task.step = step;
    task.rank = rank;
    task.place.clear();
    return task;
  };
  auto& campaigns = add("campaigns", k_first);
  if (const auto last = mark_time(marked("campaigns/" + client.campaign))) {
    campaigns.since = std::max(client.since, std::min(*last, client.until) - k_lively);
  }
  if (m_journeys) {
    add("journeys", k_first);
  }
  if (m_list.empty() || m_client.empty()) {
    add("lists", k_first);
  }
  auto& suppressed = add("suppressed", -1);
  const auto last = mark_time(marked("suppressed/" + client.campaign));
  suppressed.since = last ? *last - k_overlap : 0;
  if (!m_list.empty() && !m_client.empty()) {
    auto more = list_tasks(client, m_list, marked);
    tasks.insert(tasks.end(), more.begin(), more.end());
  }
  return tasks;
}

/// Dates tell when somebody came into that state, not when his or her fields were changed: so all
/// active ones are asked for now and then.
std::vector<ApiTask> CampaignMonitorApi::list_tasks(const ApiTask& from, std::string_view list,
                                                    const Marked& marked) const {
  std::vector<ApiTask> tasks;
  for (const auto* step : {"active", "unconfirmed", "unsubscribed", "bounced", "deleted"}) {
    ApiTask task{.step = step,
                 .campaign = std::string(list),
                 .memo = from.memo,
                 .until = from.until,
                 .rank = -1};
    const auto last = mark_time(marked(task.step + "/" + task.campaign));
    const auto whole = mark_time(marked("whole/" + task.campaign));
    const bool all = !last || (task.step == "active" && (!whole || *whole + k_whole <= from.until));
    task.since = all ? 0 : *last - k_overlap;
    task.calls = all && task.step == "active" ? 10 : 1;
    tasks.push_back(std::move(task));
  }
  return tasks;
}

void CampaignMonitorApi::read_clients(const ApiTask& task, const XmlDocument& xml,
                                      ApiSink& sink) const {
  for (const auto& row : elements_of(xml.root())) {
    auto client = task;
    client.step = "client";
    client.campaign = trimmed_text(row, "ClientID");
    if (client.campaign.empty()) {
      continue;
    }
    if (!m_zone_given) {
      sink.next(std::move(client));
      continue;
    }
    for (auto& more : client_tasks(client, [&sink](auto stream) { return sink.marked(stream); })) {
      sink.next(std::move(more));
    }
  }
}

/// Asked for where the config names no zone.
Result<void> CampaignMonitorApi::read_client(const ApiTask& task, const XmlDocument& xml,
                                             ApiSink& sink) const {
  const auto text = trimmed_text(find_element(xml.root(), "BasicDetails"), "TimeZone");
  if (text.empty()) {
    return Error{ErrorCode::bad_syntax, "the client's details have no TimeZone"};
  }
  const auto zone = zone_of_client(text);
  if (zone.empty()) {
    return Error{ErrorCode::usage, "the client's time zone \"" + printable(text, 80) +
                                       "\" is not known: give the account zone = \"Europe/…\", as "
                                       "dates of Campaign Monitor name none"};
  }
  auto client = task;
  client.memo = zone;
  sink.note("dates are taken to be in the client's time zone, " + client.memo +
            "; zone = \"…\" of the account says otherwise");
  for (auto& more : client_tasks(client, [&sink](auto stream) { return sink.marked(stream); })) {
    sink.next(std::move(more));
  }
  return {};
}

void CampaignMonitorApi::read_lists(const ApiTask& task, const XmlDocument& xml,
                                    ApiSink& sink) const {
  for (const auto& row : elements_of(xml.root())) {
    const auto list = trimmed_text(row, "ListID");
    if (list.empty() || (!m_list.empty() && list != m_list)) {
      continue;
    }
    for (auto& more :
         list_tasks(task, list, [&sink](auto stream) { return sink.marked(stream); })) {
      sink.next(std::move(more));
    }
  }
}

// ---- mailings ----------------------------------------------------------------------------------

Result<void> CampaignMonitorApi::read_campaigns(const ApiTask& task, const XmlDocument& xml,
                                                std::string_view body, ApiSink& sink) const {
  MF_CHECK(need_results(xml));
  const auto zone = zone_of(task);
  auto rows = reader(task, Stream::campaign);
  const auto count = read_xml_rows(xml, body, [&](const Row& row, std::string_view list) {
    rows.read(row, list, sink.records());
    const auto sent = parse_time(row["SentDate"], zone);
    ApiTask summary{.step = "summary",
                    .campaign = std::string(row["CampaignID"]),
                    .memo = task.memo,
                    .until = task.until};
    if (!sent || row["SentDate"].empty() || summary.campaign.empty() ||
        sent->seconds < task.since) {
      return;
    }
    summary.rank = sent->seconds;
    summary.calls = 1;
    const auto known = "audience/" + summary.campaign;
    if (sink.marked(known).empty()) {
      auto audience = summary;
      audience.step = "audience";
      sink.mark(known, "asked");
      sink.next(std::move(audience));
    }
    sink.next(std::move(summary));
  });
  if (auto more = next_page(task, xml, count)) {
    sink.next(std::move(*more));
    return {};
  }
  const auto stream = "campaigns/" + task.campaign;
  if (sink.marked(stream).empty()) {
    sink.note(
        "Campaign Monitor's API does not give the HTML of mailings: links that nobody clicked "
        "come from campaign XML (mailfunnel import)");
    if (!m_journeys) {
      sink.note("mails of journeys are not asked for; journeys = \"yes\" of the account does it");
    }
  }
  sink.mark(stream, format_time(task.until));
  return {};
}

Result<void> CampaignMonitorApi::read_summary(const ApiTask& task, const XmlDocument& xml,
                                              ApiSink& sink) const {
  const auto root = xml.root();
  MailingTotals totals;
  totals.campaign = task.campaign;
  totals.sent = number_in(root, "Recipients");
  if (!totals.sent) {
    return Error{ErrorCode::bad_syntax, "the summary has no Recipients"};
  }
  const auto bounced = number_in(root, "Bounced").value_or(0);
  totals.delivered = *totals.sent - std::min(*totals.sent, bounced);
  totals.opens = number_in(root, "TotalOpened");
  totals.unique_opens = number_in(root, "UniqueOpened");
  totals.clicks = number_in(root, "Clicks");
  totals.unsubscribes = number_in(root, "Unsubscribed");
  totals.complaints = number_in(root, "SpamComplaints");
  sink.totals(totals);
  auto figures = figures_of(root, "", "Recipients", "TotalOpened");
  const auto complaints = totals.complaints.value_or(0);
  figures.push_back({"spam", complaints, std::to_string(complaints)});
  ask_for_news(task, figures, sink);
  return {};
}

Result<void> CampaignMonitorApi::read_audience(const ApiTask& task, const XmlDocument& xml,
                                               std::string_view body, ApiSink& sink) const {
  Campaign campaign;
  campaign.id = task.campaign;
  const auto lists = find_element(xml.root(), "Lists"),
             segments = find_element(xml.root(), "Segments");
  if (!lists) {
    return Error{ErrorCode::bad_syntax, "the answer has no <Lists>"};
  }
  for (const auto& list : elements_of(lists)) {
    campaign.audience.push_back({"list", trimmed_text(list, "ListID"), trimmed_text(list, "Name")});
  }
  for (const auto& segment : elements_of(segments)) {
    campaign.audience.push_back(
        {"segment", trimmed_text(segment, "SegmentID"), trimmed_text(segment, "Title")});
  }
  sink.records().accept(campaign, body);
  return {};
}

void CampaignMonitorApi::read_journeys(const ApiTask& task, const XmlDocument& xml,
                                       ApiSink& sink) const {
  for (const auto& row : elements_of(xml.root())) {
    ApiTask journey{.step = "journey",
                    .campaign = trimmed_text(row, "JourneyID"),
                    .memo = task.memo,
                    .since = task.since,
                    .until = task.until,
                    .rank = task.until};
    if (!journey.campaign.empty()) {
      sink.next(std::move(journey));
    }
  }
}

/// Each mail of a journey is a mailing of its own.
Result<void> CampaignMonitorApi::read_journey(const ApiTask& task, const XmlDocument& xml,
                                              std::string_view body, ApiSink& sink) const {
  const auto root = xml.root();
  if (trimmed_text(root, "JourneyID").empty()) {
    return Error{ErrorCode::bad_syntax, "the answer has no JourneyID"};
  }
  for (const auto& mail : elements_of(find_element(root, "Emails"))) {
    Campaign campaign;
    campaign.id = trimmed_text(mail, "EmailID");
    if (campaign.id.empty()) {
      sink.records().reject("a journey's mail without EmailID", body);
      continue;
    }
    campaign.kind = CampaignKind::automation;
    campaign.parent = task.campaign;
    campaign.name = trimmed_text(root, "Name") + ": " + trimmed_text(mail, "Name");
    campaign.status = trimmed_text(root, "Status");
    sink.records().accept(campaign, body);

    MailingTotals totals;
    totals.campaign = campaign.id;
    totals.sent = number_in(mail, "Sent");
    totals.opens = number_in(mail, "Opened");
    totals.unique_opens = number_in(mail, "UniqueOpened");
    totals.clicks = number_in(mail, "Clicks");
    totals.unsubscribes = number_in(mail, "Unsubscribed");
    sink.totals(totals);
    auto of = task;
    of.campaign = campaign.id;
    ask_for_news(of, figures_of(mail, k_journey, "Sent", "Opened"), sink);
  }
  return {};
}

Result<void> CampaignMonitorApi::read_stream(const ApiTask& task, const XmlDocument& xml,
                                             std::string_view body, ApiSink& sink) const {
  MF_CHECK(need_results(xml));
  const std::string_view step = task.step;
  const auto* stream =
      report_stream(step.starts_with(k_journey) ? step.substr(k_journey.size()) : step);
  if (stream == nullptr) {
    return Error{ErrorCode::io, "no such step: " + task.step};
  }
  auto rows = reader(task, stream->stream);
  const auto count = read_xml_rows(xml, body, [&](const Row& row, std::string_view list) {
    rows.read(row, list, sink.records());
  });
  if (auto more = next_page(task, xml, count)) {
    sink.next(std::move(*more));
  }
  return {};
}

// ---- people ------------------------------------------------------------------------------------

Result<void> CampaignMonitorApi::read_subscribers(const ApiTask& task, const XmlDocument& xml,
                                                  std::string_view body, ApiSink& sink) const {
  MF_CHECK(need_results(xml));
  auto rows = reader(task, Stream::subscriber);
  const auto count = read_xml_rows(xml, body, [&](const Row& row, std::string_view) {
    rows.read(row, task.campaign, sink.records());
  });
  if (auto more = next_page(task, xml, count)) {
    sink.next(std::move(*more));
    return {};
  }
  sink.mark(task.step + "/" + task.campaign, format_time(task.until));
  if (task.step == "active" && task.since == 0) {
    sink.mark("whole/" + task.campaign, format_time(task.until));
  }
  return {};
}

/// The client mails them never, whatever list they are in. The newest come first; it can't be asked
/// for those since a day.
Result<void> CampaignMonitorApi::read_suppressed(const ApiTask& task, const XmlDocument& xml,
                                                 std::string_view body, ApiSink& sink) const {
  MF_CHECK(need_results(xml));
  const auto zone = zone_of(task);
  bool older = false;
  const auto count = read_xml_rows(xml, body, [&](const Row& row, std::string_view) {
    RecipientView recipient;
    recipient.record = row.record;
    recipient.address = row["EmailAddress"];
    recipient.subscription = iequals(row["SuppressionReason"], "Bounced")
                                 ? Subscription::cleaned
                                 : Subscription::unsubscribed;
    if (const auto time = parse_time(row["Date"], zone); time && !row["Date"].empty()) {
      recipient.changed_at = time->seconds;
      older = older || time->seconds < task.since;
    }
    if (recipient.address.empty()) {
      sink.records().reject("no EmailAddress", row.record);
    } else {
      sink.records().accept(recipient);
    }
  });
  auto more = older ? std::nullopt : next_page(task, xml, count);
  if (more) {
    sink.next(std::move(*more));
  } else {
    sink.mark("suppressed/" + task.campaign, format_time(task.until));
  }
  return {};
}

} // namespace mailfunnel::campaignmonitor
