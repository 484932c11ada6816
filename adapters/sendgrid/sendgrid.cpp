// Twilio SendGrid's Event Webhook: bodies as they are posted (a JSON array of events), or saved as one event a line:
//   {"email":"ann@example.com","timestamp":1772443507,"event":"open","sg_machine_open":true,"sg_event_id":"b3Blbi0x",
//    "sg_message_id":"abc.recvd-1-2.0","useragent":"Mozilla/5.0","ip":"203.0.113.7","category":["spring"]}
// https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
// And the suppression lists as the web pages give them, CSV with a header:
//   status,reason,email,created
//   5.1.1,"550 5.1.1 The account does not exist, sorry",ann@example.com,1772443507
// The oddities of both are in README.md.

#include "adapter/adapter.hpp"
#include "adapter/framing.hpp"
#include "adapter/registry.hpp"
#include "adapter/signature.hpp"
#include "adapter/smtp_status.hpp"
#include "base/csv.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

namespace mailfunnel::sendgrid {

namespace {

using namespace std::string_view_literals;
using enum BounceClass;
namespace ondemand = simdjson::ondemand;

// ---- words ---------------------------------------------------------------------------------------------------------

struct KindWord {
  std::string_view word;
  EventKind kind;
};
constexpr std::array k_kinds{
    KindWord{"processed", EventKind::sent},
    KindWord{"delivered", EventKind::delivered},
    KindWord{"open", EventKind::open},
    KindWord{"click", EventKind::click},
    KindWord{"bounce", EventKind::bounce},
    KindWord{"deferred", EventKind::deferred},
    KindWord{"dropped", EventKind::dropped},
    KindWord{"spamreport", EventKind::complaint},
    KindWord{"unsubscribe", EventKind::unsubscribe},
    KindWord{"group_unsubscribe", EventKind::unsubscribe},
    KindWord{"group_resubscribe", EventKind::resubscribe},
};

const KindWord* find_kind(std::string_view word) {
  for (const auto& row : k_kinds) {
    if (row.word == word) {
      return &row;
    }
  }
  for (const auto& row : k_kinds) { // old bodies write "Processed"
    if (iequals(row.word, word)) {
      return &row;
    }
  }
  return nullptr;
}

struct DropReason {
  std::string_view prefix; // of `reason`, without case
  BounceClass klass;
  BounceReason reason;
};
/// Why SendGrid did not even try. The first that fits.
constexpr std::array k_drop_reasons{
    DropReason{"bounced address", hard, BounceReason::suppressed},
    DropReason{"unsubscribed address", none, BounceReason::unsubscribed},
    DropReason{"spam reporting address", none, BounceReason::feedback},
    DropReason{"spam content", block, BounceReason::content},
    DropReason{"invalid smtpapi", none, BounceReason::other},
    DropReason{"invalid", hard, BounceReason::user_unknown},
    DropReason{"recipient list over", none, BounceReason::rate_limited},
};

struct Classification {
  std::string_view word;
  BounceReason reason;
};
/// `bounce_classification`: for answers whose words and codes say nothing.
constexpr std::array k_classifications{
    Classification{"Invalid Address", BounceReason::user_unknown},
    Classification{"Mailbox Unavailable", BounceReason::mailbox_disabled},
    Classification{"Content", BounceReason::content},
    Classification{"Reputation", BounceReason::blocked_ip},
    Classification{"Frequency or Volume Too High", BounceReason::rate_limited},
    Classification{"Technical", BounceReason::network},
};

/// SendGrid's own fields; every other one is a unique or custom argument of the sender, merged in at the top.
constexpr std::array k_own_fields{
    "email"sv, "timestamp"sv, "event"sv, "category"sv, "sg_event_id"sv, "sg_message_id"sv, "smtp-id"sv, "response"sv,
    "attempt"sv, "status"sv, "reason"sv, "type"sv, "bounce_classification"sv, "useragent"sv, "ip"sv, "url"sv,
    "url_offset"sv, "asm_group_id"sv, "tls"sv, "cert_err"sv, "marketing_campaign_id"sv, "marketing_campaign_name"sv,
    "marketing_campaign_version"sv, "marketing_campaign_split_id"sv, "singlesend_id"sv, "singlesend_name"sv,
    "template_id"sv, "template_hash"sv, "template_version_id"sv, "mc_stats"sv, "mc_auto_id"sv, "mc_auto_name"sv,
    "mc_auto_step_id"sv, "mc_pod_id"sv, "phase_id"sv, "send_at"sv, "sg_template_id"sv, "sg_template_name"sv,
    "sg_content_type"sv, "sg_machine_open"sv, "sg_user_id"sv, "post_type"sv, "newsletter"sv, "pool"sv,
    "anymail_id"sv, // django-anymail's own id of the message, for itself alone
};

bool is_own_field(std::string_view name) {
  return std::find(k_own_fields.begin(), k_own_fields.end(), name) != k_own_fields.end();
}

// ---- one event -----------------------------------------------------------------------------------------------------

/// What is wanted of an event, as views into the record or into the parser's own buffer.
struct Fields {
  std::string_view email{}, timestamp{}, event{};
  std::string_view event_id{}, message_id{}, url{}, agent{}, ip{}, group{};
  std::string_view status{}, reason{}, response{}, type{}, classification{};
  std::string_view campaign{}, campaign_name{}, single_send{}, single_send_name{};
  bool has_agent = false, machine = false;
  bool has_category = false;
};

std::string_view token_of(ondemand::value& value) {
  auto token = value.raw_json_token();
  while (!token.empty() && is_space(token.back())) {
    token.remove_suffix(1);
  }
  return token;
}

/// A string or number as text. Only strings with escapes are copied, into the parser's buffer.
std::string_view text_of(ondemand::value& value) {
  const auto token = token_of(value);
  if (token.size() < 2 || token.front() != '"') {
    const bool scalar = !token.empty() && token.front() != '{' && token.front() != '[' && token != "null"sv;
    return scalar ? token : std::string_view{};
  }
  const auto raw = token.substr(1, token.size() - 2);
  if (std::memchr(raw.data(), '\\', raw.size()) == nullptr) {
    return raw;
  }
  std::string_view plain;
  return value.get_string().get(plain) == simdjson::SUCCESS ? plain : raw;
}

/// Sets `text` unless an earlier field of this name did.
void take(std::string_view& text, ondemand::value& value) {
  if (text.empty()) {
    text = text_of(value);
  }
}

template<std::size_t N> bool is(const simdjson::ondemand::raw_json_string& key, const char (&name)[N]) {
  return std::memcmp(key.raw(), name, N - 1) == 0 && key.raw()[N - 1] == '"';
}

/// Puts a field where it belongs; false: none that is wanted. The names are told apart by their first letters, as this
/// is what an import does most.
bool take_field(Fields& fields, const ondemand::raw_json_string& key, ondemand::value& value) {
  const auto found = [&value](std::string_view& text) {
    take(text, value);
    return true;
  };
  switch (key.raw()[0]) {
  case 'a':
    return is(key, "asm_group_id") && found(fields.group);
  case 'b':
    return is(key, "bounce_classification") && found(fields.classification);
  case 'e':
    return (is(key, "email") && found(fields.email)) || (is(key, "event") && found(fields.event));
  case 'i':
    return is(key, "ip") && found(fields.ip);
  case 'm':
    return (is(key, "marketing_campaign_id") && found(fields.campaign)) ||
           (is(key, "marketing_campaign_name") && found(fields.campaign_name));
  case 'r':
    return (is(key, "reason") && found(fields.reason)) || (is(key, "response") && found(fields.response));
  case 's':
    if (is(key, "sg_machine_open")) {
      fields.machine = token_of(value) == "true"sv;
      return true;
    }
    return (is(key, "sg_event_id") && found(fields.event_id)) ||
           (is(key, "sg_message_id") && found(fields.message_id)) ||
           (is(key, "status") && found(fields.status)) ||
           (is(key, "singlesend_id") && found(fields.single_send)) ||
           (is(key, "singlesend_name") && found(fields.single_send_name));
  case 't':
    return (is(key, "timestamp") && found(fields.timestamp)) || (is(key, "type") && found(fields.type));
  case 'u':
    if (is(key, "useragent")) {
      fields.has_agent = true;
      return found(fields.agent);
    }
    return is(key, "url") && found(fields.url);
  default:
    return false;
  }
}

std::optional<Instant> time_of(std::string_view text) {
  if (const auto time = parse_unix_time(text)) {
    return time;
  }
  return parse_time(text);
}

void judge_bounce(const Fields& fields, EventView& event) {
  const auto words = fields.reason.empty() ? fields.response : fields.reason;
  const auto verdict = judge_smtp(fields.status, words);
  auto& bounce = event.bounce;
  bounce = {verdict.klass, verdict.reason, verdict.status, verdict.code, words};
  if (bounce.reason == BounceReason::other) {
    const auto* const row = std::find_if(k_classifications.begin(), k_classifications.end(),
                                         [&fields](const auto& r) { return r.word == fields.classification; });
    bounce.reason = row == k_classifications.end() ? bounce.reason : row->reason;
  }
  if (event.kind == EventKind::deferred) {
    bounce.klass = soft;
    return;
  }
  const bool temporary = bounce.status.empty() ? bounce.code / 100 == 4 : bounce.status.front() == '4';
  bounce.klass = temporary ? soft : fields.type == "blocked"sv ? block : hard; // SendGrid suppresses the rest
}

void judge_drop(const Fields& fields, EventView& event) {
  event.bounce = {none, BounceReason::other, fields.status, 0, fields.reason};
  for (const auto& row : k_drop_reasons) {
    if (istarts_with(fields.reason, row.prefix)) {
      event.bounce.klass = row.klass;
      event.bounce.reason = row.reason;
      return;
    }
  }
}

/// The event but for its details. `why` is set where it is none.
EventView event_of(const Fields& fields, std::string_view record, std::string_view& why) {
  EventView event;
  event.record = record;
  event.address = fields.email;
  event.native = fields.event;
  const auto time = time_of(fields.timestamp);
  why = fields.email.empty() ? "no email"sv : !time ? "no time in \"timestamp\""sv : fields.event.empty() ? "no event"sv : ""sv;
  if (!why.empty()) {
    return event;
  }
  event.time = *time;
  const auto* const word = find_kind(fields.event);
  event.kind = word != nullptr ? word->kind : EventKind::unknown;
  event.campaign = fields.campaign.empty() ? fields.single_send : fields.campaign;
  event.campaign_name = fields.campaign_name.empty() ? fields.single_send_name : fields.campaign_name;
  switch (event.kind) {
  case EventKind::open:
  case EventKind::click:
    event.agent_given = fields.has_agent;
    event.user_agent = fields.agent;
    event.ip = fields.ip; // of the reader; in other events it is the sender's
    event.link = event.kind == EventKind::click ? fields.url : ""sv;
    event.evidence = fields.machine ? evidence::esp_machine_flag : std::uint16_t{0};
    break;
  case EventKind::bounce:
  case EventKind::deferred:
    judge_bounce(fields, event);
    break;
  case EventKind::dropped:
    judge_drop(fields, event);
    break;
  case EventKind::unsubscribe:
  case EventKind::resubscribe:
    event.scope = fields.group;
    break;
  default:
    break;
  }
  return event;
}

// ---- what only decode prints ---------------------------------------------------------------------------------------

/// Tags and metadata of one event; strings are kept for the length of the call.
struct Details {
  std::vector<std::string_view> tags;
  std::string metadata;

