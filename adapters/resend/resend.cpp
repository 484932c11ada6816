// Resend's webhooks: one event a body, signed by Svix.
//   {"type":"email.clicked","created_at":"2026-03-02T09:25:07.257Z","data":{"email_id":"5a1d7c30-…","created_at":"…",
//    "broadcast_id":"c0de0001-…","from":"News
//    <news@example.net>","to":["ann@example.com"],"subject":"Spring",
//    "tags":{"segment":"trial"},"click":{"ipAddress":"203.0.113.7","link":"https://www.example.com/pricing",
//    "timestamp":"2026-03-02T09:25:07.257Z","userAgent":"Mozilla/5.0"}}}
// https://resend.com/docs/webhooks/event-types

#include "adapter/json_reader.hpp"
#include "adapter/registry.hpp"
#include "adapter/ses_bounce.hpp"
#include "adapter/smtp_status.hpp"
#include "adapter/webhook.hpp"
#include "adapter/webhook_sender.hpp"
#include "adapter/word_table.hpp"
#include "base/json.hpp"

#include <array>

namespace mailfunnel::resend {

namespace {

using enum BounceClass;
using Reason = BounceReason;

struct KindRow {
  std::string_view word;
  EventKind kind;
};
constexpr std::array k_kinds{
    KindRow{"email.sent", EventKind::sent},
    KindRow{"email.delivered", EventKind::delivered},
    KindRow{"email.delivery_delayed", EventKind::deferred},
    KindRow{"email.bounced", EventKind::bounce},
    KindRow{"email.suppressed", EventKind::dropped},
    KindRow{"email.failed", EventKind::dropped}, // the domain, a quota, the content
    KindRow{"email.opened", EventKind::open},
    KindRow{"email.clicked", EventKind::click},
    KindRow{"email.complained", EventKind::complaint},
};

constexpr std::string_view k_of_mails = "email.", k_of_contacts = "contact.";

/// Resend sends through Amazon SES and passes its bounce types on. Bodies of old have the message
/// only.
Bounce judge_bounce(const Json& told) {
  const auto message = text_of(told["message"]);
  const auto verdict = judge_smtp({}, message);
  Bounce bounce{verdict.klass, verdict.reason, verdict.status, verdict.code, message};
  if (const auto type = text_of(told["type"]); !type.empty()) {
    const auto by_type = judge_ses_bounce(type, text_of(told["subType"]));
    bounce.klass = by_type.klass;
    bounce.reason = by_type.reason == Reason::other ? verdict.reason : by_type.reason;
  } else if (icontains(message, "suppression list")) {
    bounce.klass = hard;
    bounce.reason = Reason::suppressed;
  }
  return bounce;
}

void fill_by_kind(const Json& data, EventView& view) {
  switch (view.kind) {
  case EventKind::click: {
    const auto click = data["click"];
    view.link = text_of(click["link"]);
    view.ip = text_of(click["ipAddress"]);
    view.agent_given = is_there(click["userAgent"]);
    view.user_agent = text_of(click["userAgent"]);
    view.time = time_of(click["timestamp"]).value_or(view.time);
    break;
  }
  case EventKind::bounce:
    view.bounce = judge_bounce(data["bounce"]);
    break;
  case EventKind::deferred:
    view.bounce.klass = soft;
    break;
  case EventKind::dropped:
    if (const auto suppressed = data["suppressed"]; is_there(suppressed)) {
      view.bounce = {hard, Reason::suppressed, {}, 0, text_of(suppressed["message"])};
    } else {
      view.bounce.diagnostic = text_of(data["failed"]["reason"]);
    }
    break;
  default:
    break;
  }
}

/// One event for each of `to`: which of them it was, nobody says. So a bounce of several is not
/// hard, and an open or click, which gives points, is nobody's.
void read_mail(const JsonRecord& record, RecordSink& sink) {
  const auto data = record.root["data"];
  const auto recipients = texts_of(data["to"]);
  EventView view;
  if (!fill_event(view, record, {"type", record.root["type"]}, {"data.to", data["to"].at(0)},
                  {"created_at", record.root["created_at"]}, sink)) {
    return;
  }
  view.kind = kind_of(k_kinds, view.native);
  if (recipients.size() > 1 && (view.kind == EventKind::open || view.kind == EventKind::click)) {
    sink.reject("\"data.to\" names " + std::to_string(recipients.size()) +
                    " recipients, and nothing says which of them it was",
                record.text);
    return;
  }
  view.campaign = text_of(data["broadcast_id"]);
  fill_by_kind(data, view);
  if (recipients.size() > 1 && view.bounce.klass == hard) {
    view.bounce.klass = soft;
  }
  if (sink.wants().details) {
    view.message_id = text_of(data["email_id"]);
    view.metadata = json_member(json_member(record.text, "data"), "tags");
  }
  for (const auto recipient : recipients) {
    view.address = recipient;
    sink.accept(view);
  }
}

/// Who leaves a broadcast is told by a change of the contact only.
void read_contact(const JsonRecord& record, RecordSink& sink) {
  const auto data = record.root["data"];
  if (!is_true(data["unsubscribed"])) {
    sink.skip(record.text);
    return;
  }
  EventView view;
  if (fill_event(view, record, {"type", record.root["type"]}, {"data.email", data["email"]},
                 {"created_at", record.root["created_at"]}, sink)) {
    view.kind = EventKind::unsubscribe;
    view.contact_id = text_of(data["id"]);
    sink.accept(view);
  }
}

void read_event(const JsonRecord& record, RecordSink& sink) {
  const auto type = text_of(record.root["type"]);
  if (type.starts_with(k_of_contacts)) {
    read_contact(record, sink);
  } else if (type == "email.received" || (!type.empty() && !type.starts_with(k_of_mails))) {
    sink.skip(record.text); // mail that came in, domains, inboxes, the suppression list
  } else {
    read_mail(record, sink);
  }
}

bool is_event(const Json& body) {
  const auto type = text_of(body["type"]);
  const auto data = body["data"];
  return (type.starts_with(k_of_mails) && is_there(data["email_id"])) ||
         (type.starts_with(k_of_contacts) && is_there(data["unsubscribed"]));
}

constexpr JsonFormat k_events{"webhook events, JSON", "", is_event, read_event};

class ResendAdapter : public Adapter, public WebhookSender {
public:
  std::string_view title() const override { return "Resend"; }
  Capabilities capabilities() const override {
    return {.delivery_events = true, .delivery_times = true, .agents = true, .networks = true};
  }
  std::vector<FormatInfo> formats() const override { return {{k_events.name, "events"}}; }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& /*context*/) const override {
    return open_json_log(head, k_events);
  }
  bool has_webhook() const override { return true; }
  Result<void> check_webhook(const HttpRequest& request, const Secrets& secrets,
                             Seconds now) const override {
    MF_TRY(secret, need_secret(secrets, "resend", {"signing_secret", "secret"}));
    return check_standard_webhook(request, "svix", secret, now);
  }
  Result<void> sign_webhook(HttpRequest& request, const Secrets& secrets,
                            Seconds now) const override {
    MF_TRY(secret, need_secret(secrets, "resend", {"signing_secret", "secret"}));
    return sign_standard_webhook(request, "svix", secret, now);
  }
  Result<void> read_webhook(const HttpRequest& request, const WebhookContext& /*context*/,
                            RecordSink& sink) const override {
    return read_json_body(request.body, k_events, sink);
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("resend", std::make_unique<ResendAdapter>());
}

} // namespace mailfunnel::resend
