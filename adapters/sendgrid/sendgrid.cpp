// Twilio SendGrid's Event Webhook: bodies as they are posted (a JSON array of events), or saved as
// one event a line:
//   {"email":"ann@example.com","timestamp":1772443507,"event":"open","sg_machine_open":true,"sg_event_id":"b3Blbi0x",
//    "sg_message_id":"abc.recvd-1-2.0","useragent":"Mozilla/5.0","ip":"203.0.113.7","category":["spring"]}
// https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
// And the suppression lists as the web pages give them, CSV with a header:
//   status,reason,email,created
//   5.1.1,"550 5.1.1 The account does not exist, sorry",ann@example.com,1772443507
// The oddities of both are in README.md. What the API tells of campaigns is read in campaigns.cpp.

#include "api.hpp"
#include "bounces.hpp"
#include "campaigns.hpp"
#include "flat_object.hpp"

#include "adapter/adapter.hpp"
#include "adapter/framing.hpp"
#include "adapter/registry.hpp"
#include "adapter/smtp_status.hpp"
#include "adapter/webhook.hpp"
#include "base/csv.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace mailfunnel::sendgrid {

namespace {

using namespace std::string_view_literals;

// ---- words
// ---------------------------------------------------------------------------------------------------------

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

// ---- fields
// --------------------------------------------------------------------------------------------------------

enum Slot : std::uint8_t {
  email,
  timestamp,
  event,
  url,
  useragent,
  ip,
  sg_machine_open,
  status,
  reason,
  response,
  type,
  bounce_classification,
  asm_group_id,
  marketing_campaign_id,
  marketing_campaign_name,
  singlesend_id,
  singlesend_name,
  sg_event_id,
  sg_message_id,
  category,
  k_own,     // SendGrid's, but of no use here
  k_unknown, // a unique or custom argument of the sender, merged in at the top
  k_slots
};

struct FieldName {
  std::string_view name;
  Slot slot;
};
constexpr std::array k_fields{
    FieldName{"email", email},
    FieldName{"timestamp", timestamp},
    FieldName{"event", event},
    FieldName{"url", url},
    FieldName{"useragent", useragent},
    FieldName{"ip", ip},
    FieldName{"sg_machine_open", sg_machine_open},
    FieldName{"status", status},
    FieldName{"reason", reason},
    FieldName{"response", response},
    FieldName{"type", type},
    FieldName{"bounce_classification", bounce_classification},
    FieldName{"asm_group_id", asm_group_id},
    FieldName{"marketing_campaign_id", marketing_campaign_id},
    FieldName{"marketing_campaign_name", marketing_campaign_name},
    FieldName{"singlesend_id", singlesend_id},
    FieldName{"singlesend_name", singlesend_name},
    FieldName{"sg_event_id", sg_event_id},
    FieldName{"sg_message_id", sg_message_id},
    FieldName{"category", category},
    FieldName{"smtp-id", k_own},
    FieldName{"attempt", k_own},
    FieldName{"url_offset", k_own},
    FieldName{"tls", k_own},
    FieldName{"cert_err", k_own},
    FieldName{"marketing_campaign_version", k_own},
    FieldName{"marketing_campaign_split_id", k_own},
    FieldName{"template_id", k_own},
    FieldName{"template_hash", k_own},
    FieldName{"template_version_id", k_own},
    FieldName{"mc_stats", k_own},
    FieldName{"mc_auto_id", k_own},
    FieldName{"mc_auto_name", k_own},
    FieldName{"mc_auto_step_id", k_own},
    FieldName{"mc_pod_id", k_own},
    FieldName{"phase_id", k_own},
    FieldName{"send_at", k_own},
    FieldName{"sg_template_id", k_own},
    FieldName{"sg_template_name", k_own},
    FieldName{"sg_content_type", k_own},
    FieldName{"sg_user_id", k_own},
    FieldName{"post_type", k_own},
    FieldName{"newsletter", k_own},
    FieldName{"pool", k_own},
    FieldName{"anymail_id", k_own}, // django-anymail's own id of the message, for itself alone
};

/// Fields are found by their length and three letters, hashed without collision: a record has a
/// dozen, in an order that no branch predictor knows.
constexpr std::size_t k_places = 256;
constexpr std::uint8_t k_no_field = 255;

constexpr std::size_t place_of(std::string_view name, std::uint32_t factor) {
  const auto byte = [name](std::size_t i) {
    return std::uint32_t{static_cast<unsigned char>(name[i])};
  };
  const auto mix = byte(0) | byte(name.size() / 3) << 8 | byte(name.size() - 1) << 16 |
                   static_cast<std::uint32_t>(name.size()) << 24;
  return (mix * factor) >> 24;
}

struct FieldTable {
  std::uint32_t factor = 0;
  std::array<std::uint8_t, k_places> place{}; // -> index in k_fields
};
constexpr FieldTable make_table() {
  FieldTable table;
  for (std::uint32_t factor = 0x9E3779B1;; factor += 0x6C8E9CF6) {
    table.factor = factor;
    table.place.fill(k_no_field);
    std::size_t i = 0;
    for (; i < k_fields.size(); ++i) {
      auto& place = table.place[place_of(k_fields[i].name, factor)];
      if (place != k_no_field) {
        break;
      }
      place = static_cast<std::uint8_t>(i);
    }
    if (i == k_fields.size()) {
      return table;
    }
  }
}
constexpr auto k_table = make_table();

/// A name as words of eight bytes: what is compared most is compared without a call or a loop.
struct PaddedName {
  std::array<std::uint64_t, 4> word{}, mask{};
};
constexpr std::array<PaddedName, k_fields.size()> make_padded() {
  std::array<PaddedName, k_fields.size()> all;
  for (std::size_t i = 0; i < k_fields.size(); ++i) {
    for (std::size_t k = 0; k < k_fields[i].name.size(); ++k) {
      all[i].word[k / 8] |= std::uint64_t{static_cast<unsigned char>(k_fields[i].name[k])}
                            << k % 8 * 8;
      all[i].mask[k / 8] |= std::uint64_t{0xFF} << k % 8 * 8;
    }
  }
  return all;
}
constexpr auto k_padded = make_padded();
static_assert(std::all_of(k_fields.begin(), k_fields.end(),
                          [](const FieldName& f) { return f.name.size() <= 32; }));

/// Reads 32 bytes from where the name begins, which k_padding allows.
bool is_field(std::string_view name, std::size_t field) {
  using Words [[gnu::vector_size(16)]] = std::uint64_t;
  const auto& wanted = k_padded[field];
  const auto difference = [&](std::size_t half) {
    Words is, word, mask;
    std::memcpy(&is, name.data() + half * sizeof is, sizeof is);
    std::memcpy(&word, wanted.word.data() + half * 2, sizeof word);
    std::memcpy(&mask, wanted.mask.data() + half * 2, sizeof mask);
    return (is ^ word) & mask;
  };
  const auto all = difference(0) | difference(1);
  return (all[0] | all[1]) == 0 && k_fields[field].name.size() == name.size();
}

/// Names to slots. Records have their fields in much the same order: which one comes next is
/// guessed by what came the last time, and compared.
class SlotFinder {
public:
  void begin() { m_last = k_fields.size(); }
  /// As FlatObject::walk() asks.
  std::size_t find(const char* at, FlatObject& object) {
    const auto field = m_next[m_last];
    const auto size = k_fields[field].name.size();
    if (at[size] == '"' && is_field({at, size}, field)) {
      m_last = field;
      m_slot = k_fields[field].slot;
      return size;
    }
    const auto* const end = object.next_quote(at);
    m_slot = end == nullptr ? k_unknown : find({at, static_cast<std::size_t>(end - at)});
    return end == nullptr ? 0 : static_cast<std::size_t>(end - at);
  }
  std::uint32_t& value_size() { return m_value_size[m_last]; }
  /// Of what was found last.
  Slot slot() const { return m_slot; }

