// Unisender Go's webhooks: up to many events a body
//   {"auth":"0123456789abcdef0123456789abcdef","events_by_user":[{"user_id":123456,"project_id":"6…","events":[
//    {"event_name":"transactional_email_status","event_data":{"job_id":"1bBcCd-000001-Aa","metadata":{"campaign_id":"spring"},
//     "email":"ann@example.com","status":"clicked","event_time":"2026-03-02
//     09:25:07","url":"https://www.example.com/pricing",
//     "delivery_info":{"user_agent":"Mozilla/5.0","ip":"203.0.113.7"}}}]}]}
// or, with the webhook's option single_event, one event, whose data is at the top beside "auth".
// https://godocs.unisender.ru/web-api-ref#callback-format

#include "adapter/json_reader.hpp"
#include "adapter/registry.hpp"
#include "adapter/signature.hpp"
#include "adapter/smtp_status.hpp"
#include "adapter/webhook.hpp"
#include "adapter/webhook_sender.hpp"
#include "adapter/word_table.hpp"
#include "base/json.hpp"

#include <array>

namespace mailfunnel::unisender_go {

namespace {

using enum BounceClass;
using Reason = BounceReason;

struct KindRow {
  std::string_view word; // status
  EventKind kind;
};
constexpr std::array k_kinds{
    KindRow{"sent", EventKind::sent},
    KindRow{"delivered", EventKind::delivered},
    KindRow{"soft_bounced", EventKind::deferred}, // further attempts follow
    KindRow{"hard_bounced", EventKind::bounce},
    KindRow{"opened", EventKind::open},
    KindRow{"clicked", EventKind::click},
    KindRow{"unsubscribed", EventKind::unsubscribe},
    KindRow{"subscribed", EventKind::resubscribe}, // again, after having unsubscribed
    KindRow{"spam", EventKind::complaint},
};

struct DeliveryRow {
  std::string_view word; // delivery_info.delivery_status
  BounceClass klass;
  BounceReason reason;
  bool not_tried = false;
};
/// What is not here (err_delivery_failed, err_will_retry, err_lost …) leaves it to the answer.
constexpr std::array k_deliveries{
    DeliveryRow{"err_user_unknown", hard, Reason::user_unknown},
    DeliveryRow{"err_user_inactive", hard, Reason::mailbox_disabled},
    DeliveryRow{"err_mailbox_discarded", hard, Reason::mailbox_disabled},
    DeliveryRow{"err_domain_inactive", hard, Reason::host_unknown},
    DeliveryRow{"err_mailbox_full", soft, Reason::mailbox_full},
    DeliveryRow{"err_too_large", soft, Reason::message_too_big},
    DeliveryRow{"err_destination_misconfigured", soft, Reason::network},
    DeliveryRow{"err_spam_rejected", block, Reason::spam},
    DeliveryRow{"err_blacklisted", block, Reason::blocked_ip},
    DeliveryRow{"err_unreachable", hard, Reason::suppressed, true},
    DeliveryRow{"err_skip_letter", soft, Reason::suppressed, true},
    DeliveryRow{"err_spam_skipped", block, Reason::spam, true},
    DeliveryRow{"err_unsubscribed", none, Reason::unsubscribed, true},
};

void judge_bounce(const Json& info, EventView& view) {
  const auto answer = text_of(info["destination_response"]);
  const auto verdict = judge_smtp({}, answer);
  view.bounce = {verdict.klass, verdict.reason, verdict.status, verdict.code, answer};
  if (const auto* const row = find_word(k_deliveries, text_of(info["delivery_status"]))) {
    view.bounce.klass = row->klass;
    view.bounce.reason = row->reason;
    view.kind = row->not_tried && view.kind == EventKind::bounce ? EventKind::dropped : view.kind;
  }
  if (view.kind == EventKind::deferred) {
    view.bounce.klass = soft;
  }
}

/// The sender's own metadata; django-anymail puts an id of its own in.
std::string metadata_of(const Json& metadata) {
  std::string out;
  each_member(metadata, [&out](std::string_view name, const Json& value) {
    if (name != "anymail_id") {
      out += out.empty() ? '{' : ',';
      append_json_string(out, name);
      out += ':';
      out += simdjson::minify(value.value_unsafe());
    }
  });
  return out.empty() ? out : out + '}';
}

constexpr std::string_view k_of_mails = "transactional_email_status";

void read_event(const JsonRecord& record, RecordSink& sink) {
  const auto name = record.root["event_name"], nested = record.root["event_data"];
  const auto data = is_there(nested) ? nested : record.root;
  if (!text_of(name).empty() && text_of(name) != k_of_mails) {
    sink.skip(record.text); // transactional_spam_block: of Unisender's servers
    return;
  }
  EventView view;
  if (!fill_event(view, record, {"status", data["status"]}, {"email", data["email"]},
                  {"event_time", data["event_time"]}, sink)) {
    return;
  }
  const auto info = data["delivery_info"];
  view.kind = kind_of(k_kinds, view.native);
  const JsonScalar campaign(data["metadata"]["campaign_id"]);
  view.campaign = campaign;
  if (view.kind == EventKind::open || view.kind == EventKind::click) {
    view.agent_given = is_there(info["user_agent"]);
    view.user_agent = text_of(info["user_agent"]);
    view.ip = text_of(info["ip"]);
    view.link = view.kind == EventKind::click ? text_of(data["url"]) : std::string_view{};
  } else if (view.kind == EventKind::bounce || view.kind == EventKind::deferred) {
    judge_bounce(info, view);
  }
  std::string metadata;
  if (sink.wants().details) {
    view.message_id = text_of(data["job_id"]);
    metadata = metadata_of(data["metadata"]);
    view.metadata = metadata;
  }
  sink.accept(view);
}

bool is_event(const Json& event) {
  return text_of(event["event_name"]) == k_of_mails;
}

constexpr JsonFormat k_events{"webhook events, JSON", "events_by_user.events", is_event,
                              read_event};

/// MD5 of the body in which the API key stands where "auth" has the MD5.
/// What stands in "auth", a part of the body.
Result<std::string_view> auth_in(std::string_view body) {
  const auto auth = json_member(body, "auth");
  if (auth.size() < 2 || auth.front() != '"' || auth.back() != '"') {
    return Error{ErrorCode::unauthorized, "the signature \"auth\" is missing in the body"};
  }
  return auth.substr(1, auth.size() - 2);
}

/// The body with something else in the place of `part`.
std::string with_in_place(std::string_view body, std::string_view part, std::string_view other) {
  const auto begin = static_cast<std::size_t>(part.data() - body.data());
  return std::string(body.substr(0, begin)).append(other).append(body.substr(begin + part.size()));
}

std::string signature_of(std::string_view body, std::string_view given, std::string_view key) {
  return digest_of(Digest::md5, with_in_place(body, given, key));
}

class UnisenderGoAdapter : public Adapter, public WebhookSender {
public:
  std::string_view title() const override { return "Unisender Go"; }
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
    MF_TRY(key, need_secret(secrets, "unisender_go", {"api_key"}));
    MF_TRY(given, auth_in(request.body));
    return check_signature(hex_decode(given), signature_of(request.body, given, key));
  }
  Result<void> sign_webhook(HttpRequest& request, const Secrets& secrets,
                            Seconds /*now*/) const override {
    MF_TRY(secret, need_secret(secrets, "unisender_go", {"api_key"}));
    MF_TRY(given, auth_in(request.body));
    request.body =
        with_in_place(request.body, given, hex_encode(signature_of(request.body, given, secret)));
    return {};
  }
  Result<void> read_webhook(const HttpRequest& request, const WebhookContext& /*context*/,
                            RecordSink& sink) const override {
    return read_json_body(request.body, k_events, sink);
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("unisender_go", std::make_unique<UnisenderGoAdapter>());
}

} // namespace mailfunnel::unisender_go
