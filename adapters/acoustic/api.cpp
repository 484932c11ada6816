// Acoustic Campaign's XML API: one address, to which every command is posted,
//   <Envelope><Body><GetSentMailingsForOrg><DATE_START>05/01/2026
//   00:00:00</DATE_START>…</GetSentMailingsForOrg></Body></Envelope>
// and answered with a RESULT whose SUCCESS is true or false; of a failure, with status 200:
//   <Envelope><Body><RESULT><SUCCESS>false</SUCCESS></RESULT><Fault><FaultString>Session has
//   expired or is
//   invalid</FaultString><detail><error><errorid>145</errorid></error></detail></Fault></Body></Envelope>
// https://developer.goacoustic.com/acoustic-campaign/reference/overview
//
// Pull. What the API answers itself: mailings that were sent, their figures and links, their
// bodies. What people did it only writes into a file on the SFTP server (RawRecipientDataExport),
// which is imported. There are no pages, but windows of time.
//
// Push. Fields of the database, a contact a call: AddRecipient with UPDATE_IF_FOUND, for those
// alone that SelectRecipientData has just found, and without an automatic answer.

#include "readers.hpp"

#include "adapter/api_request.hpp"
#include "adapter/framing.hpp"
#include "adapter/xml_reader.hpp"
#include "base/text.hpp"
#include "base/xml.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace mailfunnel::acoustic {

using namespace std::string_view_literals;

namespace {

constexpr Seconds k_window = 31 * k_day;
constexpr Seconds k_lively = 30 * k_day; // for so long a mailing's figures are asked for
constexpr Seconds k_zones = k_day;       // dates are in a zone that is not documented
constexpr auto k_session_over = "145"sv; // errorid
constexpr char k_between = '\n';         // names of columns

std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    default:
      if (static_cast<unsigned char>(c) >= 0x20U || c == '\n' || c == '\t') {
        out += c;
      }
    }
  }
  return out;
}

std::string element(std::string_view name, std::string_view content) {
  std::string out("<");
  out.append(name).append(">").append(content).append("</").append(name).append(">");
  return out;
}

std::string column(std::string_view name, std::string_view value) {
  return element("COLUMN", element("NAME", xml_text(name)) + element("VALUE", xml_text(value)));
}

/// mm/dd/yyyy hh:mm:ss
std::string date_of(Seconds time) {
  const auto iso = format_time(time);
  return iso.substr(5, 2) + "/" + iso.substr(8, 2) + "/" + iso.substr(0, 4) + " " +
         iso.substr(11, 8);
}

std::optional<std::uint64_t> number_in(pugi::xml_node node, std::string_view name) {
  const auto text = trimmed_text(node, name);
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = failed == std::errc() && !text.empty() && end == text.data() + text.size();
  return whole ? std::optional(number) : std::nullopt;
}

class AcousticApi : public Api {
public:
  explicit AcousticApi(const ApiAccount& account)
      : m_list(account.list), m_client(account.secret("client_id")),
        m_client_secret(account.secret("client_secret")),
        m_refresh(account.secret("refresh_token")), m_token(account.secret("access_token")),
        m_zone(account.zone), m_zone_given(account.zone_given) {
    const auto pod = account.setting("pod").empty() ? "us-1"sv : account.setting("pod");
    m_base =
        base_url(account, "https://api-campaign-" + std::string(pod) + ".goacoustic.com/XMLAPI");
  }

