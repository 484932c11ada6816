// Postmark's webhooks, one record a body. What its address and its time are called hangs on the
// type:
//   {"RecordType":"Click","MessageStream":"broadcast","MessageID":"883953f4-6105-42a2-a16a-77a8eac79483",
//    "Recipient":"ann@example.com","ReceivedAt":"2026-03-02T09:25:12.0656519Z","ClickLocation":"HTML",
//    "OriginalLink":"https://www.example.com/pricing","Platform":"Desktop","UserAgent":"Mozilla/5.0",
//    "Client":{"Name":"Chrome"},"OS":{"Name":"Windows"},"Geo":{"IP":"203.0.113.7"},
//    "Tag":"spring-24","Metadata":{"crm_id":"17"}}
//   {"RecordType":"Bounce","ID":4323372036854775807,"Type":"HardBounce","TypeCode":1,"Name":"Hard
//   bounce",
//    "MessageID":"883953f4-…","Email":"bob@example.com","BouncedAt":"2026-03-02T04:25:14.3963933-05:00",
//    "Description":"The server was unable to deliver your message","Details":"smtp;550 5.1.1
//    unknown user"}
// https://postmarkapp.com/developer/webhooks/webhooks-overview

#include "formats.hpp"

#include "adapter/smtp_status.hpp"
#include "adapter/word_table.hpp"
#include "base/json.hpp"

#include <array>

