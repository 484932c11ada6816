// Amazon SES' events, as Firehose writes them to S3 (one a line), as SNS posts or queues them (the
// event is a JSON string in the envelope's "Message"), or as EventBridge passes them on (in
// "detail"):
//   {"eventType":"Click","mail":{"timestamp":"2026-03-02T09:10:00.100Z","messageId":"0100018e-1",
//    "destination":["ann@example.com"],"tags":{"campaign":["spring"]}},"click":{"timestamp":"2026-03-02T10:01:02.003Z",
//    "ipAddress":"203.0.113.7","userAgent":"Mozilla/5.0","link":"https://www.example.com/pricing","linkTags":{"stage":["bofu"]}}}
// https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
// One event a recipient comes of each. The oddities are in README.md.

#include "sns.hpp"

#include "adapter/adapter.hpp"
#include "adapter/json_value.hpp"
#include "adapter/registry.hpp"
#include "adapter/ses_bounce.hpp"
#include "adapter/smtp_status.hpp"
#include "adapter/webhook_sender.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>

namespace mailfunnel::ses {

namespace {

using namespace std::string_view_literals;
using enum BounceClass;
using Reason = BounceReason;

// ---- words
// ---------------------------------------------------------------------------------------------------------

struct TypeRow {
  std::string_view word, detail; // of eventType; name of the object with the details
  EventKind kind;
  std::string_view recipients; // in it; "" or missing there: mail.destination
};
constexpr std::array k_types{
    TypeRow{"Send", "send", EventKind::sent, ""},
    TypeRow{"Delivery", "delivery", EventKind::delivered, "recipients"},
    TypeRow{"DeliveryDelay", "deliveryDelay", EventKind::deferred, "delayedRecipients"},
    TypeRow{"Bounce", "bounce", EventKind::bounce, "bouncedRecipients"},
    TypeRow{"Complaint", "complaint", EventKind::complaint, "complainedRecipients"},
    TypeRow{"Reject", "reject", EventKind::dropped, ""},
    TypeRow{"Rendering Failure", "failure", EventKind::dropped, ""},
    TypeRow{"Open", "open", EventKind::open, ""},
    TypeRow{"Click", "click", EventKind::click, ""},
    TypeRow{"Subscription", "subscription", EventKind::unknown, ""}, // see take_subscription()
};

struct DelayRow {
  std::string_view type;
  BounceReason reason;
};
constexpr std::array k_delays{
    DelayRow{"MailboxFull", Reason::mailbox_full},
    DelayRow{"SpamDetected", Reason::spam},
    DelayRow{"IPFailure", Reason::blocked_ip},
    DelayRow{"TransientCommunicationFailure", Reason::network},
};

/// Message tags that name the campaign, the first that is there.
constexpr std::array k_campaign_tags{"campaign"sv, "campaign_id"sv, "campaign-id"sv, "campaignId"sv,
                                     "ses:configuration-set"sv};

// ---- values
// --------------------------------------------------------------------------------------------------------

/// Its elements; none of what is no list.
std::vector<Json> elements(const Json& value) {
  std::vector<Json> out;
  each_element(value, [&out](const Json& item) { out.push_back(item); });
  return out;
}

// ---- one event
// -----------------------------------------------------------------------------------------------------

const TypeRow* find_type(std::string_view word) {
  const auto* const row = std::find_if(k_types.begin(), k_types.end(),
                                       [word](const TypeRow& r) { return iequals(r.word, word); });
  return row == k_types.end() ? nullptr : row;
}

/// "smtp; 550 5.1.1 user unknown" -> the server's words
std::string_view answer_of(std::string_view diagnostic) {
  return istarts_with(diagnostic, "smtp;") ? trim(diagnostic.substr(5)) : diagnostic;
}

std::string_view campaign_of(const Json& mail) {
  for (const auto name : k_campaign_tags) {
    const auto tag = mail["tags"][name];
    const auto value = text_of(tag.at(0));
    if (const auto found = value.empty() ? text_of(tag) : value; !found.empty()) {
      return found;
    }
  }
  return {};
}

/// The tags of the message but SES' own, as an object: {"campaign":"spring","team":["a","b"]}.
std::string metadata_of(const Json& mail) {
  std::string out;
  each_member(mail["tags"], [&out](std::string_view name, const Json& values) {
    if (istarts_with(name, "ses:")) {
      return;
    }
    out += out.empty() ? '{' : ',';
    append_json_string(out, name);
    out += ':';
    const auto list = elements(values);
    out += list.size() == 1 ? "" : "[";
    for (const auto& value : list) {
      out += out.back() == '[' || list.size() == 1 ? "" : ",";
      append_json_string(out, text_of(value));
    }
    out += list.size() == 1 ? "" : "]";
  });
  out += out.empty() ? "" : "}";
  return out;
}

/// Values of all link tags, joined by spaces: any of them may be the word for a stage.
std::string link_tag_of(const Json& click) {
  std::string out;
  each_member(click["linkTags"], [&out](std::string_view /*name*/, const Json& values) {
    for (const auto& value : elements(values)) {
      out += out.empty() ? "" : " ";
      out += text_of(value);
    }
  });
  return out;
}

/// An event that is told, with what came around it.
struct Told {
  Json event, mail, detail;
  std::string_view envelope_id{}, envelope_time{};
};

/// Reads records, each of which may be an envelope.
class RecordParser {
public:
  void read(std::string_view record, RecordSink& sink);

private:
  void read_object(const Json& root, RecordSink& sink);
  void read_envelope(const Json& envelope, RecordSink& sink);
  void read_event(const Told& told, RecordSink& sink);
  std::optional<Instant> time_of(const Told& told);
  void take_recipients(const Told& told, const TypeRow& type, const EventView& common,
                       RecordSink& sink);
  void take_bounce(const Told& told, const Json& recipient, EventView& view);
  void take_subscription(const Told& told, EventView view, RecordSink& sink);
  void put(const EventView& view, RecordSink& sink);