  Slot find(std::string_view name) {
    auto field = m_next[m_last];
    if (!is_field(name, field)) {
      field = name.empty() ? k_no_field : k_table.place[place_of(name, k_table.factor)];
      if (field == k_no_field || !is_field(name, field)) {
        return k_unknown;
      }
      m_next[m_last] = field;
    }
    m_last = field;
    return k_fields[field].slot;
  }

private:
  std::array<std::uint8_t, k_fields.size() + 1> m_next{}; // behind each; of a record
  std::array<std::uint32_t, k_fields.size() + 1> m_value_size{};
  std::size_t m_last = k_fields.size();
  Slot m_slot = k_unknown;
};

/// The wanted fields of one event: values as they stand in the record.
class Fields {
public:
  void clear() { m_seen = 0; }
  void put(Slot slot, std::string_view value) { // of two of a name the last one holds
    m_values[slot] = value;
    m_seen |= 1U << slot;
  }
  bool has(Slot slot) const { return (m_seen >> slot & 1) != 0; }
  std::string_view raw(Slot slot) const { return has(slot) ? m_values[slot] : std::string_view{}; }
  std::string_view text(Slot slot) {
    return has(slot) ? object.text_of(m_values[slot]) : std::string_view{};
  }
  /// The first of the two that is not empty.
  std::string_view text(Slot slot, Slot other) {
    const auto value = text(slot);
    return value.empty() ? text(other) : value;
  }
  FlatObject object;

private:
  std::array<std::string_view, k_slots> m_values;
  std::uint32_t m_seen = 0;
};
static_assert(k_slots <= 32);

// ---- one event
// -----------------------------------------------------------------------------------------------------

/// False: it is none.
bool read_time(std::string_view text, Instant& time) {
  constexpr std::size_t k_usual_digits = 10;
  if (text.size() == k_usual_digits && eight_digits(text.data()) && is_digit(text[8]) &&
      is_digit(text[9])) {
    time = {};
    time.seconds =
        Seconds{number_of_eight(text.data())} * 100 + (text[8] - '0') * 10 + (text[9] - '0');
    return true;
  }
  auto read = parse_unix_time(text);
  read = read ? read : parse_time(text);
  time = read.value_or(Instant{});
  return read.has_value();
}

/// What only events of this kind have.
void fill_by_kind(Fields& fields, EventView& event) {
  switch (event.kind) {
  case EventKind::open:
  case EventKind::click:
    event.agent_given = fields.has(useragent);
    event.user_agent = fields.text(useragent);
    event.ip = fields.text(ip); // of the reader; in other events it is the sender's
    event.link = event.kind == EventKind::click ? fields.text(url) : ""sv;
    event.evidence =
        fields.raw(sg_machine_open) == "true"sv ? evidence::esp_machine_flag : std::uint16_t{0};
    break;
  case EventKind::bounce:
  case EventKind::deferred:
    event.bounce = judge_bounce({fields.text(status), fields.text(reason, response),
                                 fields.text(type), fields.text(bounce_classification)},
                                event.kind);
    break;
  case EventKind::dropped:
    event.bounce = judge_drop(fields.text(status), fields.text(reason));
    break;
  case EventKind::unsubscribe:
  case EventKind::resubscribe:
    event.scope = fields.text(asm_group_id);
    break;
  default:
    break;
  }
}

/// The event but for its details. Says what is missing, or "".
std::string_view fill(Fields& fields, EventView& view) {
  view.address = fields.text(email);
  if (view.address.empty()) {
    return "no email";
  }
  if (!read_time(fields.text(timestamp), view.time)) {
    return "no time in \"timestamp\"";
  }
  view.native = fields.text(event);
  if (view.native.empty()) {
    return "no event";
  }
  const auto* const word = find_kind(view.native);
  view.kind = word != nullptr ? word->kind : EventKind::unknown;
  view.campaign = fields.text(marketing_campaign_id, singlesend_id);
  view.campaign_name = fields.text(marketing_campaign_name, singlesend_name);
  fill_by_kind(fields, view);
  return {};
}

// ---- readers
// -------------------------------------------------------------------------------------------------------

/// Reads records of JSON, whatever cuts them.
class RecordParser {
public:
  void read(std::string_view record, RecordSink& sink, bool details);

private:
  void begin();
  std::string_view read_fields(std::string_view record, bool details);
  void fill_details(EventView& event);
  Fields m_fields;
  SlotFinder m_slots;
  std::string m_metadata;
  std::vector<std::string_view> m_tags;
};

void RecordParser::begin() {
  m_fields.clear();
  m_slots.begin();
  m_metadata.clear();
}

/// Says what is wrong with the record, or "".
std::string_view RecordParser::read_fields(std::string_view record, bool details) {
  auto& object = m_fields.object;
  const auto put = [&](Slot slot, std::string_view name, std::string_view value) {
    m_fields.put(slot, value);
    if (details && slot == k_unknown) { // the name may have escapes: both go as they are
      m_metadata.append(m_metadata.empty() ? "{\"" : ",\"")
          .append(name)
          .append("\":")
          .append(value);
    }
  };
  begin();
  if (object.walk(record, m_slots, [&](std::string_view name, std::string_view value) {
        put(m_slots.slot(), name, value);
      })) {
    return {};
  }
  begin();
  if (!object.index(record)) {
    return "not a JSON object";
  }
  return object.each(
      [&](std::string_view name, std::string_view value) { put(m_slots.find(name), name, value); });
}

void RecordParser::fill_details(EventView& event) {
  event.event_id = m_fields.text(sg_event_id);
  event.message_id = m_fields.text(sg_message_id);
  m_metadata += m_metadata.empty() ? "" : "}";
  event.metadata = m_metadata;
  m_tags.clear();
  const auto raw = m_fields.raw(category); // one string, or a list of them
  JsonValues list(raw);
  for (std::string_view value; !raw.empty() && raw.front() != '{' && list.next(value);) {
    if (const auto tag = m_fields.object.text_of(value); !tag.empty()) {
      m_tags.push_back(tag);
    }
  }
  event.tags = m_tags;
}

void RecordParser::read(std::string_view record, RecordSink& sink, bool details) {
  EventView view;
  view.record = record;
  auto why = read_fields(record, details);
  if (why.empty()) {
    why = fill(m_fields, view);
  }
  if (!why.empty()) {
    sink.reject(why, record);
    return;
  }
  if (details) {
    fill_details(view);
  }
  sink.accept(view);
}

std::string_view without_bom(std::string_view text) {
  constexpr auto k_bom = "\xEF\xBB\xBF"sv;
  return text.substr(0, k_bom.size()) == k_bom ? text.substr(k_bom.size()) : text;
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
    Values values(chunk.first ? without_bom(chunk.text) : chunk.text);
    for (std::string_view record; values.next(record);) {
      m_parser.read(record, sink, details);
    }
    if constexpr (k_framing == Framing::lines) {
      m_line_ends = values.line_ends();
    }
  }
  std::optional<std::uint64_t> line_ends() const override { return m_line_ends; }
  std::unique_ptr<LogReader> clone() const override { return std::make_unique<EventReader>(); }

private:
  RecordParser m_parser;
  std::optional<std::uint64_t> m_line_ends;
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
  std::unique_ptr<LogReader> clone() const override {
    return std::make_unique<SuppressionReader>(m_head);
  }

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
  EventView view;
  view.record = row.raw();
  view.address = trim(row[m_email]);
  const bool timed = read_time(trim(row[m_created]), view.time);
  if (view.address.empty() || !timed || row.size() != m_head.header.names().size()) {
    sink.reject(view.address.empty() ? "no email"
                : !timed             ? "no time in \"created\""
                                     : "not as many fields as the header",
                row.raw());
    return;
  }
  // Which list it is, the file does not say: the answer alone is judged.
  const auto verdict = judge_smtp(trim(row[m_status]), row[m_reason]);
  view.kind = EventKind::bounce;
  view.bounce = {verdict.klass, verdict.reason, verdict.status, verdict.code, row[m_reason]};
  view.native = "suppression";
  sink.accept(view);
}