namespace mailfunnel::postmark {

namespace {

using enum BounceClass;
using Reason = BounceReason;

struct RecordRow {
  std::string_view word; // RecordType
  EventKind kind;
  std::string_view address, time; // what they are called
};
constexpr RecordRow k_open{"Open", EventKind::open, "Recipient", "ReceivedAt"};
constexpr RecordRow k_click{"Click", EventKind::click, "Recipient", "ReceivedAt"};
constexpr RecordRow k_bounce{"Bounce", EventKind::bounce, "Email", "BouncedAt"};
constexpr RecordRow k_complaint{"SpamComplaint", EventKind::complaint, "Email", "BouncedAt"};
constexpr RecordRow k_change{"SubscriptionChange", EventKind::unsubscribe, "Recipient",
                             "ChangedAt"};
constexpr std::array k_records{
    RecordRow{"Delivery", EventKind::delivered, "Recipient", "DeliveredAt"},
    k_open,
    k_click,
    k_bounce,
    k_complaint,
    k_change};

struct TypeRow {
  std::string_view word; // Type of a bounce
  EventKind kind;
  BounceClass klass = none;            // none: by the answer
  BounceReason reason = Reason::other; // other: likewise
};
/// https://postmarkapp.com/developer/api/bounce-api#bounce-types
constexpr std::array k_types{
    TypeRow{"HardBounce", EventKind::bounce, hard},
    TypeRow{"BadEmailAddress", EventKind::bounce, hard, Reason::user_unknown},
    TypeRow{"SoftBounce", EventKind::bounce, soft},
    TypeRow{"Transient", EventKind::deferred, soft},
    TypeRow{"DnsError", EventKind::deferred, soft, Reason::host_unknown},
    TypeRow{"OpenRelayTest", EventKind::deferred, soft},
    TypeRow{"Blocked", EventKind::bounce, block},
    TypeRow{"SpamNotification", EventKind::bounce, block,
            Reason::spam}, // a filter, nobody complained
    TypeRow{"DMARCPolicy", EventKind::bounce, block, Reason::auth},
    TypeRow{"VirusNotification", EventKind::bounce, block, Reason::content},
    TypeRow{"ManuallyDeactivated", EventKind::bounce, block, Reason::suppressed},
    TypeRow{"Unconfirmed", EventKind::bounce, block},
    TypeRow{"Unknown", EventKind::bounce},
    TypeRow{"SpamComplaint", EventKind::complaint},
    TypeRow{"Unsubscribe", EventKind::unsubscribe},
    TypeRow{"Subscribe", EventKind::resubscribe},
    TypeRow{"AutoResponder", EventKind::unknown},
    TypeRow{"ChallengeVerification", EventKind::unknown},
    TypeRow{"SMTPApiError", EventKind::dropped},
    TypeRow{"TemplateRenderingFailed", EventKind::dropped},
};

constexpr std::string_view k_inbound = "InboundError"; // of a mail that came in

struct SuppressionRow {
  std::string_view word; // SuppressionReason
  EventKind kind;
};
constexpr std::array k_suppressions{
    SuppressionRow{"HardBounce", EventKind::bounce},
    SuppressionRow{"SpamComplaint", EventKind::complaint},
    SuppressionRow{"ManualSuppression", EventKind::unsubscribe}, // by the person, or by the sender
};

/// What stands in a record, whatever its kind. `word`: the member that says what happened.
bool fill(EventView& view, const JsonRecord& record, const RecordRow& row, std::string_view word,
          RecordSink& sink) {
  const auto& event = record.root;
  if (!fill_event(view, record, {word, event[word]}, {row.address, event[row.address]},
                  {row.time, event[row.time]}, sink)) {
    return false;
  }
  view.kind = row.kind;
  view.campaign = text_of(event["Tag"]);
  return true;
}

void put(EventView& view, const JsonRecord& record, const Json& id, RecordSink& sink) {
  const auto& event = record.root;
  const JsonScalar event_id(id);
  std::vector<std::string_view> tags;
  if (sink.wants().details) {
    view.message_id = text_of(event["MessageID"]);
    view.event_id = event_id;
    tags = texts_of(event["Tag"]);
    view.tags = tags;
    view.metadata = json_member(record.text, "Metadata");
  }
  sink.accept(view);
}

void fill_reader(EventView& view, const Json& event) {
  view.agent_given = is_there(event["UserAgent"]);
  view.user_agent = text_of(event["UserAgent"]);
  view.ip = text_of(event["Geo"]["IP"]);
}

void judge(EventView& view, const Json& event) {
  const auto details = text_of(event["Details"]);
  const auto verdict = judge_smtp({}, details);
  view.bounce = {verdict.klass, verdict.reason, verdict.status, verdict.code,
                 details.empty() ? text_of(event["Description"]) : details};
  const auto* const row = find_word(k_types, view.native);
  if (row == nullptr) { // a type that is new: a bounce, judged by its answer
    return;
  }
  view.kind = row->kind;
  view.bounce.klass = row->klass == none ? verdict.klass : row->klass;
  view.bounce.reason = row->reason == Reason::other ? verdict.reason : row->reason;
  if (view.kind == EventKind::dropped) { // Postmark's own fault or the sender's
    view.bounce.klass = none;
  } else if (view.kind == EventKind::unknown) {
    view.native = "auto_reply";
  }
}

void read_subscription_change(const JsonRecord& record, RecordSink& sink) {
  const auto& event = record.root;
  const bool off = is_true(event["SuppressSending"]);
  const auto reason = off ? text_of(event["SuppressionReason"]) : std::string_view{};
  EventView view;
  if (!fill(view, record, k_change, reason.empty() ? "RecordType" : "SuppressionReason", sink)) {
    return;
  }
  if (!off) {
    view.kind = EventKind::resubscribe; // by the sender, as a rule: no proof
  } else if (!reason.empty()) {
    fill_suppression(view, reason);
  }
  if (view.kind == EventKind::unsubscribe) {
    view.scope = text_of(event["MessageStream"]); // the address still gets the other streams
  }
  put(view, record, {}, sink);
}

void read_webhook(const JsonRecord& record, RecordSink& sink) {
  const auto word = text_of(record.root["RecordType"]);
  if (word == k_open.word) {
    read_open(record, sink);
  } else if (word == k_click.word) {
    read_click(record, sink);
  } else if (word == k_bounce.word || word == k_complaint.word) {
    read_bounce(record, sink);
  } else if (word == k_change.word) {
    read_subscription_change(record, sink);
  } else {
    const auto* const row = find_word(k_records, word);
    EventView view;
    // What a type that is new calls its address and time is a guess: as most do.
    if (fill(view, record, row != nullptr ? *row : k_open, "RecordType", sink)) {
      view.kind = row != nullptr ? row->kind : EventKind::unknown;
      put(view, record, {}, sink);
    }
  }
}

bool is_webhook(const Json& record) {
  return find_word(k_records, text_of(record["RecordType"])) != nullptr &&
         (is_there(record["MessageID"]) || is_there(record["MessageStream"]));
}

} // namespace

const JsonFormat k_webhooks{"webhook bodies, JSON and NDJSON", "", is_webhook, read_webhook};

void fill_suppression(EventView& view, std::string_view reason) {
  view.kind = kind_of(k_suppressions, reason);
  if (view.kind == EventKind::bounce) {
    view.bounce = {.klass = hard, .reason = Reason::suppressed};
  }
}

void read_open(const JsonRecord& record, RecordSink& sink) {
  EventView view;
  if (!fill(view, record, k_open, "MessageID", sink)) { // pages of opens have no RecordType
    return;
  }
  view.native = k_open.word;
  fill_reader(view, record.root);
  put(view, record, {}, sink);
}

void read_click(const JsonRecord& record, RecordSink& sink) {
  EventView view;
  if (!fill(view, record, k_click, "MessageID", sink)) {
    return;
  }
  view.native = k_click.word;
  fill_reader(view, record.root);
  view.link = text_of(record.root["OriginalLink"]);
  put(view, record, {}, sink);
}

void read_bounce(const JsonRecord& record, RecordSink& sink) {
  const auto type = text_of(record.root["Type"]);
  if (type == k_inbound) {
    sink.skip(record.text);
    return;
  }
  EventView view;
  if (fill(view, record, k_bounce, type.empty() ? "RecordType" : "Type", sink)) {
    judge(view, record.root);
    put(view, record, record.root["ID"], sink);
  }
}

} // namespace mailfunnel::postmark
