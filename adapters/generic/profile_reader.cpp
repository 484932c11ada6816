#include "profile_reader.hpp"

#include "adapter/alike_rows.hpp"
#include "adapter/smtp_status.hpp"
#include "base/csv.hpp"
#include "base/json.hpp"
#include "base/short_word.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <span>

namespace mailfunnel::generic {

const std::string_view k_field_names[k_fields] = {
    "kind",          "time",       "address",    "contact_id",   "new_address", "campaign",
    "campaign_name", "send",       "link",       "link_tag",     "message_id",  "event_id",
    "scope",         "proof",      "user_agent", "ip",           "status",      "reason",
    "bounce_class",  "diagnostic", "list",       "subscription", "changed_at"};

std::optional<Field> field_named(std::string_view name) {
  for (std::size_t i = 0; i < k_fields; ++i) {
    if (k_field_names[i] == name) {
      return static_cast<Field>(i);
    }
  }
  return std::nullopt;
}

namespace {

using Values = std::array<std::string_view, k_fields>;

/// What a word of the source means as a kind: "bounce:soft" also tells the class.
struct Kind {
  std::string word;
  EventKind kind;
  BounceClass klass;
  std::optional<ShortWord> as_short{};
};

enum class TimeFormat { iso, unix_time, pattern };

/// All of a profile that records have in common, ready for use.
struct Plan {
  bool direct =
      false; // values go as they are into the event: no tables but that of kinds, no constants
  std::vector<Kind> kinds;
  /// The first kind whose word has a shape, and whether another one's has it too; -1: none.
  struct Shaped {
    int first = -1;
    bool others = false;
  };
  std::array<Shaped, 64> by_shape;
  bool kinds_given =
      false; // words that are not in the table are unknown; else our own names are understood
  std::array<std::vector<std::pair<std::string, std::string>>, k_fields> tables;
  std::array<std::string, k_fields> constants;
  TimeFormat time_format = TimeFormat::iso;
  std::string pattern;
  TimeZone zone = nullptr;
  bool recipients = false;
  bool zoneless = false; // the first record's time carries no zone, and nobody named one
  std::string name;

  static std::size_t shape_of(std::string_view word) {
    const auto letter = [](char c) { return static_cast<unsigned char>(c); };
    return word.empty() ? 0 : (letter(word.front()) + 5 * letter(word.back()) + word.size()) % 64;
  }
  /// What a word means; null: it is not in the table.
  const Kind* kind(std::string_view word) const {
    return find(word, [word](const Kind& kind) { return same(kind.word, word); });
  }
  /// The same for a word behind which ShortWord::k_longest bytes may be read.
  const Kind* kind_ahead(std::string_view word) const {
    if (!ShortWord::fits(word)) {
      return kind(word);
    }
    return find(word, [word = ShortWord::read_ahead(word)](const Kind& kind) {
      return kind.as_short == word;
    });
  }
  template<typename Is> const Kind* find(std::string_view word, Is is) const {
    const auto [first, others] = by_shape[shape_of(word)];
    for (auto i = static_cast<std::size_t>(first); first >= 0 && i < kinds.size(); ++i) {
      if (is(kinds[i])) {
        return &kinds[i];
      }
      if (!others) {
        break;
      }
    }
    return nullptr;
  }