// ---- whose is it?
// --------------------------------------------------------------------------------------------------

/// What an object at the start of a file shows of its maker.
struct Marks {
  bool sendgrid_id = false, email = false, time = false, word = false, stranger = false;
  bool ours() const { return sendgrid_id || (email && time && word && !stranger); }
};

/// Names that SendGrid does not use, but others whose events are alike: Mailtrap, Brevo, Mailjet.
constexpr std::array k_strange_fields{"message_id"sv,     "message-id"sv, "event_id"sv,
                                      "ts_event"sv,       "ts"sv,         "MessageID"sv,
                                      "mj_campaign_id"sv, "_id"sv,        "eventType"sv};

Marks look_at(FlatObject& object, std::string_view value) {
  Marks marks;
  std::string text(value); // with room behind it
  text.reserve(value.size() + k_padding);
  if (!object.index(text)) {
    return marks;
  }
  const auto fault = object.each([&](std::string_view name, std::string_view raw) {
    marks.sendgrid_id |= name == "sg_event_id"sv || name == "sg_message_id"sv;
    marks.stranger |=
        std::find(k_strange_fields.begin(), k_strange_fields.end(), name) != k_strange_fields.end();
    marks.email |= name == "email"sv && raw.find('@') != std::string_view::npos;
    marks.time |= name == "timestamp"sv && parse_unix_time(object.text_of(raw)).has_value();
    marks.word |= name == "event"sv && find_kind(object.text_of(raw)) != nullptr;
  });
  return fault.empty() ? marks : Marks{};
}