  simdjson::dom::parser m_parser, m_message_parser;
  TimeReader m_times;
  std::string_view m_record;
  std::string m_metadata, m_link_tag;
  std::size_t m_put = 0;
};

std::optional<Instant> RecordParser::time_of(const Told& told) {
  for (const auto word :
       {text_of(told.detail["timestamp"]), text_of(told.mail["timestamp"]), told.envelope_time}) {
    if (const auto time = m_times.read(word); time && !word.empty()) {
      return time;
    }
  }
  return std::nullopt;
}

void RecordParser::put(const EventView& view, RecordSink& sink) {
  if (!view.address.empty()) {
    ++m_put;
    sink.accept(view);
  }
}

/// Bounces, delays and refusals.
void RecordParser::take_bounce(const Told& told, const Json& recipient, EventView& view) {
  auto diagnostic = text_of(recipient["diagnosticCode"]);
  for (const char* name : {"reason", "errorMessage"}) { // Reject, Rendering Failure
    diagnostic = diagnostic.empty() ? text_of(told.detail[name]) : diagnostic;
  }
  const auto verdict = judge_smtp(text_of(recipient["status"]), answer_of(diagnostic));
  view.bounce = {soft, verdict.reason, verdict.status, verdict.code, diagnostic};
  if (view.native == "Bounce"sv) {
    const auto row =
        judge_ses_bounce(text_of(told.detail["bounceType"]), text_of(told.detail["bounceSubType"]));
    view.kind = row.not_tried ? EventKind::dropped : EventKind::bounce; // no fresh bounce
    view.bounce.klass = row.klass;
    view.bounce.reason = row.reason == Reason::other ? verdict.reason : row.reason;
  } else if (view.native == "Reject"sv) { // SES found a virus
    view.bounce.klass = block;
    view.bounce.reason = Reason::content;
  } else if (view.native == "Complaint"sv) { // refused, as this person complained before
    view.bounce.klass = none;
    view.bounce.reason = Reason::feedback;
  } else if (view.kind == EventKind::dropped) { // our own template is wrong
    view.bounce.klass = none;
    view.bounce.reason = Reason::other;
  } else if (verdict.reason == Reason::other) {
    for (const auto& row : k_delays) {
      view.bounce.reason =
          row.type == text_of(told.detail["delayType"]) ? row.reason : view.bounce.reason;
    }
  }
}

void RecordParser::take_recipients(const Told& told, const TypeRow& type, const EventView& common,
                                   RecordSink& sink) {
  auto recipients =
      type.recipients.empty() ? std::vector<Json>{} : elements(told.detail[type.recipients]);
  if (recipients.empty()) {
    recipients = elements(told.mail["destination"]); // opens and clicks do not say who of them
  }
  for (const auto& recipient : recipients) {
    auto view = common;
    const auto plain = text_of(recipient);
    view.address = plain.empty() ? text_of(recipient["emailAddress"]) : plain;
    if (view.kind == EventKind::bounce || view.kind == EventKind::deferred ||
        view.kind == EventKind::dropped) {
      take_bounce(told, recipient, view);
    }
    put(view, sink);
  }
}

/// Everything left, or each topic that was left or joined; unknown when nothing changed.
void RecordParser::take_subscription(const Told& told, EventView view, RecordSink& sink) {
  const auto now = told.detail["newTopicPreferences"], before = told.detail["oldTopicPreferences"];
  view.address = text_of(told.mail["destination"].at(0));
  const auto all_now = is_true(now["unsubscribeAll"]),
             all_before = is_true(before["unsubscribeAll"]);
  if (all_now || all_before) {
    view.kind = all_now ? EventKind::unsubscribe : EventKind::resubscribe;
    put(view, sink);
    return;
  }
  const auto old_topics = elements(before["topicSubscriptionStatus"]);
  bool changed = false;
  for (const auto& topic : elements(now["topicSubscriptionStatus"])) {
    const auto name = text_of(topic["topicName"]), status = text_of(topic["subscriptionStatus"]);
    const auto same = std::any_of(old_topics.begin(), old_topics.end(), [&](const Json& old) {
      return text_of(old["topicName"]) == name && text_of(old["subscriptionStatus"]) == status;
    });
    if (!same) {
      view.kind = status == "OptOut"sv ? EventKind::unsubscribe : EventKind::resubscribe;
      view.scope = name;
      put(view, sink);
      changed = true;
    }
  }
  if (!changed) {
    put(view, sink);
  }
}

/// Kinds that hang on more than the type.
void refine(const Told& told, EventView& view) {
  if (view.kind == EventKind::complaint) {
    if (text_of(told.detail["complaintSubType"]) == "OnAccountSuppressionList"sv) {
      view.kind = EventKind::dropped;
    } else if (iequals(text_of(told.detail["complaintFeedbackType"]), "not-spam")) {
      view.kind = EventKind::unknown; // a person took the mail out of the junk folder
    }
  } else if (view.kind == EventKind::open || view.kind == EventKind::click) {
    view.agent_given = is_there(told.detail["userAgent"]);
    view.user_agent =
        text_of(told.detail["userAgent"]); // a complaint's is the reporter's, not the reader's
    view.ip = text_of(told.detail["ipAddress"]);
    view.link = text_of(told.detail["link"]);
  }
}

void RecordParser::read_event(const Told& told, RecordSink& sink) {
  auto native = text_of(told.event["eventType"]);
  native = native.empty() ? text_of(told.event["notificationType"]) : native;
  if (native == "Received"sv ||
      native == "AmazonSnsSubscriptionSucceeded"sv) { // inbound mail; a handshake
    sink.skip(m_record);
    return;
  }
  if (native.empty() || !is_there(told.mail)) {
    sink.reject(native.empty() ? "no eventType" : "no mail", m_record);
    return;
  }
  const TypeRow unknown{native, "", EventKind::unknown, ""};
  const auto* const known = find_type(native);
  const auto* const type = known != nullptr ? known : &unknown;
  Told whole = told;
  whole.detail = told.event[type->detail];
  const auto time = time_of(whole);
  if (!time) {
    sink.reject("no timestamp", m_record);
    return;
  }
  EventView view;
  view.kind = type->kind;
  view.time = *time;
  view.native = type->word;
  view.record = m_record;
  view.campaign = campaign_of(told.mail);
  refine(whole, view);
  m_link_tag = view.kind == EventKind::click ? link_tag_of(whole.detail) : std::string();
  view.link_tag = m_link_tag;
  if (sink.wants().details) {
    const auto feedback = text_of(whole.detail["feedbackId"]);
    view.message_id = text_of(told.mail["messageId"]);
    view.event_id = feedback.empty() ? told.envelope_id : feedback;
    m_metadata = metadata_of(told.mail);
    view.metadata = m_metadata;
  }
  m_put = 0;
  if (type->detail == "subscription"sv) {
    take_subscription(whole, view, sink);
  } else {
    take_recipients(whole, *type, view, sink);
  }
  if (m_put == 0) {
    sink.reject("no recipient", m_record);
  }
}

/// An SNS message. What is no event of SES in it is a greeting.
void RecordParser::read_envelope(const Json& envelope, RecordSink& sink) {
  const auto message = text_of(envelope["Message"]);
  if (text_of(envelope["Type"]) != "Notification"sv || trim(message).substr(0, 1) != "{"sv) {
    sink.skip(m_record); // SubscriptionConfirmation; "Successfully validated SNS topic ..."
    return;
  }
  const Json event = m_message_parser.parse(message);
  if (!is_there(event)) {
    sink.reject("the Message of the envelope is broken JSON", m_record);
    return;
  }
  read_event({event, event["mail"], Json(simdjson::NO_SUCH_FIELD), text_of(envelope["MessageId"]),
              text_of(envelope["Timestamp"])},
             sink);
}

void RecordParser::read_object(const Json& root, RecordSink& sink) {
  if (is_there(root["Type"])) {
    read_envelope(root, sink);
    return;
  }
  const bool bridged = text_of(root["source"]) == "aws.ses"sv && is_there(root["detail"]);
  const Json event = bridged ? root["detail"] : root;
  read_event({event, event["mail"], Json(simdjson::NO_SUCH_FIELD),
              bridged ? text_of(root["id"]) : ""sv, bridged ? text_of(root["time"]) : ""sv},
             sink);
}

void RecordParser::read(std::string_view record, RecordSink& sink) {
  m_record = record;
  const Json root =
      m_parser.parse(record.data(), record.size(), false); // k_padding bytes are behind it
  if (!root.is_object()) {
    sink.reject("not a JSON object", record);
    return;
  }
  read_object(root, sink);
}

// ---- readers
// -------------------------------------------------------------------------------------------------------

/// One event or envelope a line (Values = JsonLines), or a list of them, or one after the other
/// (JsonValues).
template<typename Values, Framing k_framing> class EventReader : public LogReader {
public:
  std::string_view format() const override {
    return k_framing == Framing::lines ? "event publishing, NDJSON" : "event publishing, JSON";
  }
  Framing framing() const override { return k_framing; }
  void read(const Chunk& chunk, RecordSink& sink) override {
    Values values(chunk.first ? without_bom(chunk.text) : chunk.text);
    for (std::string_view record; values.next(record);) {
      m_parser.read(record, sink);
    }
  }
  std::unique_ptr<LogReader> clone() const override { return std::make_unique<EventReader>(); }

private:
  RecordParser m_parser;
};
using LineReader = EventReader<JsonLines, Framing::lines>;
using BodyReader = EventReader<JsonValues, Framing::json>;

// ---- whose is it?
// --------------------------------------------------------------------------------------------------

bool is_event(const Json& value) {
  const bool typed = is_there(value["eventType"]) || is_there(value["notificationType"]);
  const bool mailed =
      text_of(value["mail"]["messageId"]) != ""sv || is_there(value["mail"]["destination"]);
  return typed && (mailed || text_of(value["notificationType"]) == "Received"sv);
}

/// SNS carries much else: its message has to be an event of SES, or one of the greetings.
bool is_envelope(const Json& value) {
  const auto type = text_of(value["Type"]);
  if (!is_there(value["Message"]) || !is_there(value["MessageId"])) {
    return false;
  }
  if (type == "SubscriptionConfirmation"sv || type == "UnsubscribeConfirmation"sv) {
    return is_there(value["TopicArn"]);
  }
  const auto message = text_of(value["Message"]);
  simdjson::dom::parser parser;
  return type == "Notification"sv &&
         (is_event(parser.parse(message)) || message.find("Amazon SES") != std::string_view::npos);
}

/// What SES sends to a topic that it is told to write to.
constexpr auto k_greeting = "Successfully validated SNS topic"sv;
constexpr int k_most_looked_at = 20; // the first ones may be broken

template<typename Values> bool has_events(std::string_view head) {
  Values values(without_bom(head));
  simdjson::dom::parser parser;
  std::string_view value;
  for (int i = 0; i < k_most_looked_at && values.next(value); ++i) {
    const Json root = value.front() == '{' ? parser.parse(value) : Json(simdjson::INCORRECT_TYPE);
    if (is_event(root) || is_envelope(root) ||
        (text_of(root["source"]) == "aws.ses"sv && is_event(root["detail"]))) {
      return true;
    }
  }
  return false;
}

class SesAdapter : public Adapter, public WebhookSender {
public:
  std::string_view title() const override { return "Amazon SES"; }
  Capabilities capabilities() const override {
    return {.time_resolution = 1,
            .delivery_events = true,
            .delivery_times = true,
            .agents = true,
            .networks = true,
            .machine_flags = false};
  }
  std::vector<FormatInfo> formats() const override {
    return {
        {"event publishing, JSON and NDJSON, bare or in SNS or EventBridge envelopes", "events"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& /*context*/) const override {
    const auto first = trim(without_bom(head)).substr(0, 1);
    if (first != "{"sv && first != "["sv) {
      return nullptr; // a mail of SNS, a log with events in it
    }
    const bool values = has_events<JsonValues>(head);
    if (values && !looks_like_ndjson(head)) {
      return std::make_unique<BodyReader>();
    }
    if (values || has_events<JsonLines>(head)) { // a broken first line swallows the rest as a value
      return std::make_unique<LineReader>();
    }
    return nullptr;
  }
  bool has_webhook() const override { return true; }
  Result<void> check_webhook(const HttpRequest& request, const Secrets& secrets,
                             Seconds /*now*/) const override {
    return check_sns(request, secrets);
  }
  Result<WebhookNeeds> webhook_needs(const HttpRequest& request,
                                     const Secrets& secrets) const override {
    return needs_of_sns(request, secrets);
  }
  std::string webhook_gap(const Secrets& secrets) const override { return gap_of_sns(secrets); }
  Result<void> read_webhook(const HttpRequest& request, const WebhookContext& /*context*/,
                            RecordSink& sink) const override {
    const auto text = trim(request.body);
    if (text.starts_with(k_greeting)) { // without an envelope
      sink.skip(text);
    } else if (text.starts_with('{')) {
      RecordParser().read(text, sink);
    } else {
      return Error{ErrorCode::bad_syntax, "the body is no JSON object"};
    }
    return {};
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("ses", std::make_unique<SesAdapter>());
}

} // namespace mailfunnel::ses