  std::string_view at(const Values& values, Field field) const {
    const auto i = static_cast<std::size_t>(field);
    const auto value = values[i].empty() ? std::string_view(constants[i]) : values[i];
    for (const auto& [word, ours] : tables[i]) {
      if (word == value) {
        return ours;
      }
    }
    return value;
  }
};

Kind parse_kind(std::string word, std::string_view ours) {
  const auto colon = ours.find(':');
  const auto kind = event_kind(ours.substr(0, colon)).value_or(EventKind::unknown);
  const auto klass = colon == std::string_view::npos
                         ? BounceClass::none
                         : bounce_class(ours.substr(colon + 1)).value_or(BounceClass::none);
  Kind out{std::move(word), kind, klass};
  if (ShortWord::fits(out.word)) {
    out.as_short = ShortWord::read(out.word);
  }
  return out;
}

/// Does the meaning of this time hang on a zone? Tried: one that names none can take one. (Two
/// zones would do as well, but the first one that is asked for costs more than a small file.)
bool lacks_zone(const Plan& plan, std::string_view sample) {
  const std::string text(trim(sample));
  switch (plan.time_format) {
  case TimeFormat::iso:
    return parse_time(text) && (parse_time(text + "Z") || parse_time(text + "T00:00:00Z"));
  case TimeFormat::pattern:
    return parse_time_as(text, plan.pattern, nullptr) && !pattern_names_zone(plan.pattern);
  case TimeFormat::unix_time:
    break;
  }
  return false;
}

Plan make_plan(const MappingProfile& profile, const LogContext& context,
               std::string_view sample_time) {
  Plan plan;
  plan.name = profile.name;
  plan.recipients = profile.records == "recipients";
  plan.zone = profile.zone_given ? profile.zone : context.zone;
  plan.time_format = profile.time_format == "iso" ? TimeFormat::iso
                     : profile.time_format == "unix" || profile.time_format == "unix_ms"
                         ? TimeFormat::unix_time
                         : TimeFormat::pattern;
  plan.pattern = profile.time_format;
  for (const auto& [name, table] : profile.values) {
    const auto field = field_named(name);
    if (!field) {
      continue;
    }
    for (const auto& [word, ours] : table) {
      if (*field == Field::kind) {
        auto& shaped = plan.by_shape[Plan::shape_of(word)];
        shaped = {shaped.first < 0 ? static_cast<int>(plan.kinds.size()) : shaped.first,
                  shaped.first >= 0};
        plan.kinds.push_back(parse_kind(word, ours));
        plan.kinds_given = true;
      } else {
        plan.tables[static_cast<std::size_t>(*field)].emplace_back(word, ours);
      }
    }
  }
  for (const auto& [name, value] : profile.constants) {
    if (const auto field = field_named(name)) {
      plan.constants[static_cast<std::size_t>(*field)] = value;
    }
  }
  plan.zoneless = !profile.zone_given && !context.zone_given && lacks_zone(plan, sample_time);
  plan.direct = profile.constants.empty() &&
                std::all_of(plan.tables.begin(), plan.tables.end(),
                            [](const auto& table) { return table.empty(); }) &&
                !profile.fields.contains("status") && !profile.fields.contains("diagnostic") &&
                !profile.fields.contains("bounce_class") && !profile.fields.contains("reason");
  return plan;
}

/// Where a field's text stands in an event; nullptr: it needs thought.
constexpr std::string_view EventView::*member_of(Field field) {
  switch (field) {
  case Field::address:
    return &EventView::address;
  case Field::contact_id:
    return &EventView::contact_id;
  case Field::new_address:
    return &EventView::new_address;
  case Field::campaign:
    return &EventView::campaign;
  case Field::campaign_name:
    return &EventView::campaign_name;
  case Field::send:
    return &EventView::send;
  case Field::link:
    return &EventView::link;
  case Field::link_tag:
    return &EventView::link_tag;
  case Field::message_id:
    return &EventView::message_id;
  case Field::event_id:
    return &EventView::event_id;
  case Field::scope:
    return &EventView::scope;
  case Field::proof:
    return &EventView::proof;
  case Field::user_agent:
    return &EventView::user_agent;
  case Field::ip:
    return &EventView::ip;
  default:
    return nullptr;
  }
}

/// Makes events of values; one a thread, as it remembers the last date.
class RecordMaker {
public:
  explicit RecordMaker(const Plan& plan) : m_plan(plan), m_times(plan.zone) {}