  void clear() {
    tags.clear();
    metadata.clear();
  }
  void take_category(ondemand::value& value);
  void take_argument(std::string_view name, ondemand::value& value);
};

void Details::take_category(ondemand::value& value) {
  ondemand::array list;
  if (value.get_array().get(list) != simdjson::SUCCESS) {
    if (const auto tag = text_of(value); !tag.empty()) {
      tags.push_back(tag);
    }
    return;
  }
  for (auto element : list) {
    ondemand::value item;
    if (std::move(element).get(item) != simdjson::SUCCESS) {
      return;
    }
    if (const auto tag = text_of(item); !tag.empty()) {
      tags.push_back(tag);
    }
  }
}

/// `name` is the raw name, with its escapes.
void Details::take_argument(std::string_view name, ondemand::value& value) {
  std::string_view json;
  ondemand::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) {
    return;
  }
  if (type == ondemand::json_type::object) {
    ondemand::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS || object.raw_json().get(json) != simdjson::SUCCESS) {
      return;
    }
  } else if (type == ondemand::json_type::array) {
    ondemand::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS || array.raw_json().get(json) != simdjson::SUCCESS) {
      return;
    }
  } else {
    json = token_of(value);
  }
  metadata.append(metadata.empty() ? "{\"" : ",\"").append(name).append("\":").append(json);
}

