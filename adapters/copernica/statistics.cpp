// What happened to mailings, as the REST API answers it: GET /ms/emailing/{id}/clicks, impressions,
// deliveries, errors, abuses, unsubscribes and destinations, and the same of all mailings
// (/ms/clicks …):
//   {"start":0,"limit":100,"count":1,"data":[{"ID":"1","mailing":"2","link":"https://www.example.com/demo","timestamp":
//     "2026-03-02
//     10:25:07","ip":"203.0.113.7","useragent":"Mozilla/5.0","destination":"1","profile":"1111","subprofile":null}]}
// The rows do not say what they are: they are told apart by a member that only one kind has. People
// are named by their profile.
// https://www.copernica.com/en/documentation/restv4/rest-get-ms-emailing-clicks and the pages next
// to it

#include "readers.hpp"

#include "adapter/smtp_status.hpp"
#include "base/text.hpp"

#include <array>

namespace mailfunnel::copernica {

namespace {

struct MarkRow {
  std::string_view member; // that only this kind has
  EventKind kind;
  std::string_view native; // the name of the answer
};
constexpr std::array k_marks{
    MarkRow{"link", EventKind::click, "click"},
    MarkRow{"errortype", EventKind::bounce, "error"},
    MarkRow{"device", EventKind::open, "impression"},
    MarkRow{"useragent", EventKind::open, "impression"}, // clicks have a link
    MarkRow{"attempts", EventKind::delivered, "delivery"},
    MarkRow{"report", EventKind::complaint, "abuse"},
    MarkRow{"success", EventKind::unsubscribe, "unsubscribe"},
    MarkRow{"timestampsent", EventKind::sent, "destination"},
};

const MarkRow* mark_of(const Json& row) {
  for (const auto& mark : k_marks) {
    if (is_there(row[mark.member])) {
      return &mark;
    }
  }
  return nullptr;
}

Bounce judge_error(const Json& row) {
  const JsonScalar status(row["status"]);
  const auto description = text_of(row["description"]);
  const auto verdict = judge_smtp(status, description);
  Bounce bounce{verdict.klass, verdict.reason, verdict.status, verdict.code, description};
  bounce.code = bounce.code == 0 ? reply_code_of(row["errorcode"]) : bounce.code;
  return bounce;
}

void read_row(const JsonRecord& record, RecordSink& sink) {
  const auto& row = record.root;
  const auto* const mark = mark_of(row);
  const JsonScalar profile(row["profile"]), destination(row["destination"]), own(row["ID"]),
      mailing(row["mailing"]);
  const auto stamp = is_there(row["timestamp"]) ? row["timestamp"] : row["timestampsent"];
  const auto when = time_of(stamp, record.input.zone);
  EventView view;
  view.record = record.text;
  view.kind = mark != nullptr ? mark->kind : EventKind::unknown;
  view.native = mark != nullptr ? mark->native : std::string_view{};
  view.contact_id = profile;
  // A mail whose profile is gone, or that was sent to none, has a destination of its own.
  const auto mail = "destination/" + std::string(std::string_view(destination));
  if (view.contact_id.empty() && !std::string_view(destination).empty()) {
    view.contact_id = mail;
  }
  if (view.contact_id.empty()) {
    sink.reject(mismatch("profile", row["profile"], "the recipient"), record.text);
    return;
  }
  if (!when) {
    sink.reject(mismatch("timestamp", stamp, "YYYY-MM-DD hh:mm:ss"), record.text);
    return;
  }
  view.time = *when;
  view.campaign = mailing;
  view.event_id = own;
  if (view.kind == EventKind::open || view.kind == EventKind::click) {
    view.agent_given = is_there(row["useragent"]);
    view.user_agent = text_of(row["useragent"]);
    view.ip = text_of(row["ip"]);
    view.link = text_of(row["link"]);
  } else if (view.kind == EventKind::bounce) {
    view.bounce = judge_error(row);
  }
  sink.accept(view);
}

bool is_row(const Json& row) {
  return is_there(row["ID"]) && is_there(row["mailing"]) && is_there(row["profile"]) &&
         (is_there(row["destination"]) || is_there(row["timestampsent"]));
}

} // namespace

extern const JsonFormat k_statistics{"answers of /ms/clicks, impressions, errors …, JSON", "data",
                                     is_row, read_row, true};

} // namespace mailfunnel::copernica