  /// The texts of `event` are filled in; `word` and `when` are its kind and time as written.
  void finish(EventView& event, std::string_view word, std::string_view when, const Values* values,
              RecordSink& sink, bool agent_given) {
    finish(event, word, m_plan.kind(word), when, values, sink, agent_given);
  }
  /// The same for a word that stands in the chunk.
  void finish_in_chunk(EventView& event, std::string_view word, std::string_view when,
                       RecordSink& sink, bool agent_given, AlikeRows* alike) {
    static_assert(ShortWord::k_longest <= k_padding);
    finish(event, word, m_plan.kind_ahead(word), when, nullptr, sink, agent_given, alike);
  }

  void event(const Values& values, std::string_view record, RecordSink& sink, bool agent_given) {
    EventView event;
    event.record = record;
    for (std::size_t i = 0; i < k_fields; ++i) {
      const auto field = static_cast<Field>(i);
      if (const auto member = member_of(field)) {
        event.*member = m_plan.at(values, field);
      }
    }
    finish(event, m_plan.at(values, Field::kind), m_plan.at(values, Field::time), &values, sink,
           agent_given);
  }

  void recipient(const Values& values,
                 std::span<const std::pair<std::string_view, std::string_view>> attributes,
                 std::string_view record, RecordSink& sink) {
    RecipientView view;
    view.record = record;
    view.address = m_plan.at(values, Field::address);
    view.contact_id = m_plan.at(values, Field::contact_id);
    view.list = m_plan.at(values, Field::list);
    view.attributes = attributes;
    if (view.address.empty() && view.contact_id.empty()) {
      sink.reject("no address", record);
      return;
    }
    if (const auto word = m_plan.at(values, Field::subscription); !word.empty()) {
      view.subscription = subscription(word).value_or(Subscription::unknown);
    }
    if (Instant changed; read_time(m_plan.at(values, Field::changed_at), changed)) {
      view.changed_at = changed.seconds;
    }
    sink.accept(view);
  }

private:
  void finish(EventView& event, std::string_view word, const Kind* kind, std::string_view when,
              const Values* values, RecordSink& sink, bool agent_given,
              AlikeRows* alike = nullptr) {
    event.native = word;
    event.kind = EventKind::unknown;
    event.bounce = {};
    set_kind(word, kind, event);
    if (!read_time(when, event.time)) {
      reject_time(when, event.record, sink);
      return;
    }
    if (event.address.empty() && event.contact_id.empty()) {
      sink.reject("no address", event.record);
      return;
    }
    const bool by_reader = event.kind == EventKind::open || event.kind == EventKind::click ||
                           event.kind == EventKind::page;
    event.agent_given = by_reader && agent_given;
    event.user_agent = by_reader ? event.user_agent : std::string_view();
    if (event.kind == EventKind::bounce || event.kind == EventKind::deferred ||
        event.kind == EventKind::dropped) {
      fill_bounce(values, event);
    }
    event.alike = 0;
    if (alike != nullptr && (event.kind == EventKind::sent || event.kind == EventKind::delivered)) {
      alike->add(event);
    }
    sink.accept(event);
  }

  [[gnu::noinline]] void reject_time(std::string_view when, std::string_view record,
                                     RecordSink& sink) const {
    sink.reject(when.empty() ? "no time"
                             : fmt::format("\"{}\" is not a time of the form {}",
                                           printable(when, 60), m_plan.pattern),
                record);
  }

  void set_kind(std::string_view word, const Kind* kind, EventView& event) const {
    if (kind != nullptr) {
      event.kind = kind->kind;
      event.bounce.klass = kind->klass;
    } else if (!m_plan.kinds_given) {
      event.kind = event_kind(word).value_or(EventKind::unknown);
    }
  }

  bool read_time(std::string_view text, Instant& time) {
    if (m_plan.time_format == TimeFormat::iso) {
      return m_times.read(text, time);
    }
    const auto read = m_plan.time_format == TimeFormat::unix_time
                          ? parse_unix_time(text)
                          : parse_time_as(text, m_plan.pattern, m_plan.zone);
    time = read.value_or(Instant{});
    return read.has_value();
  }

