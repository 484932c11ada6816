// Mailtrap's webhooks for e-mail sending: up to 500 events a body, in the payload format "JSON"
//   {"events":[{"event":"click","timestamp":1772443507,"sending_stream":"bulk","category":"Spring
//   news",
//    "message_id":"6f0c1a52-…","email":"ann@example.com","event_id":"0d0a6c1e-…","ip":"203.0.113.7",
//    "user_agent":"Mozilla/5.0","url":"https://www.example.com/pricing","sending_domain_name":"example.net"}]}
// or, in the format "JSON Lines", one such event a line.
// https://docs.mailtrap.io/email-api-smtp/advanced/webhooks

#include "adapter/json_reader.hpp"
#include "adapter/registry.hpp"
#include "adapter/smtp_status.hpp"
#include "adapter/webhook.hpp"
#include "adapter/webhook_sender.hpp"
#include "adapter/word_table.hpp"
#include "base/json.hpp"

#include <array>

namespace mailfunnel::mailtrap {

namespace {

using enum BounceClass;
using Reason = BounceReason;

struct KindRow {
  std::string_view word;
  EventKind kind;
};
constexpr std::array k_kinds{
    KindRow{"delivery", EventKind::delivered},
    KindRow{"open", EventKind::open},
    KindRow{"click", EventKind::click},
    KindRow{"unsubscribe", EventKind::unsubscribe},
    KindRow{"spam", EventKind::complaint},
    KindRow{"soft bounce", EventKind::deferred}, // ten more attempts follow
    KindRow{"bounce", EventKind::bounce},
    KindRow{"suspension", EventKind::dropped}, // not tried now: the domain, or the account's limit
    KindRow{"reject", EventKind::dropped},
};

struct CategoryRow {
  std::string_view word; // bounce_category
  BounceClass klass;
  BounceReason reason;
};
/// What is not here (transientfail, generalfail, serverfail, other) leaves it to the answer.
constexpr std::array k_categories{
    CategoryRow{"badrecipient", hard, Reason::user_unknown},
    CategoryRow{"dnsFail", soft, Reason::host_unknown},
    CategoryRow{"overquota", soft, Reason::mailbox_full},
    CategoryRow{"greylisting", soft, Reason::rate_limited},
    CategoryRow{"timeout", soft, Reason::expired},
    CategoryRow{"spam", block, Reason::spam},
    CategoryRow{"spam_gmail", block, Reason::policy},
    CategoryRow{"content", block, Reason::content},
    CategoryRow{"block", block, Reason::policy},
    CategoryRow{"serverpolicy", block, Reason::policy},
    CategoryRow{"badsender", block, Reason::policy},
    CategoryRow{"verifyfail", block, Reason::policy},
    CategoryRow{"relayfail", block, Reason::relay_denied},
};

struct DropRow {
  std::string_view part; // of `reason`, without case
  BounceClass klass;
  BounceReason reason;
};
/// "Recipient in suppression list. Reason: unsubscription". The first that fits.
constexpr std::array k_drops{
    DropRow{"reason: hard bounce", hard, Reason::suppressed},
    DropRow{"reason: unsubscription", none, Reason::unsubscribed},
    DropRow{"reason: spam complaint", none, Reason::feedback},
    DropRow{"suppression list", none, Reason::suppressed},
    DropRow{"limit", none, Reason::rate_limited},
};

Bounce judge_bounce(const Json& event, EventKind kind) {
  const auto answer = text_of(event["response"]);
  const auto verdict = judge_smtp({}, answer);
  Bounce bounce{verdict.klass, verdict.reason, verdict.status, verdict.code, answer};
  if (const int code = reply_code_of(event["response_code"]); code != 0) {
    bounce.code = code;
  }
  if (const auto* const row = find_word(k_categories, text_of(event["bounce_category"]))) {
    bounce.klass = row->klass;
    bounce.reason = row->reason;
  }
  if (kind == EventKind::deferred) {
    bounce.klass = soft;
  }
  return bounce;
}

Bounce judge_drop(std::string_view reason) {
  if (const auto* const row = find_part(k_drops, reason)) {
    return {row->klass, row->reason, {}, 0, reason};
  }
  return {none, Reason::other, {}, 0, reason};
}

constexpr std::string_view k_activity_log = "activity_log."; // of the account, not of mails

void read_event(const JsonRecord& record, RecordSink& sink) {
  const auto& event = record.root;
  if (text_of(event["event"]).starts_with(k_activity_log)) {
    sink.skip(record.text);
    return;
  }
  EventView view;
  if (!fill_event(view, record, {"event", event["event"]}, {"email", event["email"]},
                  {"timestamp", event["timestamp"]}, sink)) {
    return;
  }
  view.kind = kind_of(k_kinds, view.native);
  view.campaign = text_of(event["category"]);
  view.agent_given = is_there(event["user_agent"]);
  view.user_agent = text_of(event["user_agent"]);
  view.ip = text_of(event["ip"]);
  if (view.kind == EventKind::click) {
    view.link = text_of(event["url"]);
  } else if (view.kind == EventKind::bounce || view.kind == EventKind::deferred) {
    view.bounce = judge_bounce(event, view.kind);
  } else if (view.kind == EventKind::dropped) {
    view.bounce = judge_drop(text_of(event["reason"]));
  }
  std::vector<std::string_view> tags;
  if (sink.wants().details) {
    view.message_id = text_of(event["message_id"]);
    view.event_id = text_of(event["event_id"]);
    tags = texts_of(event["category"]);
    view.tags = tags;
    view.metadata = json_member(record.text, "custom_variables");
  }
  sink.accept(view);
}

/// Its ids besides a word; SendGrid and Brevo name theirs otherwise.
bool is_event(const Json& event) {
  return text_of(event["event"]).starts_with(k_activity_log) ||
         (find_word(k_kinds, text_of(event["event"])) != nullptr && is_there(event["email"]) &&
          is_there(event["event_id"]) && is_there(event["message_id"]));
}

constexpr JsonFormat k_events{"webhook events, JSON and JSON Lines", "events", is_event,
                              read_event};

class MailtrapAdapter : public Adapter, public WebhookSender {
public:
  std::string_view title() const override { return "Mailtrap"; }
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
                             Seconds /*now*/) const override {
    MF_TRY(secret, need_secret(secrets, "mailtrap", {"signing_secret", "secret"}));
    return check_body_hmac(request, "Mailtrap-Signature", secret);
  }
  Result<void> sign_webhook(HttpRequest& request, const Secrets& secrets,
                            Seconds /*now*/) const override {
    MF_TRY(secret, need_secret(secrets, "mailtrap", {"signing_secret", "secret"}));
    sign_body_hmac(request, "Mailtrap-Signature", secret);
    return {};
  }
  Result<void> read_webhook(const HttpRequest& request, const WebhookContext& /*context*/,
                            RecordSink& sink) const override {
    return read_json_body(request.body, k_events, sink);
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("mailtrap", std::make_unique<MailtrapAdapter>());
}

} // namespace mailfunnel::mailtrap
