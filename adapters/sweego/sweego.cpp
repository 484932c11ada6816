// Sweego's webhooks: one event a body.
//   {"event_type":"email_clicked","timestamp":"2026-03-02T09:25:07+00:00","swg_uid":"02-5e3e9000-…","event_id":"5e3e9001-…",
//    "channel":"email","headers":{"x-transaction-id":"5e3e9002-…"},"campaign_tags":["news"],"campaign_type":"market",
//    "campaign_id":"spring","recipient":"ann@example.com","domain_from":"example.net",
//    "click":{"url":"https://www.example.com/pricing","user_agent":"Mozilla/5.0"}}
// https://learn.sweego.io/docs/webhooks

#include "adapter/json_reader.hpp"
#include "adapter/registry.hpp"
#include "adapter/smtp_status.hpp"
#include "adapter/webhook.hpp"
#include "adapter/webhook_sender.hpp"
#include "adapter/word_table.hpp"

#include <array>

namespace mailfunnel::sweego {

namespace {

using enum BounceClass;

struct KindRow {
  std::string_view word;
  EventKind kind;
};
constexpr std::array k_kinds{
    KindRow{"email_sent", EventKind::sent},        KindRow{"delivered", EventKind::delivered},
    KindRow{"soft-bounce", EventKind::deferred}, // a temporary failure
    KindRow{"soft_bounce", EventKind::deferred}, // hyphen or underscore: Sweego writes both
    KindRow{"hard_bounce", EventKind::bounce},     KindRow{"hard-bounce", EventKind::bounce},
    KindRow{"email_opened", EventKind::open},      KindRow{"email_clicked", EventKind::click},
    KindRow{"list_unsub", EventKind::unsubscribe}, KindRow{"complaint", EventKind::complaint},
};

constexpr std::string_view k_inbound = "email_inbound", k_mail = "email";

Bounce judge(const Json& event, EventKind kind) {
  const auto answer = text_of(event["details"]);
  const auto verdict = judge_smtp({}, answer);
  const int code = reply_code_of(event["response_code"]);
  return {kind == EventKind::deferred ? soft : hard, verdict.reason, verdict.status,
          code != 0 ? code : verdict.code, answer};
}

void read_event(const JsonRecord& record, RecordSink& sink) {
  const auto& event = record.root;
  const auto channel = text_of(event["channel"]);
  if (text_of(event["event_type"]) == k_inbound || (!channel.empty() && channel != k_mail)) {
    sink.skip(record.text); // mail that came in, SMS
    return;
  }
  EventView view;
  if (!fill_event(view, record, {"event_type", event["event_type"]},
                  {"recipient", event["recipient"]}, {"timestamp", event["timestamp"]}, sink)) {
    return;
  }
  view.kind = kind_of(k_kinds, view.native);
  const auto campaign = text_of(event["campaign_id"]);
  if (campaign != text_of(event["campaign_type"])) { // which is what it is without one
    view.campaign = campaign;
  }
  if (view.kind == EventKind::open || view.kind == EventKind::click) {
    const auto reader = event[view.kind == EventKind::click ? "click" : "open"];
    view.agent_given = is_there(reader["user_agent"]);
    view.user_agent = text_of(reader["user_agent"]);
    view.link = text_of(reader["url"]);
  } else if (view.kind == EventKind::bounce || view.kind == EventKind::deferred) {
    view.bounce = judge(event, view.kind);
  }
  std::vector<std::string_view> tags;
  if (sink.wants().details) {
    view.message_id = text_of(event["swg_uid"]);
    view.event_id = text_of(event["event_id"]);
    tags = texts_of(event["campaign_tags"]);
    view.tags = tags;
  }
  sink.accept(view);
}

bool is_event(const Json& event) {
  return is_there(event["event_type"]) && is_there(event["swg_uid"]);
}

constexpr JsonFormat k_events{"webhook events, JSON", "", is_event, read_event};

class SweegoAdapter : public Adapter, public WebhookSender {
public:
  std::string_view title() const override { return "Sweego"; }
  Capabilities capabilities() const override {
    return {.delivery_events = true, .delivery_times = true, .agents = true};
  }
  std::vector<FormatInfo> formats() const override { return {{k_events.name, "events"}}; }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& /*context*/) const override {
    return open_json_log(head, k_events);
  }
  bool has_webhook() const override { return true; }
  Result<void> check_webhook(const HttpRequest& request, const Secrets& secrets,
                             Seconds now) const override {
    MF_TRY(secret, need_secret(secrets, "sweego", {"webhook_secret", "secret"}));
    return check_standard_webhook(request, "webhook", secret, now);
  }
  Result<void> sign_webhook(HttpRequest& request, const Secrets& secrets,
                            Seconds now) const override {
    MF_TRY(secret, need_secret(secrets, "sweego", {"webhook_secret", "secret"}));
    return sign_standard_webhook(request, "webhook", secret, now);
  }
  Result<void> read_webhook(const HttpRequest& request, const WebhookContext& /*context*/,
                            RecordSink& sink) const override {
    return read_json_body(request.body, k_events, sink);
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("sweego", std::make_unique<SweegoAdapter>());
}

} // namespace mailfunnel::sweego