  [[gnu::noinline]] void fill_bounce(const Values* all, EventView& event) const {
    const auto values = all != nullptr ? *all : Values{};
    const auto diagnostic = m_plan.at(values, Field::diagnostic);
    const auto given = m_plan.at(values, Field::status);
    if (!given.empty() || !diagnostic.empty()) {
      const auto verdict = judge_smtp(given, diagnostic);
      event.bounce.klass =
          event.bounce.klass == BounceClass::none ? verdict.klass : event.bounce.klass;
      event.bounce.reason = verdict.reason;
      event.bounce.status = verdict.status.empty() ? given : verdict.status;
      event.bounce.code = verdict.code;
    }
    event.bounce.klass =
        bounce_class(m_plan.at(values, Field::bounce_class)).value_or(event.bounce.klass);
    event.bounce.reason =
        bounce_reason(m_plan.at(values, Field::reason)).value_or(event.bounce.reason);
    event.bounce.diagnostic = diagnostic;
    if (event.kind == EventKind::bounce && event.bounce.klass == BounceClass::none) {
      event.bounce.klass = BounceClass::soft; // no word on it: never suppress on a guess
    }
  }

  const Plan& m_plan;
  TimeReader m_times;
};

// ---- tables
// ----------------------------------------------------------------------------------------------------------

class TableReader : public LogReader {
public:
  TableReader(std::shared_ptr<const Plan> plan, CsvDialect dialect,
              std::vector<std::pair<std::size_t, Field>> columns,
              std::vector<std::pair<std::size_t, std::string>> attributes, bool header)
      : m_plan(std::move(plan)), m_dialect(dialect), m_columns(std::move(columns)),
        m_attributes(std::move(attributes)), m_header(header), m_csv(dialect), m_maker(*m_plan) {
    for (const auto& [column, field] : m_columns) {
      m_agent_given = m_agent_given || field == Field::user_agent;
      m_needed = field == Field::address || field == Field::time ? std::max(m_needed, column + 1)
                                                                 : m_needed;
      m_kind = field == Field::kind ? column : m_kind;
      m_time = field == Field::time ? column : m_time;
      if (const auto member = member_of(field)) {
        const bool detail = field == Field::message_id || field == Field::event_id;
        m_members.emplace(detail ? m_members.end() : m_members.begin(), column, member);
        m_details += detail ? 1 : 0;
      }
      m_most = std::max(m_most, column + 1);
    }
    m_alike = alike_rows();
  }
  std::string_view format() const override { return m_plan->name; }
  Framing framing() const override { return Framing::csv; }
  std::optional<std::uint64_t> line_ends() const override { return m_csv.line_ends(); }
  char csv_quote() const override { return m_dialect.quote; }
  bool assumes_utc() const override { return m_plan->zoneless; }
  std::unique_ptr<LogReader> clone() const override {
    return std::make_unique<TableReader>(m_plan, m_dialect, m_columns, m_attributes, m_header);
  }

