// KumoMTA's log records, as its logger writes them into zstd compressed files: one JSON object a
// line.
//   {"type":"Bounce","id":"d7ef132b5d7711eea8c8000c29c33806","sender":"bounce+78@example.com",
//    "recipient":"bram@example.com","queue":"c12:tenant@example.com","response":{"code":550,
//    "enhanced_code":{"class":5,"subject":1,"detail":1},"content":"User unknown","command":"RCPT
//    TO:<...>"},
//    "timestamp":1778481002,"bounce_classification":"InvalidRecipient","meta":{},"headers":{"X-Campaign":"c12"},...}
// https://docs.kumomta.com/reference/log_record/

#include "adapter/adapter.hpp"
#include "adapter/campaign_header.hpp"
#include "adapter/registry.hpp"
#include "adapter/shared_secret.hpp"
#include "adapter/smtp_status.hpp"
#include "adapter/webhook_sender.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>

namespace mailfunnel::kumomta {

namespace {

using namespace std::string_view_literals;
using enum BounceClass;
using Reason = BounceReason;
using Json = simdjson::simdjson_result<simdjson::dom::element>;

// ---- words
// ---------------------------------------------------------------------------------------------------------

enum class Take : std::uint8_t { event, skip };

struct TypeRow {
  std::string_view word;
  EventKind kind;
  Take take = Take::event;
};
constexpr std::array k_types{
    TypeRow{"Reception", EventKind::sent},
    TypeRow{"Delivery", EventKind::delivered},
    TypeRow{"Bounce", EventKind::bounce},
    TypeRow{"TransientFailure", EventKind::deferred},
    TypeRow{"Delay", EventKind::deferred}, // it waits though no try failed
    TypeRow{"Delayed", EventKind::deferred},
    TypeRow{"Expiration", EventKind::bounce},
    TypeRow{"AdminBounce", EventKind::bounce}, // the operator threw it away
    TypeRow{"OOB", EventKind::bounce},         // a bounce that came back by mail
    TypeRow{"Feedback", EventKind::complaint},
    TypeRow{"Rejection", EventKind::unknown, Take::skip}, // of mail that wanted in
    TypeRow{"AdminRebind", EventKind::unknown, Take::skip},
    TypeRow{"DeferredInjectionRebind", EventKind::unknown, Take::skip},
    TypeRow{"XferOut", EventKind::unknown, Take::skip}, // to another node
    TypeRow{"XferIn", EventKind::unknown, Take::skip},
};

const TypeRow* find_type(std::string_view word) {
  const auto* const row = std::find_if(k_types.begin(), k_types.end(),
                                       [word](const TypeRow& r) { return r.word == word; });
  return row == k_types.end() ? nullptr : row;
}

struct Classification {
  std::string_view word;
  BounceClass klass;
  BounceReason reason;
};
/// `bounce_classification`, of the rules that KumoMTA brings along. Words that are not here leave
/// it to the answer: "Uncategorized", and what a site makes up.
constexpr std::array k_classifications{
    Classification{"InvalidRecipient", hard, Reason::user_unknown},
    Classification{"InactiveMailbox", hard, Reason::mailbox_disabled},
    Classification{"BadDomain", hard, Reason::host_unknown},
    Classification{"QuotaIssues", soft, Reason::mailbox_full},
    Classification{"NoAnswerFromHost", soft, Reason::network},
    Classification{"BadConnection", soft, Reason::network},
    Classification{"DNSFailure", soft, Reason::network},
    Classification{"RoutingErrors", soft, Reason::network},
    Classification{"TransientFailure", soft, Reason::other},
    Classification{"MessageExpired", soft, Reason::expired},
    Classification{"ProtocolErrors", soft, Reason::other},
    Classification{"TooManyRecipients", soft, Reason::rate_limited},
    Classification{"InvalidSender", block, Reason::policy},
    Classification{"AuthenticationFailed", block, Reason::auth},
    Classification{"PolicyRelated", block, Reason::policy},
};

// ---- values
// --------------------------------------------------------------------------------------------------------

std::string_view text(const Json& value) {
  std::string_view out;
  return value.get_string().get(out) == simdjson::SUCCESS ? out : ""sv;
}

std::int64_t number(const Json& value) {
  std::int64_t out = 0;
  return value.get_int64().get(out) == simdjson::SUCCESS ? out : 0;
}

/// A text, or the first of a list of texts.
std::string_view first_text(const Json& value) {
  const auto one = text(value);
  return one.empty() ? text(value.at(0)) : one;
}

/// Calls take(text) for a text, or for each of a list of texts.
template<typename Visit> void each_text(const Json& value, Visit take) {
  simdjson::dom::array list;
  if (value.get_array().get(list) != simdjson::SUCCESS) {
    take(text(value));
    return;
  }
  for (const auto one : list) {
    take(text(Json(simdjson::dom::element(one))));
  }
}

std::string_view without_brackets(std::string_view address) {
  address = trim(address);
  return address.size() > 1 && address.front() == '<' && address.back() == '>'
             ? address.substr(1, address.size() - 2)
             : address;
}

std::optional<Instant> time_of(const Json& record) {
  if (const auto time = parse_time(text(record["event_time"]))) { // newer versions
    return time;
  }
  const auto seconds = number(record["timestamp"]);
  return seconds > 0 ? std::optional(Instant{seconds}) : std::nullopt;
}

/// "c12:tenant@example.com" -> "c12"; each part but the domain may be missing.
std::string_view campaign_in_queue(std::string_view queue) {
  const auto colon = queue.substr(0, queue.find('@')).find(':');
  return colon == std::string_view::npos ? ""sv : queue.substr(0, colon);
}

std::string_view campaign_of(const Json& record) {
  if (const auto campaign = text(record["meta"]["campaign"]); !campaign.empty()) {
    return campaign;
  }
  simdjson::dom::object headers;
  if (record["headers"].get_object().get(headers) == simdjson::SUCCESS) {
    for (const auto header : headers) {
      const auto value = first_text(Json(simdjson::dom::element(header.value)));
      if (const auto campaign = campaign_in_header(header.key, value); !campaign.empty()) {
        return campaign;
      }
    }
  }
  return campaign_in_queue(text(record["queue"]));
}

/// "c12:tenant@example.com" -> "c12:tenant": a queue without its domain; "" where there is but
/// that.
std::string_view job_of(std::string_view queue) {
  const auto at = queue.find('@');
  return at == std::string_view::npos ? ""sv : queue.substr(0, at);
}

/// Whom a feedback report is about: the record's own recipient is the mailbox it was sent to.
std::string_view reported_address(const Json& report) {
  const std::array places{
      text(report["supplemental_trace"]["recipient"]), // by KumoMTA's own header in the mail
      first_text(report["original_rcpto_to"]),
      first_text(report["extensions"]["removal-recipient"]),
  };
  const auto* const found = std::find_if(places.begin(), places.end(), [](std::string_view place) {
    return place.find('@') != std::string_view::npos;
  });
  return found == places.end() ? ""sv : without_brackets(*found);
}

// ---- one record
// ----------------------------------------------------------------------------------------------------

class RecordParser {
public:
  void read(std::string_view record, std::string_view campaign, RecordSink& sink);

private:
  Bounce judge(const Json& record, std::string_view type);
  void accept_each(const Json& record, EventView& event, RecordSink& sink);
  simdjson::dom::parser m_parser;
  std::string m_answer, m_meta;
};

/// "550 5.1.1 User unknown", as the server said it, is what is judged.
Bounce RecordParser::judge(const Json& record, std::string_view type) {
  const auto response = record["response"];
  const auto enhanced = response["enhanced_code"];
  m_answer.clear();
  if (const auto code = number(response["code"]); code > 0 && code < 1000) {
    m_answer += fmt::format("{} ", code);
  }
  if (const auto klass = number(enhanced["class"]); klass != 0) {
    m_answer +=
        fmt::format("{}.{}.{} ", klass, number(enhanced["subject"]), number(enhanced["detail"]));
  }
  m_answer += text(response["content"]);
  const auto verdict = judge_smtp({}, m_answer);
  Bounce bounce{verdict.klass == none ? soft : verdict.klass, verdict.reason, verdict.status,
                verdict.code, m_answer};
  const auto word = text(record["bounce_classification"]);
  const auto* const row = std::find_if(k_classifications.begin(), k_classifications.end(),
                                       [word](const Classification& r) { return r.word == word; });
  if (row != k_classifications.end()) {
    if (bounce.klass != row->klass || bounce.reason == Reason::other) {
      bounce.reason = row->reason; // else the answer may say it more finely
    }
    bounce.klass = row->klass;
  }
  if (type == "Expiration"sv) {
    bounce.reason = Reason::expired;
  }
  if (type == "AdminBounce"sv) {
    bounce.klass = soft;
    bounce.reason = Reason::other;
  }
  return bounce;
}

void RecordParser::accept_each(const Json& record, EventView& event, RecordSink& sink) {
  bool any = false;
  each_text(record["recipient"], [&](std::string_view recipient) { // since 2025 may be several
    event.address = recipient;
    any = any || !recipient.empty();
    if (!recipient.empty()) {
      sink.accept(event);
    }
  });
  if (!any) {
    sink.reject("no recipient", event.record);
  }
}

void RecordParser::read(std::string_view record, std::string_view campaign, RecordSink& sink) {
  const Json root = m_parser.parse(record.data(), record.size(), false); // k_padding is behind it
  if (!root.is_object()) {
    sink.reject("this is not one whole JSON object", record);
    return;
  }
  const auto type = text(root["type"]);
  if (type.empty()) {
    sink.reject("no type", record);
    return;
  }
  const auto* const row = find_type(type);
  const bool about_the_log = text(root["reception_protocol"]) == "LogRecord"sv; // a hook's own mail
  if ((row != nullptr && row->take == Take::skip) || about_the_log) {
    sink.skip(record);
    return;
  }
  const auto time = time_of(root);
  if (!time) {
    sink.reject("no time in \"timestamp\"", record);
    return;
  }
  EventView event;
  event.record = record;
  event.kind = row != nullptr ? row->kind : EventKind::unknown;
  event.native = type;
  event.time = *time;
  event.campaign = campaign_of(root);
  event.campaign = event.campaign.empty() ? campaign : event.campaign;
  event.message_id = text(root["id"]);
  event.sender = text(root["sender"]);
  event.job = job_of(text(root["queue"]));
  if (event.kind == EventKind::bounce || event.kind == EventKind::deferred) {
    event.bounce = judge(root, type);
    const bool for_good = type == "Bounce"sv || type == "OOB"sv;
    if (event.bounce.klass == hard && !for_good) {
      event.bounce.klass = soft; // the address is not to blame, or may be tried again
    }
  }
  if (sink.wants().details && root["meta"].is_object()) {
    m_meta = simdjson::minify(root["meta"].value());
    event.metadata = m_meta;
  }
  if (event.kind != EventKind::complaint) {
    accept_each(root, event, sink);
    return;
  }
  const auto report = root["feedback_report"];
  if (text(report["feedback_type"]) == "not-spam"sv) { // RFC 6430: the very opposite
    event.kind = EventKind::unknown;
  }
  event.address = reported_address(report);
  event.sender = without_brackets(text(report["original_mail_from"])); // not the provider's own
  const bool told_by_sender = sink.wants().sender && !event.sender.empty();
  if (event.address.empty() && !told_by_sender) {
    sink.reject("no recipient: the feedback report does not say whose complaint it is", record);
    return;
  }
  sink.accept(event);
}

// ---- reader
// --------------------------------------------------------------------------------------------------------

class RecordLog : public LogReader {
public:
  explicit RecordLog(std::string_view campaign) : m_campaign(campaign) {}
  std::string_view format() const override { return "log records, NDJSON"; }
  Framing framing() const override { return Framing::lines; }
  std::unique_ptr<LogReader> clone() const override {
    return std::make_unique<RecordLog>(m_campaign);
  }
  void read(const Chunk& chunk, RecordSink& sink) override {
    JsonLines lines(chunk.text);
    for (std::string_view line; lines.next(line);) {
      m_parser.read(line, m_campaign, sink);
    }
  }

private:
  std::string m_campaign;
  RecordParser m_parser;
};

bool is_ours(const Json& record) {
  return find_type(text(record["type"])) != nullptr &&
         (record["response"].is_object() || record["feedback_report"].is_object());
}

class KumomtaAdapter : public Adapter, public WebhookSender {
public:
  std::string_view title() const override { return "KumoMTA"; }
  Capabilities capabilities() const override {
    return {.delivery_events = true, .delivery_times = true};
  }
  std::vector<FormatInfo> formats() const override {
    return {{"log records, NDJSON, and bodies of log hooks", "events"}};
  }

  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& context) const override {
    simdjson::dom::parser parser;
    JsonLines lines(head);
    for (std::string_view line; lines.next(line) && line.starts_with('{');) {
      if (is_ours(Json(parser.parse(line.data(), line.size(), false)))) {
        return std::make_unique<RecordLog>(context.campaign);
      }
    }
    return nullptr;
  }
  bool has_webhook() const override { return true; }
  Result<void> check_webhook(const HttpRequest& request, const Secrets& secrets,
                             Seconds /*now*/) const override {
    return check_shared_secrets(request, secrets, "kumomta");
  }
  /// What a log hook posts: a record, or a batch of them as a list or one a line.
  Result<void> sign_webhook(HttpRequest& request, const Secrets& secrets,
                            Seconds /*now*/) const override {
    return bring_shared_secrets(request, secrets, "kumomta");
  }
  Result<void> read_webhook(const HttpRequest& request, const WebhookContext& /*context*/,
                            RecordSink& sink) const override {
    const auto body = trim(request.body);
    if (!body.starts_with('{') && !body.starts_with('[')) {
      return Error{ErrorCode::bad_syntax, "the body is no JSON"};
    }
    RecordParser parser;
    JsonValues values(body);
    for (std::string_view value; values.next(value);) {
      parser.read(value, {}, sink);
    }
    return {};
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("kumomta", std::make_unique<KumomtaAdapter>());
}

} // namespace mailfunnel::kumomta