/// The raw name behind a key's first quote.
std::string_view name_of_key(const ondemand::raw_json_string& key, std::string_view record) {
  const auto* const end_of_record = record.data() + record.size();
  const char* end = key.raw();
  while (end < end_of_record && *end != '"') {
    end += *end == '\\' ? 2 : 1;
  }
  return {key.raw(), static_cast<std::size_t>(std::min(end, end_of_record) - key.raw())};
}

// ---- readers -------------------------------------------------------------------------------------------------------

/// Reads records of JSON, whatever cuts them.
class RecordParser {
public:
  void read(std::string_view record, RecordSink& sink, bool details);

private:
  std::string_view read_fields(std::string_view record, bool details, Fields& fields);
  void make_room(std::size_t size);
  ondemand::parser m_parser;
  Details m_details;
};

void RecordParser::make_room(std::size_t size) {
  if (size > m_parser.capacity()) { // grows in big steps, as records grow in small ones
    const auto room = std::max(size * 2, std::size_t{16} << 10);
    if (m_parser.allocate(room) != simdjson::SUCCESS) {
      throw std::bad_alloc();
    }
  }
}

/// Says what is wrong with the record; "" nothing.
std::string_view RecordParser::read_fields(std::string_view record, bool details, Fields& fields) {
  make_room(record.size());
  ondemand::document document;
  ondemand::object object;
  const simdjson::padded_string_view padded(record.data(), record.size(), record.size() + k_padding);
  if (m_parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    return "not a JSON object";
  }
  for (auto item : object) {
    ondemand::field field;
    if (std::move(item).get(field) != simdjson::SUCCESS) {
      return "broken JSON";
    }
    const auto key = field.key();
    if (take_field(fields, key, field.value()) || !details) {
      continue;
    }
    const auto name = name_of_key(key, record);
    if (name == "category"sv && m_details.tags.empty()) {
      m_details.take_category(field.value());
    } else if (!is_own_field(name)) {
      m_details.take_argument(name, field.value());
    }
  }
  const bool at_end = document.current_location().error() == simdjson::OUT_OF_BOUNDS;
  return at_end ? ""sv : "more than one JSON value"sv;
}