  void read(const Chunk& chunk, RecordSink& sink) override {
    m_csv.start(chunk.text);
    const bool details = sink.wants().details;
    const auto members =
        std::span(m_members).first(details ? m_members.size() : m_members.size() - m_details);
    auto* const alike = m_alike && !details ? &*m_alike : nullptr;
    if (alike != nullptr) {
      alike->clear();
    }
    CsvRow row;
    if (chunk.first && m_header && !m_csv.next(row)) {
      return;
    }
    while (m_csv.next(row)) {
      if (row.size() < m_needed) {
        sink.reject(fmt::format("{} fields where the header has more", row.size()), row.raw());
        continue;
      }
      if (m_plan->direct && !m_plan->recipients) { // the usual log: no detour
        m_event.record = row.raw();
        if (row.plain() && row.size() > m_most) {
          if (const auto* const known = alike != nullptr ? alike->find(row) : nullptr) {
            sink.accept(*known);
            continue;
          }
          for (const auto& [column, member] : members) {
            m_event.*member = row.bare(column);
          }
          m_maker.finish_in_chunk(m_event, row.bare(m_kind), row.bare(m_time), sink, m_agent_given,
                                  alike);
        } else {
          for (const auto& [column, member] : members) {
            m_event.*member = row[column];
          }
          m_maker.finish(m_event, row[m_kind], row[m_time], nullptr, sink, m_agent_given);
        }
        continue;
      }
      for (const auto& [column, field] : m_columns) { // the same ones in every row
        m_values[static_cast<std::size_t>(field)] = row[column];
      }
      if (!m_plan->recipients) {
        m_maker.event(m_values, row.raw(), sink, m_agent_given);
        continue;
      }
      m_pairs.clear();
      for (const auto& [column, name] : m_attributes) {
        m_pairs.emplace_back(name, row[column]);
      }
      m_maker.recipient(m_values, m_pairs, row.raw(), sink);
    }
    if (m_csv.broken()) {
      sink.reject("a quote that is never closed", row.raw());
    }
  }

private:
  /// Nothing where the address is also something else of an event.
  std::optional<AlikeRows> alike_rows() const {
    std::optional<std::size_t> address;
    std::size_t first = m_most, last = 0;
    for (const auto& [column, field] : m_columns) {
      if (field == Field::address) {
        address = column;
      } else if (field != Field::message_id && field != Field::event_id) {
        first = std::min(first, column);
        last = std::max(last, column);
      }
    }
    const bool also_other =
        std::count_if(m_columns.begin(), m_columns.end(),
                      [&](const auto& column) { return column.first == address; }) > 1;
    return address && !also_other ? std::optional(AlikeRows(*address, first, last)) : std::nullopt;
  }

  std::shared_ptr<const Plan> m_plan;
  CsvDialect m_dialect;
  std::vector<std::pair<std::size_t, Field>> m_columns;
  std::vector<std::pair<std::size_t, std::string>> m_attributes;
  bool m_header, m_agent_given = false;
  std::size_t m_kind = 0, m_time = 0;   // columns
  std::size_t m_needed = 0, m_most = 0; // fields of a row: at least; up to the last that is mapped
  std::vector<std::pair<std::size_t, std::string_view EventView::*>> m_members;
  std::size_t m_details = 0; // the last ones of these
  EventView m_event;         // one for all rows: what is mapped is written anew each time
  Values m_values{};
  CsvReader m_csv;
  std::optional<AlikeRows> m_alike;
  RecordMaker m_maker;
  std::vector<std::pair<std::string_view, std::string_view>> m_pairs;
};

bool has(const MappingProfile& profile, std::string_view field) {
  return profile.fields.contains(std::string(field)) ||
         profile.constants.contains(std::string(field));
}

std::unique_ptr<LogReader> open_table(const MappingProfile& profile, std::string_view head,
                                      const LogContext& context) {
  auto table = read_csv_head(head);
  if (!table) {
    return nullptr;
  }
  if (profile.separator != 0) {
    table->dialect.separator = profile.separator;
    CsvReader reader(table->dialect);
    reader.start(head);
    CsvRow row;
    if (!reader.next(row)) {
      return nullptr;
    }
    table->header = CsvHeader(row);
  }
  const auto& names = profile.columns.empty() ? table->header.names() : profile.columns;
  std::vector<std::pair<std::size_t, Field>> columns;
  std::vector<bool> used(names.size());
  for (const auto& [field, column] : profile.fields) {
    const auto place =
        std::find_if(names.begin(), names.end(),
                     [&wanted = column](const auto& name) { return iequals(name, wanted); });
    if (place == names.end()) {
      return nullptr;
    }
    const auto i = static_cast<std::size_t>(place - names.begin());
    columns.emplace_back(i, *field_named(field));
    used[i] = true;
  }
  CsvReader sample(table->dialect);
  sample.start(head);
  CsvRow row;
  const auto time = std::find_if(columns.begin(), columns.end(),
                                 [](const auto& column) { return column.second == Field::time; });
  const bool has_row = (!profile.columns.empty() || sample.next(row)) && sample.next(row);
  auto plan = std::make_shared<Plan>(make_plan(
      profile, context, has_row && time != columns.end() ? row[time->first] : std::string_view()));
  std::vector<std::pair<std::size_t, std::string>> attributes;
  for (std::size_t i = 0; plan->recipients && i < names.size(); ++i) {
    if (auto name = attribute_name(names[i]); !used[i] && !name.empty()) {
      attributes.emplace_back(i, std::move(name));
    }
  }
  return std::make_unique<TableReader>(std::move(plan), table->dialect, std::move(columns),
                                       std::move(attributes), profile.columns.empty());
}

// ---- NDJSON
// ----------------------------------------------------------------------------------------------------------

struct JsonPath {
  std::vector<std::string> keys;
  Field field;
};

class ObjectReader : public LogReader {
public:
  ObjectReader(std::shared_ptr<const Plan> plan, std::shared_ptr<const std::vector<JsonPath>> paths,
               bool lines)
      : m_plan(std::move(plan)), m_paths(std::move(paths)), m_lines(lines), m_maker(*m_plan) {}
  std::string_view format() const override { return m_plan->name; }
  Framing framing() const override { return m_lines ? Framing::lines : Framing::json; }
  bool assumes_utc() const override { return m_plan->zoneless; }
  std::unique_ptr<LogReader> clone() const override {
    return std::make_unique<ObjectReader>(m_plan, m_paths, m_lines);
  }

