// Postal's webhooks (the mail server, https://postalserver.io): one event a body.
//   {"event":"MessageLinkClicked","timestamp":1772443507.12994,"uuid":"a11ce000-…","payload":{
//    "url":"https://www.example.com/pricing","token":"clk01","ip_address":"203.0.113.7","user_agent":"Mozilla/5.0",
//    "message":{"id":12345,"token":"tok1","direction":"outgoing","message_id":"7@app.example.net",
//               "to":"ann@example.com","from":"news@example.net","subject":"Spring","tag":"spring-news"}}}
// https://docs.postalserver.io/developer/webhooks

#include "adapter/json_reader.hpp"
#include "adapter/registry.hpp"
#include "adapter/signature.hpp"
#include "adapter/smtp_status.hpp"
#include "adapter/webhook.hpp"
#include "adapter/word_table.hpp"

#include <array>

namespace mailfunnel::postal {

namespace {

using enum BounceClass;
using Reason = BounceReason;

struct KindRow {
  std::string_view word;
  EventKind kind;
};
constexpr std::array k_kinds{
    KindRow{"MessageSent", EventKind::delivered}, // the recipient's server took it
    KindRow{"MessageDelayed", EventKind::deferred},
    KindRow{"MessageDeliveryFailed", EventKind::bounce},
    KindRow{"MessageBounced", EventKind::bounce}, // later, by a mail
    KindRow{"MessageHeld", EventKind::dropped},
    KindRow{"MessageLoaded", EventKind::open},
    KindRow{"MessageLinkClicked", EventKind::click},
};

/// Events of the server, not of a mail.
struct OtherRow {
  std::string_view word;
};
constexpr std::array k_others{OtherRow{"DomainDNSError"}, OtherRow{"SendLimitApproaching"},
                              OtherRow{"SendLimitExceeded"}};

struct DetailRow {
  std::string_view part; // of `details`, Postal's own words
  BounceReason reason;
};
constexpr std::array k_details{
    DetailRow{"suppression list", Reason::suppressed},
    DetailRow{"send limit", Reason::rate_limited},
    DetailRow{"maximum number of delivery attempts", Reason::expired},
};

/// `output` is what the recipient's server answered, `details` what Postal says of it.
Bounce judge(const Json& payload, EventKind kind) {
  const auto details = text_of(payload["details"]), output = text_of(payload["output"]);
  const auto answer = output.empty() ? details : output;
  const auto verdict = judge_smtp({}, answer);
  Bounce bounce{verdict.klass, verdict.reason, verdict.status, verdict.code, answer};
  if (const auto* const row = find_part(k_details, details)) {
    bounce.reason = row->reason;
  }
  if (kind == EventKind::deferred) {
    bounce.klass = soft;
  } else if (kind == EventKind::dropped) { // it waits for a person
    bounce.klass = none;
  }
  return bounce;
}

void read_event(const JsonRecord& record, RecordSink& sink) {
  const auto word = text_of(record.root["event"]);
  const auto payload = record.root["payload"];
  const bool bounced = is_there(payload["original_message"]);
  const auto message = bounced ? payload["original_message"] : payload["message"];
  if (find_word(k_others, word) != nullptr || text_of(message["direction"]) == "incoming") {
    sink.skip(record.text);
    return;
  }
  EventView view;
  if (!fill_event(view, record, {"event", record.root["event"]},
                  {bounced ? "payload.original_message.to" : "payload.message.to", message["to"]},
                  {"timestamp", record.root["timestamp"]}, sink)) {
    return;
  }
  view.kind = kind_of(k_kinds, view.native);
  view.campaign = text_of(message["tag"]);
  if (view.kind == EventKind::open || view.kind == EventKind::click) {
    view.agent_given = is_there(payload["user_agent"]);
    view.user_agent = text_of(payload["user_agent"]);
    view.ip = text_of(payload["ip_address"]);
    view.link = view.kind == EventKind::click ? text_of(payload["url"]) : std::string_view{};
  } else if (view.kind == EventKind::bounce || view.kind == EventKind::deferred ||
             view.kind == EventKind::dropped) {
    view.bounce = judge(payload, view.kind);
  }
  const JsonScalar id(message["id"]);
  std::vector<std::string_view> tags;
  if (sink.wants().details) {
    view.message_id = id;
    view.event_id = text_of(record.root["uuid"]);
    tags = texts_of(message["tag"]);
    view.tags = tags;
  }
  sink.accept(view);
}

bool is_event(const Json& body) {
  const auto word = text_of(body["event"]);
  return (find_word(k_kinds, word) != nullptr || find_word(k_others, word) != nullptr) &&
         is_there(body["payload"]) && is_there(body["uuid"]);
}

constexpr JsonFormat k_events{"webhook events, JSON", "", is_event, read_event};

/// RSA over the raw body. Postal before 3.0 has SHA-1 only.
Result<void> check_request(const HttpRequest& request, std::string_view key) {
  constexpr auto k_new = "X-Postal-Signature-256", k_old = "X-Postal-Signature";
  const bool is_new = !request.header(k_new).empty();
  MF_TRY(header, need_header(request, is_new ? k_new : k_old));
  return check_public_key_signature(is_new ? Digest::sha256 : Digest::sha1, key,
                                    base64_decode(header), request.body);
}

class PostalAdapter : public Adapter {
public:
  std::string_view title() const override { return "Postal"; }
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
    MF_TRY(key, need_secret(secrets, "postal", {"webhook_key"}));
    return check_request(request, key);
  }
  Result<void> read_webhook(const HttpRequest& request, const WebhookContext& /*context*/,
                            RecordSink& sink) const override {
    return read_json_body(request.body, k_events, sink);
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("postal", std::make_unique<PostalAdapter>());
}

} // namespace mailfunnel::postal
