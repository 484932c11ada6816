// Mailomat's webhooks (mailomat.swiss): one event a body, with the record of its mail server in
// "payload".
//   {"id":"e0e0e001-…","eventType":"failure_perm","occurredAt":"2026-03-02T10:25:07+01:00","messageUuid":"e0e0e002-…",
//    "messageId":"spring-1@s.example.net","recipient":"ann@example.com","payload":{"event":"failure_perm",
//    "timestamp":1772443507.198,"delivery-status":{"attempt-nr":1,"code":550,"enhanced-code":"5.1.1",
//    "message":"5.1.1 address unknown"},"client":{"ip":"203.0.113.7","user-agent":"Mozilla/5.0"}}}
// https://api.mailomat.swiss/docs

#include "adapter/json_reader.hpp"
#include "adapter/registry.hpp"
#include "adapter/signature.hpp"
#include "adapter/smtp_status.hpp"
#include "adapter/webhook.hpp"
#include "adapter/webhook_sender.hpp"
#include "adapter/word_table.hpp"

#include <fmt/format.h>

#include <array>

namespace mailfunnel::mailomat {

namespace {

struct KindRow {
  std::string_view word;
  EventKind kind;
};
constexpr std::array k_kinds{
    KindRow{"accepted", EventKind::sent},       KindRow{"not_accepted", EventKind::dropped},
    KindRow{"delivered", EventKind::delivered}, KindRow{"failure_tmp", EventKind::deferred},
    KindRow{"failure_perm", EventKind::bounce}, KindRow{"opened", EventKind::open},
    KindRow{"clicked", EventKind::click},
};

Bounce judge(const Json& status, EventKind kind) {
  const auto answer = text_of(status["message"]);
  const auto verdict = judge_smtp(text_of(status["enhanced-code"]), answer);
  Bounce bounce{verdict.klass, verdict.reason, verdict.status, verdict.code, answer};
  if (const int code = reply_code_of(status["code"]); code != 0) {
    bounce.code = code;
  }
  if (kind == EventKind::deferred) {
    bounce.klass = BounceClass::soft;
  }
  return bounce;
}

void read_event(const JsonRecord& record, RecordSink& sink) {
  const auto& event = record.root;
  EventView view;
  if (!fill_event(view, record, {"eventType", event["eventType"]},
                  {"recipient", event["recipient"]}, {"occurredAt", event["occurredAt"]}, sink)) {
    return;
  }
  const auto payload = event["payload"], client = payload["client"];
  view.kind = kind_of(k_kinds, view.native);
  view.agent_given = is_there(client["user-agent"]);
  view.user_agent = text_of(client["user-agent"]);
  view.ip = text_of(client["ip"]);
  if (view.kind == EventKind::click) {
    view.link = text_of(payload["url"]);
  } else if (view.kind == EventKind::bounce || view.kind == EventKind::deferred) {
    view.bounce = judge(payload["delivery-status"], view.kind);
  }
  if (sink.wants().details) {
    view.message_id = text_of(event["messageId"]);
    view.event_id = text_of(event["id"]);
  }
  sink.accept(view);
}

bool is_event(const Json& event) {
  return is_there(event["eventType"]) && is_there(event["occurredAt"]) &&
         is_there(event["messageId"]) && is_there(event["recipient"]);
}

constexpr JsonFormat k_events{"webhook events, JSON", "", is_event, read_event};

/// HMAC-SHA256 over id.event.timestamp, all of them headers. The algorithm is named in the header,
/// but is not the sender's to choose.
Result<void> check_headers(const HttpRequest& request, std::string_view secret, Seconds now) {
  MF_TRY(id, need_header(request, "X-MOM-Webhook-Id"));
  MF_TRY(event, need_header(request, "X-MOM-Webhook-Event"));
  MF_TRY(stamp, need_header(request, "X-MOM-Webhook-Timestamp"));
  MF_TRY(given, need_header(request, "X-MOM-Webhook-Signature"));
  constexpr std::string_view k_algorithm = "sha256=";
  if (!given.starts_with(k_algorithm)) {
    return Error{ErrorCode::unauthorized, "the signature is not one of HMAC-SHA256"};
  }
  const auto signed_text = std::string(id).append(".").append(event).append(".").append(stamp);
  MF_CHECK(check_signature(hex_decode(given.substr(k_algorithm.size())),
                           hmac(Digest::sha256, secret, signed_text)));
  return check_age(stamp, now);
}

class MailomatAdapter : public Adapter, public WebhookSender {
public:
  std::string_view title() const override { return "Mailomat"; }
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
    MF_TRY(secret, need_secret(secrets, "mailomat", {"webhook_secret", "secret"}));
    return check_headers(request, secret, now);
  }
  Result<void> sign_webhook(HttpRequest& request, const Secrets& secrets,
                            Seconds now) const override {
    MF_TRY(secret, need_secret(secrets, "mailomat", {"webhook_secret", "secret"}));
    const auto stamp = std::to_string(now), id = "test-" + stamp;
    const auto event = json_member(request.body, "eventType");
    const auto word = event.size() > 2 && event.front() == '"' ? event.substr(1, event.size() - 2)
                                                               : std::string_view("test");
    const auto text = fmt::format("{}.{}.{}", id, word, stamp);
    request.headers.emplace_back("X-MOM-Webhook-Id", id);
    request.headers.emplace_back("X-MOM-Webhook-Event", word);
    request.headers.emplace_back("X-MOM-Webhook-Timestamp", stamp);
    request.headers.emplace_back("X-MOM-Webhook-Signature",
                                 "sha256=" + hex_encode(hmac(Digest::sha256, secret, text)));
    return {};
  }
  Result<void> read_webhook(const HttpRequest& request, const WebhookContext& /*context*/,
                            RecordSink& sink) const override {
    return read_json_body(request.body, k_events, sink);
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("mailomat", std::make_unique<MailomatAdapter>());
}

} // namespace mailfunnel::mailomat