  void read(const Chunk& chunk, RecordSink& sink) override {
    auto text = chunk.text;
    if (chunk.first && text.substr(0, 3) == "\xEF\xBB\xBF") {
      text.remove_prefix(3);
    }
    std::string_view record;
    if (m_lines) {
      for (JsonLines lines(text); lines.next(record);) {
        read_object(record, sink);
      }
    } else {
      for (JsonValues values(text); values.next(record);) {
        read_object(record, sink);
      }
    }
  }

private:
  void read_object(std::string_view record, RecordSink& sink) {
    simdjson::dom::element root;
    if (m_parser.parse(record.data(), record.size()).get(root) != simdjson::SUCCESS ||
        !root.is_object()) {
      sink.reject("not a JSON object", record);
      return;
    }
    Values values{};
    bool agent_given = false;
    for (const auto& path : *m_paths) {
      simdjson::dom::element at = root;
      bool found = true;
      for (const auto& key : path.keys) {
        found = found && at[key].get(at) == simdjson::SUCCESS;
      }
      if (found) {
        values[static_cast<std::size_t>(path.field)] =
            text_of(at, static_cast<std::size_t>(path.field));
        agent_given = agent_given || path.field == Field::user_agent;
      }
    }
    if (!m_plan->recipients) {
      m_maker.event(values, record, sink, agent_given);
      return;
    }
    read_recipient(root, values, record, sink);
  }

  void read_recipient(simdjson::dom::element root, const Values& values, std::string_view record,
                      RecordSink& sink) {
    m_pairs.clear();
    m_texts.clear();
    const simdjson::dom::object object =
        root.get_object().value_unsafe(); // a copy: the result is a temporary
    m_texts.reserve(2 * object.size());
    for (const auto [key, value] : object) {
      const bool mapped =
          std::any_of(m_paths->begin(), m_paths->end(),
                      [k = key](const auto& path) { return path.keys.front() == k; });
      if (!mapped && !value.is_object() && !value.is_array()) {
        const auto& name = m_texts.emplace_back(attribute_name(key));
        const auto& text = m_texts.emplace_back(text_of(value, 0));
        m_pairs.emplace_back(name, text);
      }
    }
    m_maker.recipient(values, m_pairs, record, sink);
  }

  std::string_view text_of(simdjson::dom::element value, std::size_t slot) {
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS) {
      return text;
    }
    if (value.is_null()) {
      return {};
    }
    auto& number = m_numbers[slot];
    if (value.is_double()) {
      number = fmt::format("{}", value.get_double().value_unsafe());
    } else {
      number = simdjson::minify(value);
    }
    return number;
  }