constexpr int k_most_looked_at = 20; // the first ones may be broken

template<typename Values> bool has_events(std::string_view head) {
  Values values(without_bom(head));
  FlatObject object;
  std::string_view value;
  for (int i = 0; i < k_most_looked_at && values.next(value); ++i) {
    if (value.front() == '{' && look_at(object, value).ours()) {
      return true;
    }
  }
  return false;
}

std::optional<CsvHead> suppression_head(std::string_view head) {
  auto csv = read_csv_head(head);
  const bool ours = csv && csv->header.names().size() == 4 && csv->header.has("status") &&
                    csv->header.has("reason") && csv->header.has("email") &&
                    csv->header.has("created");
  return ours ? csv : std::nullopt;
}

/// The first character that is no white space; a BOM is skipped.
char first_character(std::string_view head) {
  const auto text = trim(without_bom(head));
  return text.empty() ? '\0' : text.front();
}

// ---- webhook
// -------------------------------------------------------------------------------------------------------

/// ECDSA over the time as it stands in the header, followed by the raw body with its last CRLF.
Result<void> check_request(const HttpRequest& request, std::string_view key, Seconds now) {
  MF_TRY(signature, need_header(request, "X-Twilio-Email-Event-Webhook-Signature"));
  MF_TRY(stamp, need_header(request, "X-Twilio-Email-Event-Webhook-Timestamp"));
  MF_CHECK(check_public_key_signature(Digest::sha256, key, base64_decode(signature),
                                      std::string(stamp) + request.body));
  return check_age(stamp, now);
}