  // Ten at a time for the whole organisation, and others use it too.
  ApiLimits limits() const override { return {.per_second = 5, .burst = 5, .connections = 3}; }
  std::vector<std::string> origins() const override { return {origin_of(m_base)}; }
  HttpRequest request(const ApiTask& task) const override;
  Result<void> read(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const override;
  std::string problem(const HttpResponse& answer) const override;

  bool can_pull() const override { return true; }
  bool pulls_opens() const override { return false; }
  std::vector<ApiTask> pull(const PullRequest& request) const override;
  bool discovers(const ApiTask& task) const override { return task.step == "sent"; }

  std::vector<TargetInfo> targets() const override {
    return {
        {TargetKind::fields, "columns of the database; queries over them make the segment", true}};
  }
  Result<std::vector<ApiTask>> look(const PushTarget& target,
                                    std::span<const std::string> wanted) const override;
  Result<std::vector<ApiTask>> create(const PushTarget& target) const override;
  Result<std::vector<PushStep>> change(const PushTarget& target, std::string_view id,
                                       std::span<const MemberChange> changes) const override;
  std::vector<ApiTask> check() const override;
  std::optional<ApiTask> refresh() const override {
    return m_refresh.empty() ? std::nullopt : std::optional(ApiTask{.step = "token"});
  }

private:
  std::string command(const ApiTask& task) const;
  Result<void> read_fault(const ApiTask& task, const XmlDocument& xml, ApiSink& sink) const;
  void read_sent(const ApiTask& task, pugi::xml_node result, std::string_view body,
                 ApiSink& sink) const;
  void read_totals(pugi::xml_node result, std::string_view body, ApiSink& sink) const;
  Result<void> read_columns(const ApiTask& task, pugi::xml_node result, ApiSink& sink) const;
  void read_contact(const ApiTask& task, pugi::xml_node result, ApiSink& sink) const;
  void read_records(std::string_view campaign, std::string_view body, ApiSink& sink) const;

  std::string m_base, m_list, m_client, m_client_secret, m_refresh, m_token;
  TimeZone m_zone;
  bool m_zone_given;
};

// ---- requests ----------------------------------------------------------------------------------

std::string AcousticApi::command(const ApiTask& task) const {
  const auto& step = task.step;
  const auto dates =
      element("DATE_START", date_of(task.since)) + element("DATE_END", date_of(task.until));
  const auto list = element("LIST_ID", xml_text(task.campaign));
  if (step == "sent" || step == "sent-user") {
    return element(
        step == "sent" ? "GetSentMailingsForOrg" : "GetSentMailingsForUser",
        dates + "<PRIVATE/><SHARED/><SENT/><SENDING/><EXCLUDE_TEST_MAILINGS/><INCLUDE_TAGS/>");
  }
  if (step == "totals" || step == "totals-user") {
    return element(step == "totals" ? "GetAggregateTrackingForOrg" : "GetAggregateTrackingForUser",
                   dates +
                       "<PRIVATE/><SHARED/><SENT/><SENDING/><EXCLUDE_TEST_MAILINGS/><PER_CLICK/>");
  }
  if (step == "content") {
    return element(
        "PreviewMailing",
        element("MailingId",
                xml_text(std::string_view(task.campaign).substr(0, task.campaign.find('/')))));
  }
  if (step == "columns" || step == "check-list") {
    return element("GetListMetaData", list);
  }
  if (step == "contact") {
    return element("SelectRecipientData", list + element("EMAIL", xml_text(task.place)));
  }
  if (step == "new-column") {
    return element("AddListColumn", list + element("COLUMN_NAME", xml_text(task.place)) +
                                        element("COLUMN_TYPE", "0") + element("DEFAULT", ""));
  }
  if (step == "check") {
    return element("GetSentMailingsForOrg",
                   dates + "<PRIVATE/><SHARED/><SENT/><MAILING_COUNT_ONLY/>");
  }
  return task.body; // set
}

HttpRequest AcousticApi::request(const ApiTask& task) const {
  HttpRequest request;
  request.repeatable = true; // they read, or set: twice is as once
  if (task.step == "token") {
    request.url = origin_of(m_base) + "/oauth/token";
    request.headers = {{"Accept", "application/json"},
                       {"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = UrlQuery{{"grant_type", "refresh_token"},
                            {"client_id", m_client},
                            {"client_secret", m_client_secret},
                            {"refresh_token", m_refresh}}
                       .text()
                       .substr(1);
    return request;
  }
  request.url = m_base;
  request.headers = {{"Accept", "text/xml"},
                     {"Content-Type", "text/xml;charset=UTF-8"},
                     {"Authorization", bearer_authorization(m_token)}};
  request.body = element("Envelope", element("Body", command(task)));
  return request;
}

std::string AcousticApi::problem(const HttpResponse& answer) const {
  if (const auto json = read_json(answer)) {
    return std::string(text_of((*json)["error_description"]));
  }
  const auto xml = XmlDocument::parse(answer.body);
  return xml ? trimmed_text(find_element(xml->root(), "Fault"), "FaultString") : std::string();
}

// ---- answers -----------------------------------------------------------------------------------

Result<void> AcousticApi::read(const ApiTask& task, const HttpResponse& answer,
                               ApiSink& sink) const {
  if (task.step == "token") {
    MF_TRY(json, read_json(answer));
    const auto token = text_of(json["access_token"]);
    if (token.empty()) {
      return Error{ErrorCode::bad_syntax, "the answer has no access_token"};
    }
    sink.secret("access_token", token);
    return {};
  }
  const auto xml = XmlDocument::parse(answer.body);
  const auto result = xml ? find_element(xml->root(), "RESULT") : pugi::xml_node();
  const auto success = trimmed_text(result, "SUCCESS");
  if (success.empty()) {
    return Error{ErrorCode::bad_syntax,
                 "the answer has no SUCCESS: " + printable(trim(answer.body).substr(0, 80), 80)};
  }
  if (!iequals(success, "true")) {
    return read_fault(task, *xml, sink);
  }
  const auto& step = task.step;
  if (step == "sent" || step == "sent-user") {
    read_sent(task, result, answer.body, sink);
  } else if (step == "totals" || step == "totals-user") {
    read_totals(result, answer.body, sink);
  } else if (step == "content") {
    read_records(task.campaign, answer.body, sink);
  } else if (step == "columns") {
    return read_columns(task, result, sink);
  } else if (step == "new-column") {
    sink.next({.step = "columns", .campaign = task.campaign, .memo = task.memo});
  } else if (step == "contact") {
    read_contact(task, result, sink);
  } else if (step == "check") {
    sink.fact("key", "good", true);
  } else if (step == "check-list") {
    sink.fact("database", trimmed_text(result, "NAME"), true);
  }
  return {};
}

/// What is refused; or not there, which tells something too.
Result<void> AcousticApi::read_fault(const ApiTask& task, const XmlDocument& xml,
                                     ApiSink& sink) const {
  const auto words = trimmed_text(find_element(xml.root(), "Fault"), "FaultString");
  const auto id = trimmed_text(find_element(xml.root(), "error"), "errorid");
  const auto all = words + (id.empty() ? "" : " (" + id + ")");
  if (id == k_session_over) {
    return Error{ErrorCode::unauthorized, all};
  }
  if (task.step == "sent" || task.step == "totals") {
    sink.note(
        "the user is no administrator of the organisation, so only his or her own mailings are "
        "listed: " +
        words);
    auto own = task;
    own.step += "-user";
    sink.next(std::move(own));
    return {};
  }
  if (task.step == "content" || task.step == "contact") { // no body kept; nobody of that address
    return {};
  }
  if (task.step == "set") {
    sink.outcome(task.place, {PushOutcome::State::refused, all});
    return {};
  }
  return Error{ErrorCode::io, "Acoustic answered with a fault: " + all};
}

/// As saved answers are read. `campaign`: of an answer that does not name it.
void AcousticApi::read_records(std::string_view campaign, std::string_view body,
                               ApiSink& sink) const {
  if (const auto reader =
          open_mailings(body, {.campaign = campaign, .zone = m_zone, .zone_given = true})) {
    read_text(*reader, body, sink.records());
  }
}

// ---- pull --------------------------------------------------------------------------------------

std::vector<ApiTask> AcousticApi::pull(const PullRequest& request) const {
  const auto mark = request.marks.find("sent"sv);
  const auto last = mark == request.marks.end() ? std::nullopt : mark_time(mark->second);
  auto since = request.since;
  if (last) {
    since = std::max(since, std::min(*last, request.now) - k_lively);
  }
  std::vector<ApiTask> tasks; // the newest window first; all of them are kept before a mark is
  for (auto until = request.now + k_zones; until > since - k_zones; until -= k_window) {
    for (const auto* step : {"sent", "totals"}) {
      tasks.push_back({.step = step,
                       .memo = format_time(request.now),
                       .since = std::max(since - k_zones, until - k_window),
                       .until = until,
                       .rank = until});
    }
  }
  return tasks;
}

void AcousticApi::read_sent(const ApiTask& task, pugi::xml_node result, std::string_view body,
                            ApiSink& sink) const {
  read_records({}, body, sink);
  for (const auto& mailing : elements_of(result)) {
    const auto id = trimmed_text(mailing, "MailingId"), report = trimmed_text(mailing, "ReportId");
    const auto sent = parse_time(trimmed_text(mailing, "SentTS"), m_zone);
    if (!is_named(mailing, "Mailing") || id.empty()) {
      continue;
    }
    const auto campaign = report.empty() ? id : id + "/" + report, known = "content/" + campaign;
    if (sink.marked(known).empty()) {
      sink.mark(known, "asked");
      sink.next(
          {.step = "content", .campaign = campaign, .rank = sent ? sent->seconds : task.rank - 1});
    }
  }
  sink.mark("sent", task.memo);
  sink.note(
      "Acoustic's API tells mailings, figures and links; what people did comes as a file on its "
      "SFTP server (RawRecipientDataExport): mailfunnel import reads it");
  if (!m_zone_given) {
    sink.note("SentTS names no time zone and is taken as UTC; zone = \"…\" of the account says "
              "otherwise");
  }
}

/// Figures, and the links of PER_CLICK.
void AcousticApi::read_totals(pugi::xml_node result, std::string_view body, ApiSink& sink) const {
  read_records({}, body, sink);
  for (const auto& mailing : elements_of(result)) {
    const auto id = trimmed_text(mailing, "MailingId"), report = trimmed_text(mailing, "ReportId");
    if (!is_named(mailing, "Mailing") || id.empty()) {
      continue;
    }
    MailingTotals totals;
    totals.campaign = report.empty() ? id : id + "/" + report;
    totals.sent = number_in(mailing, "NumSent");
    totals.hard_bounces = number_in(mailing, "NumBounceHard");
    totals.soft_bounces = number_in(mailing, "NumBounceSoft");
    totals.unique_opens = number_in(mailing, "NumUniqueOpen");
    totals.opens = number_in(mailing, "NumGrossOpen");
    totals.unique_clicks = number_in(mailing, "NumUniqueClick");
    totals.clicks = number_in(mailing, "NumGrossClick");
    totals.complaints = number_in(mailing, "NumGrossAbuse");
    totals.unsubscribes = number_in(mailing, "NumUnsubscribes");
    sink.totals(totals);
  }
}

// ---- push --------------------------------------------------------------------------------------

Result<std::vector<ApiTask>> AcousticApi::look(const PushTarget& target,
                                               std::span<const std::string> wanted) const {
  const auto& list = target.list.empty() ? m_list : target.list;
  if (list.empty()) {
    return Error{ErrorCode::usage,
                 "a push to Acoustic needs the database: give the account list = \"…\" "
                 "(Data > the database > Summary: ID)"};
  }
  const auto names = join(target.fields, std::string(1, k_between));
  std::vector<ApiTask> tasks{{.step = "columns", .campaign = list, .memo = names}};
  for (const auto& address : wanted) {
    tasks.push_back({.step = "contact", .campaign = list, .place = address, .memo = names});
  }
  return tasks;
}

/// All columns there: that is the target. `rank`: how many may still be made.
Result<void> AcousticApi::read_columns(const ApiTask& task, pugi::xml_node result,
                                       ApiSink& sink) const {
  const auto columns = find_element(result, "COLUMNS");
  if (!columns) {
    return Error{ErrorCode::bad_syntax, "the answer has no COLUMNS"};
  }
  const auto there = elements_of(columns);
  const auto wanted = split(task.memo, k_between);
  const auto missing = std::find_if(wanted.begin(), wanted.end(), [&there](std::string_view name) {
    return std::none_of(there.begin(), there.end(), [name](pugi::xml_node one) {
      return iequals(trimmed_text(one, "NAME"), name);
    });
  });
  if (missing == wanted.end()) {
    sink.target("columns");
  } else if (task.place == "make") {
    sink.next({.step = "new-column",
               .campaign = task.campaign,
               .place = std::string(*missing),
               .memo = task.memo});
  }
  return {};
}

/// Opted out: OptedOut has a time.
void AcousticApi::read_contact(const ApiTask& task, pugi::xml_node result, ApiSink& sink) const {
  TargetMember member;
  member.address = task.place;
  member.contact_id = trimmed_text(result, "RecipientId");
  member.in_target = true;
  if (child(result, "OptedOut")) {
    member.subscription = trimmed_text(result, "OptedOut").empty() ? Subscription::subscribed
                                                                   : Subscription::unsubscribed;
  }
  const auto columns = elements_of(find_element(result, "COLUMNS"));
  for (const auto name : split(task.memo, k_between)) {
    const auto found = std::find_if(columns.begin(), columns.end(), [name](pugi::xml_node one) {
      return iequals(trimmed_text(one, "NAME"), name);
    });
    member.fields.push_back(found == columns.end() ? std::string() : trimmed_text(*found, "VALUE"));
  }
  sink.member(member);
}

Result<std::vector<ApiTask>> AcousticApi::create(const PushTarget& target) const {
  std::vector<ApiTask> tasks;
  tasks.push_back({.step = "columns",
                   .campaign = target.list.empty() ? m_list : target.list,
                   .place = "make",
                   .memo = join(target.fields, std::string(1, k_between))});
  return tasks;
}

Result<std::vector<PushStep>> AcousticApi::change(const PushTarget& target, std::string_view,
                                                  std::span<const MemberChange> changes) const {
  const auto& list = target.list.empty() ? m_list : target.list;
  std::vector<PushStep> steps;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    std::string columns = column("EMAIL", changes[i].address);
    for (std::size_t f = 0; f < target.fields.size(); ++f) {
      columns += column(target.fields[f],
                        f < changes[i].fields.size() ? changes[i].fields[f] : std::string());
    }
    steps.push_back(
        {{.step = "set",
          .campaign = list,
          .place = changes[i].address,
          .body = element("AddRecipient", element("LIST_ID", xml_text(list)) +
                                              element("CREATED_FROM", "1") +
                                              element("SEND_AUTOREPLY", "false") +
                                              element("UPDATE_IF_FOUND", "true") + columns)},
         {i}});
  }
  return steps;
}

std::vector<ApiTask> AcousticApi::check() const {
  constexpr Seconds k_some_day =
      1'735'689'600; // the answer is not looked at, only that there is one
  std::vector<ApiTask> tasks{{.step = "check", .since = k_some_day, .until = k_some_day + k_day}};
  if (!m_list.empty()) {
    tasks.push_back({.step = "check-list", .campaign = m_list});
  }
  return tasks;
}

} // namespace

Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) {
  for (const auto* name : {"client_id", "client_secret", "refresh_token"}) {
    if (account.secret(name).empty()) {
      return Error{ErrorCode::usage,
                   "Acoustic needs the account's client_id, client_secret and "
                   "refresh_token (Settings > Organization Settings > Application Account "
                   "Access), and pod = \"us-1\" or another; it has no " +
                       std::string(name)};
    }
  }
  return std::make_unique<AcousticApi>(account);
}

} // namespace mailfunnel::acoustic