  std::shared_ptr<const Plan> m_plan;
  std::shared_ptr<const std::vector<JsonPath>> m_paths;
  bool m_lines;
  RecordMaker m_maker;
  simdjson::dom::parser m_parser;
  std::array<std::string, k_fields> m_numbers;
  std::vector<std::string> m_texts;
  std::vector<std::pair<std::string_view, std::string_view>> m_pairs;
};

std::unique_ptr<LogReader> open_objects(const MappingProfile& profile, std::string_view head,
                                        const LogContext& context) {
  const auto begin = head.find('{');
  JsonValues values(head.substr(std::min(begin, head.size())));
  std::string_view first;
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (!values.next(first) || parser.parse(std::string(first)).get(root) != simdjson::SUCCESS ||
      !root.is_object()) {
    return nullptr;
  }
  auto paths = std::make_shared<std::vector<JsonPath>>();
  std::string_view sample_time;
  for (const auto& [field, path] : profile.fields) {
    auto& keys = paths->emplace_back(JsonPath{{}, *field_named(field)}).keys;
    for (const auto key : split(path, '.')) {
      keys.emplace_back(key);
    }
    simdjson::dom::element at = root;
    bool found = !keys.empty();
    for (const auto& key : keys) {
      found = found && at[key].get(at) == simdjson::SUCCESS;
    }
    const bool needed = field == "address" || field == "time" || field == "kind" ||
                        (field == "contact_id" && !has(profile, "address"));
    if (!found && needed) {
      return nullptr;
    }
    if (field == "time" && found) {
      const auto code = at.get(sample_time);
      sample_time =
          code == simdjson::SUCCESS ? sample_time : std::string_view(); // a number needs no zone
    }
  }
  return std::make_unique<ObjectReader>(
      std::make_shared<Plan>(make_plan(profile, context, sample_time)), paths,
      looks_like_ndjson(head));
}

} // namespace

std::unique_ptr<LogReader> open_profile(const MappingProfile& profile, std::string_view head,
                                        const LogContext& context) {
  if (!profile.file.empty() && !glob_match(profile.file, context.file_name)) {
    return nullptr;
  }
  const auto start = head.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  const bool json = start != std::string_view::npos && (head[start] == '{' || head[start] == '[');
  return json ? open_objects(profile, head, context) : open_table(profile, head, context);
}

std::optional<MappingProfile> contacts_profile(std::string_view head) {
  constexpr std::string_view k_address_columns[] = {
      "email",         "e-mail",      "email address",  "e-mail address", "emailaddress",
      "email_address", "e-mailadres", "emailadres",     "adresse e-mail", "adresse email",
      "courriel",      "mail",        "e-mail-adresse", "emailadresse"};
  const auto start = head.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (start == std::string_view::npos) {
    return std::nullopt;
  }
  MappingProfile profile;
  profile.name = "contacts";
  profile.records = "recipients";
  if (head[start] == '{' || head[start] == '[') {
    JsonValues values(head.substr(start));
    std::string_view first;
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    if (!values.next(first) || parser.parse(std::string(first)).get(root) != simdjson::SUCCESS ||
        !root.is_object()) {
      return std::nullopt;
    }
    const simdjson::dom::object object = root.get_object().value_unsafe();
    for (const auto [key, value] : object) {
      if (std::any_of(std::begin(k_address_columns), std::end(k_address_columns),
                      [k = key](auto name) { return iequals(k, name); })) {
        profile.fields["address"] = key;
        return profile;
      }
    }
    return std::nullopt;
  }
  const auto table = read_csv_head(head);
  for (const auto name : k_address_columns) {
    if (const auto column = table ? table->header.find(name) : std::nullopt) {
      profile.fields["address"] = table->header.names()[*column];
      return profile;
    }
  }
  return std::nullopt;
}

} // namespace mailfunnel::generic
