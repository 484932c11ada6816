// Mailjet's Event API: one event a post, or with version 2 a list of those of the last second.
//   {"event":"click","time":1772443512,"MessageID":19421777396190490,
//    "Message_GUID":"1ab23cd4-e567-8901-2345-6789f0a1b2c3","email":"ann@example.com",
//    "mj_campaign_id":7173,"mj_contact_id":320,"customcampaign":"spring-24","CustomID":"","Payload":"",
//    "url":"https://www.example.com/pricing","ip":"203.0.113.7","geo":"BE","agent":"Mozilla/5.0"}
//   {"event":"bounce","time":1772443514,"MessageID":19421777396190491,"email":"bob@example.com",
//    "mj_campaign_id":7173,"mj_contact_id":321,"customcampaign":"spring-24","blocked":false,
//    "hard_bounce":true,"error_related_to":"recipient","error":"user unknown",
//    "comment":"550 5.1.1 user unknown"}
// https://dev.mailjet.com/email/guides/webhooks/

#include "formats.hpp"

#include "adapter/smtp_status.hpp"
#include "adapter/word_table.hpp"

#include <array>

namespace mailfunnel::mailjet {

namespace {

using enum BounceClass;
using Reason = BounceReason;

struct KindRow {
  std::string_view word;
  EventKind kind;
};
constexpr std::array k_kinds{
    KindRow{"sent", EventKind::delivered}, // the receiving server took it
    KindRow{"open", EventKind::open},      KindRow{"click", EventKind::click},
    KindRow{"bounce", EventKind::bounce},  KindRow{"blocked", EventKind::dropped},
    KindRow{"spam", EventKind::complaint}, KindRow{"unsub", EventKind::unsubscribe},
};

struct ErrorRow {
  std::string_view word; // error
  BounceClass klass;
  BounceReason reason;
};
constexpr std::array k_errors{
    // of the recipient
    ErrorRow{"user unknown", hard, Reason::user_unknown},
    ErrorRow{"mailbox inactive", hard, Reason::mailbox_disabled},
    ErrorRow{"quota exceeded", soft, Reason::mailbox_full},
    ErrorRow{"blacklisted", none, Reason::suppressed}, // bounced too often
    ErrorRow{"spam reporter", none, Reason::feedback},
    // of the domain
    ErrorRow{"invalid domain", hard, Reason::host_unknown},
    ErrorRow{"no mail host", hard, Reason::host_unknown},
    ErrorRow{"relay/access denied", block, Reason::relay_denied},
    ErrorRow{"greylisted", soft, Reason::rate_limited},
    ErrorRow{"typofix", hard, Reason::host_unknown}, // a domain that is misspelt
    // of the content
    ErrorRow{"bad or empty template", none, Reason::content},
    ErrorRow{"error in template language", none, Reason::content},
    // of spam
    ErrorRow{"sender blocked", block, Reason::blocked_ip},
    ErrorRow{"content blocked", block, Reason::content},
    ErrorRow{"policy issue", block, Reason::policy},
    // of the systems
    ErrorRow{"system issue", soft, Reason::other},
    ErrorRow{"protocol issue", soft, Reason::other},
    ErrorRow{"connection issue", soft, Reason::network},
    // of Mailjet
    ErrorRow{"preblocked", none, Reason::suppressed},
};
constexpr std::string_view k_duplicate = "duplicate in campaign"; // the first one went out
constexpr std::string_view k_greylisted = "greylisted";

/// Some events have the error where its group belongs.
std::string_view error_of(const Json& event) {
  const auto error = text_of(event["error"]);
  return error.empty() ? text_of(event["error_related_to"]) : error;
}

void judge(EventView& view, const Json& event) {
  const auto comment = text_of(event["comment"]), error = error_of(event);
  const auto verdict = judge_smtp({}, comment);
  view.bounce = {verdict.klass, verdict.reason, verdict.status, verdict.code,
                 comment.empty() ? error : comment};
  const auto* const row = find_word(k_errors, error);
  if (row != nullptr) {
    view.bounce.klass = row->klass;
    view.bounce.reason = row->reason == Reason::other ? verdict.reason : row->reason;
  } else if (view.kind == EventKind::dropped) {
    view.bounce.klass = none;
  }
  if (view.kind != EventKind::bounce) {
    return;
  }
  if (error == k_greylisted) {
    view.kind = EventKind::deferred;
  }
  if (is_true(event["hard_bounce"])) {
    view.bounce.klass = hard;
  } else if (view.bounce.klass != block) {
    view.bounce.klass = soft;
  }
}

/// What only events of this kind have.
void fill_by_kind(EventView& view, const Json& event) {
  switch (view.kind) {
  case EventKind::open:
  case EventKind::click:
  case EventKind::unsubscribe:
    view.agent_given = is_there(event["agent"]);
    view.user_agent = text_of(event["agent"]);
    view.ip = text_of(event["ip"]);
    view.link = view.kind == EventKind::click ? text_of(event["url"]) : std::string_view{};
    break;
  case EventKind::bounce:
  case EventKind::dropped:
    judge(view, event);
    break;
  default:
    break;
  }
}

/// 0 and "" are no id.
std::string_view id_of(std::string_view text) {
  return text == "0" ? std::string_view{} : text;
}

void read_event(const JsonRecord& record, RecordSink& sink) {
  const auto& event = record.root;
  if (error_of(event) == k_duplicate) {
    sink.skip(record.text);
    return;
  }
  EventView view;
  if (!fill_event(view, record, {"event", event["event"]}, {"email", event["email"]},
                  {"time", event["time"]}, sink)) {
    return;
  }
  const JsonScalar contact(event["mj_contact_id"]), campaign(event["mj_campaign_id"]),
      message(event["MessageID"]), list(event["mj_list_id"]);
  view.kind = kind_of(k_kinds, view.native);
  view.contact_id = id_of(contact);
  view.campaign = id_of(campaign);
  view.campaign_name = text_of(event["customcampaign"]);
  if (view.campaign.empty()) {
    view.campaign = view.campaign_name;
  }
  fill_by_kind(view, event);
  if (view.kind == EventKind::unsubscribe) {
    view.scope = id_of(list);
  }
  if (sink.wants().details) {
    view.message_id = message;
    view.metadata = text_of(event["Payload"]); // often a JSON object
  }
  sink.accept(view);
}

bool is_event(const Json& event) {
  return find_word(k_kinds, text_of(event["event"])) != nullptr && is_there(event["email"]) &&
         (is_there(event["MessageID"]) || is_there(event["mj_campaign_id"]) ||
          is_there(event["mj_contact_id"]));
}

} // namespace

const JsonFormat k_events{"webhook bodies, JSON and NDJSON", "", is_event, read_event};

} // namespace mailfunnel::mailjet
