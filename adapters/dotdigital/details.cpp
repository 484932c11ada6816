// What happened to one campaign: pages of GET /v2/campaigns/{id}/activities, …/opens, …/clicks,
// …/page-views and …/replies, lists of
//   {"contactId":77,"email":"ann@example.com","url":"https://www.example.com/pricing","ipAddress":"203.0.113.7",
//     "userAgent":"Mozilla/5.0","dateClicked":"2026-05-11T06:29:41Z","keyword":"Prices"}
//   {"contactId":77,"email":"ann@example.com","mailClient":"Gmail","mailClientVersion":"","ipAddress":"203.0.113.7",
//     "userAgent":"Mozilla/5.0","isHtml":true,"isForward":false,"dateOpened":"2026-05-11T06:28:02Z"}
//   {"contactId":77,"email":"ann@example.com","numOpens":1,"numPageViews":0,"numClicks":1,"numForwards":0,
//     "numEstimatedForwards":0,"numReplies":0,"dateSent":"2026-05-11T06:00:08Z","dateFirstOpened":"…","dateLastOpened":"…",
//     "firstOpenIp":"203.0.113.7","unsubscribed":false,"softBounced":false,"hardBounced":false}
//   {"contactId":77,"email":"ann@example.com","url":"https://www.example.com/demo","dateViewed":"2026-05-11T06:31:00Z"}
//   {"contactId":77,"email":"ann@example.com","subject":"Re:
//   New","dateReplied":"…","replyType":"Reply"}
// https://developer.dotdigital.com

#include "readers.hpp"

#include "base/text.hpp"

#include <array>

namespace mailfunnel::dotdigital {

namespace {

/// A row is of the kind whose time it has.
struct TimeRow {
  std::string_view name;
  EventKind kind;
  std::string_view native;
};
constexpr std::array k_times{
    TimeRow{"dateOpened", EventKind::open, "open"},
    TimeRow{"dateClicked", EventKind::click, "click"},
    TimeRow{"dateViewed", EventKind::page, "page view"},
    TimeRow{"dateReplied", EventKind::reply, "reply"},
    TimeRow{"dateSent", EventKind::sent, "activity"},
};

const TimeRow* kind_of_row(const Json& row) {
  for (const auto& one : k_times) {
    if (is_there(row[one.name])) {
      return &one;
    }
  }
  return nullptr;
}

/// A bounce has no time of its own: that of the sending is near.
void put_bounce(const Json& row, EventView view, RecordSink& sink) {
  const bool hard = is_true(row["hardBounced"]);
  if (hard || is_true(row["softBounced"])) {
    view.kind = EventKind::bounce;
    view.native = hard ? "hardBounced" : "softBounced";
    view.bounce.klass = hard ? BounceClass::hard : BounceClass::soft;
    sink.accept(view);
  }
}

void fill_reader(const Json& row, EventView& view) {
  view.agent_given = is_there(row["userAgent"]);
  view.user_agent = text_of(row["userAgent"]);
  view.ip = text_of(row["ipAddress"]);
  if (is_true(row["isForward"])) { // somebody else, to whom the person sent it on
    view.kind = EventKind::unknown;
    view.native = "forwarded open";
  }
  if (view.kind == EventKind::reply && !iequals(text_of(row["replyType"]), "Reply")) {
    view.kind = EventKind::unknown;
    view.native = text_of(row["replyType"]);
  }
}

void read_row(const JsonRecord& record, RecordSink& sink) {
  const auto& row = record.root;
  const auto* const known = kind_of_row(row);
  if (known == nullptr) {
    sink.reject("none of dateSent, dateOpened, dateClicked, dateViewed, dateReplied", record.text);
    return;
  }
  const JsonScalar id(row["contactId"]);
  const auto time = time_of(row[known->name]);
  EventView view;
  view.record = record.text;
  view.kind = known->kind;
  view.native = known->native;
  view.address = text_of(row["email"]);
  view.contact_id = id;
  view.campaign = record.input.campaign;
  if (view.address.empty() && view.contact_id.empty()) {
    sink.reject(mismatch("email", row["email"], "an address"), record.text);
    return;
  }
  if (!time) {
    sink.reject(mismatch(known->name, row[known->name], "a time"), record.text);
    return;
  }
  view.time = *time;
  if (view.kind == EventKind::click || view.kind == EventKind::page) {
    view.link = text_of(row["url"]);
    view.link_tag = text_of(row["keyword"]);
  }
  fill_reader(row, view);
  sink.accept(view);
  if (view.kind == EventKind::sent) {
    put_bounce(row, view, sink);
  }
}

bool is_row(const Json& row) {
  const bool person = is_there(row["contactId"]) && is_there(row["email"]);
  return person && (is_there(row["dateOpened"]) || is_there(row["dateClicked"]) ||
                    is_there(row["dateViewed"]) || is_there(row["dateReplied"]) ||
                    is_there(row["numEstimatedForwards"]));
}

} // namespace

const JsonFormat k_details{"activities, opens, clicks, page views and replies of a campaign, JSON",
                           "",
                           is_row,
                           read_row,
                           false,
                           true};

} // namespace mailfunnel::dotdigital