void RecordParser::read(std::string_view record, RecordSink& sink, bool details) {
  Fields fields;
  if (details) {
    m_details.clear();
  }
  auto why = read_fields(record, details, fields);
  if (!why.empty()) {
    sink.reject(why, record);
    return;
  }
  auto event = event_of(fields, record, why);
  if (!why.empty()) {
    sink.reject(why, record);
    return;
  }
  if (details) {
    if (!m_details.metadata.empty()) {
      m_details.metadata += '}';
    }
    event.event_id = fields.event_id;
    event.message_id = fields.message_id;
    event.tags = m_details.tags;
    event.metadata = m_details.metadata;
  }
  sink.accept(event);
}

std::string_view without_bom(const Chunk& chunk) {
  constexpr auto k_bom = "\xEF\xBB\xBF"sv;
  const bool bom = chunk.first && chunk.text.substr(0, k_bom.size()) == k_bom;
  return bom ? chunk.text.substr(k_bom.size()) : chunk.text;
}

/// Event webhook bodies (Values = JsonValues) or one event a line (JsonLines).
template<typename Values, Framing k_framing> class EventReader : public LogReader {
public:
  std::string_view format() const override {
    return k_framing == Framing::lines ? "event webhook, NDJSON" : "event webhook, JSON";
  }
  Framing framing() const override { return k_framing; }
  void read(const Chunk& chunk, RecordSink& sink) override {
    const bool details = sink.wants().details;
    Values values(without_bom(chunk));
    for (std::string_view record; values.next(record);) {
      m_parser.read(record, sink, details);
    }
  }
  std::unique_ptr<LogReader> clone() const override { return std::make_unique<EventReader>(); }

private:
  RecordParser m_parser;
};
using LineReader = EventReader<JsonLines, Framing::lines>;
using BodyReader = EventReader<JsonValues, Framing::json>;

