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

#include "api.hpp"

#include "adapter/framing.hpp"
#include "adapter/xml_reader.hpp"
#include "base/text.hpp"
#include "base/xml.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace mailfunnel::acoustic {

using namespace std::string_view_literals;

namespace {

constexpr auto k_session_over = "145"sv; // errorid

/// mm/dd/yyyy hh:mm:ss
std::string date_of(Seconds time) {
  const auto iso = format_time(time);
  return iso.substr(5, 2) + "/" + iso.substr(8, 2) + "/" + iso.substr(0, 4) + " " +
         iso.substr(11, 8);
}

} // namespace

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
