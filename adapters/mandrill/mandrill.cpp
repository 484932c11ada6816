// Mandrill's webhooks (Mailchimp Transactional): a form with one field, a JSON list of up to 1,000
// events.
//   mandrill_events=%5B%7B%22event%22%3A%22click%22…
// which is, decoded:
//   [{"event":"click","ts":1772443507,"_id":"5d41402a","url":"https://www.example.com/pricing","ip":"203.0.113.7",
//     "user_agent":"Mozilla/5.0","location":null,"msg":{"_id":"5d41402a","ts":1772443400,"email":"ann@example.com",
//     "sender":"news@example.net","subject":"Spring","tags":["spring-news"],"metadata":{"user_id":17},"state":"sent"}}]
// https://mailchimp.com/developer/transactional/docs/webhooks/

#include "adapter/framing.hpp"
#include "adapter/json_reader.hpp"
#include "adapter/registry.hpp"
#include "adapter/signature.hpp"
#include "adapter/smtp_status.hpp"
#include "adapter/webhook.hpp"
#include "adapter/webhook_sender.hpp"
#include "adapter/word_table.hpp"
#include "base/base64.hpp"
#include "base/json.hpp"
#include "base/uri.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::mandrill {

namespace {

using enum BounceClass;
using Reason = BounceReason;

// ---- events
// --------------------------------------------------------------------------------------------------------

struct KindRow {
  std::string_view word;
  EventKind kind;
  BounceClass klass = none;
};
constexpr std::array k_kinds{
    KindRow{"send", EventKind::sent},
    KindRow{"delivered", EventKind::delivered},
    KindRow{"deferral", EventKind::deferred, soft},
    KindRow{"soft_bounce", EventKind::bounce, soft}, // Mandrill does not try again
    KindRow{"hard_bounce", EventKind::bounce, hard},
    KindRow{"reject", EventKind::dropped},
    KindRow{"open", EventKind::open},
    KindRow{"click", EventKind::click},
    KindRow{"spam", EventKind::complaint},
    KindRow{"unsub", EventKind::unsubscribe},
};
constexpr std::string_view k_inbound = "inbound";

struct DescriptionRow {
  std::string_view word; // bounce_description
  BounceReason reason;
};
constexpr std::array k_descriptions{
    DescriptionRow{"bad_mailbox", Reason::user_unknown},
    DescriptionRow{"invalid_domain", Reason::host_unknown},
    DescriptionRow{"mailbox_full", Reason::mailbox_full},
};

struct RejectRow {
  std::string_view word; // reject.reason
  BounceClass klass;
  BounceReason reason;
};
constexpr std::array k_rejects{
    RejectRow{"hard-bounce", hard, Reason::suppressed},
    RejectRow{"soft-bounce", soft, Reason::suppressed},
    RejectRow{"spam", none, Reason::feedback},
    RejectRow{"unsub", none, Reason::unsubscribed},
};

/// "smtp;550 5.1.1 no such user" -> the server's words
std::string_view answer_of(std::string_view diagnostic) {
  constexpr std::string_view k_type = "smtp;";
  return istarts_with(diagnostic, k_type) ? trim(diagnostic.substr(k_type.size())) : diagnostic;
}

Bounce judge_bounce(const Json& message, BounceClass klass) {
  auto diagnostic = text_of(message["diag"]);
  const auto description = text_of(message["bounce_description"]);
  each_element(message["smtp_events"], [&diagnostic](const Json& attempt) { // of a deferral
    if (const auto answer = text_of(attempt["diag"]); !answer.empty()) {
      diagnostic = answer; // the last one
    }
  });
  const auto verdict = judge_smtp({}, answer_of(diagnostic));
  Bounce bounce{klass, verdict.reason, verdict.status, verdict.code,
                diagnostic.empty() ? description : diagnostic};
  if (const auto* const row = find_word(k_descriptions, description);
      row != nullptr && bounce.reason == Reason::other) {
    bounce.reason = row->reason;
  }
  return bounce;
}

Bounce judge_reject(const Json& message) {
  const auto word = text_of(message["reject"]["reason"]);
  const auto* const row = find_word(k_rejects, word);
  return row != nullptr ? Bounce{row->klass, row->reason, {}, 0, word}
                        : Bounce{none, Reason::other, {}, 0, word};
}

/// The URL of a click; where it is missing, that of the message's last click.
std::string_view link_of(const Json& event) {
  auto link = text_of(event["url"]);
  if (link.empty()) {
    each_element(event["msg"]["clicks"],
                 [&link](const Json& click) { link = text_of(click["url"]); });
  }
  return link;
}

bool is_about_lists(const Json& event) { // of addresses that are refused, or never refused
  return is_there(event["action"]) && (is_there(event["reject"]) || is_there(event["entry"]));
}

void read_event(const JsonRecord& record, RecordSink& sink) {
  const auto& event = record.root;
  if (is_about_lists(event) || text_of(event["event"]) == k_inbound) {
    sink.skip(record.text);
    return;
  }
  const auto message = event["msg"];
  EventView view;
  if (!fill_event(view, record, {"event", event["event"]}, {"msg.email", message["email"]},
                  {"ts", event["ts"]}, sink)) {
    return;
  }
  const auto* const word = find_word(k_kinds, view.native);
  view.kind = word != nullptr ? word->kind : EventKind::unknown;
  const auto tags = texts_of(message["tags"]);
  view.campaign = tags.empty() ? std::string_view{} : tags.front();
  view.agent_given = is_there(event["user_agent"]);
  view.user_agent = text_of(event["user_agent"]);
  view.ip = text_of(event["ip"]);
  if (view.kind == EventKind::click) {
    view.link = link_of(event);
  } else if (view.kind == EventKind::bounce || view.kind == EventKind::deferred) {
    view.bounce = judge_bounce(message, word->klass);
  } else if (view.kind == EventKind::dropped) {
    view.bounce = judge_reject(message);
  }
  if (sink.wants().details) {
    view.message_id = text_of(message["_id"]);
    view.tags = tags;
    view.metadata = json_member(json_member(record.text, "msg"), "metadata");
  }
  sink.accept(view);
}

bool is_event(const Json& event) {
  const auto word = text_of(event["event"]);
  const bool ours = find_word(k_kinds, word) != nullptr || word == k_inbound;
  return (ours && is_there(event["ts"]) && is_there(event["msg"])) ||
         (is_there(event["type"]) && is_about_lists(event));
}

constexpr JsonFormat k_events{"webhook events, JSON", "", is_event, read_event};

// ---- forms
// ---------------------------------------------------------------------------------------------------------

constexpr std::string_view k_field = "mandrill_events";
constexpr std::string_view k_form_start = "mandrill_events=";

std::string events_of(std::string_view form) {
  auto json = query_parameter(form, k_field).value_or("");
  json.reserve(json.size() + k_padding);
  return json;
}

/// Gives records on with the form that they were in: only that has a place in the file.
class FormSink : public RecordSink {
public:
  FormSink(RecordSink& sink, std::string_view form) : m_sink(sink), m_form(form) {}
  Wants wants() const override { return m_sink.wants(); }
  void accept(const EventView& event) override {
    auto placed = event;
    placed.record = m_form;
    m_sink.accept(placed);
  }
  void accept(const RecipientView& recipient) override { m_sink.accept(recipient); }
  void accept(const Campaign& campaign, std::string_view /*record*/) override {
    m_sink.accept(campaign, m_form);
  }
  void reject(std::string_view why, std::string_view /*record*/) override {
    m_sink.reject(why, m_form);
  }
  void skip(std::string_view /*record*/) override { m_sink.skip(m_form); }

private:
  RecordSink& m_sink;
  std::string_view m_form;
};

/// Bodies as they were posted, one a line.
class FormReader : public LogReader {
public:
  std::string_view format() const override { return "webhook bodies, forms"; }
  Framing framing() const override { return Framing::lines; }
  std::unique_ptr<LogReader> clone() const override { return std::make_unique<FormReader>(); }
  void read(const Chunk& chunk, RecordSink& sink) override {
    JsonLines forms(chunk.first ? without_bom(chunk.text) : chunk.text);
    for (std::string_view form; forms.next(form);) {
      FormSink placing(sink, form);
      if (!read_json_body(events_of(form), k_events, placing)) {
        sink.reject("no JSON in \"" + std::string(k_field) + "\"", form);
      }
    }
  }
};

// ---- webhook
// -------------------------------------------------------------------------------------------------------

/// HMAC-SHA1 of the URL as Mandrill knows it, followed by each field's name and value, by name.
/// HMAC-SHA1 over the URL and the fields of the form by name.
std::string signature_of(const HttpRequest& request, std::string_view url, std::string_view key) {
  auto fields = query_parameters(request.body);
  std::sort(fields.begin(), fields.end());
  std::string signed_text(url);
  for (const auto& [name, value] : fields) {
    signed_text.append(name).append(value);
  }
  return hmac(Digest::sha1, key, signed_text);
}

/// The URL that Mandrill was told.
std::string_view told_url(const HttpRequest& request, const Secrets& secrets) {
  const auto told = find_secret(secrets, "mandrill", "webhook_url");
  return told.empty() ? std::string_view(request.url) : told;
}

class MandrillAdapter : public Adapter, public WebhookSender {
public:
  std::string_view title() const override { return "Mandrill (Mailchimp Transactional)"; }
  Capabilities capabilities() const override {
    return {.delivery_events = true, .delivery_times = true, .agents = true, .networks = true};
  }
  std::vector<FormatInfo> formats() const override {
    return {{k_events.name, "events"}, {FormReader().format(), "events"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& /*context*/) const override {
    if (without_bom(head).starts_with(k_form_start)) {
      return std::make_unique<FormReader>();
    }
    return open_json_log(head, k_events);
  }
  bool has_webhook() const override { return true; }
  Result<void> check_webhook(const HttpRequest& request, const Secrets& secrets,
                             Seconds /*now*/) const override {
    MF_TRY(key, need_secret(secrets, "mandrill", {"webhook_key"}));
    MF_TRY(given, need_header(request, "X-Mandrill-Signature"));
    return check_signature(base64_decode(given),
                           signature_of(request, told_url(request, secrets), key));
  }
  Result<void> sign_webhook(HttpRequest& request, const Secrets& secrets,
                            Seconds /*now*/) const override {
    MF_TRY(secret, need_secret(secrets, "mandrill", {"webhook_key"}));
    request.headers.emplace_back(
        "X-Mandrill-Signature",
        base64_encode(signature_of(request, told_url(request, secrets), secret)));
    return {};
  }
  Result<void> read_webhook(const HttpRequest& request, const WebhookContext& /*context*/,
                            RecordSink& sink) const override {
    return read_json_body(events_of(request.body), k_events, sink);
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("mandrill", std::make_unique<MandrillAdapter>());
}

} // namespace mailfunnel::mandrill