/// The suppression lists: each row is a bounce, at the time when the address came onto the list.
class SuppressionReader : public LogReader {
public:
  explicit SuppressionReader(const CsvHead& head) : m_head(head), m_csv(head.dialect) {
    m_status = *head.header.find("status");
    m_reason = *head.header.find("reason");
    m_email = *head.header.find("email");
    m_created = *head.header.find("created");
  }
  std::string_view format() const override { return "suppressions, CSV"; }
  Framing framing() const override { return Framing::csv; }
  char csv_quote() const override { return m_head.dialect.quote; }
  void read(const Chunk& chunk, RecordSink& sink) override;
  std::unique_ptr<LogReader> clone() const override { return std::make_unique<SuppressionReader>(m_head); }

private:
  void read_row(const CsvRow& row, RecordSink& sink) const;
  CsvHead m_head;
  CsvReader m_csv;
  std::size_t m_status, m_reason, m_email, m_created;
};

void SuppressionReader::read(const Chunk& chunk, RecordSink& sink) {
  m_csv.start(chunk.text);
  CsvRow row;
  for (bool header = chunk.first; m_csv.next(row); header = false) {
    if (!header) {
      read_row(row, sink);
    }
  }
}

void SuppressionReader::read_row(const CsvRow& row, RecordSink& sink) const {
  Fields fields;
  fields.email = row[m_email];
  fields.timestamp = trim(row[m_created]);
  fields.status = trim(row[m_status]);
  fields.reason = row[m_reason];
  fields.event = "bounce"; // the file does not say which list it is: judged by the answer alone
  std::string_view why;
  auto event = event_of(fields, row.raw(), why);
  if (row.size() != m_head.header.names().size()) {
    why = "not as many fields as the header";
  }
  if (!why.empty()) {
    sink.reject(why, row.raw());
    return;
  }
  const auto verdict = judge_smtp(fields.status, fields.reason);
  event.bounce.klass = verdict.klass;
  event.native = "suppression";
  sink.accept(event);
}

// ---- whose is it? --------------------------------------------------------------------------------------------------

/// What an object at the start of a file shows of its maker.
struct Marks {
  bool sendgrid_id = false, email = false, time = false, word = false, stranger = false;
  bool ours() const { return sendgrid_id || (email && time && word && !stranger); }
};

/// Names that SendGrid does not use, but others whose events are alike: Mailtrap, Brevo, Mailjet.
constexpr std::array k_strange_fields{"message_id"sv, "message-id"sv, "event_id"sv,  "ts_event"sv, "ts"sv,
                                      "MessageID"sv,  "mj_campaign_id"sv, "_id"sv, "eventType"sv};

Marks look_at(ondemand::parser& parser, std::string_view value) {
  Marks marks;
  const simdjson::padded_string text(value);
  ondemand::document document;
  ondemand::object object;
  if (parser.iterate(text).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    return marks;
  }
  for (auto item : object) {
    ondemand::field field;
    if (std::move(item).get(field) != simdjson::SUCCESS) {
      return {};
    }
    const std::string_view record(text.data(), text.size());
    const auto name = name_of_key(field.key(), record);
    auto& content = field.value();
    marks.sendgrid_id |= name == "sg_event_id"sv || name == "sg_message_id"sv;
    marks.stranger |= std::find(k_strange_fields.begin(), k_strange_fields.end(), name) != k_strange_fields.end();
    marks.email |= name == "email"sv && text_of(content).find('@') != std::string_view::npos;
    marks.time |= name == "timestamp"sv && parse_unix_time(text_of(content)).has_value();
    marks.word |= name == "event"sv && find_kind(text_of(content)) != nullptr;
  }
  return marks;
}

constexpr int k_most_looked_at = 20; // the first ones may be broken

bool has_events(std::string_view head) {
  JsonValues values(head.substr(0, 3) == "\xEF\xBB\xBF"sv ? head.substr(3) : head);
  ondemand::parser parser;
  std::string_view value;
  for (int i = 0; i < k_most_looked_at && values.next(value); ++i) {
    if (value.front() == '{' && look_at(parser, value).ours()) {
      return true;
    }
  }
  return false;
}

