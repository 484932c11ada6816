// MailerSend's webhooks: one event a body.
//   {"type":"activity.clicked","created_at":"2026-03-02T09:25:07.000000Z","webhook_id":"ab12cd34ef56gh78","data":{
//    "object":"activity","id":"65e2f0a1c0ffee0011223344","type":"clicked","created_at":"2026-03-02T09:25:07.000000Z",
//    "email":{"id":"65e2…","subject":"Spring","tags":["spring-news"],"message":{"id":"65e2f0a1c0ffee0011223355"},
//             "recipient":{"id":"65e2f0a1c0ffee0011223366","email":"ann@example.com"}},
//    "morph":{"object":"click","ip":"203.0.113.7","url":"https://www.example.com/pricing"}}}
// https://developers.mailersend.com/api/v1/webhooks.html

#include "adapter/json_reader.hpp"
#include "adapter/registry.hpp"
#include "adapter/smtp_status.hpp"
#include "adapter/webhook.hpp"
#include "adapter/webhook_sender.hpp"
#include "adapter/word_table.hpp"

#include <array>

namespace mailfunnel::mailersend {

namespace {

struct KindRow {
  std::string_view word;
  EventKind kind;
  BounceClass klass = BounceClass::none;
};
constexpr std::array k_kinds{
    KindRow{"activity.sent", EventKind::sent},
    KindRow{"activity.delivered", EventKind::delivered},
    KindRow{"activity.deferred", EventKind::deferred, BounceClass::soft},
    KindRow{"activity.soft_bounced", EventKind::bounce, BounceClass::soft},
    KindRow{"activity.hard_bounced", EventKind::bounce, BounceClass::hard},
    KindRow{"activity.opened", EventKind::open},
    KindRow{"activity.opened_unique", EventKind::open}, // the first one comes under both words
    KindRow{"activity.clicked", EventKind::click},
    KindRow{"activity.clicked_unique", EventKind::click},
    KindRow{"activity.unsubscribed", EventKind::unsubscribe},
    KindRow{"activity.spam_complaint", EventKind::complaint},
};

constexpr std::string_view k_of_mails = "activity.";

void read_event(const JsonRecord& record, RecordSink& sink) {
  const auto data = record.root["data"], email = data["email"], morph = data["morph"];
  if (const auto type = text_of(record.root["type"]);
      !type.empty() && !type.starts_with(k_of_mails)) {
    sink.skip(record.text); // of the account, of SMS, or of mail that came in
    return;
  }
  const auto recipient = email["recipient"];
  EventView view;
  if (!fill_event(view, record, {"type", record.root["type"]},
                  {"data.email.recipient.email", recipient["email"]},
                  {"data.created_at", data["created_at"]}, sink)) {
    return;
  }
  const auto* const word = find_word(k_kinds, view.native);
  view.kind = word != nullptr ? word->kind : EventKind::unknown;
  view.contact_id = text_of(recipient["id"]);
  const auto tags = texts_of(email["tags"]);
  view.campaign = tags.empty() ? std::string_view{} : tags.front();
  view.ip = text_of(morph["ip"]);
  if (view.kind == EventKind::click) {
    view.link = text_of(morph["url"]);
  } else if (view.kind == EventKind::bounce || view.kind == EventKind::deferred) {
    const auto reason = text_of(morph["reason"]);
    const auto verdict = judge_smtp({}, reason);
    view.bounce = {word->klass, verdict.reason, verdict.status, verdict.code, reason};
  }
  if (sink.wants().details) {
    view.message_id = text_of(email["message"]["id"]);
    view.event_id = text_of(data["id"]);
    view.tags = tags;
  }
  sink.accept(view);
}

bool is_event(const Json& body) {
  return text_of(body["type"]).starts_with(k_of_mails) && is_there(body["data"]["email"]);
}

constexpr JsonFormat k_events{"webhook events, JSON", "", is_event, read_event};

class MailerSendAdapter : public Adapter, public WebhookSender {
public:
  std::string_view title() const override { return "MailerSend"; }
  Capabilities capabilities() const override {
    return {.delivery_events = true, .delivery_times = true, .networks = true};
  }
  std::vector<FormatInfo> formats() const override { return {{k_events.name, "events"}}; }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& /*context*/) const override {
    return open_json_log(head, k_events);
  }
  bool has_webhook() const override { return true; }
  Result<void> check_webhook(const HttpRequest& request, const Secrets& secrets,
                             Seconds /*now*/) const override {
    MF_TRY(secret, need_secret(secrets, "mailersend", {"signing_secret", "secret"}));
    return check_body_hmac(request, "Signature", secret);
  }
  Result<void> sign_webhook(HttpRequest& request, const Secrets& secrets,
                            Seconds /*now*/) const override {
    MF_TRY(secret, need_secret(secrets, "mailersend", {"signing_secret", "secret"}));
    sign_body_hmac(request, "Signature", secret);
    return {};
  }
  Result<void> read_webhook(const HttpRequest& request, const WebhookContext& /*context*/,
                            RecordSink& sink) const override {
    return read_json_body(request.body, k_events, sink);
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("mailersend", std::make_unique<MailerSendAdapter>());
}

} // namespace mailfunnel::mailersend
