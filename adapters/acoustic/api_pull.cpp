// Answers that a sync asks for: GetSentMailings…, GetAggregateTracking… and PreviewMailing, which
// are read as saved ones are (mailing_reader.cpp).
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

constexpr Seconds k_window = 31 * k_day;
constexpr Seconds k_lively = 30 * k_day; // for so long a mailing's figures are asked for
constexpr Seconds k_zones = k_day;       // dates are in a zone that is not documented

} // namespace

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

} // namespace mailfunnel::acoustic