std::optional<CsvHead> suppression_head(std::string_view head) {
  auto csv = read_csv_head(head);
  const bool ours = csv && csv->header.names().size() == 4 && csv->header.has("status") && csv->header.has("reason") &&
                    csv->header.has("email") && csv->header.has("created");
  return ours ? csv : std::nullopt;
}

/// The first character that is no white space; a BOM is skipped.
char first_character(std::string_view head) {
  const auto text = trim(head.substr(0, 3) == "\xEF\xBB\xBF"sv ? head.substr(3) : head);
  return text.empty() ? '\0' : text.front();
}

// ---- webhook -------------------------------------------------------------------------------------------------------

/// Names that the public key goes by.
constexpr std::array k_key_names{"webhook_key"sv, "verification_key"sv, "sendgrid_verification_key"sv,
                                 "sendgrid_tracking_webhook_verification_key"sv};
constexpr auto k_signature_header = "X-Twilio-Email-Event-Webhook-Signature"sv;
constexpr auto k_time_header = "X-Twilio-Email-Event-Webhook-Timestamp"sv;
constexpr Seconds k_tolerance = 300;

std::string_view find_key(const Secrets& secrets) {
  for (const auto name : k_key_names) {
    if (const auto found = secrets.find(name); found != secrets.end() && !found->second.empty()) {
      return found->second;
    }
  }
  return {};
}

Error refused(std::string message) {
  return Error{ErrorCode::unauthorized, std::move(message)};
}

/// ECDSA over the time as it stands in the header, followed by the raw body with its last CRLF.
Result<void> check_signature(const HttpRequest& request, std::string_view key, Seconds now) {
  if (key.empty()) {
    return refused("no webhook_key is set, so the signature can't be checked");
  }
  const auto signature = request.header(k_signature_header);
  const auto stamp = request.header(k_time_header);
  if (signature.empty() || stamp.empty()) {
    return refused("the signature or its timestamp is missing: turn on the Signed Event Webhook");
  }
  const auto der = base64_decode(signature);
  const auto good = der ? verify_sha256(key, *der, std::string(stamp) + request.body) : std::optional(false);
  if (!good) {
    return refused("webhook_key is no public key, so the signature can't be checked");
  }
  if (!*good) {
    return refused("the signature is wrong");
  }
  const auto time = parse_int(stamp);
  if (!time || *time < now - k_tolerance || *time > now + k_tolerance) {
    return refused("the signature's timestamp is more than 5 minutes off");
  }
  return {};
}

// ---- adapter -------------------------------------------------------------------------------------------------------

class SendGridAdapter : public Adapter {
public:
  std::string_view title() const override { return "Twilio SendGrid"; }
  Capabilities capabilities() const override {
    return {.time_resolution = 1,
            .delivery_events = true,
            .delivery_times = true,
            .agents = true,
            .networks = true,
            .machine_flags = true};
  }
  std::vector<FormatInfo> formats() const override {
    return {{"event webhook bodies, JSON and NDJSON", "events"}, {"suppression lists, CSV", "events"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view head, const LogContext& /*context*/) const override;
  bool has_webhook() const override { return true; }
  Result<void> read_webhook(const HttpRequest& request, const Secrets& secrets, Seconds now,
                            RecordSink& sink) const override;
};

std::unique_ptr<LogReader> SendGridAdapter::open_log(std::string_view head, const LogContext& /*context*/) const {
  const char first = first_character(head);
  if (first == '{' || first == '[') {
    if (!has_events(head)) {
      return nullptr;
    }
    if (looks_like_ndjson(head)) {
      return std::make_unique<LineReader>();
    }
    return std::make_unique<BodyReader>();
  }
  if (const auto csv = suppression_head(head)) {
    return std::make_unique<SuppressionReader>(*csv);
  }
  return nullptr;
}

Result<void> SendGridAdapter::read_webhook(const HttpRequest& request, const Secrets& secrets, Seconds now,
                                           RecordSink& sink) const {
  MF_CHECK(check_signature(request, find_key(secrets), now));
  const char first = first_character(request.body);
  if (first != '[' && first != '{') {
    return Error{ErrorCode::bad_syntax, "the body is no list of events"};
  }
  BodyReader reader;
  read_text(reader, request.body, sink);
  return {};
}

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("sendgrid", std::make_unique<SendGridAdapter>());
}

} // namespace mailfunnel::sendgrid
