// SparkPost's events. A webhook posts batches of them, each in an envelope that names its class:
//   [{"msys":{"track_event":{"type":"click","event_id":"92356927693813856","timestamp":"1772443507",
//      "rcpt_to":"ann@example.com","raw_rcpt_to":"Ann@example.com","campaign_id":"spring",
//      "transmission_id":"65832150921904138","message_id":"000443ee14578172be22",
//      "target_link_url":"https://www.example.com/pricing","target_link_name":"pricing",
//      "ip_address":"203.0.113.7","user_agent":"Mozilla/5.0","rcpt_meta":{"crm_id":"17"},
//      "rcpt_tags":["warm"]}}}]
// "unsubscribe_event", "gen_event", "message_event" and others are alike; {"msys":{}} is a ping.
// The Events API gives what stands in the envelope:
// {"results":[{"type":"click",…}],"total_count":1}, with times such as
// "2026-03-02T09:25:07.000+00:00". https://developers.sparkpost.com/api/webhooks/,
// https://developers.sparkpost.com/api/events/

#include "readers.hpp"

#include "adapter/smtp_status.hpp"
#include "adapter/word_table.hpp"
#include "base/json.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::sparkpost {

namespace {

using namespace std::string_view_literals;
using enum BounceClass;
using Reason = BounceReason;

struct KindRow {
  std::string_view word;
  EventKind kind;
};
constexpr std::array k_kinds{
    KindRow{"injection", EventKind::sent},
    KindRow{"delivery", EventKind::delivered},
    KindRow{"delay", EventKind::deferred},
    KindRow{"bounce", EventKind::bounce},
    KindRow{"out_of_band", EventKind::bounce}, // comes after a delivery
    KindRow{"policy_rejection", EventKind::dropped},
    KindRow{"generation_rejection", EventKind::dropped},
    KindRow{"generation_failure", EventKind::dropped},
    KindRow{"spam_complaint", EventKind::complaint},
    KindRow{"open", EventKind::open},
    KindRow{"initial_open", EventKind::open}, // the pixel at the top
    KindRow{"amp_open", EventKind::open},
    KindRow{"amp_initial_open", EventKind::open},
    KindRow{"click", EventKind::click},
    KindRow{"amp_click", EventKind::click},
    KindRow{"list_unsubscribe", EventKind::unsubscribe},
    KindRow{"link_unsubscribe", EventKind::unsubscribe},
};

/// Events of no mail to a person: short messages, incoming mail, tests of subjects, batches taken
/// in.
constexpr std::array k_of_no_mail{"sms_"sv, "relay_"sv, "ab_test_"sv, "success"sv, "error"sv};
bool is_of_no_mail(std::string_view word) {
  return std::any_of(k_of_no_mail.begin(), k_of_no_mail.end(),
                     [word](std::string_view start) { return word.starts_with(start); });
}

struct ClassRow {
  std::string_view word; // bounce_class
  EventKind kind;
  BounceClass klass = none;
  BounceReason reason = Reason::other; // other: by the answer
};
/// https://support.sparkpost.com/docs/deliverability/bounce-classification-codes. What is not here
/// (1, "undetermined") leaves all to the answer.
constexpr std::array k_classes{
    ClassRow{"10", EventKind::bounce, hard, Reason::user_unknown},
    ClassRow{"20", EventKind::bounce, soft},
    ClassRow{"21", EventKind::bounce, soft, Reason::host_unknown},
    ClassRow{"22", EventKind::bounce, soft, Reason::mailbox_full},
    ClassRow{"23", EventKind::bounce, soft, Reason::message_too_big},
    ClassRow{"24", EventKind::bounce, soft, Reason::expired},
    ClassRow{"25", EventKind::bounce, block, Reason::policy}, // of the sender's own
    ClassRow{"30", EventKind::bounce, hard, Reason::user_unknown},
    ClassRow{"40", EventKind::bounce, soft},
    ClassRow{"50", EventKind::bounce, block},
    ClassRow{"51", EventKind::bounce, block, Reason::blocked_ip},
    ClassRow{"52", EventKind::bounce, block, Reason::spam},
    ClassRow{"53", EventKind::bounce, block, Reason::content},
    ClassRow{"54", EventKind::bounce, block, Reason::relay_denied},
    ClassRow{"60", EventKind::unknown}, // an auto-reply
    ClassRow{"70", EventKind::bounce, soft},
    ClassRow{"80", EventKind::resubscribe}, // asked for by mail: no proof
    ClassRow{"90", EventKind::unsubscribe},
    ClassRow{"100", EventKind::unknown}, // "prove that you are human"
};

std::string_view answer_of(const Json& event) {
  const auto raw = text_of(event["raw_reason"]); // the other has its numbers masked
  return raw.empty() ? text_of(event["reason"]) : raw;
}

/// Kind and bounce of what did not arrive. Its texts are of the event or of `scratch`.
void judge(EventView& view, const Json& event, std::string& scratch) {
  const auto answer = answer_of(event);
  const JsonScalar error_code(event["error_code"]); // does not always stand in the answer
  scratch.assign(error_code).append(" ").append(answer);
  const auto verdict = judge_smtp({}, scratch);
  view.bounce = {verdict.klass, verdict.reason, verdict.status, verdict.code, answer};
  if (view.kind == EventKind::dropped) { // SparkPost's own words
    view.bounce.klass = none;
    view.bounce.reason = icontains(answer, "suppress") ? Reason::suppressed : Reason::other;
    return;
  }
  if (const auto* const row = find_word(k_classes, JsonScalar(event["bounce_class"]))) {
    view.kind = view.kind == EventKind::bounce ? row->kind : view.kind;
    view.bounce.klass = row->klass == none ? verdict.klass : row->klass;
    view.bounce.reason = row->reason == Reason::other ? verdict.reason : row->reason;
  }
  if (view.kind == EventKind::deferred) {
    view.bounce.klass = soft;
  } else if (view.kind == EventKind::unknown) {
    view.native = "auto_reply";
  }
}

std::uint16_t evidence_of(const Json& agent) {
  const bool ahead = is_true(agent["is_prefetched"]); // the mail program did it for its user
  const bool proxy = is_true(agent["is_proxy"]);
  return (ahead ? evidence::esp_machine_flag : 0) | (proxy ? evidence::image_proxy : 0);
}

/// What only events by somebody at the mail have.
void fill_reader(EventView& view, const Json& event) {
  view.agent_given = is_there(event["user_agent"]);
  view.user_agent = text_of(event["user_agent"]);
  view.ip = text_of(event["ip_address"]); // in other events it is the server's
  view.evidence = evidence_of(event["user_agent_parsed"]);
  if (view.kind == EventKind::click) {
    view.link = text_of(event["target_link_url"]);
    view.link_tag = text_of(event["target_link_name"]);
  }
}

/// `text` is that of the event; the record may have an envelope around it.
void read_event(const JsonRecord& record, const Json& event, std::string_view text,
                RecordSink& sink) {
  if (is_of_no_mail(text_of(event["type"]))) {
    sink.skip(record.text);
    return;
  }
  EventView view;
  const bool as_sent = !is_there(event["rcpt_to"]) && is_there(event["raw_rcpt_to"]);
  if (!fill_event(view, record, {"type", event["type"]},
                  as_sent ? JsonField{"raw_rcpt_to", event["raw_rcpt_to"]}
                          : JsonField{"rcpt_to", event["rcpt_to"]},
                  {"timestamp", event["timestamp"]}, sink)) {
    return;
  }
  view.kind = kind_of(k_kinds, view.native);
  view.campaign = text_of(event["campaign_id"]);
  std::string scratch;
  switch (view.kind) {
  case EventKind::bounce:
  case EventKind::deferred:
  case EventKind::dropped:
    judge(view, event, scratch);
    break;
  case EventKind::open:
  case EventKind::click:
  case EventKind::unsubscribe:
    fill_reader(view, event);
    break;
  default:
    break;
  }
  std::vector<std::string_view> tags;
  if (sink.wants().details) {
    view.message_id = text_of(event["message_id"]);
    view.event_id = text_of(event["event_id"]);
    tags = texts_of(event["rcpt_tags"]);
    view.tags = tags;
    view.metadata = json_member(text, "rcpt_meta");
  }
  sink.accept(view);
}

void read_record(const JsonRecord& record, RecordSink& sink) {
  const auto envelope = record.root["msys"];
  if (!is_there(envelope)) {
    read_event(record, record.root, record.text, sink);
    return;
  }
  bool empty = true;
  each_member(envelope, [&](std::string_view name, const Json& event) {
    empty = false;
    read_event(record, event, json_member(json_member(record.text, "msys"), name), sink);
  });
  if (empty) { // a ping
    sink.skip(record.text);
  }
}

bool is_ours(const Json& record) {
  const auto word = text_of(record["type"]);
  return is_there(record["msys"]) ||
         ((find_word(k_kinds, word) != nullptr || is_of_no_mail(word)) &&
          is_there(record["event_id"]) && is_there(record["timestamp"]) &&
          (is_there(record["customer_id"]) || is_there(record["transmission_id"])));
}

} // namespace

const JsonFormat k_events{"batches of webhooks, pages of the Events API, JSON", "results", is_ours,
                          read_record};

} // namespace mailfunnel::sparkpost