// ---- adapter
// -------------------------------------------------------------------------------------------------------

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
    return {{"event webhook bodies, JSON and NDJSON", "events"},
            {"suppression lists, CSV", "events"},
            {"Single Sends of the API and their links, JSON", "campaigns"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& context) const override;
  bool has_pull() const override { return true; }
  bool has_push() const override { return true; }
  std::vector<AccountKey> account_keys() const override {
    return {{"api_key", "an API key (SG.…): Settings > API Keys", true},
            {"export_origin", "where exports of contacts lie, such as https://files.example.com",
             false, false}};
  }
  Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) const override {
    return sendgrid::open_api(account);
  }
  bool has_webhook() const override { return true; }
  Result<void> check_webhook(const HttpRequest& request, const Secrets& secrets,
                             Seconds now) const override;
  Result<void> read_webhook(const HttpRequest& request, const WebhookContext& context,
                            RecordSink& sink) const override;
};

std::unique_ptr<LogReader> SendGridAdapter::open_log(std::string_view head,
                                                     const LogContext& context) const {
  const char first = first_character(head);
  if (first == '{' || first == '[') {
    const bool values = has_events<JsonValues>(head);
    if (values && !looks_like_ndjson(head)) {
      return std::make_unique<BodyReader>();
    }
    if (values || has_events<JsonLines>(head)) { // a broken first line swallows the rest as a value
      return std::make_unique<LineReader>();
    }
    auto reader = open_json_log(head, k_single_sends, context);
    return reader ? std::move(reader) : open_json_log(head, k_link_stats, context);
  }
  if (const auto csv = suppression_head(head)) {
    return std::make_unique<SuppressionReader>(*csv);
  }
  return nullptr;
}

Result<void> SendGridAdapter::check_webhook(const HttpRequest& request, const Secrets& secrets,
                                            Seconds now) const {
  MF_TRY(key,
         need_secret(secrets, "sendgrid",
                     {"webhook_key", "verification_key", "tracking_webhook_verification_key"}));
  return check_request(request, key, now);
}
Result<void> SendGridAdapter::read_webhook(const HttpRequest& request,
                                           const WebhookContext& /*context*/,
                                           RecordSink& sink) const {
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
